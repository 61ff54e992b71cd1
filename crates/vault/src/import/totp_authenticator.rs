//! TOTP Authenticator: one line of Base64, with no mark of the app's.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::fields::Fields;
use super::json::{Json, Object};
use super::locked::open_cbc;
use super::raw::{Key, Raw, Reason};
use super::{Format, Refused, Unreadable, Written, elements, parse};
use crate::secret::SecretText;

/// A block of the cipher, bytes.
const BLOCK: usize = 16;
/// Shorter than one account is written in; keys, fingerprints and passwords, which may be in Base64 as well, are shorter.
const SHORTEST: usize = 172;

/// Whether a text may be one.
pub(super) fn is_one(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    text.len() >= SHORTEST && text.bytes().all(is_letter)
}

/// Nothing in it is authenticated: another password shows by what comes out.
pub(super) fn read(text: &str, password: Option<&SecretText>) -> Result<Written, Unreadable> {
    let sealed = BASE64.decode(text.as_bytes()).ok();
    let sealed = sealed.filter(|sealed| sealed.len() % BLOCK == 0);
    let sealed = sealed.ok_or(Unreadable::CutShort)?;
    let password = password.ok_or(Unreadable::Locked)?;
    let key = digest(&SHA256, password.expose().as_bytes());
    let plain = open_cbc(key.as_ref(), &[0; BLOCK], &sealed).ok_or(Unreadable::WrongPassword)?;
    let plain = std::str::from_utf8(&plain).map_err(|_| Unreadable::WrongPassword)?;
    let opened = parse(plain).map_err(|_| Unreadable::WrongPassword)?;
    // The accounts are a text, which is the name of the one member, whose value is when it was written
    let mut names = opened.as_object().into_iter().flat_map(Object::names);
    let accounts = names.next().ok_or(Unreadable::Damaged)?;
    let accounts = parse(accounts).map_err(|_| Unreadable::Damaged)?;
    let entries = elements(&accounts)?.iter().map(entry);
    Ok(Written::of(Format::TotpAuthenticator, entries.collect()))
}

fn entry(value: &Json<'_>) -> Result<Raw, Refused> {
    let entry = Fields::of(value);
    let text = |name| entry.text(name).unwrap_or_default();
    let (issuer, name) = (text("issuer"), text("name"));
    let refuse = |reason| Raw::refused(issuer, name, reason);
    let key = entry.text("key").ok_or_else(|| refuse(Reason::NoKey))?;
    let key = match entry.number("base") {
        Ok(Some(16)) => HEXLOWER_PERMISSIVE.decode(key.trim().as_bytes()).ok(),
        // Its own writing of keys; in any other base these letters are another key
        _ => None,
    };
    let key = key.ok_or_else(|| refuse(Reason::BadKey))?;
    Ok(Raw {
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: Some(Key::Bytes(Zeroizing::new(key))),
        digits: entry.number("digits"),
        period: entry.number("period"),
        ..Raw::default()
    })
}
