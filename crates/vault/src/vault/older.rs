//! A file that is older than the keystore remembers: it is read, and written only once the person takes it for the present one.

use super::{Vault, put};
use crate::account::Account;
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

    /// Takes the older copy for the present one. Organisation accounts lose this copy's keys and need reactivating, as the
    /// service may know newer ones; an activation that was under way is gone.
    pub fn use_older_copy(&mut self) -> Result<(), VaultError> {
        if !self.is_older_copy() {
            return Ok(());
        }
        let mut demoted = Vec::new();
        let mut gone = Vec::new();
        for (id, entry) in &self.content.accounts {
            let Account::Organisation(account) = &entry.account else {
                continue;
            };
            match account.without_keys() {
                Some(account) => {
                    demoted.push((*id, Account::Organisation(account), entry.moving));
                }
                None => gone.push(*id),
            }
        }
        let mut changes: Vec<Change> = demoted
            .iter()
            .map(|(id, account, moving)| put(*id, account, *moving))
            .collect();
        changes.extend(gone.iter().map(|id| Change::Remove { id: *id }));
        let newest = self.remembered.told();
        self.rows
            .overtake(&mut self.file.connection, newest, &changes)?;
        self.remembered.committed(self.rows.generation(), true);
        for (id, account, _) in demoted {
            if let Some(entry) = self.content.accounts.get_mut(&id) {
                entry.account = account;
            }
        }
        for id in gone {
            self.content.accounts.remove(&id);
        }
        self.content.order_anew();
        Ok(())
    }
}
