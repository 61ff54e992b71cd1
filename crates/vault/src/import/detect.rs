//! Which app wrote a file, by its content alone: its first bytes, then what kind of text it is, then the members of its JSON.

use super::fields::Fields;
use super::json::Json;
use super::{
    Unreadable, Written, aegis, andotp, bitwarden, duo, elements, ente, freeotp, freeotp_plus,
    java, lastpass, migration, parse, proton, raivo, raivo_zip, sqlite, steam, stratum,
    totp_authenticator, two_fas, two_fauth, uri,
};
use crate::secret::SecretText;

pub(super) fn read(bytes: &[u8], password: Option<&SecretText>) -> Result<Written, Unreadable> {
    match std::str::from_utf8(bytes) {
        _ if stratum::is_locked(bytes) => stratum::read_locked(bytes, password),
        _ if bytes.starts_with(sqlite::MARK) => sqlite::read(bytes),
        _ if bytes.starts_with(java::MARK) => freeotp::read(bytes, password),
        _ if bytes.starts_with(raivo_zip::MARK) => raivo_zip::read(bytes, password),
        Ok(text) => read_text(text.trim_start_matches('\u{feff}').trim(), password),
        Err(_) if is_of_another_kind(bytes) => Err(Unreadable::Unknown),
        Err(_) => andotp::read_locked(bytes, password),
    }
}

/// Files that say by their first bytes that they are something else: pictures, documents, texts that are packed.
fn is_of_another_kind(bytes: &[u8]) -> bool {
    let is_media = bytes.get(4..8) == Some(b"ftyp");
    let marks: [&[u8]; 9] = [
        b"%PDF",
        b"\x1f\x8b",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\x85\x01",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"RIFF",
    ];
    is_media || marks.iter().any(|mark| bytes.starts_with(mark))
}

fn read_text(text: &str, password: Option<&SecretText>) -> Result<Written, Unreadable> {
    match text.as_bytes().first() {
        None => Err(Unreadable::Empty),
        Some(b'{' | b'[') => json(text, password),
        Some(_) if migration::is_one(text) => migration::read(text),
        Some(_) if bitwarden::is_table(text) => bitwarden::read_table(text),
        // It has no mark, and nothing else is one long line of these letters
        Some(_) if totp_authenticator::is_one(text) => totp_authenticator::read(text, password),
        Some(_) => uri::read_list(text),
    }
}

/// Tells the formats of JSON apart by their members.
fn json(text: &str, password: Option<&SecretText>) -> Result<Written, Unreadable> {
    let value = parse(text)?;
    let file = Fields::of(&value);
    let has = |name| file.has(name);
    if value.as_list().is_some() {
        let entries = elements(&value)?;
        let Some(first) = entries.first().map(Fields::of) else {
            return Err(Unreadable::Empty);
        };
        let is_duo = |entry: &Json<'_>| Fields::of(entry).has("otpGenerator");
        return if entries.iter().any(is_duo) {
            Ok(duo::read(entries))
        } else if first.has("kind") && first.has("timer") {
            Ok(raivo::read(entries))
        } else if first.has("thumbnail") || (first.has("label") && first.has("type")) {
            Ok(andotp::read(entries))
        } else {
            Err(Unreadable::Unknown)
        };
    }
    if has("header") && has("db") {
        aegis::read(file, password)
    } else if has("schemaVersion") && has("services") {
        two_fas::read(file, password)
    } else if has("kdfParams") && has("encryptedData") {
        ente::read(file, password)
    } else if has("version") && has("salt") && has("content") {
        proton::read_locked(file, password)
    } else if has("version") && has("entries") {
        proton::read(file)
    } else if has("encrypted") && (has("items") || has("data")) {
        bitwarden::read(file, password)
    } else if has("Authenticators") {
        stratum::read(file)
    } else if has("tokens") && has("tokenOrder") {
        freeotp_plus::read(file)
    } else if has("localDeviceId") {
        lastpass::read(file)
    } else if has("shared_secret") || file.inside("accounts").is_some() {
        steam::read(file)
    } else if file
        .text("app")
        .is_some_and(|app| app.starts_with("2fauth"))
    {
        two_fauth::read(file)
    } else {
        Err(Unreadable::Unknown)
    }
}
