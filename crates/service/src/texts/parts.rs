//! How a text is cut into the parts that a mobile network carries, each of which is paid for (3GPP TS 23.038,
//! TS 23.040 §9.2.3.24.1; TEXTS.md §2).

use rusmpp::extra::concatenation::SubmitSmMultipartExt as _;
use rusmpp::extra::encoding::gsm7bit::Gsm7BitUnpacked;
use rusmpp::extra::encoding::ucs2::Ucs2;
use rusmpp::pdus::SubmitSm;

/// Septets of a text that is one part. Over SMPP each has an octet to itself.
const GSM_ALONE: usize = 160;
/// Septets of one of several parts, and the six octets of its header, which take the room of seven septets.
const GSM_PART: usize = 153 + HEADER;
/// Octets of a text in UCS-2, or of one of its parts with its header.
const UCS2_OCTETS: usize = 140;
/// Octets of the header that says which part of what it is.
const HEADER: usize = 6;
/// No text of ours is longer.
const MOST_PARTS: usize = 8;

/// Why a text cannot be cut.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PartsError {
    /// It has a character that no network carries as text.
    #[error("it has a character, such as an emoji, that no text carries")]
    Character,
    /// It is too long.
    #[error("it would be more than {MOST_PARTS} texts")]
    TooLong,
}

/// Cuts a text: `message` once for each part, with its alphabet and, where there are several, a header that carries
/// `reference`.
pub fn cut(message: SubmitSm, words: &str, reference: u8) -> Result<Vec<SubmitSm>, PartsError> {
    let message = message.multipart(words).reference_u8(reference);
    let parts = if let Ok(septets) = Gsm7BitUnpacked::new().encode_to_vec(words) {
        let most = if septets.len() <= GSM_ALONE {
            GSM_ALONE
        } else {
            GSM_PART
        };
        let message = message.max_short_message_size(most).gsm7bit_unpacked();
        message.build().map_err(|_| PartsError::TooLong)?
    } else {
        Ucs2::new()
            .encode_to_vec(words)
            .map_err(|_| PartsError::Character)?;
        let message = message.max_short_message_size(UCS2_OCTETS).ucs2();
        message.build().map_err(|_| PartsError::TooLong)?
    };
    if parts.len() > MOST_PARTS {
        return Err(PartsError::TooLong);
    }
    Ok(parts)
}

/// How many parts a text is.
pub fn count(words: &str) -> Result<u32, PartsError> {
    let parts = cut(SubmitSm::default(), words, 0)?;
    Ok(u32::try_from(parts.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use rusmpp::values::DataCoding;

    use super::*;

    fn lengths(words: &str) -> (Vec<usize>, u8) {
        let parts = cut(SubmitSm::default(), words, 7).unwrap();
        let coding = parts[0].data_coding;
        assert!(parts.iter().all(|part| part.data_coding == coding));
        let lengths = parts.iter().map(|part| part.short_message().as_ref().len());
        (lengths.collect(), u8::from(coding))
    }

    #[test]
    fn german_words_stay_in_the_small_alphabet() {
        let words = "Öffnen Sie die Tür: größer, süß, § 203";
        let parts = cut(SubmitSm::default(), words, 0).unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!(u8::from(parts[0].data_coding), 0);
        let septets = parts[0].short_message().as_ref();
        assert_eq!(septets.len(), words.chars().count());
        // Ö, ü, ö, ß and § of TS 23.038 §6.2.1
        assert_eq!(septets[0], 0x5C);
        for septet in [0x7E, 0x7C, 0x1E, 0x5F] {
            assert!(septets.contains(&septet), "{septet:#x}");
        }
    }

    #[test]
    fn a_text_fills_its_parts_to_the_last_septet() {
        assert_eq!(lengths(&"ä".repeat(160)), (vec![160], 0));
        assert_eq!(lengths(&"ä".repeat(161)), (vec![159, 14], 0));
        assert_eq!(lengths(&"a".repeat(306)), (vec![159, 159], 0));
        assert_eq!(lengths(&"a".repeat(307)), (vec![159, 159, 7], 0));
        assert_eq!(lengths(&"ł".repeat(70)), (vec![140], 8));
        assert_eq!(lengths(&"ł".repeat(71)), (vec![140, 14], 8));
        assert_eq!(lengths(&"ł".repeat(135)), (vec![140, 140, 8], 8));
    }

    #[test]
    fn a_character_of_two_septets_is_never_cut() {
        let words = format!("{}€{}", "a".repeat(152), "b".repeat(20));
        let parts = cut(SubmitSm::default(), &words, 7).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].short_message().as_ref().len(), HEADER + 152);
        assert_eq!(
            &parts[1].short_message().as_ref()[..8],
            [5, 0, 3, 7, 2, 2, 0x1B, 0x65]
        );
        assert_eq!(u8::from(parts[0].esm_class) & 0x40, 0x40);
    }

    #[test]
    fn what_no_network_carries_is_refused() {
        assert_eq!(count("Klinik 🏥"), Err(PartsError::Character));
        assert_eq!(count(&"a".repeat(153 * 8)), Ok(8));
        assert_eq!(count(&"a".repeat(153 * 8 + 1)), Err(PartsError::TooLong));
        assert_eq!(count(""), Ok(1));
        assert_eq!(u8::from(DataCoding::Ucs2), 8);
    }
}
