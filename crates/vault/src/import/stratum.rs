//! Stratum, once Authenticator Pro.

use ring::pbkdf2::PBKDF2_HMAC_SHA1;

use super::fields::Fields;
use super::locked::{Stretch, open_cbc, open_gcm, stretch, take};
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Unreadable, Written, parse};
use crate::secret::SecretText;

const MARK: &[u8] = b"AUTHENTICATORPRO";
const OLD_MARK: &[u8] = b"AuthenticatorPro";
const STRETCH: Stretch = Stretch::Argon2id {
    memory_kib: 65_536,
    passes: 3,
    lanes: 4,
};
const OLD_STRETCH: Stretch = Stretch::Pbkdf2(PBKDF2_HMAC_SHA1, 64_000);

pub(super) fn is_locked(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK) || bytes.starts_with(OLD_MARK)
}

/// Both sealed forms. The old one authenticates nothing: another password shows by what comes out.
pub(super) fn read_locked(
    bytes: &[u8],
    password: Option<&SecretText>,
) -> Result<Written, Unreadable> {
    let password = password.ok_or(Unreadable::Locked)?;
    let mut rest = bytes;
    let mark = take(&mut rest, MARK.len())?;
    let plain = if mark == MARK {
        let (salt, nonce) = (take(&mut rest, 16)?, take(&mut rest, 12)?);
        let key = stretch(password, salt, STRETCH)?;
        open_gcm(key.as_ref(), nonce, &[], rest)
    } else {
        let (salt, iv) = (take(&mut rest, 20)?, take(&mut rest, 16)?);
        let key = stretch(password, salt, OLD_STRETCH)?;
        open_cbc(key.as_ref(), iv, rest)
    };
    let plain = plain.ok_or(Unreadable::WrongPassword)?;
    let text = std::str::from_utf8(&plain).map_err(|_| Unreadable::WrongPassword)?;
    let opened = parse(text).map_err(|_| Unreadable::WrongPassword)?;
    read(Fields::of(&opened))
}

pub(super) fn read(file: Fields<'_>) -> Result<Written, Unreadable> {
    let entries = file.list("Authenticators")?.iter();
    let entries = entries.map(Fields::of).map(entry);
    Ok(Written::of(Format::Stratum, entries.collect()))
}

fn entry(entry: Fields<'_>) -> Result<Raw, Refused> {
    let text = |name| entry.text(name).unwrap_or_default();
    let (issuer, name) = (text("Issuer"), text("Username"));
    let refuse = |reason| Raw::refused(issuer, name, reason);
    let kind = match entry.number("Type") {
        Ok(Some(1)) => Kind::Counted,
        Ok(None | Some(2)) => Kind::Timed,
        Ok(Some(4)) => Kind::Steam,
        _ => return Err(refuse(Reason::Kind)),
    };
    let algorithm = match entry.number("Algorithm") {
        Ok(None | Some(0)) => "SHA1",
        Ok(Some(1)) => "SHA256",
        Ok(Some(2)) => "SHA512",
        _ => return Err(refuse(Reason::Algorithm)),
    };
    Ok(Raw {
        kind,
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: entry.text("Secret").map(Key::base32),
        algorithm: Some(algorithm.to_owned()),
        digits: entry.number("Digits"),
        period: entry.number("Period"),
        counter: entry.number("Counter"),
        trashed: false,
    })
}
