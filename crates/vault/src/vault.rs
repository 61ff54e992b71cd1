//! The unlocked vault: accounts and settings in memory, every change durable before the call returns.

use std::collections::{BTreeMap, BTreeSet};

use countersign_protocol::wire::stopped::Stopped;

use crate::account::{Account, OrganisationAccount, OrganisationState};
use crate::body::{self, Moving};
use crate::erasable::Home;
use crate::error::VaultError;
use crate::file::VaultFile;
use crate::id::RecordId;
use crate::remembered::Remembered;
use crate::rows::{Change, Kind, Rows};
use crate::unlock::Opened;

mod content;
mod notes;
mod older;
mod settings;
mod slots;
mod trash;

pub(crate) use content::{Content, Demotion};
use content::{Entry, put};
pub use notes::Note;

/// A vault with its key in memory. [`Vault::lock`] or dropping it wipes the key and every secret.
pub struct Vault {
    file: VaultFile,
    rows: Rows,
    content: Content,
    remembered: Remembered,
}

impl Vault {
    /// Every account, in the order of the list.
    pub fn accounts(&self) -> impl Iterator<Item = (RecordId, &Account)> {
        self.content
            .order
            .iter()
            .filter_map(|id| Some((*id, &self.content.accounts.get(id)?.account)))
    }

    /// One account. `None` if it was removed or is in the trash.
    pub fn account(&self, id: RecordId) -> Option<&Account> {
        self.content.listed(id).map(|entry| &entry.account)
    }

    /// Adds an account at the end of the list.
    pub fn add(&mut self, account: Account) -> Result<RecordId, VaultError> {
        let id = RecordId::make(self.rows.random())?;
        self.add_as([(id, account)], Vec::new())?;
        Ok(id)
    }

    /// Adds accounts at the end of the list in their order: all of them, or none. Gives their ids.
    pub fn add_all(&mut self, accounts: Vec<Account>) -> Result<Vec<RecordId>, VaultError> {
        self.add_and_set(accounts, BTreeMap::new())
    }

    /// How often the vault was written: another number says that something in it may be different.
    pub fn generation(&self) -> u64 {
        self.rows.generation()
    }

    /// `more` is written in the same transaction.
    fn add_as(
        &mut self,
        accounts: impl IntoIterator<Item = (RecordId, Account)>,
        more: Vec<Change>,
    ) -> Result<(), VaultError> {
        // After those in the trash too, so that one that comes back finds its place free
        let places = self.content.accounts.values();
        let last = places.map(|entry| entry.moving.position).max();
        let first = last.map_or(0, |last| last.saturating_add(1));
        let entries: Vec<_> = (first..)
            .zip(accounts)
            .map(|(position, (id, account))| {
                let moving = Moving {
                    position,
                    counter: account.next_counter().unwrap_or(0),
                    ..Moving::default()
                };
                (id, Entry { account, moving })
            })
            .collect();
        let changes = entries.iter();
        let changes = changes.map(|(id, entry)| put(*id, &entry.account, entry.moving));
        self.commit(changes.chain(more).collect())?;
        for (id, entry) in entries {
            self.content.accounts.insert(id, entry);
            self.content.order.push(id);
        }
        Ok(())
    }

    /// Replaces an account, in its place in the list: an activation that finished, a reactivation, a changed name.
    ///
    /// While the seed is the same its counter never falls, whatever the given account says. The sequence never falls.
    pub fn replace(&mut self, id: RecordId, mut account: Account) -> Result<(), VaultError> {
        let old = self.content.listed(id).ok_or(VaultError::Gone)?;
        let mut moving = old.moving;
        let given = account.next_counter().unwrap_or(0);
        let same_seed = old
            .account
            .seed()
            .is_some_and(|seed| account.seed() == Some(seed));
        moving.counter = if same_seed {
            moving.counter.max(given)
        } else {
            given
        };
        account.set_next_counter(moving.counter);
        self.commit(vec![put(id, &account, moving)])?;
        self.content.accounts.insert(id, Entry { account, moving });
        Ok(())
    }

