//! A file that is a copy: older than the keystore remembers, or of another installation. It is read, and written only once the
//! person takes it for the present one.

use std::collections::BTreeSet;

use super::Vault;
use crate::error::VaultError;
use crate::rows::Change;

impl Vault {
    /// Whether the file is older than what the keystore remembers (row V7): yesterday's was put back.
    ///
    /// Counters would rewind and removed accounts come back, so every write is then [`VaultError::OlderCopy`], and with it every
    /// signed answer, whose sequence number is a write; until [`Vault::use_older_copy`].
    pub fn is_older_copy(&self) -> bool {
        self.rows.is_older_copy()
    }

    /// Treats the file as an older copy: the caller knows that it came from another installation, whose keys are still at work
    /// there. Nothing is written, so nothing is signed, until [`Vault::use_older_copy`].
    pub fn treat_as_older_copy(&mut self) {
        self.rows.mark_older_copy();
    }

    /// Takes it back: the file is this installation's after all. Only for what [`Vault::treat_as_older_copy`] said; one that the
    /// keystore knows a newer one of stays an older copy.
    pub fn treat_as_present(&mut self) {
        if self.rows.generation() >= self.remembered.told() {
            self.rows.mark_present();
        }
    }

    /// The vault's id, 32 hexadecimal digits: another one for each vault that was ever made.
    pub fn id(&self) -> String {
        self.file.id()
    }

    /// Takes the older copy for the present one. Organisation accounts lose this copy's keys and need reactivating, as the
    /// service may know newer ones; an activation that was under way is gone.
    pub fn use_older_copy(&mut self) -> Result<(), VaultError> {
        if !self.is_older_copy() {
            return Ok(());
        }
        let demotion = self.content.demotion();
        let newest = self.remembered.told();
        if self.rows.is_older_format() {
            let changes = self.content.all_changes(&demotion);
            let slots = self.slots()?;
            self.rows = self.file.migrate(&self.rows, newest, &slots, &changes)?;
        } else {
            // What lost its keys already is in the demotion too, and a transaction changes a row once
            let mut changes = demotion.changes();
            let known: BTreeSet<_> = changes.iter().map(Change::id).collect();
            let lost = self.content.lost_changes().into_iter();
            changes.extend(lost.filter(|change| !known.contains(&change.id())));
            self.rows
                .overtake(&mut self.file.connection, newest, &changes)?;
        }
        self.remembered.committed(self.rows.generation(), true);
        self.content.apply(demotion);
        self.content.lost_changes_are_written();
        Ok(())
    }
}
