//! The operating system's own keystore: Secret Service on Linux, Keychain on Apple's systems, Credential Manager on Windows.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::{Keystore, KeystoreError};

/// The signed-in user's keystore.
#[derive(Clone, Debug)]
pub struct OsKeystore {
    service: String,
}

impl OsKeystore {
    /// Secrets are filed under `service`, the application's identifier.
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
        }
    }

    fn entry(&self, name: &str) -> Result<Entry, KeystoreError> {
        Entry::new(&self.service, name).map_err(|_| KeystoreError)
    }
}

impl Keystore for OsKeystore {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        match self.entry(name)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(_) => Err(KeystoreError),
        }
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        self.entry(name)?
            .set_secret(secret)
            .map_err(|_| KeystoreError)
    }

    fn erase(&self, name: &str) -> Result<(), KeystoreError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(_) => Err(KeystoreError),
        }
    }
}
