//! An entry as it is written in some app's export, and what it comes to: the rules that all formats share.

use data_encoding::BASE64_NOPAD;
use zeroize::{Zeroize as _, Zeroizing};

use super::fields::NotANumber;
use crate::account::{Algorithm, OtherAccount, OtherPasscodes};
use crate::secret::Restorable;

/// Digits that a passcode can have. Apps accept more than their own exports hold.
pub(crate) const DIGITS: std::ops::RangeInclusive<u64> = 1..=9;
/// The longest time step, seconds: a day.
pub(crate) const LONGEST_PERIOD: u64 = 86_400;
/// The longest key, bytes.
pub(crate) const LONGEST_KEY: usize = 1024;
const STEAM_DIGITS: u8 = 5;

/// What can be imported.
pub struct Entry {
    /// Where it stands in the file, from 0.
    pub position: usize,
    /// The account as the vault would have it.
    pub account: OtherAccount,
    /// It was in the other app's bin.
    pub trashed: bool,
}

/// What cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where it stands in the file, from 0.
    pub position: usize,
    /// Issuer as it is written there, never with a part of its key; may be empty.
    pub issuer: String,
    /// The person's name there, likewise; may be empty.
    pub name: String,
    /// Why.
    pub reason: Reason,
    /// How its passcodes are made, where nothing is wrong but the key.
    pub settings: Option<Settings>,
}

impl Refused {
    /// What it is called, by those of its names that it has.
    pub fn label(&self) -> String {
        label(&self.issuer, &self.name)
    }
}

/// How an account makes its passcodes, apart from its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Hash.
    pub algorithm: Algorithm,
    /// Digits of a passcode.
    pub digits: u8,
    /// How they move on.
    pub passcodes: OtherPasscodes,
}

/// Why an entry cannot be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It has no key.
    #[error("it has no key")]
    NoKey,
    /// Its key cannot be read.
    #[error("its key is damaged")]
    BadKey,
    /// A number of digits that no passcode has.
    #[error("its number of digits is not one that passcodes have")]
    Digits,
    /// A time step that is none.
    #[error("its time step is not one that passcodes have")]
    Period,
    /// A counter that is none.
    #[error("its counter is damaged")]
    Counter,
    /// A hash that is not known here.
    #[error("its hash is not one that is known")]
    Algorithm,
    /// Passcodes of a kind that is not made here.
    #[error("its passcodes are of a kind that is not made here")]
    Kind,
    /// It confirms sign-ins by push alone, by a key that stays in the other app.
    #[error("it works by push alone and has to be set up again")]
    PushOnly,
    /// No link of an account.
    #[error("it is no link of an account")]
    Form,
}

/// How passcodes move on, as it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Timed,
    Counted,
    Steam,
}

/// A key as it is written.
pub(super) enum Key {
    Base32(Zeroizing<String>),
    Base64(Zeroizing<String>),
    Bytes(Zeroizing<Vec<u8>>),
}

/// An entry as it is written.
pub(super) struct Raw {
    pub(super) kind: Kind,
    pub(super) issuer: String,
    pub(super) name: String,
    pub(super) key: Option<Key>,
    /// By any of its names; `None` for the usual one.
    pub(super) algorithm: Option<String>,
    pub(super) digits: Result<Option<u64>, NotANumber>,
    pub(super) period: Result<Option<u64>, NotANumber>,
    pub(super) counter: Result<Option<u64>, NotANumber>,
    pub(super) trashed: bool,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            kind: Kind::Timed,
            issuer: String::new(),
            name: String::new(),
            key: None,
            algorithm: None,
            digits: Ok(None),
            period: Ok(None),
            counter: Ok(None),
            trashed: false,
        }
    }
}

impl Key {
    pub(super) fn base32(text: &str) -> Self {
        Self::Base32(Zeroizing::new(text.to_owned()))
    }

    pub(super) fn base64(text: &str) -> Self {
        Self::Base64(Zeroizing::new(text.to_owned()))
    }

    fn read(self) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = match self {
            Self::Base32(text) => base32(&text),
            Self::Base64(text) => {
                let text = text.trim().trim_end_matches('=');
                BASE64_NOPAD
                    .decode(text.as_bytes())
                    .ok()
                    .map(Zeroizing::new)
            }
            Self::Bytes(bytes) => Some(bytes),
        };
        bytes.filter(|bytes| !bytes.is_empty() && bytes.len() <= LONGEST_KEY)
    }
}

impl Raw {
    /// What is refused under this entry's name.
    pub(super) fn refused(issuer: &str, name: &str, reason: Reason) -> Refused {
        Refused {
            position: 0,
            issuer: issuer.trim().to_owned(),
            name: name.trim().to_owned(),
            reason,
            settings: None,
        }
    }

