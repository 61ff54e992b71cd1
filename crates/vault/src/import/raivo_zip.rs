//! Raivo OTP's export as the app writes it: an archive with its JSON, sealed by WinZip's AES or, in old versions, by the cipher
//! that archives had before.

use std::io::{Cursor, Read as _};

use zeroize::Zeroizing;
use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};
use zip::result::ZipError;

use super::{LONGEST, Unreadable, Written, elements, parse, raivo};
use crate::secret::SecretText;

/// What an archive begins with, if there is a file in it.
pub(super) const MARK: &[u8] = b"PK\x03\x04";
/// What each file's line of the directory at the end begins with.
const LINE: &[u8] = b"PK\x01\x02";
/// What the end of that directory begins with.
const END: &[u8] = b"PK\x05\x06";
/// The app writes two files, and the library makes something of each line of a directory before it is asked for one.
const MOST_FILES: usize = 16;
/// How many times smaller a list of accounts can become: it is mostly keys, which become hardly smaller at all.
const MOST_RATIO: u64 = 100;
/// The file that is looked for.
const NAME: &str = "raivo-otp-export.json";

pub(super) fn read(bytes: &[u8], password: Option<&SecretText>) -> Result<Written, Unreadable> {
    if occurrences(bytes, LINE).take(MOST_FILES + 1).count() > MOST_FILES {
        return Err(Unreadable::Unknown);
    }
    // It is at the end, so an archive without it was cut short
    if occurrences(bytes, END).next().is_none() {
        return Err(Unreadable::CutShort);
    }
    let plain = open(bytes, password)?;
    let text = std::str::from_utf8(&plain).map_err(|_| Unreadable::Damaged)?;
    Ok(raivo::read(elements(&parse(text)?)?))
}

fn occurrences<'a>(bytes: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    bytes.windows(mark.len()).filter(move |part| *part == mark)
}

fn open(bytes: &[u8], password: Option<&SecretText>) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    let from_the_start = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let archive = ZipArchive::with_config(from_the_start, Cursor::new(bytes));
    let mut archive = archive.map_err(|error| why(&error))?;
    let place = archive.index_for_name_raw(NAME.as_bytes());
    let place = place.ok_or(Unreadable::Unknown)?;
    let file = archive.by_index_data(place).map_err(|error| why(&error))?;
    let is_locked = file.encrypted();
    let size = usize::try_from(file.size()).ok();
    let size = size.filter(|size| *size <= LONGEST);
    let size = size.ok_or(Unreadable::TooLarge)?;
    if file.size() > file.compressed_size().saturating_mul(MOST_RATIO) {
        return Err(Unreadable::TooLarge);
    }
    let aes = archive.get_aes_verification_key_and_salt(place);
    let is_aes = aes.map_err(|error| why(&error))?.is_some();
    let file = if is_locked {
        let password = password.ok_or(Unreadable::Locked)?;
        archive.by_index_decrypt(place, password.expose().as_bytes())
    } else {
        archive.by_index(place)
    };
    let mut file = file.map_err(|error| why(&error))?;
    // Its length is known, so the buffer never moves and leaves nothing behind. The library ends where the file is longer
    // than it says, and AES' own sum is checked at the end
    let mut plain = Zeroizing::new(Vec::with_capacity(size));
    match file.read_to_end(&mut plain) {
        Ok(read) if read == size => Ok(plain),
        // The old cipher tells of one wrong password in 256 by what comes out alone
        _ if is_locked && !is_aes => Err(Unreadable::WrongPassword),
        _ => Err(Unreadable::Damaged),
    }
}

fn why(error: &ZipError) -> Unreadable {
    match error {
        ZipError::InvalidPassword => Unreadable::WrongPassword,
        // Ciphers and methods that the app never used
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            Unreadable::Unknown
        }
        _ => Unreadable::Damaged,
    }
}
