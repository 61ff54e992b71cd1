//! The messages of SMPP 3.4 that a text is: what is submitted, and the receipt that comes back (TEXTS.md §5).

use std::str::FromStr as _;

use rusmpp::pdus::{DeliverSm, SubmitSm};
use rusmpp::tlvs::TlvValue;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString};
use rusmpp::values::{EsmClass, MessageState, Npi, RegisteredDelivery, Ton};

use super::parts::{PartsError, cut};
use super::reports::{Arrival, LONGEST_NAME as LONGEST_ID, Report};
use crate::self_service::phone_number::E164;

/// The ten minutes that a code or a link works, from now (SMPP 3.4 §7.1.1).
const VALIDITY: &str = "000000001000000R";
/// A receipt is wanted, whatever became of it (§5.2.17).
const RECEIPT: u8 = 1;
/// Which bits of `esm_class` say what a message is, and those of a receipt (§5.2.12).
const KIND_BITS: u8 = 0b0011_1100;
const IS_RECEIPT: u8 = 0b0000_0100;
/// Letters that a sender's name may have, and digits of a short code.
const LONGEST_NAME: usize = 11;
const SHORT_CODE: usize = 8;

/// From whom texts come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    ton: Ton,
    npi: Npi,
    address: COctetString<1, 21>,
}

impl Sender {
    /// A number with `+`, a short code, or a name. `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (ton, npi, address) = match text.strip_prefix('+') {
            Some(digits) if is_digits(digits) && digits.len() <= 15 => {
                (Ton::International, Npi::Isdn, digits)
            }
            None if is_digits(text) && text.len() <= SHORT_CODE => {
                (Ton::NetworkSpecific, Npi::Unknown, text)
            }
            None if is_name(text) => (Ton::Alphanumeric, Npi::Unknown, text),
            _ => return None,
        };
        Some(Self {
            ton,
            npi,
            address: COctetString::from_str(address).ok()?,
        })
    }
}

fn is_name(text: &str) -> bool {
    let fits = (1..=LONGEST_NAME).contains(&text.len());
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'.' | b'&');
    fits && text.bytes().all(is_plain) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The messages of a text, of which the last asks for a receipt.
pub fn submit(
    from: &Sender,
    to: &E164,
    words: &str,
    reference: u8,
) -> Result<Vec<SubmitSm>, PartsError> {
    let digits = to.as_str().trim_start_matches('+');
    let message = SubmitSm::builder()
        .source_addr_ton(from.ton)
        .source_addr_npi(from.npi)
        .source_addr(from.address.clone())
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(COctetString::from_str(digits).map_err(|_| PartsError::TooLong)?)
        // Its default is not 0, which a plain message has
        .esm_class(EsmClass::from(0))
        .validity_period(EmptyOrFullCOctetString::from_str(VALIDITY).unwrap_or_default())
        .build();
    let mut parts = cut(message, words, reference)?;
    if let Some(last) = parts.last_mut() {
        last.registered_delivery = RegisteredDelivery::from(RECEIPT);
    }
    Ok(parts)
}

/// What a message from the centre reports. `None` for what is no receipt, or not of a final state.
pub fn receipt(message: &DeliverSm) -> Option<Report> {
    if u8::from(message.esm_class) & KIND_BITS != IS_RECEIPT {
        return None;
    }
    let text = String::from_utf8_lossy(message.short_message().as_ref());
    let mut name = field(&text, "id:").map(str::to_owned);
    let mut arrival = field(&text, "stat:").and_then(by_word);
    for tlv in message.tlvs() {
        match tlv.value() {
            Some(TlvValue::ReceiptedMessageId(id)) => name = Some(id.as_str().to_owned()),
            Some(TlvValue::MessageState(state)) => arrival = by_state(*state),
            _ => {}
        }
    }
    Some(Report {
        name: name.filter(|name| (1..=LONGEST_ID).contains(&name.len()))?,
        arrival: arrival?,
    })
}

/// The word after `name` in the text of a receipt (SMPP 3.4 appendix B).
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let after = text
        .match_indices(name)
        .find(|(at, _)| *at == 0 || text.as_bytes().get(at - 1) == Some(&b' '))
        .map(|(at, _)| &text[at + name.len()..])?;
    after.split_whitespace().next()
}

