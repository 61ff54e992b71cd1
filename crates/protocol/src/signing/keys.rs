//! Key pairs of devices and services.

use ring::{
    rand::SecureRandom,
    rsa::KeyPair as RsaKeyPair,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
        RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA512, UnparsedPublicKey,
    },
};
use rsa::{
    PrivateKey,
    pkcs8::{
        EncodePrivateKey as _,
        der::{Decode as _, Document, pem::LineEnding},
        spki::SubjectPublicKeyInfoRef,
    },
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::random::RandomError;

/// How a key pair signs: the wire's `pkpush`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// ECDSA on P-256 with SHA-256, ASN.1 DER (FIPS 186-5, RFC 3279 §2.2.3); of `countersign/1`.
    #[serde(rename = "ecdsa-p256-sha256")]
    EcdsaP256Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-512 (RFC 8017 §8.2), 2048 bits; of the plain dialect.
    #[serde(rename = "rsa-sha512")]
    RsaSha512,
}

impl Scheme {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::RsaSha512 => "rsa-sha512",
        }
    }
}

/// What can go wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a key, or not of a kind that is accepted.
    #[error("not a usable key")]
    Unusable,
    /// The key could not be made or used; the random generator failed.
    #[error("the key could not be used")]
    Failed,
}

/// A private key. It wipes itself and is neither printed, copied nor serialised.
pub struct SigningKey {
    scheme: Scheme,
    pkcs8: Zeroizing<Vec<u8>>,
}

impl SigningKey {
    /// Makes a P-256 key.
    pub fn make_p256(rng: &dyn SecureRandom) -> Result<Self, KeyError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, rng)
            .map_err(|_| KeyError::Failed)?;
        Ok(Self {
            scheme: Scheme::EcdsaP256Sha256,
            pkcs8: Zeroizing::new(pkcs8.as_ref().to_vec()),
        })
    }

    /// Makes an RSA key of 2048 bits. It takes up to a second or two; call it off the async threads. The randomness is
    /// the system's, ring has no way to make such a key.
    pub fn make_rsa() -> Result<Self, KeyError> {
        let mut rng = rsa::rand_core::UnwrapErr(SystemRng);
        let key = PrivateKey::new(&mut rng, 2048).map_err(|_| KeyError::Failed)?;
        let pkcs8 = key.to_pkcs8_der().map_err(|_| KeyError::Failed)?;
        Ok(Self {
            scheme: Scheme::RsaSha512,
            pkcs8: Zeroizing::new(pkcs8.as_bytes().to_vec()),
        })
    }

    /// Takes a stored key (PKCS#8 DER, RFC 5958).
    pub fn from_pkcs8(scheme: Scheme, pkcs8: &[u8]) -> Self {
        Self {
            scheme,
            pkcs8: Zeroizing::new(pkcs8.to_vec()),
        }
    }

    /// PKCS#8 DER, to be sealed.
    pub fn expose_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// How it signs.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Signs. ring does not wipe its own key objects, so one is made for each signature and dropped at once.
    pub fn sign(&self, message: &[u8], rng: &dyn SecureRandom) -> Result<Vec<u8>, KeyError> {
        match self.scheme {
            Scheme::EcdsaP256Sha256 => {
                let signature = self
                    .ecdsa(rng)?
                    .sign(rng, message)
                    .map_err(|_| KeyError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Scheme::RsaSha512 => {
                let pair = self.rsa()?;
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA512, rng, message, &mut signature)
                    .map_err(|_| KeyError::Failed)?;
                Ok(signature)
            }
        }
    }

    /// The public half.
    pub fn public(&self, rng: &dyn SecureRandom) -> Result<PublicKey, KeyError> {
        let key = match self.scheme {
            Scheme::EcdsaP256Sha256 => self.ecdsa(rng)?.public_key().as_ref().to_vec(),
            Scheme::RsaSha512 => self.rsa()?.public_key().as_ref().to_vec(),
        };
        Ok(PublicKey {
            scheme: self.scheme,
            key,
        })
    }

    fn ecdsa(&self, rng: &dyn SecureRandom) -> Result<EcdsaKeyPair, KeyError> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8, rng)
            .map_err(|_| KeyError::Unusable)
    }

    fn rsa(&self) -> Result<RsaKeyPair, KeyError> {
        RsaKeyPair::from_pkcs8(&self.pkcs8).map_err(|_| KeyError::Unusable)
    }
}

