//! Secrets at rest: sealed under a master key that lives outside the database (rows K1, K4).

use std::fmt;
use std::io::Write;
use std::path::Path;

use countersign_protocol::random;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::SecureRandom;
use zeroize::{Zeroize, Zeroizing};

/// The first byte of everything sealed; another form gets another number.
const FORMAT: u8 = 1;
const KEY_LEN: usize = 32;

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The master key is another one, or the row was altered or moved; the two are indistinguishable.
    #[error("a sealed secret does not open with this master key")]
    Refused,
    /// The random generator failed.
    #[error("the random generator failed")]
    Random,
    /// The file that holds the master key cannot be used.
    #[error("the master key file {0} cannot be used: {1}")]
    KeyFile(String, String),
}

impl From<random::RandomError> for SecretError {
    fn from(_: random::RandomError) -> Self {
        Self::Random
    }
}

/// What a sealed secret belongs to. It is authenticated with the secret, so a sealed value that is moved to another row,
/// another kind or another version does not open.
#[derive(Debug, Clone, Copy)]
pub struct Purpose<'a> {
    /// What kind of secret it is.
    pub kind: Kind,
    /// The id of the row it belongs to.
    pub id: &'a str,
    /// The version or generation of the secret.
    pub version: i64,
}

/// The kinds of sealed secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The service's own signing key.
    SigningKey,
    /// The `skey` of an integration.
    IntegrationKey,
    /// The passcode seed of a device.
    OtpSeed,
    /// The stored answer to a signed call.
    Answer,
    /// The code that confirms a number.
    NumberCode,
}

impl Purpose<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let kind = match self.kind {
            Kind::SigningKey => "signing-key",
            Kind::IntegrationKey => "integration-key",
            Kind::OtpSeed => "otp-seed",
            Kind::Answer => "answer",
            Kind::NumberCode => "number-code",
        };
        // No part can contain a line feed: kinds are fixed, ids are alphanumeric
        format!(
            "countersign sealed {FORMAT}\n{kind}\n{}\n{}",
            self.id, self.version
        )
        .into_bytes()
    }
}

