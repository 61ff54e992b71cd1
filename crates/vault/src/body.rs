//! What is inside a sealed cell: JSON, written and read through private mirrors of the public types.
//!
//! The public types hold secrets and so have no `Serialize`; the mirrors are wiped, and the text is only ever in wiped buffers.

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::account::{Algorithm, OtherAccount, OtherPasscodes};
use crate::secret::Restorable;

mod hex;
mod organisation;

use hex::Hex;
pub(crate) use organisation::{
    Organisation, read_organisation, read_organisation_1, read_pointer, write_organisation,
    write_pointer,
};

/// The small cell that moves often. Beside the body, so that a use of a passcode does not seal the keys anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moving {
    /// Place in the list, ascending.
    pub(crate) position: u64,
    /// Counter of the next passcode.
    pub(crate) counter: u64,
    /// Last sequence number that was given out; 0 before the first.
    pub(crate) sequence: u64,
    /// When it went to the trash, Unix time in milliseconds; absent outside the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trashed_at_ms: Option<i64>,
}

/// One named setting.
#[derive(Serialize, Deserialize)]
pub(crate) struct SettingBody<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) value: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct OtherBody<'a> {
    #[serde(borrow)]
    issuer: Cow<'a, str>,
    #[serde(borrow)]
    account: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    custom_name: Option<Cow<'a, str>>,
    seed: Hex,
    algorithm: Algorithm,
    digits: u8,
    passcodes: OtherPasscodesBody,
}

/// The counter here is the one at the time of writing; the moving cell's holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OtherPasscodesBody {
    Timed { period_seconds: u32 },
    Counted { next_counter: u64 },
    Steam,
}

pub(crate) fn write_moving(moving: Moving) -> Zeroizing<Vec<u8>> {
    write(&moving)
}

pub(crate) fn read_moving(plain: &[u8]) -> Option<Moving> {
    read(plain)
}

pub(crate) fn write_setting(name: &str, value: &str) -> Zeroizing<Vec<u8>> {
    write(&SettingBody {
        name: name.into(),
        value: value.into(),
    })
}

pub(crate) fn read_setting(plain: &[u8]) -> Option<SettingBody<'_>> {
    read(plain)
}

/// A note is not JSON: its time (8 bytes, big-endian), then the caller's bytes as they came.
pub(crate) fn write_note(at_ms: i64, body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(8 + body.len()));
    plain.extend(at_ms.to_be_bytes());
    plain.extend(body);
    plain
}

pub(crate) fn read_note(plain: &[u8]) -> Option<(i64, &[u8])> {
    let (at_ms, body) = plain.split_first_chunk()?;
    Some((i64::from_be_bytes(*at_ms), body))
}

pub(crate) fn write_other(account: &OtherAccount) -> Zeroizing<Vec<u8>> {
    write_other_with(account, account.passcodes)
}

/// The same wherever its counter stands.
pub(crate) fn write_other_at_rest(account: &OtherAccount) -> Zeroizing<Vec<u8>> {
    let passcodes = match account.passcodes {
        OtherPasscodes::Counted { .. } => OtherPasscodes::Counted { next_counter: 0 },
        moves => moves,
    };
    write_other_with(account, passcodes)
}

fn write_other_with(account: &OtherAccount, passcodes: OtherPasscodes) -> Zeroizing<Vec<u8>> {
    write(&OtherBody {
        issuer: account.issuer.as_str().into(),
        account: account.account.as_str().into(),
        custom_name: account.custom_name.as_deref().map(Into::into),
        seed: Hex::copied_from(account.seed.expose()),
        algorithm: account.algorithm,
        digits: account.digits,
        passcodes: match passcodes {
            OtherPasscodes::Timed { period_seconds } => {
                OtherPasscodesBody::Timed { period_seconds }
            }
            OtherPasscodes::Counted { next_counter } => {
                OtherPasscodesBody::Counted { next_counter }
            }
            OtherPasscodes::Steam => OtherPasscodesBody::Steam,
        },
    })
}

pub(crate) fn read_other(plain: &[u8]) -> Option<OtherAccount> {
    let body: OtherBody<'_> = read(plain)?;
    Some(OtherAccount {
        issuer: body.issuer.into_owned(),
        account: body.account.into_owned(),
        custom_name: body.custom_name.map(Cow::into_owned),
        seed: Restorable::new(body.seed.0),
        algorithm: body.algorithm,
        digits: body.digits,
        passcodes: match body.passcodes {
            OtherPasscodesBody::Timed { period_seconds } => {
                OtherPasscodes::Timed { period_seconds }
            }
            OtherPasscodesBody::Counted { next_counter } => {
                OtherPasscodes::Counted { next_counter }
            }
            OtherPasscodesBody::Steam => OtherPasscodes::Steam,
        },
    })
}

fn read<'a, T: Deserialize<'a>>(plain: &'a [u8]) -> Option<T> {
    serde_json::from_slice(plain).ok()
}

/// JSON in a buffer of exactly its size: a buffer that grows leaves unwiped pieces behind.
pub(crate) fn write<T: Serialize>(value: &T) -> Zeroizing<Vec<u8>> {
    const NEVER_FAILS: &str = "the mirrors have string keys and write to memory";
    let mut length = Length(0);
    serde_json::to_writer(&mut length, value).expect(NEVER_FAILS);
    let mut text = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *text, value).expect(NEVER_FAILS);
    text
}

/// Counts what would be written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn other_accounts_survive_writing_and_reading(
            issuer: String, account: String, custom_name: Option<String>, seed: Vec<u8>, digits: u8, counter: u64,
        ) {
            let written = OtherAccount {
                issuer, account, custom_name, digits,
                seed: Restorable::copied_from(&seed),
                algorithm: Algorithm::Sha512,
                passcodes: OtherPasscodes::Counted { next_counter: counter },
            };
            let text = write_other(&written);
            prop_assert_eq!(text.len(), text.capacity(), "the buffer grew");
            let read = read_other(&text).expect("it reads");
            prop_assert_eq!(&read.issuer, &written.issuer);
            prop_assert_eq!(&read.account, &written.account);
            prop_assert_eq!(&read.custom_name, &written.custom_name);
            prop_assert_eq!(read.seed.expose(), seed);
            prop_assert_eq!(read.algorithm, written.algorithm);
            prop_assert_eq!(read.digits, digits);
            prop_assert_eq!(read.passcodes, written.passcodes);
        }

        #[test]
        fn settings_and_moving_cells_survive_writing_and_reading(
            name: String, value: String, position: u64, counter: u64, sequence: u64, trashed_at_ms: Option<i64>,
        ) {
            let text = write_setting(&name, &value);
            let read = read_setting(&text).expect("it reads");
            prop_assert_eq!((read.name, read.value), (Cow::from(&name), Cow::from(&value)));
            let moving = Moving { position, counter, sequence, trashed_at_ms };
            prop_assert_eq!(read_moving(&write_moving(moving)), Some(moving));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            read_other(&bytes);
            read_setting(&bytes);
            read_moving(&bytes);
            read_note(&bytes);
        }
    }
}
