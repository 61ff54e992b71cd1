//! FreeOTP 2: a map of texts as Java writes its objects, whatever its name says. For each account there is its description and
//! its key, sealed by a key of the file's, which is sealed by the password.

use std::collections::HashMap;

use der::asn1::OctetStringRef;
use der::{Decode as _, Reader as _, SliceReader};
use ring::pbkdf2::{PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA512};
use zeroize::Zeroizing;

use super::fields::Fields;
use super::json::Json;
use super::locked::{Stretch, open_gcm, stretch};
use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, MOST, Refused, Unreadable, Written, java, parse};
use crate::secret::SecretText;

/// The file's key among the map's texts.
const MASTER: &str = "masterKey";
/// What the name of a description ends with; the rest is the name of its key.
const DESCRIPTION: &str = "-token";
/// All keys are sealed with it.
const CIPHER: &str = "AES/GCM/NoPadding";

pub(super) fn read(bytes: &[u8], password: Option<&SecretText>) -> Result<Written, Unreadable> {
    let texts = java::read_map(bytes)?;
    let by_name: HashMap<&str, &str> = texts
        .iter()
        .map(|(name, text)| (name.as_ref(), text.as_ref()))
        .collect();
    let master = by_name.get(MASTER).ok_or(Unreadable::Unknown)?;
    let master = open_master(&parse(master)?, password.ok_or(Unreadable::Locked)?)?;
    let mut entries = Vec::new();
    for (name, text) in &texts {
        if let Some(key) = name.strip_suffix(DESCRIPTION) {
            entries.push(entry(text, by_name.get(key).copied(), &master));
        } else if name != MASTER && !by_name.contains_key(format!("{name}{DESCRIPTION}").as_str()) {
            // A key that nothing is known of
            entries.push(Err(Raw::refused("", "", Reason::Form)));
        }
    }
    if entries.len() > MOST {
        return Err(Unreadable::TooLarge);
    }
    Ok(Written::of(Format::Freeotp, entries))
}

fn open_master(master: &Json<'_>, password: &SecretText) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    let fields = Fields::of(master);
    // By the Android that wrote it, not by the version of the app
    let hash = match fields.text("mAlgorithm") {
        Some("PBKDF2withHmacSHA1") => PBKDF2_HMAC_SHA1,
        Some("PBKDF2withHmacSHA512") => PBKDF2_HMAC_SHA512,
        _ => return Err(Unreadable::Damaged),
    };
    let rounds = fields.small("mIterations").ok_or(Unreadable::Damaged)?;
    let salt = bytes(fields, "mSalt").ok_or(Unreadable::Damaged)?;
    let sealed = fields.get("mEncryptedKey").and_then(Sealed::of);
    let sealed = sealed.ok_or(Unreadable::Damaged)?;
    let key = stretch(password, &salt, Stretch::Pbkdf2(hash, rounds))?;
    sealed.open(key.as_ref()).ok_or(Unreadable::WrongPassword)
}

fn entry(description: &str, key: Option<&str>, master: &[u8]) -> Result<Raw, Refused> {
    let description = parse(description).map_err(|_| Raw::refused("", "", Reason::Form))?;
    let fields = Fields::of(&description);
    let issuer = fields.text("issuerExt");
    let issuer = issuer.or_else(|| fields.text("issuerInt"));
    let issuer = issuer.unwrap_or_default();
    let name = fields.text("label").unwrap_or_default();
    let refuse = |reason| Raw::refused(issuer, name, reason);
    let kind = match fields.text("type").unwrap_or("TOTP") {
        "TOTP" => Kind::Timed,
        "HOTP" => Kind::Counted,
        _ => return Err(refuse(Reason::Kind)),
    };
    let key = key.ok_or_else(|| refuse(Reason::NoKey))?;
    let key = open_key(key, master).ok_or_else(|| refuse(Reason::BadKey))?;
    Ok(Raw {
        kind,
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        key: Some(Key::Bytes(key)),
        algorithm: fields.text("algo").map(str::to_owned),
        digits: fields.number("digits"),
        period: fields.number("period"),
        counter: fields.number("counter"),
        trashed: false,
    })
}

/// A key is JSON in a text of JSON.
fn open_key(key: &str, master: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = parse(key).ok()?;
    let key = parse(Fields::of(&key).text("key")?).ok()?;
    Sealed::of(&key)?.open(master)
}

/// A key that is sealed.
struct Sealed<'a> {
    nonce: [u8; 12],
    content: Vec<u8>,
    /// What the key is for, which is sealed along.
    purpose: &'a str,
}

impl<'a> Sealed<'a> {
    fn of(value: &'a Json<'a>) -> Option<Self> {
        let fields = Fields::of(value);
        if fields.text("mCipher") != Some(CIPHER) {
            return None;
        }
        Some(Self {
            nonce: nonce(&bytes(fields, "mParameters")?)?,
            content: bytes(fields, "mCipherText")?,
            purpose: fields.text("mToken")?,
        })
    }

    fn open(&self, key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        open_gcm(key, &self.nonce, self.purpose.as_bytes(), &self.content)
    }
}

/// The nonce out of the cipher's parameters, by themselves or with the tag's length (RFC 5084 section 3.2), by the Android that
/// wrote them.
fn nonce(parameters: &[u8]) -> Option<[u8; 12]> {
    let bare = <&OctetStringRef>::from_der(parameters);
    let nonce = bare.or_else(|_| {
        let mut reader = SliceReader::new(parameters)?;
        reader.sequence(|fields| {
            let nonce = <&OctetStringRef>::decode(fields)?;
            Option::<u8>::decode(fields)?;
            Ok::<_, der::Error>(nonce)
        })
    });
    nonce.ok()?.as_bytes().try_into().ok()
}

/// A list of Java's bytes, which have a sign.
fn bytes(fields: Fields<'_>, name: &str) -> Option<Vec<u8>> {
    let bytes = fields.get(name)?.as_list()?.iter().map(|byte| {
        let byte = byte.as_number()?.as_i64()?;
        Some(i8::try_from(byte).ok()?.cast_unsigned())
    });
    bytes.collect()
}
