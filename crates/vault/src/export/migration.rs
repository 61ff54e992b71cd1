//! Google Authenticator's export codes: `otpauth-migration://offline?data=…`, a protocol buffer in Base64, ten accounts each.
//!
//! They have no period, so that one of another period would arrive with 30 seconds: it is left out.

use data_encoding::BASE64;
use percent_encoding::utf8_percent_encode;
use prost::Message as _;
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use super::{Reason, Unwritten, is_beyond_signed, links::ENCODED, without_issuer};
use crate::account::{Algorithm, OtherAccount, OtherPasscodes};
use crate::migration::{Account, MOST_PARTS, Payload};

const START: &str = "otpauth-migration://offline?data=";
/// The most accounts of one code, as Google's own app has it.
const MOST_OF_A_PART: usize = 10;
/// The longest link of several accounts, bytes: a QR code of version 26 at level L (ISO/IEC 18004 table 7), less a few that the
/// numbers of the parts, which come last, may make of it. A camera reads that off a screen.
const LONGEST: usize = 1_350;
/// The longest link of one account, bytes: the largest QR code there is, less as many.
const LONGEST_OF_ONE: usize = 2_930;

pub(super) fn unfit(account: &OtherAccount) -> Option<Reason> {
    match account.passcodes {
        OtherPasscodes::Steam => return Some(Reason::Steam),
        OtherPasscodes::Timed { period_seconds } if period_seconds != 30 => {
            return Some(Reason::Period);
        }
        OtherPasscodes::Timed { .. } | OtherPasscodes::Counted { .. } => {}
    }
    if !matches!(account.digits, 6 | 8) {
        return Some(Reason::Digits);
    }
    if is_beyond_signed(account) {
        return Some(Reason::Counter);
    }
    let alone = link(&begun(i32::MAX, entry(account)));
    (alone.len() > LONGEST_OF_ONE).then_some(Reason::TooLong)
}

/// The links, and how many of the accounts, from the first on, are in them: there are so many codes and no more.
pub(super) fn write(
    accounts: &[&OtherAccount],
    random: &dyn SecureRandom,
) -> Result<(Vec<Zeroizing<String>>, usize), Unwritten> {
    let export = name(random)?;
    let mut parts: Vec<Payload> = Vec::new();
    let mut written = 0;
    for account in accounts {
        let mut entry = Some(entry(account));
        if let Some(part) = parts.last_mut()
            && part.accounts.len() < MOST_OF_A_PART
        {
            part.accounts.extend(entry.take());
            if link(part).len() > LONGEST {
                entry = part.accounts.pop();
            }
        }
        if let Some(entry) = entry {
            if parts.len() == MOST_PARTS {
                break;
            }
            parts.push(begun(export, entry));
        }
        written += 1;
    }
    let of = small(parts.len());
    for (index, part) in parts.iter_mut().enumerate() {
        part.batch_size = of;
        part.batch_index = small(index);
    }
    Ok((parts.iter().map(link).collect(), written))
}

/// What all parts of one export are told by: a random number that is not negative, which some readers take for damage, nor 0,
/// which is not written.
fn name(random: &dyn SecureRandom) -> Result<i32, Unwritten> {
    let mut bytes = [0; 4];
    let filled = random.fill(&mut bytes);
    filled.map_err(|_| Unwritten::NoRandomness)?;
    Ok((i32::from_be_bytes(bytes) & i32::MAX).max(1))
}

/// A number of parts, of which there are at most [`MOST_PARTS`].
fn small(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A code with its first account. Its numbers have as many bytes as they come to have.
fn begun(export: i32, account: Account) -> Payload {
    Payload {
        accounts: vec![account],
        version: 1,
        batch_size: 1,
        batch_index: 1,
        batch_id: export,
    }
}

fn entry(account: &OtherAccount) -> Account {
    let (issuer, name) = (account.issuer.trim(), account.account.trim());
    // Readers take `issuer:` off the front of a name, so that a name which begins like that has to have it twice
    let rest = name.strip_prefix(issuer);
    let begins_like_it = rest.is_some_and(|rest| rest.starts_with(':'));
    let name = if issuer.is_empty() {
        let (colon, name) = without_issuer(name);
        format!("{colon}{name}")
    } else if begins_like_it {
        format!("{issuer}:{name}")
    } else {
        name.to_owned()
    };
    let (kind, counter) = match account.passcodes {
        OtherPasscodes::Counted { next_counter } => (1, next_counter),
        OtherPasscodes::Timed { .. } | OtherPasscodes::Steam => (2, 0),
    };
    Account {
        // Google's codes hold the key itself
        secret: account.seed.expose().to_vec(),
        name,
        issuer: issuer.to_owned(),
        algorithm: match account.algorithm {
            Algorithm::Sha1 => 1,
            Algorithm::Sha256 => 2,
            Algorithm::Sha512 => 3,
        },
        digits: if account.digits == 8 { 2 } else { 1 },
        kind,
        // `unfit` has seen that it is no more
        counter: i64::try_from(counter).unwrap_or(i64::MAX),
    }
}

/// The link of one code, in buffers of their size: one that grows leaves unwiped pieces behind.
fn link(payload: &Payload) -> Zeroizing<String> {
    let bytes = Zeroizing::new(payload.encode_to_vec());
    let data = Zeroizing::new(BASE64.encode(&bytes));
    let mut link = Zeroizing::new(String::with_capacity(START.len() + 3 * data.len()));
    link.push_str(START);
    link.extend(utf8_percent_encode(&data, ENCODED));
    link
}