/// A sealed secret, safe to store and to log the existence of.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// As read from the database.
    pub fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As written to the database.
    pub fn as_stored(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// The key that seals all others.
pub struct MasterKey(Zeroizing<[u8; KEY_LEN]>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    /// Draws a new one.
    pub fn make(rng: &dyn SecureRandom) -> Result<Self, SecretError> {
        Ok(Self(Zeroizing::new(random::bytes(rng)?)))
    }

    /// Reads the file, or makes it at first start: 32 bytes, readable by its owner alone.
    pub fn read_or_make(path: &Path, rng: &dyn SecureRandom) -> Result<Self, SecretError> {
        let failed = |error: std::io::Error| {
            SecretError::KeyFile(path.display().to_string(), error.to_string())
        };
        match std::fs::read(path) {
            Ok(mut bytes) => {
                let key = <[u8; KEY_LEN]>::try_from(bytes.as_slice());
                bytes.zeroize();
                let wrong = || {
                    SecretError::KeyFile(
                        path.display().to_string(),
                        format!("it must hold {KEY_LEN} bytes"),
                    )
                };
                key.map(|key| Self(Zeroizing::new(key)))
                    .map_err(|_| wrong())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = Self::make(rng)?;
                match write_new(path, key.0.as_slice()) {
                    Ok(()) => Ok(key),
                    // Another process made it in the meantime: theirs is the one
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                        Self::read_or_make(path, rng)
                    }
                    Err(error) => Err(failed(error)),
                }
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Seals `secret` for `purpose` with AES-256-GCM and a fresh random nonce (NIST SP 800-38D; the number of secrets of
    /// a service stays far below 2^32).
    pub fn seal(
        &self,
        purpose: Purpose<'_>,
        secret: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Sealed, SecretError> {
        let nonce = random::bytes::<NONCE_LEN>(rng)?;
        let mut text = Zeroizing::new(secret.to_vec());
        let aad = Aad::from(purpose.associated_data());
        let tag = self
            .key()?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)
            .map_err(|_| SecretError::Refused)?;
        let mut out = Vec::with_capacity(1 + NONCE_LEN + text.len() + tag.as_ref().len());
        out.push(FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&text);
        out.extend_from_slice(tag.as_ref());
        Ok(Sealed(out))
    }

    /// Opens what was sealed for the same purpose.
    pub fn open(
        &self,
        purpose: Purpose<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let (format, rest) = sealed.0.split_first().ok_or(SecretError::Refused)?;
        let (nonce, text) = rest
            .split_at_checked(NONCE_LEN)
            .ok_or(SecretError::Refused)?;
        if *format != FORMAT {
            return Err(SecretError::Refused);
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SecretError::Refused)?;
        let mut buffer = Zeroizing::new(text.to_vec());
        let aad = Aad::from(purpose.associated_data());
        let length = self
            .key()?
            .open_in_place(nonce, aad, &mut buffer)
            .map_err(|_| SecretError::Refused)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// ring does not wipe its key objects, so one is built per use from bytes that are.
    fn key(&self) -> Result<LessSafeKey, SecretError> {
        UnboundKey::new(&AES_256_GCM, self.0.as_slice())
            .map(LessSafeKey::new)
            .map_err(|_| SecretError::Refused)
    }
}

/// Writes a file that did not exist, whole or not at all: other processes see it only once it is complete.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // A hard link fails where a rename would replace another process's file
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    const PURPOSE: Purpose<'_> = Purpose {
        kind: Kind::OtpSeed,
        id: "DPAAAAAAAAAAAAAAAAAA",
        version: 1,
    };

    #[test]
    fn k1_a_sealed_secret_opens_for_its_purpose_only() {
        let rng = SystemRandom::new();
        let key = MasterKey::make(&rng).unwrap();
        let sealed = key.seal(PURPOSE, b"seed", &rng).unwrap();
        assert_eq!(key.open(PURPOSE, &sealed).unwrap().as_slice(), b"seed");
        for other in [
            Purpose {
                kind: Kind::IntegrationKey,
                ..PURPOSE
            },
            Purpose {
                id: "DPBAAAAAAAAAAAAAAAAA",
                ..PURPOSE
            },
            Purpose {
                version: 2,
                ..PURPOSE
            },
        ] {
            assert!(
                matches!(key.open(other, &sealed), Err(SecretError::Refused)),
                "{other:?}"
            );
        }
        assert!(
            MasterKey::make(&rng)
                .unwrap()
                .open(PURPOSE, &sealed)
                .is_err()
        );
        for at in 0..sealed.0.len() {
            let mut altered = sealed.clone();
            altered.0[at] ^= 1;
            assert!(key.open(PURPOSE, &altered).is_err(), "byte {at}");
        }
    }

    #[test]
    fn the_master_key_file_is_made_once_and_private() {
        let rng = SystemRandom::new();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let sealed = MasterKey::read_or_make(&path, &rng)
            .unwrap()
            .seal(PURPOSE, b"seed", &rng)
            .unwrap();
        assert_eq!(
            MasterKey::read_or_make(&path, &rng)
                .unwrap()
                .open(PURPOSE, &sealed)
                .unwrap()
                .as_slice(),
            b"seed"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        std::fs::write(&path, b"short").unwrap();
        assert!(matches!(
            MasterKey::read_or_make(&path, &rng),
            Err(SecretError::KeyFile(..))
        ));
    }

    #[test]
    fn g2_debug_output_shows_no_secret() {
        let rng = SystemRandom::new();
        let key = MasterKey::make(&rng).unwrap();
        assert_eq!(format!("{key:?}"), "MasterKey(…)");
        assert!(!format!("{:?}", key.seal(PURPOSE, b"seed", &rng).unwrap()).contains("seed"));
    }
}
