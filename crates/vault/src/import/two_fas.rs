//! 2FAS, schemas 1 to 4. A sealed file has a known text beside its accounts, by which a wrong password shows.

use data_encoding::BASE64;
use ring::pbkdf2::PBKDF2_HMAC_SHA256;
use zeroize::Zeroizing;

use super::fields::Fields;
use super::json::Json;
use super::locked::{Stretch, open_gcm, stretch};
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, Refused, Unreadable, Written, elements, parse, uri};
use crate::secret::SecretText;

const ROUNDS: u32 = 10_000;

pub(super) fn read(file: Fields<'_>, password: Option<&SecretText>) -> Result<Written, Unreadable> {
    let plain;
    let opened: Json<'_>;
    let services = if let Some(sealed) = file.text("servicesEncrypted") {
        let password = password.ok_or(Unreadable::Locked)?;
        if let Some(reference) = file.text("reference") {
            open(reference, password)?.ok_or(Unreadable::WrongPassword)?;
        }
        plain = open(sealed, password)?.ok_or(if file.text("reference").is_some() {
            Unreadable::Damaged
        } else {
            Unreadable::WrongPassword
        })?;
        opened = parse(std::str::from_utf8(&plain).map_err(|_| Unreadable::Damaged)?)?;
        elements(&opened)?
    } else {
        file.list("services")?
    };
    let services = services.iter().map(Fields::of).map(service);
    Ok(Written::of(Format::TwoFas, services.collect()))
}

/// Content with its tag, salt and nonce, in Base64. `None` where the password or the content is another one.
fn open(sealed: &str, password: &SecretText) -> Result<Option<Zeroizing<Vec<u8>>>, Unreadable> {
    let parts = sealed.split(':').map(|part| BASE64.decode(part.as_bytes()));
    let parts = parts.collect::<Result<Vec<_>, _>>();
    let Ok([content, salt, nonce]) = parts.as_deref() else {
        return Err(Unreadable::Damaged);
    };
    let key = stretch(password, salt, Stretch::Pbkdf2(PBKDF2_HMAC_SHA256, ROUNDS))?;
    Ok(open_gcm(key.as_ref(), nonce, &[], content))
}

fn service(service: Fields<'_>) -> Result<Raw, Refused> {
    let nothing = Json::Null;
    let otp = service.inside("otp").unwrap_or(Fields::of(&nothing));
    // What the person edited holds before what the link once said
    let issuer = service.text("name").or_else(|| otp.text("issuer"));
    let issuer = issuer.unwrap_or_default();
    let name = otp.text("account").map(str::to_owned);
    let name = name.or_else(|| {
        let label = otp.text("label")?;
        let prefix = otp.text("issuer").unwrap_or(issuer);
        let bare = label.strip_prefix(prefix);
        let bare = bare.and_then(|rest| rest.strip_prefix(':'));
        Some(bare.unwrap_or(label).trim().to_owned())
    });
    let name = name.or_else(|| Some(uri::read(otp.text("link")?).ok()?.name));
    let name = name.unwrap_or_default();
    let kind = match otp.text("tokenType").map(str::to_ascii_uppercase) {
        None => Kind::Timed,
        Some(kind) => match kind.as_str() {
            "TOTP" => Kind::Timed,
            "HOTP" => Kind::Counted,
            "STEAM" => Kind::Steam,
            _ => return Err(Raw::refused(issuer, &name, Reason::Kind)),
        },
    };
    Ok(Raw {
        kind,
        issuer: issuer.to_owned(),
        key: service.text("secret").map(Key::base32),
        algorithm: otp.text("algorithm").map(str::to_owned),
        digits: otp.number("digits"),
        period: otp.number("period"),
        counter: otp.number("counter"),
        trashed: false,
        name,
    })
}
