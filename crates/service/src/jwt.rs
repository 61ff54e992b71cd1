//! JSON Web Tokens as the Universal Prompt has them: HS512 in the compact form, nothing else (RFC 7515, RFC 7519).
//!
//! The algorithm is a constant. The header's `alg` is compared with it and never obeyed.

use countersign_protocol::time::UnixMillis;
use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::policy::{JWT_LEEWAY_SECONDS, JWT_LIFE_SECONDS};

/// The largest token that is looked at; the prompt's own are a tenth of it.
const LONGEST: usize = 16 * 1024;

/// Of every token that is made.
const HEADER: &[u8] = br#"{"alg":"HS512","typ":"JWT"}"#;

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not three parts, not base64url, or not JSON of the shape that is wanted.
    #[error("The token cannot be read.")]
    Malformed,
    /// Another algorithm, or something that every reader would have to understand.
    #[error("The token's algorithm is not HS512.")]
    Algorithm,
    /// Not signed with this key.
    #[error("Failed to verify signature.")]
    Signature,
    /// Its time is over.
    #[error("The token has expired.")]
    Expired,
    /// It would be good for too long, or is of the future.
    #[error("The token's times are not within the limits.")]
    Times,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
}

/// The times of a token, in seconds; clients write whole numbers and fractions.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Times {
    exp: f64,
    #[serde(default)]
    iat: Option<f64>,
    #[serde(default)]
    nbf: Option<f64>,
}

impl Times {
    /// Checks that a token of these times is good now.
    pub fn check(&self, now: UnixMillis) -> Result<(), JwtError> {
        let seconds = std::time::Duration::from_millis(now.0.max(0).unsigned_abs()).as_secs_f64();
        let (life, leeway) = (seconds_of(JWT_LIFE_SECONDS), seconds_of(JWT_LEEWAY_SECONDS));
        // Written so that what is not a number is refused too
        let good_until = self.exp > seconds - leeway;
        if !good_until {
            return Err(JwtError::Expired);
        }
        let of_the_past = |at: Option<f64>| at.is_none_or(|at| at <= seconds + leeway);
        let in_time = self.exp <= seconds + life + leeway
            && of_the_past(self.iat)
            && of_the_past(self.nbf)
            && self.iat.is_none_or(|iat| self.exp - iat <= life + leeway);
        if in_time {
            Ok(())
        } else {
            Err(JwtError::Times)
        }
    }
}

fn seconds_of(seconds: i64) -> f64 {
    std::time::Duration::from_secs(seconds.max(0).unsigned_abs()).as_secs_f64()
}

