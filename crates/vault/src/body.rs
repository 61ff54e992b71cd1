//! What is inside a sealed cell: JSON, written and read through private mirrors of the public types.
//!
//! The public types hold secrets and so have no `Serialize`; the mirrors are wiped, and the text is only ever in wiped buffers.

use std::borrow::Cow;
use std::fmt;
use std::io;

use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::account::{
    Algorithm, DeviceKeys, Dialect, OrganisationAccount, OrganisationPasscodes, OrganisationState,
    OtherAccount, OtherPasscodes, PendingActivation, Registration, ServiceIdentity,
};
use crate::secret::{DeviceBound, Restorable};

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

/// Bytes as lower-case hex.
struct Hex(Zeroizing<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct OrganisationBody<'a> {
    #[serde(borrow)]
    host: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    service: Option<ServiceBody<'a>>,
    #[serde(borrow)]
    organisation: Cow<'a, str>,
    #[serde(borrow)]
    username: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    custom_name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<Hex>,
    dialect: DialectBody,
    #[serde(borrow)]
    state: StateBody<'a>,
}

#[derive(Serialize, Deserialize)]
struct ServiceBody<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    public_key: Hex,
}

#[derive(Serialize, Deserialize)]
enum DialectBody {
    #[serde(rename = "countersign/1")]
    Countersign1,
    #[serde(rename = "legacy")]
    Legacy,
}

// Externally tagged: the other forms make serde keep the fields in a buffer that is not wiped
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody<'a> {
    Finishing {
        code: Hex,
        device_key: Hex,
    },
    Working {
        #[serde(borrow)]
        registration: RegistrationBody<'a>,
        device_key: Hex,
        seed: Hex,
        passcodes: PasscodesBody,
    },
    NeedsReactivating {
        #[serde(borrow)]
        registration: RegistrationBody<'a>,
    },
}

#[derive(Serialize, Deserialize)]
struct RegistrationBody<'a> {
    #[serde(borrow)]
    account_key: Cow<'a, str>,
    #[serde(borrow)]
    device_id: Cow<'a, str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    user_id: Option<Cow<'a, str>>,
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
enum PasscodesBody {
    Timed { period_seconds: u32 },
    Counted { next_counter: u64 },
}

/// As [`PasscodesBody`], and what only a third party has.
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
    read_owned(plain)
}

pub(crate) fn write_setting(name: &str, value: &str) -> Zeroizing<Vec<u8>> {
    write(&SettingBody {
        name: name.into(),
        value: value.into(),
    })
}

pub(crate) fn read_setting(plain: &[u8]) -> Option<SettingBody<'_>> {
    serde_json::from_slice(plain).ok()
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

pub(crate) fn write_organisation(account: &OrganisationAccount) -> Zeroizing<Vec<u8>> {
    let state = match &account.state {
        OrganisationState::Finishing(pending) => StateBody::Finishing {
            code: Hex::copied_from(pending.code.expose()),
            device_key: Hex::copied_from(pending.device_key.expose()),
        },
        OrganisationState::Working { registration, keys } => StateBody::Working {
            registration: registration.into(),
            device_key: Hex::copied_from(keys.device_key.expose()),
            seed: Hex::copied_from(keys.seed.expose()),
            passcodes: match keys.passcodes {
                OrganisationPasscodes::Timed { period_seconds } => {
                    PasscodesBody::Timed { period_seconds }
                }
                OrganisationPasscodes::Counted { next_counter } => {
                    PasscodesBody::Counted { next_counter }
                }
            },
        },
        OrganisationState::NeedsReactivating { registration } => StateBody::NeedsReactivating {
            registration: registration.into(),
        },
    };
    write(&OrganisationBody {
        host: account.host.as_str().into(),
        service: account.service.as_ref().map(|service| ServiceBody {
            id: service.id.as_str().into(),
            public_key: Hex::copied_from(&service.public_key),
        }),
        organisation: account.organisation.as_str().into(),
        username: account.username.as_str().into(),
        custom_name: account.custom_name.as_deref().map(Into::into),
        logo: account.logo.as_deref().map(Hex::copied_from),
        dialect: match account.dialect {
            Dialect::Countersign1 => DialectBody::Countersign1,
            Dialect::Legacy => DialectBody::Legacy,
        },
        state,
    })
}

