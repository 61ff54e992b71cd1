//! Google Authenticator's export codes: `otpauth-migration://offline?data=…`, a protocol buffer in Base64.
//!
//! It has no period: an account of another one arrives with 30 seconds, and whoever imports is told.

use std::collections::HashSet;

use data_encoding::BASE64_NOPAD;
use percent_encoding::percent_decode_str;
use prost::Message as _;
use zeroize::Zeroizing;

use super::raw::{Key, Kind, Raw, Reason};
use super::{Format, MOST, Part, Refused, Unreadable, Written};
use crate::migration::{Account, MOST_PARTS, Payload};

const SCHEME: &str = "otpauth-migration://";
/// What a code can hold is far less.
const LONGEST_PAYLOAD: usize = 64 * 1024;

pub(super) fn is_one(text: &str) -> bool {
    let head = text.get(..SCHEME.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(SCHEME))
}

/// One code, or several, one on each line.
pub(super) fn read(text: &str) -> Result<Written, Unreadable> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let payloads = lines.map(payload).collect::<Result<Vec<_>, _>>()?;
    let parts = payloads.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let part = match parts.as_slice() {
        [one] => *one,
        // A file of several codes has to have all of them
        several => {
            let indexes: HashSet<_> = several.iter().flatten().map(|part| part.index).collect();
            let of = several.iter().flatten().map(|part| part.of).max();
            if of.is_some_and(|of| u32::try_from(indexes.len()).is_ok_and(|known| known < of)) {
                return Err(Unreadable::CutShort);
            }
            None
        }
    };
    let accounts: Vec<_> = payloads
        .into_iter()
        .flat_map(|payload| payload.accounts)
        .collect();
    if accounts.len() > MOST {
        return Err(Unreadable::TooLarge);
    }
    let entries = accounts.into_iter().map(account).collect();
    Ok(Written {
        part,
        ..Written::of(Format::Migration, entries)
    })
}

/// Which part a code is; `None` of an export that is one code.
fn part(payload: &Payload) -> Result<Option<Part>, Unreadable> {
    if payload.batch_size <= 1 {
        return Ok(None);
    }
    let small = |number: i32| u32::try_from(number).map_err(|_| Unreadable::Damaged);
    let (index, of) = (small(payload.batch_index)?, small(payload.batch_size)?);
    let known = usize::try_from(of).is_ok_and(|of| of <= MOST_PARTS);
    if !known || index >= of {
        return Err(Unreadable::Damaged);
    }
    Ok(Some(Part {
        export: i64::from(payload.batch_id),
        index,
        of,
    }))
}

fn payload(link: &str) -> Result<Payload, Unreadable> {
    let data = link
        .split_once("data=")
        .map(|(_, data)| data.split('&').next().unwrap_or(data))
        .ok_or(Unreadable::Damaged)?;
    // A `+` that was not encoded has become a space on the way
    let text = Zeroizing::new(
        percent_decode_str(data)
            .decode_utf8_lossy()
            .replace(' ', "+"),
    );
    let bytes = BASE64_NOPAD
        .decode(text.trim_end_matches('=').as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| Unreadable::CutShort)?;
    if bytes.len() > LONGEST_PAYLOAD {
        return Err(Unreadable::TooLarge);
    }
    Payload::decode(bytes.as_slice()).map_err(|_| Unreadable::CutShort)
}

/// The app's names have the issuer before a colon, whether it is kept by itself or not.
pub(super) fn split_name<'a>(issuer: &'a str, name: &'a str) -> (&'a str, &'a str) {
    if issuer.is_empty() {
        let split = name.split_once(':');
        return split.map_or(("", name), |(issuer, name)| (issuer, name.trim_start()));
    }
    // An issuer may have a colon itself
    let bare = name
        .strip_prefix(issuer)
        .and_then(|rest| rest.strip_prefix(':'));
    (issuer, bare.map_or(name, str::trim_start))
}

fn account(mut account: Account) -> Result<Raw, Refused> {
    let secret = Zeroizing::new(std::mem::take(&mut account.secret));
    let (issuer, name) = split_name(&account.issuer, &account.name);
    let refuse = |reason| Raw::refused(issuer, name, reason);
    let kind = match account.kind {
        0 | 2 => Kind::Timed,
        1 => Kind::Counted,
        _ => return Err(refuse(Reason::Kind)),
    };
    let algorithm = match account.algorithm {
        0 | 1 => "SHA1",
        2 => "SHA256",
        3 => "SHA512",
        _ => return Err(refuse(Reason::Algorithm)),
    };
    let digits = match account.digits {
        0 | 1 => 6,
        2 => 8,
        _ => return Err(refuse(Reason::Digits)),
    };
    let counter = u64::try_from(account.counter).map_err(|_| refuse(Reason::Counter))?;
    Ok(Raw {
        kind,
        key: (!secret.is_empty()).then_some(Key::Bytes(secret)),
        algorithm: Some(algorithm.to_owned()),
        digits: Ok(Some(digits)),
        counter: Ok(Some(counter)),
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        ..Raw::default()
    })
}
