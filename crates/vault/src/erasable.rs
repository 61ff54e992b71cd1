//! The erasable secret: the half of the device cells' key that can be destroyed without the other half at hand (row V11).
//!
//! What is bound to the device is sealed under a key that hangs on the vault key and on this secret. After ten wrong tries
//! the vault key is not at hand, so nothing can be sealed anew; but this secret can be wiped, and its cells are noise then.

use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{Connection, OptionalExtension};
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use crate::credential::SlotKind;
use crate::error::{Damage, UnlockError, VaultError};
use crate::file::VaultFile;
use crate::slot::Slot;

/// Where an erasable secret lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// In the keystore, where the vault hangs on it anyway: it has a PIN.
    Keystore,
    /// In the file, wiped from it when the time comes: a vault opened by passphrase alone needs no keystore.
    File,
}

impl Home {
    pub(crate) fn of(slots: &[Slot]) -> Self {
        if slots.iter().any(|slot| slot.kind == SlotKind::Pin) {
            Self::Keystore
        } else {
            Self::File
        }
    }
}

/// 32 random bytes.
pub(crate) struct Erasable {
    secret: SecretBox<[u8; 32]>,
    pub(crate) home: Home,
}

impl Erasable {
    fn from_bytes(bytes: &[u8], home: Home) -> Option<Self> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        Some(Self {
            secret: SecretBox::init_with_mut(|secret: &mut [u8; 32]| secret.copy_from_slice(bytes)),
            home,
        })
    }

    /// Another copy, for a file that is written beside this one.
    pub(crate) fn copy(&self) -> Self {
        Self {
            secret: SecretBox::init_with_mut(|secret: &mut [u8; 32]| {
                secret.copy_from_slice(self.expose());
            }),
            home: self.home,
        }
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        self.secret.expose_secret()
    }
}

impl VaultFile {
    /// The erasable secret. `None` if it was erased, or none was ever needed.
    /// A keystore that cannot be read is an error where something hangs on it: to go on would take keys for lost that are not.
    pub(crate) fn erasable(&self) -> Result<Option<Erasable>, UnlockError> {
        const DAMAGED: UnlockError = UnlockError::Damaged(Damage::Database);
        if self.format == 1 {
            return Ok(None);
        }
        let here: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT secret FROM erasable", [], |row| row.get(0))
            .optional()
            .map_err(|_| DAMAGED)?;
        if let Some(here) = here.map(Zeroizing::new) {
            return Erasable::from_bytes(&here, Home::File)
                .map(Some)
                .ok_or(DAMAGED);
        }
        match self.place.keystore.read(&self.erasable_name()) {
            Ok(held) => Ok(held.and_then(|held| Erasable::from_bytes(&held, Home::Keystore))),
            Err(_) if has_device_cells(&self.connection).map_err(|_| DAMAGED)? => {
                Err(UnlockError::KeystoreUnavailable)
            }
            Err(_) => Ok(None),
        }
    }

    /// Makes a new one. In the keystore it is stored and read back at once; for the file the next transaction stores it.
    pub(crate) fn make_erasable(
        &self,
        home: Home,
        random: &SystemRandom,
    ) -> Result<Erasable, VaultError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(bytes.as_mut())?;
        if home == Home::Keystore {
            let (keystore, name) = (&self.place.keystore, self.erasable_name());
            let read_back = keystore
                .write(&name, bytes.as_ref())
                .and_then(|()| keystore.read(&name));
            if !matches!(read_back, Ok(Some(held)) if held.as_slice() == bytes.as_ref()) {
                return Err(VaultError::KeystoreUnavailable);
            }
        }
        Erasable::from_bytes(bytes.as_ref(), home).ok_or(VaultError::NotStored)
    }
}

fn has_device_cells(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM device)", [], |row| row.get(0))
}