    /// Gives an account the person's own name, or with `None` takes it away.
    pub fn rename(&mut self, id: RecordId, name: Option<&str>) -> Result<(), VaultError> {
        let entry = self.content.listed_mut(id).ok_or(VaultError::Gone)?;
        let before = entry.account.custom_name().map(str::to_owned);
        entry.account.set_custom_name(name.map(str::to_owned));
        let change = put(id, &entry.account, entry.moving);
        let stored = self.commit(vec![change]);
        if stored.is_err()
            && let Some(entry) = self.content.listed_mut(id)
        {
            entry.account.set_custom_name(before);
        }
        stored
    }

    /// Removes an account and its secrets for good, from the list or from the trash.
    pub fn remove(&mut self, id: RecordId) -> Result<(), VaultError> {
        if !self.content.accounts.contains_key(&id) {
            return Err(VaultError::Gone);
        }
        self.commit(vec![Change::Remove { id }])?;
        self.content.accounts.remove(&id);
        self.content.order.retain(|other| *other != id);
        Ok(())
    }

    /// Puts the accounts named first, in that order; those not named follow in the order they had.
    pub fn reorder(&mut self, first: &[RecordId]) -> Result<(), VaultError> {
        let mut order: Vec<RecordId> = Vec::with_capacity(self.content.order.len());
        let mut placed = BTreeSet::new();
        for id in first {
            if self.content.listed(*id).is_none() {
                return Err(VaultError::Gone);
            }
            if placed.insert(*id) {
                order.push(*id);
            }
        }
        order.extend(self.content.order.iter().filter(|id| !placed.contains(id)));
        let moved: Vec<(RecordId, Moving)> = (0..)
            .zip(&order)
            .filter_map(|(position, id)| {
                let moving = self.content.accounts.get(id)?.moving;
                (moving.position != position).then_some((*id, Moving { position, ..moving }))
            })
            .collect();
        self.commit_moves(&moved)?;
        self.content.order = order;
        Ok(())
    }

    /// The counter for the passcode to show now. That it was used is durable before this returns (row V10):
    /// after a crash a passcode may be skipped, never shown twice.
    pub fn next_counter(&mut self, id: RecordId) -> Result<u64, VaultError> {
        let entry = self.content.listed(id).ok_or(VaultError::Gone)?;
        let now = entry.account.next_counter().ok_or(VaultError::NotCounted)?;
        let counter = now.checked_add(1).ok_or(VaultError::CounterSpent)?;
        let moving = Moving {
            counter,
            ..entry.moving
        };
        self.commit_moves(&[(id, moving)])?;
        Ok(now)
    }

    /// The sequence number for the next signed answer: one more than the last, durable before this returns. The first is 1.
    pub fn next_sequence(&mut self, id: RecordId) -> Result<u64, VaultError> {
        let entry = self.content.listed(id).ok_or(VaultError::Gone)?;
        if !matches!(entry.account, Account::Organisation(_)) {
            return Err(VaultError::WrongKind);
        }
        let sequence = entry
            .moving
            .sequence
            .checked_add(1)
            .ok_or(VaultError::CounterSpent)?;
        let moving = Moving {
            sequence,
            ..entry.moving
        };
        self.commit_moves(&[(id, moving)])?;
        Ok(sequence)
    }

    /// Marks that the service does not know this device's keys any more, and wipes them here.
    pub fn needs_reactivating(&mut self, id: RecordId) -> Result<(), VaultError> {
        let entry = self.content.listed(id).ok_or(VaultError::Gone)?;
        let Account::Organisation(account) = &entry.account else {
            return Err(VaultError::WrongKind);
        };
        if !matches!(account.state, OrganisationState::Working { .. }) {
            return Err(VaultError::WrongKind);
        }
        let account = account.without_keys().ok_or(VaultError::WrongKind)?;
        self.replace(id, Account::Organisation(account))
    }

