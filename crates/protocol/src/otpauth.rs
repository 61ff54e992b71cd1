//! `otpauth://` texts: one third-party account, read strictly (row Q3).
//!
//! Steam has no form of its own, so each app writes another; all of these are read as Steam:
//!
//! * `otpauth://steam/…` (Aegis, Ente, Stratum)
//! * `otpauth://totp/…` with `encoder=steam` (KeePassXC, steamguard-cli) or `algorithm=STEAM`
//! * `otpauth://totp/…` issued by `Steam` with `digits=5` or no digits at all (what Valve's own app keeps)
//! * `steam://KEY` (Bitwarden, Proton)

use data_encoding::{BASE32, BASE32_NOPAD};
use url::Url;

use crate::{
    label::Label,
    passcode::{Algorithm, Digits, OtpSecret, Period, STEAM_LENGTH},
};

/// Longest text that is read.
pub const MAX_BYTES: usize = 4096;

/// A third party's account as its QR code states it.
pub struct OtpAuth {
    /// Who issued it; may be empty.
    pub issuer: Label,
    /// The person's name there.
    pub account: Label,
    /// The key, 10 to 128 bytes.
    pub secret: OtpSecret,
    /// Hash; SHA-1 for Steam.
    pub algorithm: Algorithm,
    /// Digits; of no meaning for Steam, see [`OtpAuth::length`].
    pub digits: Digits,
    /// How it moves on.
    pub moves: Moves,
}

/// How a passcode moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// With time.
    Timed(Period),
    /// With each use; the value is the next counter.
    Counted(u64),
    /// With time as Steam does it: [`passcode::steam`](crate::passcode::steam) in steps of 30 seconds.
    Steam,
}

/// Why an `otpauth` text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OtpAuthError {
    /// Not a link of this kind, too long, or with parts that do not belong.
    #[error("not an otpauth link")]
    Form,
    /// A parameter occurs twice.
    #[error("a parameter occurs twice")]
    Repeated,
    /// The key is not Base32 (RFC 4648 §6).
    #[error("the key is not Base32")]
    Key,
    /// The key has under 10 or over 128 bytes.
    #[error("the key has the wrong length")]
    KeyLength,
    /// Digits, period, algorithm or counter out of range.
    #[error("a setting is out of range")]
    Setting,
}

impl OtpAuth {
    /// Reads one link. Names that are not known are ignored; nothing in it can change how TLS is checked (row Q4).
    pub fn parse(text: &str) -> Result<Self, OtpAuthError> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(OtpAuthError::Form);
        }
        if let Some(letters) = bare_steam_key(text) {
            return Ok(Self::steam(
                Label::new(STEAM),
                Label::default(),
                key(letters)?,
            ));
        }
        let url = Url::parse(text).map_err(|_| OtpAuthError::Form)?;
        let strange = !url.username().is_empty()
            || url.password().is_some()
            || url.port().is_some()
            || url.fragment().is_some();
        if url.scheme() != "otpauth" || strange {
            return Err(OtpAuthError::Form);
        }
        let query = Query::read(&url)?;
        let kind = match url.host_str().map(str::to_ascii_lowercase).as_deref() {
            Some("totp") => Kind::Timed,
            Some("hotp") => Kind::Counted,
            Some("steam") => Kind::Steam,
            _ => return Err(OtpAuthError::Form),
        };
        let (prefix, account) = split_label(url.path())?;
        let issuer = query
            .text("issuer")
            .map(|issuer| Label::new(&issuer))
            .filter(|issuer| !issuer.is_empty())
            .unwrap_or(prefix);
        let secret = key(&query.text("secret").ok_or(OtpAuthError::Key)?)?;
        let moves = match kind {
            Kind::Steam => Moves::Steam,
            Kind::Timed if query.says_steam(&issuer)? => Moves::Steam,
            Kind::Timed => Moves::Timed(query.period()?),
            Kind::Counted => Moves::Counted(query.number("counter")?.unwrap_or(0)),
        };
        if moves == Moves::Steam {
            query.fits_steam()?;
            let issuer = if issuer.is_empty() {
                Label::new(STEAM)
            } else {
                issuer
            };
            return Ok(Self::steam(issuer, account, secret));
        }
        Ok(Self {
            issuer,
            account,
            secret,
            algorithm: query.algorithm()?,
            digits: query.digits()?,
            moves,
        })
    }

    /// A Steam account.
    pub fn steam(issuer: Label, account: Label, secret: OtpSecret) -> Self {
        Self {
            issuer,
            account,
            secret,
            algorithm: Algorithm::Sha1,
            digits: Digits::SIX,
            moves: Moves::Steam,
        }
    }

    /// How many characters its passcodes have.
    pub const fn length(&self) -> u8 {
        match self.moves {
            Moves::Steam => STEAM_LENGTH,
            Moves::Timed(_) | Moves::Counted(_) => self.digits.count(),
        }
    }
}

/// Who issues Steam accounts, where the text does not say.
const STEAM: &str = "Steam";

enum Kind {
    Timed,
    Counted,
    Steam,
}

/// The key of `steam://KEY`. Steam's client has links of the same scheme (`steam://run/440`); those have a path.
fn bare_steam_key(text: &str) -> Option<&str> {
    let (scheme, letters) = text.split_once("://")?;
    let bare = scheme.eq_ignore_ascii_case(STEAM)
        && letters.len() >= SHORTEST_STEAM_KEY
        && letters
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'=');
    bare.then_some(letters)
}

