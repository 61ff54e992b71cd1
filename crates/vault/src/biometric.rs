//! What a platform gives for unlocking by fingerprint or face: a key, never a yes (row V12).

use secrecy::{ExposeSecret, SecretBox};

/// The platform's keeper of keys that need the person for every use.
///
/// An implementation keeps each key so that the hardware hands it out only in an operation the person takes part in, and
/// destroys it when another finger or face is enrolled. There is no call that answers yes or no: code that pretends the
/// person was there has no key, and the vault stays shut.
pub trait BiometricKey: Send + Sync {
    /// Makes a new random key of that name in place of the old one, bound to the fingers and faces enrolled now.
    fn make(&self, name: &str) -> Result<BiometricSecret, BiometricError>;

    /// Asks for the person and hands the key out.
    fn release(&self, name: &str) -> Result<BiometricSecret, BiometricError>;

    /// Destroys the key; well if there is none.
    fn erase(&self, name: &str) -> Result<(), BiometricError>;
}

/// A slot's key as the platform hands it out: 32 bytes, wiped when dropped.
pub struct BiometricSecret(SecretBox<[u8; 32]>);

impl BiometricSecret {
    /// Copies bytes that the caller wipes itself. `None` unless they are 32.
    pub fn copied_from(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        Some(Self(SecretBox::init_with_mut(|copy: &mut [u8; 32]| {
            copy.copy_from_slice(bytes);
        })))
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

/// Why the platform handed out no key, or one that opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BiometricError {
    /// The finger or face is not an enrolled one, or what the platform gave is not this vault's key.
    #[error("not recognised")]
    NotRecognised,
    /// The person turned away.
    #[error("cancelled")]
    Cancelled,
    /// The platform destroyed the key, as a finger or face was enrolled since: unlock otherwise and make the slot anew.
    #[error("the key was destroyed by a new enrolment")]
    Destroyed,
    /// No sensor, none enrolled, or it cannot be used just now.
    #[error("biometrics cannot be used")]
    Unavailable,
}
