//! Accounts out of other apps' exports.
//!
//! [`read`] looks at the content alone, never at a file's name, and changes nothing: what it gives is a preview. One bad entry
//! fails no file: it is a [`Refused`] with its place, its label and the reason, so that nothing is left out silently.
//!
//! Each format is one file beside this one, and `detect.rs` tells them apart. It turns what is written there into `Raw` entries;
//! what is common to all of them (keys, hashes, defaults, bounds) is `raw.rs`'s.

mod aegis;
mod andotp;
mod bitwarden;
mod detect;
mod duo;
mod ente;
mod fields;
mod freeotp;
mod freeotp_plus;
mod google_database;
mod java;
mod json;
mod lastpass;
mod locked;
mod microsoft;
mod migration;
mod proton;
mod raivo;
mod raivo_zip;
mod raw;
mod sqlite;
mod steam;
mod stratum;
mod totp_authenticator;
mod two_fas;
mod two_fauth;
mod uri;

use json::Json;
use raw::Raw;

use crate::secret::SecretText;

pub use raw::{Entry, Reason, Refused, Settings};
// An export keeps to the same bounds and derivations, so that what it writes can be read
pub(crate) use locked::{Stretch, stretch};
pub(crate) use raw::{DIGITS, LONGEST_KEY, LONGEST_PERIOD, label};

/// The longest file that is looked at, bytes. The largest export seen in the wild had icons and 2 MiB.
pub const LONGEST: usize = 8 * 1024 * 1024;
/// The most values of a JSON text. Counted before it is parsed, since each takes many times the bytes that it is written in.
const MOST_VALUES: usize = 400_000;
/// The most entries that one file may have.
pub const MOST: usize = 20_000;

/// Which app wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One link on each line: Ente, Aegis' and FreeOTP+'s text, and many more.
    Links,
    /// Google Authenticator's export codes.
    Migration,
    /// Aegis.
    Aegis,
    /// 2FAS.
    TwoFas,
    /// Proton Authenticator.
    Proton,
    /// Bitwarden, the vault or the authenticator.
    Bitwarden,
    /// andOTP.
    Andotp,
    /// FreeOTP 2.
    Freeotp,
    /// FreeOTP+.
    FreeotpPlus,
    /// Raivo OTP.
    Raivo,
    /// Stratum, once Authenticator Pro.
    Stratum,
    /// LastPass Authenticator.
    Lastpass,
    /// The internal file of Duo Mobile.
    Duo,
    /// Steam's own file.
    Steam,
    /// 2FAuth.
    TwoFauth,
    /// The database of Microsoft Authenticator.
    Microsoft,
    /// The database of Google Authenticator.
    GoogleDatabase,
    /// TOTP Authenticator.
    TotpAuthenticator,
}

/// What is in a file.
pub struct Import {
    /// Who wrote it.
    pub format: Format,
    /// What can be had, in the file's order.
    pub entries: Vec<Entry>,
    /// What cannot, in the file's order.
    pub refused: Vec<Refused>,
    /// Of an export in several parts: which one this is.
    pub part: Option<Part>,
}

/// One part of an export that is shown as several codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The same in all parts of one export.
    pub export: i64,
    /// From 0.
    pub index: u32,
    /// Of so many.
    pub of: u32,
}

/// Why nothing of a file can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No format that is known.
    #[error("no export of an app that is known")]
    Unknown,
    /// The beginning is there and the end is not.
    #[error("the file is incomplete: it was cut short")]
    CutShort,
    /// What is inside contradicts itself.
    #[error("the file is damaged")]
    Damaged,
    /// A format that is known, without one entry.
    #[error("there are no accounts in that file")]
    Empty,
    /// It is sealed with a password.
    #[error("the file is locked with a password")]
    Locked,
    /// It is sealed with another password.
    #[error("that password does not open the file")]
    WrongPassword,
    /// Opening it takes more memory than a phone or tablet has.
    #[error("opening the file takes more memory than there is here")]
    TooMuchMemory,
    /// It is sealed with a key that only the other app's own account has.
    #[error("the file is locked to an account; export it again with a password of its own")]
    LockedToAccount,
    /// More than is looked at.
    #[error("the file is too large")]
    TooLarge,
}

/// Reads an export, sealed with `password` if it is sealed. This stretches passwords, for which some apps take seconds and a
/// gigabyte: call from a thread that may wait.
///
/// # Errors
///
/// Where nothing of it can be had; a file of which one entry can be had is an [`Import`] with [`Refused`] entries.
pub fn read(bytes: &[u8], password: Option<&SecretText>) -> Result<Import, Unreadable> {
    if bytes.len() > LONGEST {
        return Err(Unreadable::TooLarge);
    }
    let import = detect::read(bytes, password)?.finish();
    if import.entries.is_empty() && import.refused.is_empty() && import.part.is_none() {
        return Err(Unreadable::Empty);
    }
    Ok(import)
}

fn parse(text: &str) -> Result<Json<'_>, Unreadable> {
    // Piece by piece in a byte each, many bytes of the text at a time
    let values = text.as_bytes().chunks(255).map(|piece| {
        let begins = |byte: &u8| u8::from(matches!(byte, b'{' | b'[' | b',' | b':'));
        usize::from(piece.iter().map(begins).sum::<u8>())
    });
    if values.sum::<usize>() > MOST_VALUES {
        return Err(Unreadable::TooLarge);
    }
    serde_json::from_str(text).map_err(|error| {
        if error.is_eof() {
            Unreadable::CutShort
        } else {
            Unreadable::Damaged
        }
    })
}

/// The elements of a list that is a whole file.
fn elements<'a>(value: &'a Json<'a>) -> Result<&'a [Json<'a>], Unreadable> {
    let elements = value.as_list().ok_or(Unreadable::Damaged)?;
    if elements.len() > MOST {
        return Err(Unreadable::TooLarge);
    }
    Ok(elements)
}

/// Entries as they are written, and who wrote them.
struct Written {
    format: Format,
    entries: Vec<Result<Raw, Refused>>,
    part: Option<Part>,
}

impl Written {
    fn of(format: Format, entries: Vec<Result<Raw, Refused>>) -> Self {
        Self {
            format,
            entries,
            part: None,
        }
    }

    fn finish(self) -> Import {
        let mut import = Import {
            format: self.format,
            entries: Vec::new(),
            refused: Vec::new(),
            part: self.part,
        };
        for (position, raw) in self.entries.into_iter().enumerate() {
            match raw.and_then(|raw| raw.finish(position)) {
                Ok(entry) => import.entries.push(entry),
                Err(refused) => import.refused.push(Refused {
                    position,
                    ..refused
                }),
            }
        }
        import
    }
}