pub(crate) fn read_organisation(plain: &[u8]) -> Option<OrganisationAccount> {
    let body: OrganisationBody<'_> = serde_json::from_slice(plain).ok()?;
    let state = match body.state {
        StateBody::Finishing { code, device_key } => {
            OrganisationState::Finishing(PendingActivation {
                code: DeviceBound::new(code.0),
                device_key: DeviceBound::new(device_key.0),
            })
        }
        StateBody::Working {
            registration,
            device_key,
            seed,
            passcodes,
        } => OrganisationState::Working {
            registration: registration.into(),
            keys: DeviceKeys {
                device_key: DeviceBound::new(device_key.0),
                seed: DeviceBound::new(seed.0),
                passcodes: match passcodes {
                    PasscodesBody::Timed { period_seconds } => {
                        OrganisationPasscodes::Timed { period_seconds }
                    }
                    PasscodesBody::Counted { next_counter } => {
                        OrganisationPasscodes::Counted { next_counter }
                    }
                },
            },
        },
        StateBody::NeedsReactivating { registration } => OrganisationState::NeedsReactivating {
            registration: registration.into(),
        },
    };
    Some(OrganisationAccount {
        host: body.host.into_owned(),
        service: body.service.map(|service| ServiceIdentity {
            id: service.id.into_owned(),
            public_key: service.public_key.0.to_vec(),
        }),
        organisation: body.organisation.into_owned(),
        username: body.username.into_owned(),
        custom_name: body.custom_name.map(Cow::into_owned),
        logo: body.logo.map(|logo| logo.0.to_vec()),
        dialect: match body.dialect {
            DialectBody::Countersign1 => Dialect::Countersign1,
            DialectBody::Legacy => Dialect::Legacy,
        },
        state,
    })
}

pub(crate) fn write_other(account: &OtherAccount) -> Zeroizing<Vec<u8>> {
    write(&OtherBody {
        issuer: account.issuer.as_str().into(),
        account: account.account.as_str().into(),
        custom_name: account.custom_name.as_deref().map(Into::into),
        seed: Hex::copied_from(account.seed.expose()),
        algorithm: account.algorithm,
        digits: account.digits,
        passcodes: match account.passcodes {
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
    let body: OtherBody<'_> = serde_json::from_slice(plain).ok()?;
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

impl<'a> From<&'a Registration> for RegistrationBody<'a> {
    fn from(registration: &'a Registration) -> Self {
        Self {
            account_key: registration.account_key.as_str().into(),
            device_id: registration.device_id.as_str().into(),
            user_id: registration.user_id.as_deref().map(Into::into),
        }
    }
}

impl From<RegistrationBody<'_>> for Registration {
    fn from(body: RegistrationBody<'_>) -> Self {
        Self {
            account_key: body.account_key.into_owned(),
            device_id: body.device_id.into_owned(),
            user_id: body.user_id.map(Cow::into_owned),
        }
    }
}

fn read_owned<T: DeserializeOwned>(plain: &[u8]) -> Option<T> {
    serde_json::from_slice(plain).ok()
}

/// JSON in a buffer of exactly its size: a buffer that grows leaves unwiped pieces behind.
fn write<T: Serialize>(value: &T) -> Zeroizing<Vec<u8>> {
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

impl Hex {
    fn copied_from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

impl fmt::Display for Hex {
    /// Digit by digit into the writer, so that no second text of the secret exists.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HexVisitor;

        impl Visitor<'_> for HexVisitor {
            type Value = Hex;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lower-case hex")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hex, E> {
                let bytes = data_encoding::HEXLOWER
                    .decode(text.as_bytes())
                    .map(Zeroizing::new);
                // The error would quote a digit of the secret
                bytes.map(Hex).map_err(|_| E::custom("not lower-case hex"))
            }
        }

        deserializer
            .deserialize_str(HexVisitor)
            .map_err(|_| D::Error::custom("not lower-case hex"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
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
        fn organisation_accounts_survive_writing_and_reading(
            host: String, organisation: String, custom_name: Option<String>, logo in option::of(any::<Vec<u8>>()),
            code: Vec<u8>, device_key: Vec<u8>,
        ) {
            let written = OrganisationAccount {
                host, organisation, custom_name, logo,
                service: None,
                username: "a.haddad".to_owned(),
                dialect: Dialect::Legacy,
                state: OrganisationState::Finishing(PendingActivation {
                    code: DeviceBound::copied_from(&code),
                    device_key: DeviceBound::copied_from(&device_key),
                }),
            };
            let text = write_organisation(&written);
            prop_assert_eq!(text.len(), text.capacity(), "the buffer grew");
            let read = read_organisation(&text).expect("it reads");
            prop_assert_eq!(&read.host, &written.host);
            prop_assert_eq!(&read.service, &written.service);
            prop_assert_eq!(&read.organisation, &written.organisation);
            prop_assert_eq!(&read.custom_name, &written.custom_name);
            prop_assert_eq!(&read.logo, &written.logo);
            prop_assert_eq!(read.dialect, written.dialect);
            let OrganisationState::Finishing(pending) = &read.state else { panic!("another state") };
            prop_assert_eq!(pending.code.expose(), code);
            prop_assert_eq!(pending.device_key.expose(), device_key);
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
            read_organisation(&bytes);
            read_setting(&bytes);
            read_moving(&bytes);
            read_note(&bytes);
        }
    }
}
