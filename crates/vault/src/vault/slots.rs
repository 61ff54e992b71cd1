//! The ways to open an unlocked vault: a new PIN, a passphrase as well, one fewer; and asking again for the one there is.

use super::Vault;
use crate::biometric::BiometricKey;
use crate::create::make_device_secret;
use crate::credential::{Chosen, SlotKind, Typed};
use crate::erasable::Home;
use crate::error::{BiometricSlotError, ChangeError, UnlockError, VaultError};
use crate::moment::Moment;
use crate::slot::{self, DeviceSecret, Opener, Slot};
use crate::tries::Tries;

impl Vault {
    /// The ways to open the vault.
    pub fn slot_kinds(&self) -> Result<Vec<SlotKind>, VaultError> {
        Ok(self.slots()?.iter().map(|slot| slot.kind).collect())
    }

    /// Asks for the PIN or passphrase again while the vault is open (row D7). A wrong one counts as a try, as on the lock screen;
    /// after [`UnlockError::Stopped`] lock the vault: nothing on this device opens it by this secret any more.
    pub fn confirm(&mut self, typed: &Typed, now: impl Into<Moment>) -> Result<(), UnlockError> {
        let slots = slot::read_all(&self.file.connection)?;
        let checked = self.file.check(&slots, typed, now.into()).map(drop);
        if checked == Err(UnlockError::Stopped) {
            self.forget_keys();
        }
        checked
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
        self.writable()?;
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
        // The count of wrong tries was the old secret's
        self.file
            .write_tries(Tries::default(), kind)
            .map_err(|error| match error {
                UnlockError::KeystoreUnavailable => VaultError::KeystoreUnavailable,
                _ => VaultError::NotStored,
            })?;
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
        // The platform's old key goes with the making of a new one: not for a slot that could not be written anyway
        self.writable()?;
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

    /// Writes the whole new set of slots. The erasable secret moves to where it belongs with them, and the device cells with it.
    fn commit_slots(&mut self, slots: &[Slot]) -> Result<(), VaultError> {
        let (from, to) = (self.rows.erasable().map(|held| held.home), Home::of(slots));
        let moves = from.is_some_and(|from| from != to) && !self.rows.is_older_copy();
        let mut changes = Vec::new();
        let mut before = None;
        if moves {
            changes = self.content.organisation_changes();
            let elsewhere = self.file.make_erasable(to, self.rows.random())?;
            before = self.rows.set_erasable(Some(elsewhere));
        }
        let connection = &mut self.file.connection;
        let written = self
            .rows
            .commit_with_slots(connection, Some(slots), &changes);
        if moves && written.is_err() {
            self.rows.set_erasable(before);
            self.rows.erasable_is_stored();
        }
        written?;
        if moves && to == Home::File {
            // Another secret stands in the file now, so one that stays is no harm
            let _ = self.file.place.keystore.erase(&self.file.erasable_name());
        }
        self.remembered.committed(self.rows.generation(), true);
        Ok(())
    }

    /// Ten wrong tries while the vault was open: what is bound to the device goes from memory too, and the file says so if it can.
    fn forget_keys(&mut self) {
        let demotion = self.content.demotion();
        let changes = demotion.changes();
        self.rows.set_erasable(None);
        let _ = self.commit(changes);
        self.content.apply(demotion);
    }

    pub(super) fn slots(&self) -> Result<Vec<Slot>, VaultError> {
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
