//! A file that is older than the keystore remembers: it is read, and written only once the person takes it for the present one.

use super::Vault;
use crate::error::VaultError;

impl Vault {
    /// Whether the file is older than what the keystore remembers (row V7): yesterday's was put back.
    ///
    /// Counters would rewind and removed accounts come back, so every write is then [`VaultError::OlderCopy`], and with it every
    /// signed answer, whose sequence number is a write; until [`Vault::use_older_copy`].
    pub fn is_older_copy(&self) -> bool {
        self.rows.is_older_copy()
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
            let mut changes = demotion.changes();
            changes.extend(self.content.lost_changes());
            self.rows
                .overtake(&mut self.file.connection, newest, &changes)?;
        }
        self.remembered.committed(self.rows.generation(), true);
        self.content.apply(demotion);
        self.content.lost_changes_are_written();
        Ok(())
    }
}
