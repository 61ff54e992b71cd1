//! The ways to open an unlocked vault: a new PIN, a passphrase as well, one fewer.

use super::Vault;
use crate::credential::{Chosen, SlotKind};
use crate::error::VaultError;
use crate::file::make_device_secret;
use crate::slot::{self, DeviceSecret, Opener, Slot};

impl Vault {
    /// The ways to open the vault.
    pub fn slot_kinds(&self) -> Result<Vec<SlotKind>, VaultError> {
        Ok(self.slots()?.iter().map(|slot| slot.kind).collect())
    }

    /// Makes the slot of that kind, or replaces it: a new PIN, a passphrase as well.
    pub fn set_slot(&mut self, chosen: &Chosen) -> Result<(), VaultError> {
        let device_secret = match chosen.kind() {
            SlotKind::Passphrase => None,
            SlotKind::Pin => Some(self.device_secret()?),
        };
        let mut slots = self.slots()?;
        let same = slots.iter().position(|slot| slot.kind == chosen.kind());
        let id = match same {
            Some(same) => slots[same].id,
            None => slots.iter().map(|slot| slot.id).max().unwrap_or(0) + 1,
        };
        let opener = Opener {
            typed: &chosen.0,
            device_secret: device_secret.as_ref(),
        };
        let generation = self.rows.next_generation();
        let slot = Slot::make(
            id,
            opener,
            self.file.place.kdf,
            self.rows.key(),
            generation,
            self.rows.random(),
        )
        .map_err(|_| VaultError::NotStored)?;
        match same {
            Some(same) => slots[same] = slot,
            None => slots.push(slot),
        }
        self.rows.commit_slots(&mut self.file.connection, &slots)
    }

    /// Removes the slot of that kind, unless it is the last.
    pub fn remove_slot(&mut self, kind: SlotKind) -> Result<(), VaultError> {
        let mut slots = self.slots()?;
        let before = slots.len();
        slots.retain(|slot| slot.kind != kind);
        if slots.len() == before {
            return Err(VaultError::Gone);
        }
        if slots.is_empty() {
            return Err(VaultError::LastSlot);
        }
        self.rows.commit_slots(&mut self.file.connection, &slots)
    }

    fn slots(&self) -> Result<Vec<Slot>, VaultError> {
        slot::read_all(&self.file.connection).map_err(|_| VaultError::NotStored)
    }

    /// The device secret that is there, else a new one.
    fn device_secret(&self) -> Result<DeviceSecret, VaultError> {
        let held = self
            .file
            .place
            .keystore
            .read(&self.file.device_secret_name());
        let held = held.map_err(|_| VaultError::KeystoreUnavailable)?;
        match held.and_then(DeviceSecret::new) {
            Some(held) => Ok(held),
            None => make_device_secret(&self.file.place, self.file.id, self.rows.random())
                .map_err(|_| VaultError::KeystoreUnavailable),
        }
    }
}