    /// The account that it stands for.
    pub(super) fn finish(self, position: usize) -> Result<Entry, Refused> {
        let settings = self.settings();
        let (issuer, name) = (trimmed(self.issuer), trimmed(self.name));
        let seed = match self.key {
            None => Err(Reason::NoKey),
            Some(key) => key.read().ok_or(Reason::BadKey),
        };
        match (seed, settings) {
            (Ok(seed), Ok(settings)) => Ok(Entry {
                position,
                account: OtherAccount {
                    issuer,
                    account: name,
                    custom_name: None,
                    seed: Restorable::new(seed),
                    algorithm: settings.algorithm,
                    digits: settings.digits,
                    passcodes: settings.passcodes,
                },
                trashed: self.trashed,
            }),
            (Err(reason), settings) => Err(Refused {
                position,
                issuer,
                name,
                reason,
                settings: settings.ok(),
            }),
            (Ok(_), Err(reason)) => Err(Refused {
                position,
                issuer,
                name,
                reason,
                settings: None,
            }),
        }
    }

    /// How its passcodes are made, or what is wrong with that.
    fn settings(&self) -> Result<Settings, Reason> {
        let digits = self.digits.as_ref().map_err(|_| Reason::Digits)?;
        let digits = digits.unwrap_or(6);
        if !DIGITS.contains(&digits) {
            return Err(Reason::Digits);
        }
        let digits = u8::try_from(digits).map_err(|_| Reason::Digits)?;
        let algorithm = match self.kind {
            Kind::Steam => Some(Algorithm::Sha1),
            Kind::Timed | Kind::Counted => algorithm(self.algorithm.as_deref()),
        };
        let algorithm = algorithm.ok_or(Reason::Algorithm)?;
        let passcodes = match self.kind {
            Kind::Steam => OtherPasscodes::Steam,
            Kind::Counted => {
                let counter = self.counter.as_ref().map_err(|_| Reason::Counter)?;
                OtherPasscodes::Counted {
                    next_counter: counter.unwrap_or(0),
                }
            }
            Kind::Timed => {
                let period = self.period.as_ref().map_err(|_| Reason::Period)?;
                let period = period.unwrap_or(30);
                let in_range = (1..=LONGEST_PERIOD).contains(&period);
                let period_seconds = u32::try_from(period).ok().filter(|_| in_range);
                OtherPasscodes::Timed {
                    period_seconds: period_seconds.ok_or(Reason::Period)?,
                }
            }
        };
        Ok(Settings {
            algorithm,
            digits: if self.kind == Kind::Steam {
                STEAM_DIGITS
            } else {
                digits
            },
            passcodes,
        })
    }
}

/// The text itself where there is nothing to take away, as is usual.
fn trimmed(text: String) -> String {
    let bare = text.trim();
    if bare.len() == text.len() {
        text
    } else {
        bare.to_owned()
    }
}

/// What an entry is called, by those of its names that it has.
pub(crate) fn label(issuer: &str, name: &str) -> String {
    match (issuer.trim(), name.trim()) {
        ("", name) => name.to_owned(),
        (issuer, "") => issuer.to_owned(),
        (issuer, name) => format!("{issuer}, {name}"),
    }
}

/// A hash by the names that apps give it. Never another one in place of one that is not known: its passcodes would be wrong.
fn algorithm(name: Option<&str>) -> Option<Algorithm> {
    let Some(name) = name else {
        return Some(Algorithm::Sha1);
    };
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let plain = plain.strip_prefix("ALGORITHM").unwrap_or(&plain);
    match plain.strip_prefix("HMAC").unwrap_or(plain) {
        "" | "NULL" | "SHA1" => Some(Algorithm::Sha1),
        "SHA256" => Some(Algorithm::Sha256),
        "SHA512" => Some(Algorithm::Sha512),
        _ => None,
    }
}

/// Base32 (RFC 4648 section 6) as exports really have it: any case, groups, padding or none, bits left over. Lengths that the
/// RFC forbids occur, so the alphabet is read letter by letter.
pub(super) fn base32(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8));
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.chars() {
        let value = match letter.to_ascii_uppercase() {
            letter @ 'A'..='Z' => u32::from(letter) - u32::from('A'),
            digit @ '2'..='7' => u32::from(digit) - u32::from('2') + 26,
            '-' | '_' | '=' => continue,
            space if space.is_whitespace() => continue,
            _ => return None,
        };
        held = (held << 5 | value) & 0x0fff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    held.zeroize();
    Some(bytes)
}
