//! The check value: six digits that a phone and the page whose code it scanned both show (row A2; PROTOCOL.md section 3).

use std::fmt;

use ring::digest::{SHA256, digest};

use crate::{ids::ServiceId, params::Params};

/// How many digits it has.
const DIGITS: usize = 6;

/// Six digits that are alike on both sides only if the page's code was scanned by the phone in hand.
///
/// They hide nothing and open nothing by themselves, so they may be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckValue(String);

/// What both sides hold themselves. Keys are PEM texts.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// Hex SHA-256 of the activation code.
    pub code_hash: &'a str,
    /// The key that asks to be a device.
    pub device_key: &'a str,
    /// The service.
    pub service: &'a ServiceId,
    /// The service's key.
    pub service_key: &'a str,
}

impl CheckValue {
    /// Makes the digits.
    pub fn of(compared: &Compared<'_>) -> Self {
        let hash = digest(&SHA256, compared.text().as_bytes());
        let number = hash.as_ref()[..8]
            .iter()
            .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        Self(format!("{:0DIGITS$}", number % 1_000_000))
    }

    /// Takes six ASCII digits.
    pub fn parse(text: &str) -> Option<Self> {
        let good = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| Self(text.to_owned()))
    }

    /// The digits, without a space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Compared<'_> {
    /// The text that is hashed.
    pub fn text(&self) -> String {
        let params = Params::new()
            .with("code", self.code_hash)
            .with("pubkey", self.device_key)
            .with("service", self.service.as_str())
            .with("service_key", self.service_key);
        format!("countersign/1 check\n{}", params.canonical())
    }
}

impl fmt::Display for CheckValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