fn by_word(word: &str) -> Option<Arrival> {
    match word {
        "DELIVRD" => Some(Arrival::Delivered),
        "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" => Some(Arrival::Failed),
        _ => None,
    }
}

fn by_state(state: MessageState) -> Option<Arrival> {
    match state {
        MessageState::Delivered => Some(Arrival::Delivered),
        MessageState::Expired
        | MessageState::Deleted
        | MessageState::Undeliverable
        | MessageState::Rejected => Some(Arrival::Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rusmpp::tlvs::MessageDeliveryRequestTlvValue as Tlv;
    use rusmpp::types::OctetString;

    use super::*;

    fn number() -> E164 {
        E164::from_stored("+447400123471".into())
    }

    #[test]
    fn a_sender_is_a_number_a_short_code_or_a_name() {
        for (text, ton, npi, address) in [
            ("+442079460000", 1, 1, "442079460000"),
            ("80800", 3, 0, "80800"),
            ("HOSPITAL", 5, 0, "HOSPITAL"),
            ("St. Marys 1", 5, 0, "St. Marys 1"),
        ] {
            let sender = Sender::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (u8::from(sender.ton), u8::from(sender.npi)),
                (ton, npi),
                "{text}"
            );
            assert_eq!(sender.address.as_str(), address);
        }
        for wrong in [
            "",
            "+",
            "+44 20",
            "+4420794600001234",
            "123456789",
            "ABCDEFGHIJKL",
            "Klinik ö",
            "A\0",
            "---",
        ] {
            assert_eq!(Sender::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_last_part_alone_asks_for_a_receipt() {
        let from = Sender::read("HOSPITAL").unwrap();
        let parts = submit(&from, &number(), &"a".repeat(320), 9).unwrap();
        let asks: Vec<u8> = parts
            .iter()
            .map(|part| part.registered_delivery.into())
            .collect();
        assert_eq!(asks, [0, 0, 1]);
        for part in &parts {
            assert_eq!(part.destination_addr.as_str(), "447400123471");
            assert_eq!(part.validity_period.as_str(), VALIDITY);
            assert_eq!(u8::from(part.esm_class), 0x40);
        }
        let alone = submit(&from, &number(), "123456", 9).unwrap();
        assert_eq!(u8::from(alone[0].esm_class), 0);
        assert_eq!(u8::from(alone[0].registered_delivery), 1);
    }

    fn delivery(class: u8, text: &str, tlvs: Vec<Tlv>) -> Option<Report> {
        let message = DeliverSm::builder()
            .esm_class(EsmClass::from(class))
            .short_message(OctetString::from_str(text).unwrap())
            .tlvs(tlvs)
            .build();
        receipt(&message)
    }

    #[test]
    fn a_receipt_is_read_by_its_fields_or_its_text() {
        let text = "id:m1 sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:id:m2 stat:EXPIRED";
        let report = delivery(4, text, vec![]).unwrap();
        assert_eq!(
            (report.name.as_str(), report.arrival),
            ("m1", Arrival::Delivered)
        );
        for word in ["EXPIRED", "DELETED", "UNDELIV", "REJECTD"] {
            let report = delivery(4, &format!("id:m1 stat:{word}"), vec![]).unwrap();
            assert_eq!(report.arrival, Arrival::Failed, "{word}");
        }
        let named = Tlv::ReceiptedMessageId(COctetString::from_str("m3").unwrap());
        let report = delivery(
            4,
            text,
            vec![named, Tlv::MessageState(MessageState::Undeliverable)],
        );
        let report = report.unwrap();
        assert_eq!(
            (report.name.as_str(), report.arrival),
            ("m3", Arrival::Failed)
        );
        for (class, text) in [
            (0, text),
            (0x20, text),
            (4, "id:m1 stat:ENROUTE"),
            (4, "id:m1 stat:ACCEPTD"),
            (4, "stat:DELIVRD"),
            (4, "id: stat:"),
            (4, &format!("id:{} stat:DELIVRD", "m".repeat(65))),
            (4, ""),
        ] {
            assert_eq!(delivery(class, text, vec![]), None, "{class} {text}");
        }
    }
}
