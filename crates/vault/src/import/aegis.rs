//! Aegis: `{version, header, db}`, where `db` is a text if it is sealed. The key of that is sealed for each password.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use super::fields::Fields;
use super::json::Json;
use super::locked::{Stretch, open_gcm, stretch};
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Unreadable, Written, parse};
use crate::secret::SecretText;

/// A slot that a password opens; others belong to a fingerprint or hold a bare key.
const PASSWORD_SLOT: u64 = 1;
/// More passwords than anybody gives one vault; each takes its time.
const MOST_SLOTS: usize = 4;

pub(super) fn read(file: Fields<'_>, password: Option<&SecretText>) -> Result<Written, Unreadable> {
    let plain;
    let opened: Json<'_>;
    let vault = if let Some(sealed) = file.text("db") {
        plain = open(file, sealed, password.ok_or(Unreadable::Locked)?)?;
        opened = parse(std::str::from_utf8(&plain).map_err(|_| Unreadable::Damaged)?)?;
        Fields::of(&opened)
    } else {
        file.inside("db").ok_or(Unreadable::Damaged)?
    };
    let entries = vault.list("entries")?.iter().map(Fields::of).map(entry);
    Ok(Written::of(Format::Aegis, entries.collect()))
}

fn open(
    file: Fields<'_>,
    sealed: &str,
    password: &SecretText,
) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    let header = file.inside("header").ok_or(Unreadable::Damaged)?;
    let params = header.inside("params").ok_or(Unreadable::Damaged)?;
    let slots = header.list("slots")?.iter().map(Fields::of);
    let mut slots = slots.filter(|slot| slot.number("type") == Ok(Some(PASSWORD_SLOT)));
    let mut master = None;
    let mut odd = None;
    for slot in slots.by_ref().take(MOST_SLOTS) {
        match open_slot(slot, password) {
            Ok(Some(key)) => {
                master = Some(key);
                break;
            }
            Ok(None) => {}
            // Another one may open it all the same
            Err(unreadable) => odd = Some(unreadable),
        }
    }
    let master = master.ok_or(odd.unwrap_or(Unreadable::WrongPassword))?;
    let content = BASE64.decode(sealed.as_bytes());
    let content = content.map_err(|_| Unreadable::Damaged)?;
    let sealed = [content, hex(params, "tag")?].concat();
    open_gcm(&master, &hex(params, "nonce")?, &[], &sealed).ok_or(Unreadable::Damaged)
}

/// The vault's key, if the password is this slot's.
fn open_slot(
    slot: Fields<'_>,
    password: &SecretText,
) -> Result<Option<Zeroizing<Vec<u8>>>, Unreadable> {
    let small = |name| slot.small(name).ok_or(Unreadable::Damaged);
    let scrypt = Stretch::Scrypt {
        n: u64::from(small("n")?),
        r: small("r")?,
        p: small("p")?,
    };
    let key = stretch(password, &hex(slot, "salt")?, scrypt)?;
    let sealing = slot.inside("key_params").ok_or(Unreadable::Damaged)?;
    let sealed = [hex(slot, "key")?, hex(sealing, "tag")?].concat();
    Ok(open_gcm(
        key.as_ref(),
        &hex(sealing, "nonce")?,
        &[],
        &sealed,
    ))
}

fn hex(fields: Fields<'_>, name: &str) -> Result<Vec<u8>, Unreadable> {
    let text = fields.text(name).ok_or(Unreadable::Damaged)?;
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes());
    bytes.map_err(|_| Unreadable::Damaged)
}

fn entry(entry: Fields<'_>) -> Result<Raw, Refused> {
    let text = |name| entry.text(name).unwrap_or_default();
    let (issuer, name) = (text("issuer"), text("name"));
    let refuse = |reason| Raw::refused(issuer, name, reason);
    let info = entry.inside("info").ok_or_else(|| refuse(Reason::NoKey))?;
    let kind = match text("type") {
        "totp" => Kind::Timed,
        "hotp" => Kind::Counted,
        "steam" => Kind::Steam,
        _ => return Err(refuse(Reason::Kind)),
    };
    Ok(Raw {
        kind,
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: info.text("secret").map(Key::base32),
        algorithm: info.text("algo").map(str::to_owned),
        digits: info.number("digits"),
        period: info.number("period"),
        counter: info.number("counter"),
        trashed: false,
    })
}
