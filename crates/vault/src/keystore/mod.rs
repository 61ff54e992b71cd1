//! The operating system's keystore, as far as the vault needs one: small named secrets.

mod memory;
#[cfg(not(target_os = "android"))]
mod os;

use zeroize::Zeroizing;

pub use memory::MemoryKeystore;
#[cfg(not(target_os = "android"))]
pub use os::OsKeystore;

/// The keystore is absent, locked or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keystore cannot be used")]
pub struct KeystoreError;

/// Keeps small secrets outside the vault's file, bound to this device and user.
pub trait Keystore: Send + Sync {
    /// The secret of that name. `None` if the keystore works and holds none.
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError>;

    /// Writes or overwrites the secret of that name.
    fn write(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError>;

    /// Removes the secret of that name; well if there is none.
    fn erase(&self, name: &str) -> Result<(), KeystoreError>;
}

/// Where no keystore can be used: the vault is then opened by a passphrase.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnavailableKeystore;

impl Keystore for UnavailableKeystore {
    fn read(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        Err(KeystoreError)
    }

    fn write(&self, _: &str, _: &[u8]) -> Result<(), KeystoreError> {
        Err(KeystoreError)
    }

    fn erase(&self, _: &str) -> Result<(), KeystoreError> {
        Err(KeystoreError)
    }
}
