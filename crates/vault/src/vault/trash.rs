//! The trash: accounts that left the list and can come back for a while.

use super::Vault;
use crate::account::Account;
use crate::body::Moving;
use crate::error::VaultError;
use crate::id::RecordId;
use crate::rows::Change;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A third party's seed may exist nowhere else: time to notice the mistake.
const OTHER_STAYS_MS: i64 = 30 * DAY_MS;
/// An organisation's keys come anew with a reactivation; until they are wiped they still open its doors.
const ORGANISATION_STAYS_MS: i64 = DAY_MS;

impl Vault {
    /// Moves an account from the list to the trash. `now_ms` is Unix time in milliseconds.
    pub fn trash(&mut self, id: RecordId, now_ms: i64) -> Result<(), VaultError> {
        let entry = self.content.listed(id).ok_or(VaultError::Gone)?;
        let moving = Moving {
            trashed_at_ms: Some(now_ms),
            ..entry.moving
        };
        self.commit_moves(&[(id, moving)])?;
        self.content.order.retain(|other| *other != id);
        Ok(())
    }

    /// Puts an account from the trash back where it stood in the list.
    pub fn untrash(&mut self, id: RecordId) -> Result<(), VaultError> {
        let entry = self.content.accounts.get(&id).ok_or(VaultError::Gone)?;
        if entry.moving.trashed_at_ms.is_none() {
            return Ok(());
        }
        let moving = Moving {
            trashed_at_ms: None,
            ..entry.moving
        };
        self.commit_moves(&[(id, moving)])?;
        self.content.order_anew();
        Ok(())
    }

    /// What is in the trash, with the Unix time in milliseconds at which it went there; the last to go first.
    pub fn trashed(&self) -> impl Iterator<Item = (RecordId, &Account, i64)> {
        let mut trashed: Vec<_> = self
            .content
            .accounts
            .iter()
            .filter_map(|(id, entry)| Some((*id, &entry.account, entry.moving.trashed_at_ms?)))
            .collect();
        trashed.sort_by_key(|(id, _, at_ms)| (std::cmp::Reverse(*at_ms), *id));
        trashed.into_iter()
    }

    /// Unix time in milliseconds at which [`Vault::purge_trash`] removes an account that is in the trash; `None` for any other.
    pub fn purged_at_ms(&self, id: RecordId) -> Option<i64> {
        let entry = self.content.accounts.get(&id)?;
        let stays = match entry.account {
            Account::Organisation(_) => ORGANISATION_STAYS_MS,
            Account::Other(_) => OTHER_STAYS_MS,
        };
        Some(entry.moving.trashed_at_ms?.saturating_add(stays))
    }

    /// Removes for good what was in the trash long enough: other accounts after 30 days, organisation accounts after one.
    /// Gives the ids of what it removed.
    pub fn purge_trash(&mut self, now_ms: i64) -> Result<Vec<RecordId>, VaultError> {
        let due: Vec<RecordId> = self
            .content
            .accounts
            .keys()
            .copied()
            .filter(|id| self.purged_at_ms(*id).is_some_and(|at_ms| at_ms <= now_ms))
            .collect();
        if due.is_empty() {
            return Ok(due);
        }
        self.commit(due.iter().map(|id| Change::Remove { id: *id }).collect())?;
        for id in &due {
            self.content.accounts.remove(id);
        }
        Ok(due)
    }
}
