//! `otpauth://` texts: one third-party account, read strictly (row Q3).

use data_encoding::{BASE32, BASE32_NOPAD};
use url::Url;

use crate::{
    label::Label,
    passcode::{Algorithm, Digits, OtpSecret, Period},
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
    /// Hash.
    pub algorithm: Algorithm,
    /// Digits.
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
        let url = Url::parse(text).map_err(|_| OtpAuthError::Form)?;
        let strange = !url.username().is_empty()
            || url.password().is_some()
            || url.port().is_some()
            || url.fragment().is_some();
        if url.scheme() != "otpauth" || strange {
            return Err(OtpAuthError::Form);
        }
        let query = Query::read(&url)?;
        let timed = match url.host_str().map(str::to_ascii_lowercase).as_deref() {
            Some("totp") => true,
            Some("hotp") => false,
            _ => return Err(OtpAuthError::Form),
        };
        let (prefix, account) = split_label(url.path())?;
        let issuer = query
            .text("issuer")
            .map_or(prefix, |issuer| Label::new(&issuer));
        Ok(Self {
            issuer,
            account,
            secret: key(&query.text("secret").ok_or(OtpAuthError::Key)?)?,
            algorithm: query.algorithm()?,
            digits: query.number("digits")?.map_or(Ok(Digits::SIX), |n| {
                u8::try_from(n)
                    .ok()
                    .and_then(Digits::new)
                    .ok_or(OtpAuthError::Setting)
            })?,
            moves: if timed {
                let period = query.number("period")?;
                Moves::Timed(period.map_or(Ok(Period::THIRTY), |n| {
                    u32::try_from(n)
                        .ok()
                        .and_then(Period::new)
                        .ok_or(OtpAuthError::Setting)
                })?)
            } else {
                Moves::Counted(query.number("counter")?.unwrap_or(0))
            },
        })
    }
}

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

/// `Issuer:account`, percent-decoded; the issuer part is optional.
fn split_label(path: &str) -> Result<(Label, Label), OtpAuthError> {
    let decoded = percent_encoding::percent_decode_str(path.trim_start_matches('/'))
        .decode_utf8()
        .map_err(|_| OtpAuthError::Form)?;
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

    fn algorithm(&self) -> Result<Algorithm, OtpAuthError> {
        match self
            .text("algorithm")
            .map(|a| a.to_ascii_uppercase().replace('-', ""))
            .as_deref()
        {
            None | Some("SHA1") => Ok(Algorithm::Sha1),
            Some("SHA256") => Ok(Algorithm::Sha256),
            Some("SHA512") => Ok(Algorithm::Sha512),
            Some(_) => Err(OtpAuthError::Setting),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> OtpAuthError {
        OtpAuth::parse(text)
            .err()
            .unwrap_or_else(|| panic!("accepted: {text}"))
    }

    #[test]
    fn q3_whole_links_are_read() {
        let read = OtpAuth::parse("otpauth://totp/Example:alice%40example.org?secret=JBSWY3DPEHPK3PXP&issuer=Example&algorithm=SHA256&digits=8&period=60").unwrap();
        assert_eq!(
            (read.issuer.as_str(), read.account.as_str()),
            ("Example", "alice@example.org")
        );
        assert_eq!(
            (read.algorithm, read.digits.count(), read.moves),
            (Algorithm::Sha256, 8, Moves::Timed(Period::new(60).unwrap()))
        );
        let read = OtpAuth::parse(
            "otpauth://hotp/bob?secret=jbsw y3dp ehpk 3pxp&counter=7"
                .replace(' ', "%20")
                .as_str(),
        )
        .unwrap();
        assert_eq!(
            (read.issuer.as_str(), read.account.as_str(), read.moves),
            ("", "bob", Moves::Counted(7))
        );
    }

    #[test]
    fn q3_accept_and_refuse_table() {
        let link = |query: &str| format!("otpauth://totp/a?{query}");
        for (query, expected) in [
            ("", OtpAuthError::Key),
            ("secret=", OtpAuthError::KeyLength),
            ("secret=JBSWY3DP", OtpAuthError::KeyLength),
            ("secret=JBSWY3DPEHPK3PX1", OtpAuthError::Key),
            ("secret=JBSWY3DPEHPK3PXPA", OtpAuthError::Key),
            ("secret=JBSWY3DPEHPK3PXP=", OtpAuthError::Key),
            (
                "secret=JBSWY3DPEHPK3PXP&secret=JBSWY3DPEHPK3PXP",
                OtpAuthError::Repeated,
            ),
            ("secret=JBSWY3DPEHPK3PXP&digits=5", OtpAuthError::Setting),
            ("secret=JBSWY3DPEHPK3PXP&digits=9", OtpAuthError::Setting),
            ("secret=JBSWY3DPEHPK3PXP&digits=%2B6", OtpAuthError::Setting),
            ("secret=JBSWY3DPEHPK3PXP&period=0", OtpAuthError::Setting),
            ("secret=JBSWY3DPEHPK3PXP&period=301", OtpAuthError::Setting),
            (
                "secret=JBSWY3DPEHPK3PXP&algorithm=MD5",
                OtpAuthError::Setting,
            ),
        ] {
            assert_eq!(error(&link(query)), expected, "{query}");
        }
        assert_eq!(
            error(&link(&format!("secret={}", "A".repeat(208)))),
            OtpAuthError::KeyLength
        );
        assert_eq!(
            error("otpauth://yubi/a?secret=JBSWY3DPEHPK3PXP"),
            OtpAuthError::Form
        );
        assert_eq!(
            error("otpauth://u@totp/a?secret=JBSWY3DPEHPK3PXP"),
            OtpAuthError::Form
        );
        assert_eq!(
            error(&format!(
                "otpauth://totp/{}?secret=JBSWY3DPEHPK3PXP",
                "a".repeat(MAX_BYTES)
            )),
            OtpAuthError::Form
        );
    }

    #[test]
    fn q4_extra_fields_change_nothing() {
        let read = OtpAuth::parse(
            "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&sslverify=0&ca=x&url=https%3A%2F%2Fevil.test",
        )
        .unwrap();
        assert_eq!(read.moves, Moves::Timed(Period::THIRTY));
    }

    proptest! {
        #[test]
        fn q3_any_text_is_read_or_refused_without_a_panic(text in ".{0,300}") {
            let _ = OtpAuth::parse(&text);
            let _ = OtpAuth::parse(&format!("otpauth://totp/{text}"));
            let _ = key(&text);
        }
    }
}
