//! The key that a device offers when it is activated, and what follows from its dialect.

use countersign_protocol::passcode::OtpSecret;
use countersign_protocol::random;
use countersign_protocol::signing::keys::{PublicKey, Scheme};
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::core::Fault;
use crate::model::{Dialect, PasscodeKind};

/// The key that a device offers.
#[derive(Debug)]
pub enum OfferedKey {
    /// None: it will make passcodes only.
    None,
    /// RSA, PEM, in the plain dialect, without a proof.
    Legacy(String),
    /// P-256, PEM, with the proof that the sender holds it.
    Countersign {
        /// The public key.
        pem: String,
        /// The spellings of the request that may have been signed.
        signed_texts: Vec<String>,
        /// The signature.
        signature: Vec<u8>,
    },
}

/// A key that can be used, by a sender who holds it where the dialect has a proof.
pub(super) struct CheckedKey {
    pub(super) dialect: Dialect,
    pub(super) pem: Option<String>,
}

impl CheckedKey {
    /// `None` for one that cannot be used, or that its sender does not hold.
    pub(super) fn of(offered: &OfferedKey) -> Option<Self> {
        match offered {
            OfferedKey::None => Some(Self {
                dialect: Dialect::PasscodeOnly,
                pem: None,
            }),
            OfferedKey::Legacy(pem) => {
                let key = PublicKey::from_pem(pem)
                    .ok()
                    .filter(|key| key.scheme() == Scheme::RsaSha512)?;
                Some(Self {
                    dialect: Dialect::Legacy,
                    pem: Some(key.to_pem().ok()?),
                })
            }
            OfferedKey::Countersign {
                pem,
                signed_texts,
                signature,
            } => {
                let key = PublicKey::from_pem(pem)
                    .ok()
                    .filter(|key| key.scheme() == Scheme::EcdsaP256Sha256)?;
                let proven = signed_texts
                    .iter()
                    .any(|text| key.verify(text.as_bytes(), signature));
                proven.then_some(())?;
                // Written anew, so that one key has one spelling
                Some(Self {
                    dialect: Dialect::Countersign1,
                    pem: Some(key.to_pem().ok()?),
                })
            }
        }
    }

    /// 160 random bits for our own dialect (row O1); 32 hex characters for a legacy client, which knows no other length.
    pub(super) fn make_secret(
        &self,
        rng: &dyn ring::rand::SecureRandom,
    ) -> Result<Zeroizing<String>, Fault> {
        match self.dialect {
            Dialect::Countersign1 => Ok(OtpSecret::make_hotp_secret(rng)?),
            Dialect::Legacy | Dialect::PasscodeOnly | Dialect::CallsOnly => {
                let raw = Zeroizing::new(random::bytes::<16>(rng)?);
                Ok(Zeroizing::new(HEXLOWER.encode(raw.as_slice())))
            }
        }
    }

    /// Legacy clients before 4.49 only count (`device.md` section 3).
    pub(super) fn passcode_kind(&self, app_version: &str) -> PasscodeKind {
        let mut parts = app_version
            .split('.')
            .map(|part| part.parse::<u32>().unwrap_or(0));
        let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        match self.dialect {
            Dialect::Countersign1 => PasscodeKind::Totp,
            Dialect::Legacy | Dialect::PasscodeOnly if version >= (4, 49) => PasscodeKind::Totp,
            Dialect::Legacy | Dialect::PasscodeOnly | Dialect::CallsOnly => PasscodeKind::Hotp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_clients_before_4_49_count_and_later_ones_use_the_time() {
        let legacy = CheckedKey {
            dialect: Dialect::Legacy,
            pem: None,
        };
        for (version, kind) in [
            ("3.49.0", PasscodeKind::Hotp),
            ("4.48.9", PasscodeKind::Hotp),
            ("", PasscodeKind::Hotp),
            ("4.49.0", PasscodeKind::Totp),
            ("4.110.0", PasscodeKind::Totp),
            ("5", PasscodeKind::Totp),
        ] {
            assert_eq!(legacy.passcode_kind(version), kind, "{version}");
        }
    }
}
