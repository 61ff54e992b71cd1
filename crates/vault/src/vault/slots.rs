//! The ways to open an unlocked vault: a new PIN, a passphrase as well, one fewer; and asking again for the one there is.

use super::Vault;
use crate::biometric::BiometricKey;
use crate::credential::{Chosen, SlotKind, Typed};
use crate::error::{BiometricSlotError, ChangeError, UnlockError, VaultError};
use crate::file::make_device_secret;
use crate::moment::Moment;
use crate::slot::{self, DeviceSecret, Opener, Slot};

impl Vault {
    /// The ways to open the vault.
    pub fn slot_kinds(&self) -> Result<Vec<SlotKind>, VaultError> {
        Ok(self.slots()?.iter().map(|slot| slot.kind).collect())
    }

    /// Asks for the PIN or passphrase again while the vault is open (row D7). A wrong one counts as a try, as on the lock screen;
    /// after [`UnlockError::Stopped`] lock the vault: nothing on this device opens it by this secret any more.
    pub fn confirm(&mut self, typed: &Typed, now: impl Into<Moment>) -> Result<(), UnlockError> {
        let slots = slot::read_all(&self.file.connection)?;
        self.file.check(&slots, typed, now.into()).map(drop)
    }

    /// Replaces the PIN or passphrase by `new`, of the same kind or the other, once `current` is confirmed: one slot is rewritten,
    /// in one transaction. Killed at any point, the old one opens the vault or the new one.
    pub fn change_secret(
        &mut self,
        current: &Typed,
        new: &Chosen,
        now: impl Into<Moment>,
    ) -> Result<(), ChangeError> {
        self.confirm(current, now)?;
        Ok(self.write_slot(new, current.kind())?)
    }

    /// Makes the slot of that kind, or replaces it: a new PIN, a passphrase as well.
    pub fn set_slot(&mut self, chosen: &Chosen) -> Result<(), VaultError> {
        self.write_slot(chosen, chosen.kind())
    }

    /// Writes the slot of `chosen` in the place of the one of the kind `instead_of`.
    fn write_slot(&mut self, chosen: &Chosen, instead_of: SlotKind) -> Result<(), VaultError> {
        let device_secret = match chosen.kind() {
            SlotKind::Pin => Some(self.device_secret()?),
            SlotKind::Passphrase | SlotKind::Biometric => None,
        };
        let opener = Opener::Typed(&chosen.0, device_secret.as_ref());
        self.put_slot(opener, chosen.kind(), instead_of)
    }

    /// Wraps the key for `opener` in the place of the slot of the kind `instead_of`.
    fn put_slot(
        &mut self,
        opener: Opener<'_>,
        kind: SlotKind,
        instead_of: SlotKind,
    ) -> Result<(), VaultError> {
        let mut slots = self.slots()?;
        if instead_of != kind {
            slots.retain(|slot| slot.kind != kind);
        }
        let same = slots.iter().position(|slot| slot.kind == instead_of);
        let id = match same {
            Some(same) => slots[same].id,
            None => slots.iter().map(|slot| slot.id).max().unwrap_or(0) + 1,
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
        self.commit_slots(&slots)
    }

    /// Has the platform make a key and makes the slot that it opens, or replaces it.
    pub fn set_biometric(&mut self, platform: &dyn BiometricKey) -> Result<(), BiometricSlotError> {
        let secret = platform.make(&self.file.biometric_name())?;
        let kind = SlotKind::Biometric;
        Ok(self.put_slot(Opener::Biometric(&secret), kind, kind)?)
    }

    /// Removes the biometric slot and has the platform destroy its key. [`VaultError::LastSlot`] if nothing else opens the vault.
    pub fn remove_biometric(
        &mut self,
        platform: &dyn BiometricKey,
    ) -> Result<(), BiometricSlotError> {
        self.remove_slot(SlotKind::Biometric)?;
        // Without its slot the key opens nothing, so one that stays is no harm
        let _ = platform.erase(&self.file.biometric_name());
        Ok(())
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
        self.commit_slots(&slots)
    }

    fn commit_slots(&mut self, slots: &[Slot]) -> Result<(), VaultError> {
        self.rows.commit_slots(&mut self.file.connection, slots)?;
        self.remembered.committed(self.rows.generation(), true);
        Ok(())
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