/// Characters of the shortest key that [`key`] takes, 10 bytes.
const SHORTEST_STEAM_KEY: usize = 16;

/// A typed or linked key: Base32, case and spaces and hyphens between groups ignored, padding optional.
pub fn key(text: &str) -> Result<OtpSecret, OtpAuthError> {
    let letters = zeroize::Zeroizing::new(
        text.chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .collect::<String>()
            .to_ascii_uppercase(),
    );
    let unpadded = letters.trim_end_matches('=');
    let padded_right = unpadded.len() == letters.len() || BASE32.decode(letters.as_bytes()).is_ok();
    let bytes = BASE32_NOPAD
        .decode(unpadded.as_bytes())
        .ok()
        .filter(|_| padded_right)
        .ok_or(OtpAuthError::Key)?;
    let secret = OtpSecret::new(bytes);
    if (10..=128).contains(&secret.len()) {
        Ok(secret)
    } else {
        Err(OtpAuthError::KeyLength)
    }
}

/// `Issuer:account`, percent-decoded; the issuer part is optional. A bare colon parts them, else an encoded one.
fn split_label(path: &str) -> Result<(Label, Label), OtpAuthError> {
    let decode = |part| {
        percent_encoding::percent_decode_str(part)
            .decode_utf8()
            .map_err(|_| OtpAuthError::Form)
    };
    let path = path.trim_start_matches('/');
    if let Some((issuer, account)) = path.split_once(':') {
        return Ok((Label::new(&decode(issuer)?), Label::new(&decode(account)?)));
    }
    let decoded = decode(path)?;
    Ok(match decoded.split_once(':') {
        Some((issuer, account)) => (Label::new(issuer), Label::new(account)),
        None => (Label::default(), Label::new(&decoded)),
    })
}

struct Query(Vec<(String, zeroize::Zeroizing<String>)>);

impl Query {
    fn read(url: &Url) -> Result<Self, OtpAuthError> {
        let mut pairs: Vec<(String, zeroize::Zeroizing<String>)> = Vec::new();
        for (name, value) in url.query_pairs() {
            let name = name.to_ascii_lowercase();
            if pairs.iter().any(|(n, _)| *n == name) {
                return Err(OtpAuthError::Repeated);
            }
            pairs.push((name, zeroize::Zeroizing::new(value.into_owned())));
        }
        Ok(Self(pairs))
    }

    fn text(&self, name: &str) -> Option<zeroize::Zeroizing<String>> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.clone())
    }

    fn number(&self, name: &str) -> Result<Option<u64>, OtpAuthError> {
        self.text(name)
            .map(|digits| {
                let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                plain
                    .then(|| digits.parse().ok())
                    .flatten()
                    .ok_or(OtpAuthError::Setting)
            })
            .transpose()
    }

    fn digits(&self) -> Result<Digits, OtpAuthError> {
        self.number("digits")?.map_or(Ok(Digits::SIX), |n| {
            u8::try_from(n)
                .ok()
                .and_then(Digits::new)
                .ok_or(OtpAuthError::Setting)
        })
    }

    fn period(&self) -> Result<Period, OtpAuthError> {
        self.number("period")?.map_or(Ok(Period::THIRTY), |n| {
            u32::try_from(n)
                .ok()
                .and_then(Period::new)
                .ok_or(OtpAuthError::Setting)
        })
    }

    fn algorithm(&self) -> Result<Algorithm, OtpAuthError> {
        match self.algorithm_name().as_deref() {
            None | Some("SHA1") => Ok(Algorithm::Sha1),
            Some("SHA256") => Ok(Algorithm::Sha256),
            Some("SHA512") => Ok(Algorithm::Sha512),
            Some(_) => Err(OtpAuthError::Setting),
        }
    }

    fn algorithm_name(&self) -> Option<String> {
        self.text("algorithm")
            .map(|name| name.to_ascii_uppercase().replace('-', ""))
    }

    /// A time-based account is Steam's by its encoder, by its algorithm, or by its issuer unless its digits say else.
    /// An encoder that is not known would give wrong passcodes, so it is refused.
    fn says_steam(&self, issuer: &Label) -> Result<bool, OtpAuthError> {
        if let Some(encoder) = self.text("encoder") {
            return if encoder.eq_ignore_ascii_case(STEAM) {
                Ok(true)
            } else {
                Err(OtpAuthError::Setting)
            };
        }
        let digits = self.number("digits")?;
        Ok(self.algorithm_name().as_deref() == Some("STEAM")
            || (issuer.as_str().eq_ignore_ascii_case(STEAM)
                && digits.is_none_or(|digits| digits == u64::from(STEAM_LENGTH))))
    }

    /// What Steam leaves no choice of must be absent or say the same.
    fn fits_steam(&self) -> Result<(), OtpAuthError> {
        let same = |stated: Option<u64>, fixed: u32| stated.is_none_or(|n| n == u64::from(fixed));
        let fits = same(self.number("digits")?, u32::from(STEAM_LENGTH))
            && same(self.number("period")?, Period::THIRTY.seconds())
            && matches!(
                self.algorithm_name().as_deref(),
                None | Some("SHA1" | "STEAM")
            );
        fits.then_some(()).ok_or(OtpAuthError::Setting)
    }
}
