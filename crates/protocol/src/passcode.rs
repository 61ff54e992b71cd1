//! Passcodes: HOTP (RFC 4226), TOTP (RFC 6238) and Steam's own letters.

use ring::rand::SecureRandom;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    random::{self, RandomError},
    time::UnixMillis,
};

/// The hash of a passcode (RFC 6238 §1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// HMAC-SHA-1, what nearly every service uses.
    #[default]
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// How many digits a passcode has: 6, 7 or 8, and in accounts of other apps as many as they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Digits(u8);

impl Digits {
    /// Six, the default.
    pub const SIX: Self = Self(6);

    /// Takes 6 to 8.
    pub fn new(digits: u8) -> Option<Self> {
        (6..=8).contains(&digits).then_some(Self(digits))
    }

    /// Takes 1 to 9: what another app's export may hold, where a link that is scanned may not.
    pub fn imported(digits: u8) -> Option<Self> {
        (1..=9).contains(&digits).then_some(Self(digits))
    }

    /// The count.
    pub const fn count(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Digits {
    type Error = &'static str;

    fn try_from(digits: u8) -> Result<Self, Self::Error> {
        Self::new(digits).ok_or("a passcode has 6 to 8 digits")
    }
}

impl From<Digits> for u8 {
    fn from(digits: Digits) -> Self {
        digits.0
    }
}

/// Length of a time step in seconds: 10 to 300 (row Q3), and in accounts of other apps as many as they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Period(u32);

impl Period {
    /// Thirty seconds, the default (RFC 6238 §5.2).
    pub const THIRTY: Self = Self(30);

    /// Takes 10 to 300 seconds.
    pub fn new(seconds: u32) -> Option<Self> {
        (10..=300).contains(&seconds).then_some(Self(seconds))
    }

    /// Takes a second to a day: what another app's export may hold, where a link that is scanned may not.
    pub fn imported(seconds: u32) -> Option<Self> {
        (1..=86_400).contains(&seconds).then_some(Self(seconds))
    }

    /// Seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// The time-step counter `T = ⌊now / X⌋` with `T0 = 0` (RFC 6238 §4.2). `None` before 1970.
    pub fn step(self, now: UnixMillis) -> Option<u64> {
        u64::try_from(now.seconds())
            .ok()
            .map(|seconds| seconds / u64::from(self.0))
    }

    /// Milliseconds until the next step.
    pub fn left_ms(self, now: UnixMillis) -> u32 {
        let length = i64::from(self.0) * 1000;
        u32::try_from(length - now.0.rem_euclid(length)).unwrap_or(0)
    }
}

impl TryFrom<u32> for Period {
    type Error = &'static str;

    fn try_from(seconds: u32) -> Result<Self, Self::Error> {
        Self::new(seconds).ok_or("a time step has 10 to 300 seconds")
    }
}

impl From<Period> for u32 {
    fn from(period: Period) -> Self {
        period.0
    }
}

/// The shared secret of a passcode. It wipes itself and is neither printed, copied nor serialised.
pub struct OtpSecret(Zeroizing<Vec<u8>>);

impl OtpSecret {
    /// From raw key bytes.
    pub fn new(key: Vec<u8>) -> Self {
        Self(Zeroizing::new(key))
    }

    /// From a Duo-shaped `hotp_secret`: the key is the ASCII text itself, not what its hex would decode to.
    pub fn from_hotp_secret(text: &str) -> Self {
        Self::new(text.as_bytes().to_vec())
    }

    /// A new `hotp_secret` of 160 random bits, 40 hex characters (row O1).
    pub fn make_hotp_secret(rng: &dyn SecureRandom) -> Result<Zeroizing<String>, RandomError> {
        let raw = Zeroizing::new(random::bytes::<20>(rng)?);
        Ok(Zeroizing::new(data_encoding::HEXLOWER.encode(raw.as_ref())))
    }

    /// The key bytes, to seal or to sign with.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length of the key in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No key at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The code for one counter value (RFC 4226 §5.3), or for one time step (RFC 6238 §4.2).
pub fn code(
    secret: &OtpSecret,
    algorithm: Algorithm,
    digits: Digits,
    counter: u64,
) -> Zeroizing<String> {
    let algorithm = match algorithm {
        Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
        Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
        Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
    };
    generate(secret, algorithm, digits.count(), counter)
}

/// How many characters a Steam passcode has.
pub const STEAM_LENGTH: u8 = 5;

/// The Steam passcode of one time step of [`Period::THIRTY`]: five characters.
///
/// Valve published no description; what its app does is TOTP with HMAC-SHA-1 up to the 31 truncated bits (RFC 4226
/// §5.3), which are then written in base 26, lowest place first, with the digits `23456789BCDFGHJKMNPQRTVWXY`.
/// KeePassXC's `TestTotp` holds codes read off Valve's own app; they are known answers here.
pub fn steam(secret: &OtpSecret, step: u64) -> Zeroizing<String> {
    generate(secret, totp_rs::Algorithm::Steam, STEAM_LENGTH, step)
}

fn generate(
    secret: &OtpSecret,
    algorithm: totp_rs::Algorithm,
    length: u8,
    counter: u64,
) -> Zeroizing<String> {
    // A step of one second makes totp-rs count: T = counter. Unchecked, since keys under 128 bits exist in the field
    let generator = totp_rs::Builder::new()
        .with_algorithm(algorithm)
        .with_digits(length)
        .with_step_duration(1)
        .with_skew(0)
        .with_secret(secret.expose())
        .build_noncompliant();
    Zeroizing::new(generator.generate(counter).to_string())
}

/// What a person typed, as a passcode: ASCII spaces stripped once, then exactly `digits` ASCII digits (row O2).
pub fn typed(text: &str, digits: Digits) -> Option<Zeroizing<String>> {
    if text.len() > 64 {
        return None;
    }
    let stripped: String = text.chars().filter(|c| *c != ' ').collect();
    let good = stripped.len() == usize::from(digits.count())
        && stripped.bytes().all(|b| b.is_ascii_digit());
    good.then(|| Zeroizing::new(stripped))
}

/// The first counter in `counters` whose code is `typed`; every one is computed and compared in constant time.
pub fn find(
    secret: &OtpSecret,
    algorithm: Algorithm,
    digits: Digits,
    typed: &str,
    counters: impl Iterator<Item = u64>,
) -> Option<u64> {
    counters.fold(None, |found, counter| {
        let computed = code(secret, algorithm, digits, counter);
        let equal = bool::from(computed.as_bytes().ct_eq(typed.as_bytes()));
        found.or(equal.then_some(counter))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn o1_rfc_4226_appendix_d() {
        let secret = OtpSecret::new(b"12345678901234567890".to_vec());
        let expected = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, expected) in (0..).zip(expected) {
            assert_eq!(
                code(&secret, Algorithm::Sha1, Digits::SIX, counter).as_str(),
                expected
            );
        }
    }

    #[test]
    fn o1_rfc_6238_appendix_b() {
        let eight = Digits::new(8).unwrap();
        let seeds = [
            (Algorithm::Sha1, 20),
            (Algorithm::Sha256, 32),
            (Algorithm::Sha512, 64),
        ];
        let table: [(i64, [&str; 3]); 6] = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (seconds, codes) in table {
            let step = Period::THIRTY
                .step(UnixMillis::from_seconds(seconds))
                .unwrap();
            for ((algorithm, length), expected) in seeds.into_iter().zip(codes) {
                let secret =
                    OtpSecret::new(b"1234567890".iter().copied().cycle().take(length).collect());
                assert_eq!(
                    code(&secret, algorithm, eight, step).as_str(),
                    expected,
                    "{algorithm:?} {seconds}"
                );
            }
        }
    }

    #[test]
    fn o1_steam_letters_are_those_of_its_own_app() {
        let at = |key: &str, seconds| {
            let secret =
                OtpSecret::new(data_encoding::BASE32_NOPAD.decode(key.as_bytes()).unwrap());
            let step = Period::THIRTY.step(UnixMillis::from_seconds(seconds));
            steam(&secret, step.unwrap()).to_string()
        };
        // Read off Valve's app with a throw-away account (KeePassXC, TestTotp)
        let thrown_away = "63BEDWCQZKTQWPESARIERL5DTTQFCJTK";
        assert_eq!(at(thrown_away, 1_511_200_518), "FR8RV");
        assert_eq!(at(thrown_away, 1_511_200_714), "9P3VP");
        // Bitwarden's documented example
        assert_eq!(at("STEAMKEY", 1_742_298_622), "NTK5M");
        // Made by a second implementation, ten lines of Python's `hmac`: the edges of the clock
        assert_eq!(at(thrown_away, 0), "YKWJ7");
        assert_eq!(at(thrown_away, 20_000_000_000), "HCKQ4");
        let rfc = OtpSecret::new(b"12345678901234567890".to_vec());
        let expected = [
            "GG5F5", "PV9M4", "B26KJ", "5H85C", "6Y9J3", "MD224", "P2GRF", "C9PRW", "3NKKN",
            "5YCKB",
        ];
        for (step, expected) in (0..).zip(expected) {
            assert_eq!(steam(&rfc, step).as_str(), expected);
        }
    }

    #[test]
    fn duo_shaped_secrets_are_used_as_text() {
        let vectors: Value = serde_json::from_str(include_str!("../duo-vectors.json")).unwrap();
        for vector in vectors["passcode"]["vectors"].as_array().unwrap() {
            let secret = OtpSecret::from_hotp_secret(vector["hotp_secret"].as_str().unwrap());
            for (counter, expected) in (0..).zip(vector["hotp_counter_0_to_9"].as_array().unwrap())
            {
                assert_eq!(
                    code(&secret, Algorithm::Sha1, Digits::SIX, counter).as_str(),
                    expected
                );
            }
            for (seconds, expected) in vector["totp_sha1_30s"].as_object().unwrap() {
                let step = Period::THIRTY
                    .step(UnixMillis::from_seconds(seconds.parse().unwrap()))
                    .unwrap();
                assert_eq!(
                    code(&secret, Algorithm::Sha1, Digits::SIX, step).as_str(),
                    expected
                );
            }
        }
    }

    #[test]
    fn o2_only_the_right_count_of_ascii_digits_is_a_passcode() {
        assert_eq!(typed(" 123 456 ", Digits::SIX).unwrap().as_str(), "123456");
        for bad in [
            "",
            "12345",
            "1234567",
            "12345a",
            "１２３４５６",
            "123456\n",
            "\t123456",
            "12345\u{660}",
            "-12345",
            "+12345",
        ] {
            assert!(typed(bad, Digits::SIX).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_clock_before_1970_has_no_step_and_left_time_is_never_over_a_period() {
        assert_eq!(Period::THIRTY.step(UnixMillis(-1)), None);
        assert_eq!(Period::THIRTY.left_ms(UnixMillis(0)), 30_000);
        assert_eq!(Period::THIRTY.left_ms(UnixMillis(29_999)), 1);
    }
}
