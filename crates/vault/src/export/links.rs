//! `otpauth://` links, one a line: what nearly every app reads, as a file or one by one as QR codes.
//!
//! Everything is written, what is usual too: readers differ in what they take for usual. A space is `%20`, since `+` is a space to
//! some readers and a plus sign to others.

use std::fmt::Write as _;

use data_encoding::BASE32_NOPAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::{Reason, without_issuer};
use crate::account::{Algorithm, OtherAccount, OtherPasscodes};

/// All but the unreserved characters (RFC 3986 section 2.3).
pub(super) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How many characters a passcode of Steam's has.
pub(super) const STEAM_DIGITS: u8 = 5;

/// Valve's own links are those of an issuer `Steam` with five digits, so this is what readers take for one, ours too.
pub(super) fn unfit(account: &OtherAccount) -> Option<Reason> {
    let timed = matches!(account.passcodes, OtherPasscodes::Timed { .. });
    let like_steam = timed
        && account.digits == STEAM_DIGITS
        && account.issuer.trim().eq_ignore_ascii_case("Steam");
    like_steam.then_some(Reason::LikeSteam)
}

pub(super) fn write(accounts: &[&OtherAccount]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(room(accounts)));
    for account in accounts {
        push(&mut text, account);
        text.push('\n');
    }
    text
}

/// At least as many bytes as the links take: a buffer that grows leaves unwiped pieces behind.
fn room(accounts: &[&OtherAccount]) -> usize {
    const PARAMETERS: usize = 160;
    let link = |account: &&OtherAccount| {
        let names = 2 * account.issuer.len() + account.account.len();
        PARAMETERS + 3 * names + 2 * account.seed.expose().len()
    };
    accounts.iter().map(link).sum()
}

fn push(text: &mut String, account: &OtherAccount) {
    let (issuer, name) = (account.issuer.trim(), account.account.trim());
    let encoded = |part| utf8_percent_encode(part, ENCODED);
    text.push_str("otpauth://");
    // Steam has no form that all know. This one keeps the names, which `steam://KEY` does not; Aegis, Ente and Stratum read it,
    // and with `encoder` so do KeePassXC and its like. Who knows neither has no kind `steam` and refuses it, where
    // `otpauth://totp` with five digits would give wrong passcodes.
    text.push_str(match account.passcodes {
        OtherPasscodes::Timed { .. } => "totp/",
        OtherPasscodes::Counted { .. } => "hotp/",
        OtherPasscodes::Steam => "steam/",
    });
    if issuer.is_empty() {
        let (colon, name) = without_issuer(name);
        text.push_str(colon);
        text.extend(encoded(name));
    } else {
        text.extend(encoded(issuer));
        text.push(':');
        text.extend(encoded(name));
    }
    text.push_str("?secret=");
    // The key's letters are needed by whoever reads the link
    BASE32_NOPAD.encode_append(account.seed.expose(), text);
    if !issuer.is_empty() {
        text.push_str("&issuer=");
        text.extend(encoded(issuer));
    }
    let algorithm = algorithm(account);
    let digits = digits(account);
    // Writing to a text that is in memory cannot fail
    let _ = match account.passcodes {
        OtherPasscodes::Timed { period_seconds } => write!(
            text,
            "&algorithm={algorithm}&digits={digits}&period={period_seconds}"
        ),
        OtherPasscodes::Counted { next_counter } => write!(
            text,
            "&algorithm={algorithm}&digits={digits}&counter={next_counter}"
        ),
        OtherPasscodes::Steam => write!(
            text,
            "&algorithm={algorithm}&digits={digits}&period=30&encoder=steam"
        ),
    };
}

/// The hash by the name that the key URI format and Aegis have for it; Steam leaves no choice.
pub(super) fn algorithm(account: &OtherAccount) -> &'static str {
    match (account.passcodes, account.algorithm) {
        (OtherPasscodes::Steam, _) | (_, Algorithm::Sha1) => "SHA1",
        (_, Algorithm::Sha256) => "SHA256",
        (_, Algorithm::Sha512) => "SHA512",
    }
}

/// The digits; Steam leaves no choice.
pub(super) fn digits(account: &OtherAccount) -> u8 {
    match account.passcodes {
        OtherPasscodes::Steam => STEAM_DIGITS,
        OtherPasscodes::Timed { .. } | OtherPasscodes::Counted { .. } => account.digits,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secret::Restorable;

    proptest! {
        #[test]
        fn the_buffer_never_grows(issuer: String, account: String, seed in proptest::collection::vec(any::<u8>(), 0..99)) {
            let longest = |passcodes| OtherAccount {
                issuer: issuer.clone(),
                account: account.clone(),
                custom_name: None,
                seed: Restorable::copied_from(&seed),
                algorithm: Algorithm::Sha512,
                digits: u8::MAX,
                passcodes,
            };
            for account in [
                longest(OtherPasscodes::Timed { period_seconds: u32::MAX }),
                longest(OtherPasscodes::Counted { next_counter: u64::MAX }),
                longest(OtherPasscodes::Steam),
            ] {
                prop_assert!(write(&[&account]).len() <= room(&[&account]));
            }
        }
    }
}
