//! Raivo OTP: every value is a text.

use super::fields::Fields;
use super::json::Json;
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Written};

pub(super) fn read(entries: &[Json<'_>]) -> Written {
    let entries = entries.iter().map(Fields::of).map(entry);
    Written::of(Format::Raivo, entries.collect())
}

fn entry(entry: Fields<'_>) -> Result<Raw, Refused> {
    let issuer = entry.text("issuer").unwrap_or_default().replace('+', " ");
    let name = entry.text("account").unwrap_or_default();
    let kind = match entry.text("kind").unwrap_or("TOTP") {
        "TOTP" => Kind::Timed,
        "HOTP" => Kind::Counted,
        _ => return Err(Raw::refused(&issuer, name, Reason::Kind)),
    };
    Ok(Raw {
        kind,
        name: name.to_owned(),
        key: entry.text("secret").map(Key::base32),
        algorithm: entry.text("algorithm").map(str::to_owned),
        digits: entry.number("digits"),
        period: entry.number("timer"),
        counter: entry.number("counter"),
        trashed: false,
        issuer,
    })
}
