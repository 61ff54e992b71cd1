//! FreeOTP+. A key is a list of signed bytes, and the counter that is kept is the last that was used.

use serde_json::Number;
use zeroize::Zeroizing;

use super::fields::{Fields, NotANumber};
use super::json::Json;
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Unreadable, Written};

pub(super) fn read(file: Fields<'_>) -> Result<Written, Unreadable> {
    let tokens = file.list("tokens")?.iter().map(token);
    Ok(Written::of(Format::FreeotpPlus, tokens.collect()))
}

/// The one after the last that was used, which is -1 of an account that was never used.
fn next_counter(last: Option<&Json<'_>>) -> Result<Option<u64>, NotANumber> {
    let Some(last) = last else {
        return Ok(None);
    };
    let last = last.as_number().and_then(Number::as_i64);
    let next = last.and_then(|last| last.checked_add(1));
    let next = next.and_then(|next| u64::try_from(next).ok());
    next.map(Some).ok_or(NotANumber)
}

fn token(value: &Json<'_>) -> Result<Raw, Refused> {
    let token = Fields::of(value);
    let issuer = token.text("issuerExt").or_else(|| token.text("issuerInt"));
    let (issuer, name) = (
        issuer.unwrap_or_default(),
        token.text("label").unwrap_or_default(),
    );
    let refuse = |reason| Raw::refused(issuer, name, reason);
    let kind = match token.text("type").unwrap_or("TOTP") {
        // The app makes Steam's letters by the issuer alone
        "TOTP" if issuer == "Steam" => Kind::Steam,
        "TOTP" => Kind::Timed,
        "HOTP" => Kind::Counted,
        _ => return Err(refuse(Reason::Kind)),
    };
    let signed = token.get("secret").and_then(Json::as_list);
    let signed = signed.ok_or_else(|| refuse(Reason::NoKey))?;
    let bytes = signed.iter().map(|byte| {
        let byte = byte.as_number()?.as_i64()?;
        Some(i8::try_from(byte).ok()?.cast_unsigned())
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    let bytes = bytes.ok_or_else(|| refuse(Reason::BadKey))?;
    Ok(Raw {
        kind,
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: Some(Key::Bytes(Zeroizing::new(bytes))),
        algorithm: token.text("algo").map(str::to_owned),
        digits: token.number("digits"),
        period: token.number("period"),
        counter: next_counter(token.get("counter")),
        trashed: false,
    })
}
