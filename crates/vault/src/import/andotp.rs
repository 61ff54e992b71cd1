//! andOTP. What it sealed has no mark by which it could be told, so that is tried last.

use ring::digest::{SHA256, digest};
use ring::pbkdf2::PBKDF2_HMAC_SHA1;

use super::fields::Fields;
use super::json::Json;
use super::locked::{Stretch, open_gcm, stretch, take};
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Unreadable, Written, elements, parse};
use crate::secret::SecretText;

/// Rounds, salt, nonce and tag, and no content.
const SHORTEST: usize = 4 + 12 + 12 + 16;
/// Rounds that the app draws lie well between.
const ROUNDS: std::ops::RangeInclusive<u32> = 1_000..=10_000_000;

/// Bytes that may be a sealed file: the present form, then the old one.
pub(super) fn read_locked(
    bytes: &[u8],
    password: Option<&SecretText>,
) -> Result<Written, Unreadable> {
    if bytes.len() < SHORTEST {
        return Err(Unreadable::Unknown);
    }
    let password = password.ok_or(Unreadable::Locked)?;
    let plain = open(bytes, password)?.or_else(|| open_old(bytes, password));
    let plain = plain.ok_or(Unreadable::WrongPassword)?;
    let opened = parse(std::str::from_utf8(&plain).map_err(|_| Unreadable::Damaged)?)?;
    Ok(read(elements(&opened)?))
}

fn open(
    mut bytes: &[u8],
    password: &SecretText,
) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, Unreadable> {
    let rounds = take(&mut bytes, 4)?.try_into().map(u32::from_be_bytes);
    let Some(rounds) = rounds.ok().filter(|rounds| ROUNDS.contains(rounds)) else {
        return Ok(None);
    };
    let salt = take(&mut bytes, 12)?;
    let nonce = take(&mut bytes, 12)?;
    let key = stretch(password, salt, Stretch::Pbkdf2(PBKDF2_HMAC_SHA1, rounds))?;
    Ok(open_gcm(key.as_ref(), nonce, &[], bytes))
}

fn open_old(bytes: &[u8], password: &SecretText) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = bytes.split_at_checked(12)?;
    let key = digest(&SHA256, password.expose().as_bytes());
    open_gcm(key.as_ref(), nonce, &[], sealed)
}

pub(super) fn read(entries: &[Json<'_>]) -> Written {
    let entries = entries.iter().map(Fields::of).map(entry);
    Written::of(Format::Andotp, entries.collect())
}

fn entry(entry: Fields<'_>) -> Result<Raw, Refused> {
    let label = entry.text("label").unwrap_or_default();
    let (issuer, name) = match entry.text("issuer") {
        Some(issuer) => (issuer, label),
        // Old versions wrote both into the label, the issuer twice
        None if !entry.has("issuer") => match label.split_once(" - ") {
            Some((issuer, rest)) => {
                let bare = rest.strip_prefix(issuer);
                let bare = bare.and_then(|rest| rest.strip_prefix(':'));
                (issuer, bare.unwrap_or(rest))
            }
            None => ("", label),
        },
        None => ("", label),
    };
    let kind = match entry.text("type").unwrap_or("TOTP") {
        "TOTP" => Kind::Timed,
        "HOTP" => Kind::Counted,
        "STEAM" => Kind::Steam,
        _ => return Err(Raw::refused(issuer, name, Reason::Kind)),
    };
    Ok(Raw {
        kind,
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: entry.text("secret").map(Key::base32),
        algorithm: entry.text("algorithm").map(str::to_owned),
        digits: entry.number("digits"),
        period: entry.number("period"),
        counter: entry.number("counter"),
        trashed: false,
    })
}
