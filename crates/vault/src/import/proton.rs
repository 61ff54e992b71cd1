//! Proton Authenticator. Its passcodes follow the clock, or are Steam's.

use data_encoding::BASE64;

use super::fields::Fields;
use super::json::Json;
use super::locked::{Stretch, open_gcm, stretch, take};
use super::raw::{Key, Kind, Raw, Reason, base32};
use super::{Format, Refused, Unreadable, Written, parse, uri};
use crate::secret::SecretText;

const EXTRA: &[u8] = b"proton.authenticator.export.v1";
const STRETCH: Stretch = Stretch::Argon2id {
    memory_kib: 19_456,
    passes: 2,
    lanes: 1,
};

/// The same, sealed with a password. Whether that or the content is another one does not show.
pub(super) fn read_locked(
    file: Fields<'_>,
    password: Option<&SecretText>,
) -> Result<Written, Unreadable> {
    let password = password.ok_or(Unreadable::Locked)?;
    let bytes = |name| {
        let text = file.text(name).ok_or(Unreadable::Damaged)?;
        let bytes = BASE64.decode(text.as_bytes());
        bytes.map_err(|_| Unreadable::Damaged)
    };
    let (salt, content) = (bytes("salt")?, bytes("content")?);
    let mut content = content.as_slice();
    let nonce = take(&mut content, 12)?;
    let key = stretch(password, &salt, STRETCH)?;
    let plain = open_gcm(key.as_ref(), nonce, EXTRA, content);
    let plain = plain.ok_or(Unreadable::WrongPassword)?;
    let opened = parse(std::str::from_utf8(&plain).map_err(|_| Unreadable::Damaged)?)?;
    read(Fields::of(&opened))
}

pub(super) fn read(file: Fields<'_>) -> Result<Written, Unreadable> {
    let entries = file.list("entries")?.iter().map(Fields::of).map(entry);
    Ok(Written::of(Format::Proton, entries.collect()))
}

fn entry(entry: Fields<'_>) -> Result<Raw, Refused> {
    let nothing = Json::Null;
    let content = entry.inside("content").unwrap_or(Fields::of(&nothing));
    let shown = content.text("name").unwrap_or_default();
    let uri = content.text("uri").unwrap_or_default();
    if content.text("entry_type") == Some("Steam") {
        let key = uri.strip_prefix("steam://").unwrap_or(uri);
        let key = if base32(key).is_some() {
            Key::base32(key)
        } else {
            Key::base64(key)
        };
        return Ok(Raw {
            kind: Kind::Steam,
            issuer: "Steam".to_owned(),
            name: shown.to_owned(),
            key: (!uri.is_empty()).then_some(key),
            ..Raw::default()
        });
    }
    if uri.is_empty() {
        return Err(Raw::refused("", shown, Reason::NoKey));
    }
    let read = uri::read(uri).map_err(|refused| Refused {
        issuer: String::new(),
        name: shown.to_owned(),
        ..refused
    })?;
    let name = if shown.is_empty() {
        read.name.clone()
    } else {
        shown.to_owned()
    };
    Ok(Raw { name, ..read })
}
