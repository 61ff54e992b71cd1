//! A keystore that forgets with its process, for tests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{Keystore, KeystoreError};

/// A keystore in memory, for tests: a vault whose PIN hangs on it cannot be opened by a later process.
#[derive(Default)]
pub struct MemoryKeystore(Mutex<HashMap<String, Zeroizing<Vec<u8>>>>);

impl MemoryKeystore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Keystore for MemoryKeystore {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned())
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        let secret = Zeroizing::new(secret.to_vec());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), secret);
        Ok(())
    }

    fn erase(&self, name: &str) -> Result<(), KeystoreError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
        Ok(())
    }
}
