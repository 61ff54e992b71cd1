//! How an app proves, on each call of self-service, that it comes from a device (SELF-SERVICE.md section 3).
//!
//! The header is `PKEY.TIME.SIGNATURE`: TIME in Unix seconds by the service's clock, SIGNATURE in base64 over the text below.

use data_encoding::{BASE64, HEXLOWER};
use ring::digest::{SHA256, digest};

use crate::{ids::DeviceId, time::UnixMillis};

/// Stands for the session at sign-in, where there is none yet.
pub const NEW_SESSION: &str = "new";

/// How long a signed time is good for, either way, in milliseconds (row S9).
pub const GOOD_FOR_MS: i64 = 5 * 60 * 1000;

/// What the device signs. `session` is the session as its header carries it, or [`NEW_SESSION`]; only its SHA-256 is in
/// the text. `time` counts in whole seconds.
pub fn signing_text(device: &DeviceId, session: &str, time: UnixMillis) -> String {
    let hash = HEXLOWER.encode(digest(&SHA256, session.as_bytes()).as_ref());
    format!(
        "countersign/1 self-service\n{}\n{hash}\n{}",
        device.as_str(),
        time.0.div_euclid(1000)
    )
}

/// The header's value.
pub fn header(device: &DeviceId, time: UnixMillis, signature: &[u8]) -> String {
    format!(
        "{}.{}.{}",
        device.as_str(),
        time.0.div_euclid(1000),
        BASE64.encode(signature)
    )
}

/// What a header says, before anything of it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which device it claims to come from.
    pub device: DeviceId,
    /// When it claims to have been signed, in whole seconds.
    pub time: UnixMillis,
    /// Over [`signing_text`].
    pub signature: Vec<u8>,
}

impl Claim {
    /// Takes a header apart. `None` where it is none.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.splitn(3, '.');
        let device = DeviceId::parse(parts.next()?).ok()?;
        let seconds = parts.next()?;
        if seconds.is_empty() || !seconds.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let time = seconds.parse::<i64>().ok()?.checked_mul(1000)?;
        Some(Self {
            device,
            time: UnixMillis(time),
            signature: BASE64.decode(parts.next()?.as_bytes()).ok()?,
        })
    }

    /// Whether it is of `now`, give or take [`GOOD_FOR_MS`].
    pub const fn is_of(&self, now: UnixMillis) -> bool {
        self.time.0.saturating_sub(now.0).saturating_abs() <= GOOD_FOR_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_492_110_250);

    fn device() -> DeviceId {
        DeviceId::parse("DPAAAAAAAAAAAAAAAAAA").unwrap()
    }

    #[test]
    fn s9_the_text_names_the_device_the_session_and_the_second() {
        let text = signing_text(&device(), NEW_SESSION, NOW);
        assert_eq!(
            text,
            "countersign/1 self-service\nDPAAAAAAAAAAAAAAAAAA\n\
             11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437\n1795492110"
        );
        assert_ne!(text, signing_text(&device(), "another", NOW));
        assert_ne!(text, signing_text(&device(), NEW_SESSION, NOW + 1000));
    }

    #[test]
    fn s9_a_header_says_what_was_put_into_it() {
        let claim = Claim::parse(&header(&device(), NOW, b"signature")).unwrap();
        assert_eq!(claim.device, device());
        assert_eq!(claim.time, UnixMillis(1_795_492_110_000));
        assert_eq!(claim.signature, b"signature");
    }

    #[test]
    fn s9_what_is_no_header_is_none() {
        for text in [
            "",
            "DPAAAAAAAAAAAAAAAAAA",
            "DPAAAAAAAAAAAAAAAAAA.1795492110",
            "DPAAAAAAAAAAAAAAAAAA.+1795492110.c2ln",
            "DPAAAAAAAAAAAAAAAAAA.-1.c2ln",
            "DPAAAAAAAAAAAAAAAAAA..c2ln",
            "DPAAAAAAAAAAAAAAAAAA.99999999999999999.c2ln",
            "DPAAAAAAAAAAAAAAAAAA.1795492110.c2lnbmF0dXJl=",
            "DP .1795492110.c2ln",
        ] {
            assert_eq!(Claim::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn s9_a_claim_is_good_for_five_minutes_and_no_longer() {
        let claim = Claim::parse(&header(&device(), NOW, b"signature")).unwrap();
        let signed = claim.time;
        assert!(claim.is_of(signed + 300_000) && claim.is_of(signed + -300_000));
        assert!(!claim.is_of(signed + 301_000) && !claim.is_of(signed + -301_000));
    }
}