/// Reads the claims of a token that was signed with `key`. Its times are the caller's to check.
pub fn verify<T: DeserializeOwned>(token: &str, key: &[u8]) -> Result<T, JwtError> {
    if token.len() > LONGEST {
        return Err(JwtError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
    let bytes = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
    let header: Header = bytes(header)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(JwtError::Malformed)?;
    if header.alg != "HS512" || header.crit.is_some() {
        return Err(JwtError::Algorithm);
    }
    let signature = bytes(signature).ok_or(JwtError::Malformed)?;
    let key = hmac::Key::new(hmac::HMAC_SHA512, key);
    hmac::verify(&key, signed.as_bytes(), &signature).map_err(|_| JwtError::Signature)?;
    bytes(claims)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(JwtError::Malformed)
}

/// A token of these claims, signed with `key`. `None` if they cannot be written as JSON.
pub fn sign<T: Serialize>(claims: &T, key: &[u8]) -> Option<String> {
    let claims = serde_json::to_vec(claims).ok()?;
    let mut token = format!(
        "{}.{}",
        BASE64URL_NOPAD.encode(HEADER),
        BASE64URL_NOPAD.encode(&claims)
    );
    let key = hmac::Key::new(hmac::HMAC_SHA512, key);
    let signature = hmac::sign(&key, token.as_bytes());
    token.push('.');
    token.push_str(&BASE64URL_NOPAD.encode(signature.as_ref()));
    Some(token)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: &[u8] = b"deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
    /// Made by another program, with a 40-byte key: `{"sub": "alice", "exp": 1795492634.54}`.
    const OF_PYTHON: &str = "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTc5NTQ5MjYzNC41NH0.t3IyFxHnFLjb7vGWqj503_T8T6TbM3VNig177V4KhdtoWQivjY84tf4LLZ8hfHNQsEAi8kXALCgbfp72J8YJYw";

    fn part(value: &Value) -> String {
        BASE64URL_NOPAD.encode(value.to_string().as_bytes())
    }

    fn signed_as(header: &Value, algorithm: hmac::Algorithm) -> String {
        let text = format!("{}.{}", part(header), part(&json!({ "sub": "alice" })));
        let tag = hmac::sign(&hmac::Key::new(algorithm, KEY), text.as_bytes());
        format!("{text}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
    }

    #[test]
    fn what_was_signed_is_read_back_and_nothing_else_is() {
        let token = sign(&json!({ "sub": "alice" }), KEY).unwrap();
        let read: Value = verify(&token, KEY).unwrap();
        assert_eq!(read["sub"], "alice");
        assert_eq!(
            verify::<Value>(&token, b"another key").unwrap_err(),
            JwtError::Signature
        );
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(verify::<Value>(&changed, KEY).is_err(), "character {at}");
        }
        for cut in 0..token.len() {
            assert!(
                verify::<Value>(&token[..cut], KEY).is_err(),
                "{cut} characters"
            );
        }
    }

    #[test]
    fn a_token_of_another_program_is_read() {
        let read: Value = verify(OF_PYTHON, KEY).unwrap();
        assert_eq!(read["exp"], json!(1_795_492_634.54));
    }

    #[test]
    fn the_algorithm_is_ours_to_choose() {
        let good = json!({ "alg": "HS512" });
        assert!(verify::<Value>(&signed_as(&good, hmac::HMAC_SHA512), KEY).is_ok());
        for (alg, with) in [
            ("none", hmac::HMAC_SHA512),
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("hs512", hmac::HMAC_SHA512),
            ("RS512", hmac::HMAC_SHA512),
        ] {
            let token = signed_as(&json!({ "alg": alg }), with);
            assert_eq!(
                verify::<Value>(&token, KEY).unwrap_err(),
                JwtError::Algorithm
            );
        }
        let unsigned = format!("{}.{}.", part(&json!({ "alg": "none" })), part(&json!({})));
        assert!(verify::<Value>(&unsigned, KEY).is_err());
        let half = signed_as(&good, hmac::HMAC_SHA256);
        assert_eq!(
            verify::<Value>(&half, KEY).unwrap_err(),
            JwtError::Signature
        );
        let critical = json!({ "alg": "HS512", "crit": ["b64"], "b64": false });
        let critical = signed_as(&critical, hmac::HMAC_SHA512);
        assert_eq!(
            verify::<Value>(&critical, KEY).unwrap_err(),
            JwtError::Algorithm
        );
    }

    #[test]
    fn a_token_lives_five_minutes_and_a_clock_may_be_a_minute_off() {
        let now = UnixMillis(1_795_492_334_540);
        let checked = |times: Value| serde_json::from_value::<Times>(times).unwrap().check(now);
        let at = 1_795_492_334.54;
        for good in [
            json!({ "exp": at + 300.0 }),
            json!({ "exp": 1_795_492_634 }),
            json!({ "exp": at - 59.0 }),
            json!({ "exp": at + 300.0, "iat": at, "nbf": at }),
            json!({ "exp": at + 359.0, "iat": at + 59.0 }),
        ] {
            assert_eq!(checked(good.clone()), Ok(()), "{good}");
        }
        assert_eq!(checked(json!({ "exp": at - 61.0 })), Err(JwtError::Expired));
        assert_eq!(checked(json!({ "exp": -1e300 })), Err(JwtError::Expired));
        for bad in [
            json!({ "exp": at + 361.0 }),
            json!({ "exp": 1e300 }),
            json!({ "exp": at + 100.0, "iat": at + 61.0 }),
            json!({ "exp": at + 100.0, "nbf": at + 61.0 }),
            json!({ "exp": at + 100.0, "iat": at - 300.0 }),
        ] {
            assert_eq!(checked(bad.clone()), Err(JwtError::Times), "{bad}");
        }
        for unreadable in [json!({}), json!({ "exp": "soon" }), json!({ "exp": null })] {
            assert!(serde_json::from_value::<Times>(unreadable).is_err());
        }
    }
}
