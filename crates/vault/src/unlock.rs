//! From a locked file and a typed secret to an unlocked vault: count, derive, open, check.

use crate::biometric::{BiometricError, BiometricKey};
use crate::credential::{SlotKind, Typed};
use crate::error::{Damage, UnlockError};
use crate::file::VaultFile;
use crate::keys::VaultKey;
use crate::moment::Moment;
use crate::remembered::Remembered;
use crate::rows::Rows;
use crate::slot::{self, DeviceSecret, Opener, Slot, SlotError};
use crate::tries::Tries;
use crate::vault::{Content, Vault};

/// An unlock that did not succeed: why, and the file to try again with.
pub struct Refusal {
    /// The file, still locked and still this process's.
    pub file: VaultFile,
    /// Why.
    pub error: UnlockError,
}

/// What an unlock finds behind the key.
pub(crate) struct Opened {
    pub(crate) rows: Rows,
    pub(crate) content: Content,
    pub(crate) remembered: Remembered,
}

impl VaultFile {
    /// Tries `typed`.
    ///
    /// The try is counted durably before it is checked, so neither a kill nor a second process gets a free one.
    #[expect(
        clippy::result_large_err,
        reason = "the file goes back to the caller, who owns it"
    )]
    pub fn unlock(mut self, typed: &Typed, now: impl Into<Moment>) -> Result<Vault, Refusal> {
        match self.by_typed(typed, now.into()) {
            Ok(opened) => Ok(Vault::with(self, opened)),
            Err(error) => Err(Refusal { file: self, error }),
        }
    }

    /// Asks the platform for the person and unlocks with the key that it hands out. No try is counted: a key of 256 random bits
    /// is not guessed, and a platform that says yes without it opens nothing (row V12).
    #[expect(
        clippy::result_large_err,
        reason = "the file goes back to the caller, who owns it"
    )]
    pub fn unlock_by_biometric(mut self, platform: &dyn BiometricKey) -> Result<Vault, Refusal> {
        match self.by_biometric(platform) {
            Ok(opened) => Ok(Vault::with(self, opened)),
            Err(error) => Err(Refusal { file: self, error }),
        }
    }

    fn by_typed(&mut self, typed: &Typed, now: Moment) -> Result<Opened, UnlockError> {
        let mut slots = self.all_slots()?;
        let (chosen, device_secret, key) = self.check(&slots, typed, now)?;
        let mut found = self.open_rows(key, &slots)?;
        let opener = Opener::Typed(typed, device_secret.as_ref());
        self.raise(&mut slots, chosen, opener, &mut found.rows);
        Ok(found)
    }

    fn by_biometric(&mut self, platform: &dyn BiometricKey) -> Result<Opened, UnlockError> {
        let slots = self.all_slots()?;
        let of_this_kind = slots.iter().find(|slot| slot.kind == SlotKind::Biometric);
        let slot = of_this_kind.ok_or(UnlockError::NoSuchSlot)?;
        let secret = platform.release(&self.biometric_name())?;
        let key = slot
            .open(Opener::Biometric(&secret), self.id)
            .map_err(|_| BiometricError::NotRecognised)?;
        self.open_rows(key, &slots)
    }

    fn all_slots(&self) -> Result<Vec<Slot>, UnlockError> {
        let slots = slot::read_all(&self.connection)?;
        if slots.is_empty() {
            return Err(UnlockError::Damaged(Damage::Slots));
        }
        Ok(slots)
    }

    fn open_rows(&mut self, key: VaultKey, slots: &[Slot]) -> Result<Opened, UnlockError> {
        let (mut rows, records) =
            Rows::open(&self.connection, self.id, key, slots).map_err(UnlockError::Damaged)?;
        let content = Content::parse(records).map_err(UnlockError::Damaged)?;
        let mut remembered = self.remembered();
        if rows.generation() < remembered.told() {
            rows.mark_older_copy();
        } else {
            remembered.committed(rows.generation(), true);
        }
        Ok(Opened {
            rows,
            content,
            remembered,
        })
    }

    /// Counts the try, makes it on the slot of its kind, and takes the count back if it was right.
    /// Gives which slot opened, with what beside the typed text, and the key in it.
    pub(crate) fn check(
        &self,
        slots: &[Slot],
        typed: &Typed,
        now: Moment,
    ) -> Result<(usize, Option<DeviceSecret>, VaultKey), UnlockError> {
        let kind = typed.kind();
        let before = self.tries(kind, now)?;
        before.permit(now)?;
        let chosen = slots
            .iter()
            .position(|slot| slot.kind == kind)
            .ok_or(UnlockError::NoSuchSlot)?;
        let device_secret = self.device_secret(kind)?;
        let opener = Opener::Typed(typed, device_secret.as_ref());
        let begun = before.begun(now);
        self.write_tries(begun, kind)?;
        match slots[chosen].open(opener, self.id) {
            Ok(key) => {
                self.write_tries(Tries::default(), kind)?;
                Ok((chosen, device_secret, key))
            }
            Err(SlotError::Refused) => Err(begun.refusal(now)),
            Err(SlotError::OutOfMemory | SlotError::Random) => {
                // Nothing was checked, so nothing is held against the person
                self.write_tries(before, kind)?;
                Err(UnlockError::OutOfMemory)
            }
        }
    }

    /// How many wrong tries there were since the vault was opened last, to tell the person who opens it next.
    pub fn wrong_tries(&self, now: impl Into<Moment>) -> Result<u32, UnlockError> {
        let kinds = self.slots()?;
        let asked_for = kinds.first().copied().unwrap_or(SlotKind::Passphrase);
        Ok(self.tries(asked_for, now.into())?.failures)
    }

    /// The record of tries; moved to the present if the only clock was set back, so that a wait ends.
    pub(crate) fn tries(&self, kind: SlotKind, now: Moment) -> Result<Tries, UnlockError> {
        let tries = Tries::read(
            &self.connection,
            self.place.keystore.as_ref(),
            &self.tries_name(),
        )?;
        if !tries.is_ahead_of(now) {
            return Ok(tries);
        }
        let tries = Tries {
            last_at_ms: now.wall_ms,
            ..tries
        };
        self.write_tries(tries, kind)?;
        Ok(tries)
    }

    /// One durable copy counts: the keystore's for a PIN, so that a full disk locks nobody out; the file's for a passphrase,
    /// which works where there is no keystore. The other copy is written where it can be.
    fn write_tries(&self, tries: Tries, kind: SlotKind) -> Result<(), UnlockError> {
        let file = tries.write(&self.connection);
        let keystore = self
            .place
            .keystore
            .write(&self.tries_name(), tries.to_json().as_bytes());
        match kind {
            SlotKind::Pin => keystore.map_err(|_| UnlockError::KeystoreUnavailable),
            SlotKind::Passphrase | SlotKind::Biometric => file.map_err(|_| UnlockError::NotStored),
        }
    }

    fn device_secret(&self, kind: SlotKind) -> Result<Option<DeviceSecret>, UnlockError> {
        if kind != SlotKind::Pin {
            return Ok(None);
        }
        let held = self.place.keystore.read(&self.device_secret_name());
        let held = held
            .map_err(|_| UnlockError::KeystoreUnavailable)?
            .ok_or(UnlockError::KeystoreLost)?;
        DeviceSecret::new(held)
            .ok_or(UnlockError::KeystoreLost)
            .map(Some)
    }

    /// Wraps the key again with stronger parameters where the defaults have risen (row V3).
    /// A disk that is full just now is no reason to refuse the person: the next unlock tries again.
    fn raise(&mut self, slots: &mut [Slot], chosen: usize, opener: Opener<'_>, rows: &mut Rows) {
        let wanted = self.place.kdf;
        let weaker = slots[chosen]
            .kdf
            .is_some_and(|kdf| kdf.is_weaker_than(wanted));
        if !weaker || rows.is_older_copy() {
            return;
        }
        let generation = rows.next_generation();
        let raised = Slot::make(
            slots[chosen].id,
            opener,
            wanted,
            rows.key(),
            generation,
            rows.random(),
        );
        if let Ok(raised) = raised {
            slots[chosen] = raised;
            let _ = rows.commit_slots(&mut self.connection, slots);
        }
    }
}