    /// Keeps what the service said became of the keys of one activation, or with `None` that they are good. Tells whether that
    /// is news; nothing is where the account has no keys, or has those of another activation by now.
    pub fn set_stopped(
        &mut self,
        id: RecordId,
        account_key: &str,
        told: Option<Stopped>,
    ) -> Result<bool, VaultError> {
        let told = told.map(Box::new);
        let known = self.stopped_mut(id, account_key);
        let Some(known) = known.filter(|known| **known != told) else {
            return Ok(false);
        };
        let before = std::mem::replace(known, told);
        let entry = self.content.listed(id).ok_or(VaultError::Gone)?;
        let change = put(id, &entry.account, entry.moving);
        let stored = self.commit(vec![change]);
        if stored.is_err()
            && let Some(known) = self.stopped_mut(id, account_key)
        {
            *known = before;
        }
        stored.map(|()| true)
    }

    fn stopped_mut(
        &mut self,
        id: RecordId,
        account_key: &str,
    ) -> Option<&mut Option<Box<Stopped>>> {
        match &mut self.content.listed_mut(id)?.account {
            Account::Organisation(OrganisationAccount {
                state:
                    OrganisationState::Working {
                        registration,
                        stopped,
                        ..
                    },
                ..
            }) if registration.account_key == account_key => Some(stopped),
            _ => None,
        }
    }

    /// The last sequence number given out; 0 before the first. `None` if the account was removed.
    pub fn last_sequence(&self, id: RecordId) -> Option<u64> {
        self.content
            .accounts
            .get(&id)
            .map(|entry| entry.moving.sequence)
    }

    /// Wipes the key and every secret; the file stays this process's, locked.
    #[must_use = "dropping the file lets another process open it"]
    pub fn lock(self) -> VaultFile {
        self.file
    }

    pub(crate) fn with(file: VaultFile, opened: Opened) -> Self {
        Self {
            file,
            rows: opened.rows,
            content: opened.content,
            remembered: opened.remembered,
        }
    }

    /// Writes all changes or none, and lets the keystore know the generation: at once where an older file would bring back
    /// what was taken away, or keys that were replaced.
    fn commit(&mut self, mut changes: Vec<Change>) -> Result<(), VaultError> {
        if self.rows.erasable().is_none() && changes.iter().any(Change::has_device_cell) {
            self.begin_device_cells(&mut changes)?;
        }
        let has_weight = changes.iter().any(|change| match change {
            Change::Put { kind, .. } => *kind == Kind::Organisation,
            Change::Remove { id } => self.rows.kind(*id) != Some(Kind::Note),
            Change::Move { .. } => false,
        });
        self.rows.commit(&mut self.file.connection, &changes)?;
        self.remembered
            .committed(self.rows.generation(), has_weight);
        Ok(())
    }

    /// Refuses where every write would be refused, for what must not be begun then.
    fn writable(&self) -> Result<(), VaultError> {
        if self.rows.is_older_copy() {
            return Err(VaultError::OlderCopy);
        }
        if self.rows.is_older_format() {
            return Err(VaultError::NotStored);
        }
        Ok(())
    }

    /// The first secret that is bound to the device, ever or since the others were erased: makes what its cell hangs on. What was
    /// erased is written down with it, as an account without a device cell is damage from now on.
    fn begin_device_cells(&mut self, changes: &mut Vec<Change>) -> Result<(), VaultError> {
        self.writable()?;
        let home = Home::of(&self.slots()?);
        let erasable = self.file.make_erasable(home, self.rows.random())?;
        self.rows.set_erasable(Some(erasable));
        let lost = self.content.lost_changes();
        let others = lost
            .into_iter()
            .filter(|lost| changes.iter().all(|change| change.id() != lost.id()));
        let others: Vec<Change> = others.collect();
        changes.extend(others);
        Ok(())
    }

    /// Writes the small cells, then takes them into memory.
    fn commit_moves(&mut self, moved: &[(RecordId, Moving)]) -> Result<(), VaultError> {
        if moved.is_empty() {
            return Ok(());
        }
        let changes: Vec<Change> = moved
            .iter()
            .map(|(id, moving)| Change::Move {
                id: *id,
                moving: body::write_moving(*moving),
            })
            .collect();
        self.commit(changes)?;
        for (id, moving) in moved {
            if let Some(entry) = self.content.accounts.get_mut(id) {
                entry.moving = *moving;
                entry.account.set_next_counter(moving.counter);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
