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
use crate::vault::{Content, Demotion, Vault};

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
        let (device_secret, key) = self.check(&slots, typed, now)?;
        let mut found = self.open_rows(key, &mut slots, typed.kind())?;
        let opener = Opener::Typed(typed, device_secret.as_ref());
        self.raise(&mut slots, typed.kind(), opener, &mut found.rows);
        Ok(found)
    }

    fn by_biometric(&mut self, platform: &dyn BiometricKey) -> Result<Opened, UnlockError> {
        let mut slots = self.all_slots()?;
        let of_this_kind = slots.iter().find(|slot| slot.kind == SlotKind::Biometric);
        let slot = of_this_kind.ok_or(UnlockError::NoSuchSlot)?;
        let secret = platform.release(&self.biometric_name())?;
        let key = slot
            .open(Opener::Biometric(&secret), self.id)
            .map_err(|_| BiometricError::NotRecognised)?;
        self.open_rows(key, &mut slots, SlotKind::Biometric)
    }

    fn all_slots(&self) -> Result<Vec<Slot>, UnlockError> {
        let slots = slot::read_all(&self.connection)?;
        if slots.is_empty() {
            return Err(UnlockError::Damaged(Damage::Slots));
        }
        Ok(slots)
    }

    /// Reads what is behind the key, then catches up with what could not be written before there was one.
    fn open_rows(
        &mut self,
        key: VaultKey,
        slots: &mut Vec<Slot>,
        by: SlotKind,
    ) -> Result<Opened, UnlockError> {
        let mut stopped = Vec::new();
        for kind in [SlotKind::Pin, SlotKind::Passphrase] {
            let beside = kind != by && slots.iter().any(|slot| slot.kind == kind);
            if beside && self.tries(kind)?.is_stopped() {
                self.erase_device_bound(kind);
                stopped.push(kind);
            }
        }
        let erasable = self.erasable()?;
        let (rows, records) =
            Rows::open(&self.connection, self.format, self.id, key, slots, erasable)
                .map_err(UnlockError::Damaged)?;
        let content = Content::parse(records, &rows).map_err(UnlockError::Damaged)?;
        let mut found = Opened {
            rows,
            content,
            remembered: self.remembered(),
        };
        let newest = found.remembered.told();
        if found.rows.generation() < newest {
            found.rows.mark_older_copy();
            return Ok(found);
        }
        if found.rows.is_older_format() {
            if !stopped.is_empty() {
                let demotion = found.content.demotion();
                found.content.apply(demotion);
            }
            let changes = found.content.all_changes(&Demotion::default());
            match self.migrate(&found.rows, newest, slots, &changes) {
                Ok(rows) => found.rows = rows,
                // No space just now, say: everything can be read, nothing written, and the next unlock tries again
                Err(_) => return Ok(found),
            }
        } else {
            self.remove_predecessors();
        }
        self.settle(&mut found, slots, &stopped)?;
        found.remembered.committed(found.rows.generation(), true);
        Ok(found)
    }

    /// Writes down what a stop destroyed while there was no key: accounts without their keys, no PIN. The count then begins anew.
    fn settle(
        &mut self,
        found: &mut Opened,
        slots: &mut Vec<Slot>,
        stopped: &[SlotKind],
    ) -> Result<(), UnlockError> {
        let changes = found.content.lost_changes();
        let all = slots.len();
        if stopped.contains(&SlotKind::Pin) {
            slots.retain(|slot| slot.kind != SlotKind::Pin);
        }
        let fewer = (slots.len() < all).then_some(slots.as_slice());
        if fewer.is_some() || !changes.is_empty() {
            let written = found
                .rows
                .commit_with_slots(&mut self.connection, fewer, &changes);
            match written {
                Ok(()) => found.content.lost_changes_are_written(),
                // Keys that are lost otherwise are lost at the next unlock too
                Err(_) if stopped.is_empty() => {}
                Err(_) => return Err(UnlockError::NotStored),
            }
        }
        for kind in stopped {
            // Should it fail: there is no such slot, or its count stays at ten and this runs again
            let _ = self.write_tries(Tries::default(), *kind);
        }
        Ok(())
    }

    /// Counts the try, makes it on the slot of its kind, and takes the count back if it was right.
    /// Gives what opened the slot beside the typed text, and the key in it.
    pub(crate) fn check(
        &self,
        slots: &[Slot],
        typed: &Typed,
        now: Moment,
    ) -> Result<(Option<DeviceSecret>, VaultKey), UnlockError> {
        let kind = typed.kind();
        let slot = slots.iter().find(|slot| slot.kind == kind);
        let slot = slot.ok_or(UnlockError::NoSuchSlot)?;
        let before = self.permitted(kind, now)?;
        let device_secret = self.device_secret(kind)?;
        let opener = Opener::Typed(typed, device_secret.as_ref());
        let begun = before.begun(now);
        self.write_tries(begun, kind)?;
        match slot.open(opener, self.id) {
            Ok(key) => {
                self.write_tries(Tries::default(), kind)?;
                Ok((device_secret, key))
            }
            Err(SlotError::Refused) => {
                if begun.is_stopped() {
                    self.erase_device_bound(kind);
                }
                Err(begun.refusal(now))
            }
            Err(SlotError::OutOfMemory | SlotError::Random) => {
                // Nothing was checked, so nothing is held against the person
                self.write_tries(before, kind)?;
                Err(UnlockError::OutOfMemory)
            }
        }
    }

    /// How many wrong tries there were since the vault was opened last, to tell the person who opens it next.
    pub fn wrong_tries(&self) -> Result<u32, UnlockError> {
        let mut wrong = 0;
        for kind in [SlotKind::Pin, SlotKind::Passphrase] {
            wrong = self.tries(kind)?.failures.max(wrong);
        }
        Ok(wrong)
    }

    /// The record of tries of a kind of slot: the worse of its two copies.
    pub(crate) fn tries(&self, kind: SlotKind) -> Result<Tries, UnlockError> {
        let here = Tries::read(&self.connection, self.format, kind)?;
        Ok(here.or_worse(self.place.keystore.as_ref(), &self.tries_name(kind)))
    }

    /// The record of tries, if one may be made now. What a clock's jump makes of it is kept, so that every wait ends.
    pub(crate) fn permitted(&self, kind: SlotKind, now: Moment) -> Result<Tries, UnlockError> {
        let mut tries = self.tries(kind)?;
        if tries.is_stopped() {
            self.erase_device_bound(kind);
        } else if let Some(moved) = tries.after_a_jump(now) {
            tries = moved;
            self.write_tries(tries, kind)?;
        }
        tries.permit(now)?;
        Ok(tries)
    }

    /// One durable copy counts: the keystore's for a PIN, so that a full disk locks nobody out; the file's for a passphrase,
    /// which works where there is no keystore. The other copy is written where it can be.
    pub(crate) fn write_tries(&self, tries: Tries, kind: SlotKind) -> Result<(), UnlockError> {
        let file = tries.write(&self.connection, self.format, kind);
        let keystore = self
            .place
            .keystore
            .write(&self.tries_name(kind), tries.to_json().as_bytes());
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
    fn raise(&mut self, slots: &mut [Slot], kind: SlotKind, opener: Opener<'_>, rows: &mut Rows) {
        let wanted = self.place.kdf;
        let weaker = slots.iter_mut().find(|slot| {
            slot.kind == kind && slot.kdf.is_some_and(|kdf| kdf.is_weaker_than(wanted))
        });
        let Some(slot) = weaker else { return };
        if rows.is_older_copy() || rows.is_older_format() {
            return;
        }
        let generation = rows.next_generation();
        let raised = Slot::make(
            slot.id,
            opener,
            wanted,
            rows.key(),
            generation,
            rows.random(),
        );
        if let Ok(raised) = raised {
            *slot = raised;
            let _ = rows.commit_with_slots(&mut self.connection, Some(slots), &[]);
        }
    }
}
