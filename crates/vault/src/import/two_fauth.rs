//! 2FAuth.

use super::fields::Fields;
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Unreadable, Written};

pub(super) fn read(file: Fields<'_>) -> Result<Written, Unreadable> {
    let entries = file.list("data")?.iter().map(Fields::of).map(entry);
    Ok(Written::of(Format::TwoFauth, entries.collect()))
}

fn entry(entry: Fields<'_>) -> Result<Raw, Refused> {
    let text = |name| entry.text(name).unwrap_or_default();
    let (issuer, name) = (text("service"), text("account"));
    let kind = match text("otp_type") {
        "totp" => Kind::Timed,
        "hotp" => Kind::Counted,
        "steamtotp" => Kind::Steam,
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