/// A public key: the uncompressed point of P-256, or an RSA key as PKCS#1 DER (RFC 8017 A.1.1), as ring takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    scheme: Scheme,
    key: Vec<u8>,
}

const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
/// SubjectPublicKeyInfo up to the point of a P-256 key (RFC 5480 §2), and of a 2048-bit RSA key with exponent 65537.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const RSA_2048_PREFIX: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];

impl PublicKey {
    /// Reads PEM SubjectPublicKeyInfo: P-256, or RSA of 2048 to 4096 bits.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let unusable = |_| KeyError::Unusable;
        if pem.len() > 2048 {
            return Err(KeyError::Unusable);
        }
        let (label, document) = Document::from_pem(pem.trim()).map_err(unusable)?;
        let info = SubjectPublicKeyInfoRef::from_der(document.as_bytes())
            .map_err(|_| KeyError::Unusable)?;
        let key = info
            .subject_public_key
            .as_bytes()
            .ok_or(KeyError::Unusable)?;
        let scheme = match info.algorithm.oid.to_string().as_str() {
            EC_PUBLIC_KEY
                if info
                    .algorithm
                    .parameters_oid()
                    .is_ok_and(|oid| oid.to_string() == P256) =>
            {
                Scheme::EcdsaP256Sha256
            }
            RSA_ENCRYPTION => Scheme::RsaSha512,
            _ => return Err(KeyError::Unusable),
        };
        let length_is_good = match scheme {
            Scheme::EcdsaP256Sha256 => key.len() == 65 && key.first() == Some(&4),
            // 2048 bits make 270 bytes of PKCS#1 DER, 4096 bits 526
            Scheme::RsaSha512 => (266..=530).contains(&key.len()),
        };
        if label != "PUBLIC KEY" || !length_is_good {
            return Err(KeyError::Unusable);
        }
        Ok(Self {
            scheme,
            key: key.to_vec(),
        })
    }

    /// Writes PEM SubjectPublicKeyInfo, 64-column lines, LF.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let prefix: &[u8] = match self.scheme {
            Scheme::EcdsaP256Sha256 => &P256_PREFIX,
            Scheme::RsaSha512 if self.key.len() == 270 => &RSA_2048_PREFIX,
            Scheme::RsaSha512 => return Err(KeyError::Unusable),
        };
        let document =
            Document::try_from([prefix, &self.key].concat()).map_err(|_| KeyError::Unusable)?;
        document
            .to_pem("PUBLIC KEY", LineEnding::LF)
            .map_err(|_| KeyError::Unusable)
    }

    /// How the private half signs.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether `signature` is the private half's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.scheme {
            Scheme::EcdsaP256Sha256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.key)
                .verify(message, signature),
            Scheme::RsaSha512 => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, &self.key)
                .verify(message, signature),
        }
        .is_ok()
    }
}

/// The system's generator in the form that the `rsa` crate takes.
struct SystemRng;

impl rsa::rand_core::TryRng for SystemRng {
    type Error = RandomError;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)
            .map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)
            .map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        ring::rand::SystemRandom::new()
            .fill(bytes)
            .map_err(|_| RandomError)
    }
}

impl rsa::rand_core::TryCryptoRng for SystemRng {}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn both_kinds_sign_verify_and_survive_pem() {
        let rng = SystemRandom::new();
        for key in [
            SigningKey::make_p256(&rng).unwrap(),
            SigningKey::make_rsa().unwrap(),
        ] {
            let stored = SigningKey::from_pkcs8(key.scheme(), key.expose_pkcs8());
            let public =
                PublicKey::from_pem(&stored.public(&rng).unwrap().to_pem().unwrap()).unwrap();
            assert_eq!(public, key.public(&rng).unwrap());
            let signature = stored.sign(b"message", &rng).unwrap();
            assert!(public.verify(b"message", &signature));
            assert!(!public.verify(b"massage", &signature));
            assert!(!public.verify(b"message", &signature[1..]));
        }
    }

    #[test]
    fn keys_of_other_kinds_are_refused() {
        let p384 = "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEAAAA\n-----END PUBLIC KEY-----\n";
        for bad in [
            "",
            "hello",
            p384,
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            assert_eq!(PublicKey::from_pem(bad), Err(KeyError::Unusable));
        }
    }
}
