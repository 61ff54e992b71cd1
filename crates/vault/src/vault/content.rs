//! What an unlocked vault holds in memory: the records, parsed.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::notes::Notes;
use crate::account::Account;
use crate::body::{self, Moving, Organisation};
use crate::error::Damage;
use crate::id::RecordId;
use crate::rows::{Change, Kind, OpenedRow, Rows};

/// The records, parsed.
#[derive(Default)]
pub(crate) struct Content {
    /// Every account, those in the trash too.
    pub(super) accounts: BTreeMap<RecordId, Entry>,
    /// The ids of the accounts that are not in the trash, in the list's order.
    pub(super) order: Vec<RecordId>,
    pub(super) settings: BTreeMap<String, (RecordId, Zeroizing<String>)>,
    pub(super) notes: Notes,
    /// Accounts whose keys were found erased, and not yet written down as such.
    lost: BTreeSet<RecordId>,
    /// Rows of activations that were found erased, and not yet removed. They are no accounts.
    gone: BTreeSet<RecordId>,
}

/// Organisation accounts as they are without this device's keys, and those of which nothing is left.
#[derive(Default)]
pub(crate) struct Demotion {
    accounts: BTreeMap<RecordId, (Account, Moving)>,
    gone: BTreeSet<RecordId>,
}

impl Demotion {
    pub(crate) fn changes(&self) -> Vec<Change> {
        let demoted = self.accounts.iter();
        demoted
            .map(|(id, (account, moving))| put(*id, account, *moving))
            .chain(self.gone.iter().map(|id| Change::Remove { id: *id }))
            .collect()
    }
}

pub(super) struct Entry {
    pub(super) account: Account,
    pub(super) moving: Moving,
}

impl Content {
    /// Parses rows that opened. One that does not parse is damage, although only we could have sealed it.
    ///
    /// A device cell that is missing is damage too, unless its key was erased.
    pub(crate) fn parse(opened: Vec<OpenedRow>, rows: &Rows) -> Result<Self, Damage> {
        let mut content = Self::default();
        for row in opened {
            let account = match row.kind {
                Kind::Setting => {
                    let setting = body::read_setting(&row.body).ok_or(Damage::Record)?;
                    content.settings.insert(
                        setting.name.into_owned(),
                        (row.id, Zeroizing::new(setting.value.into_owned())),
                    );
                    continue;
                }
                Kind::Note => {
                    let (at_ms, text) = body::read_note(&row.body).ok_or(Damage::Record)?;
                    content.notes.insert(at_ms, row.generation, row.id, text);
                    continue;
                }
                Kind::Organisation if rows.is_older_format() => {
                    body::read_organisation_1(&row.body).map(Account::Organisation)
                }
                Kind::Organisation => {
                    let device = row.device.as_deref().map(Vec::as_slice);
                    let read = body::read_organisation(&row.body, device).ok_or(Damage::Record)?;
                    let is_whole = matches!(read, Organisation::Whole(_));
                    if !is_whole && rows.erasable().is_some() {
                        return Err(Damage::Record);
                    }
                    match read {
                        Organisation::Whole(account) => Some(Account::Organisation(account)),
                        Organisation::WithoutKeys(account) => {
                            content.lost.insert(row.id);
                            Some(Account::Organisation(account))
                        }
                        Organisation::Nothing => {
                            content.gone.insert(row.id);
                            continue;
                        }
                    }
                }
                Kind::Other => body::read_other(&row.body).map(Account::Other),
            };
            let mut account = account.ok_or(Damage::Record)?;
            let moving = row
                .moving
                .and_then(|moving| body::read_moving(&moving))
                .ok_or(Damage::Record)?;
            account.set_next_counter(moving.counter);
            content.accounts.insert(row.id, Entry { account, moving });
        }
        content.order_anew();
        Ok(content)
    }

    /// What writes every record.
    pub(crate) fn all_changes(&self, instead: &Demotion) -> Vec<Change> {
        let accounts = self.accounts.iter();
        let accounts = accounts
            .filter(|(id, _)| !instead.accounts.contains_key(id) && !instead.gone.contains(id));
        let accounts = accounts.map(|(id, entry)| put(*id, &entry.account, entry.moving));
        let demoted = instead.accounts.iter();
        let demoted = demoted.map(|(id, (account, moving))| put(*id, account, *moving));
        let settings = self.settings.iter();
        let settings = settings.map(|(name, (id, value))| put_setting(*id, name, value));
        accounts
            .chain(demoted)
            .chain(settings)
            .chain(self.notes.changes())
            .collect()
    }

    /// What writes every organisation account anew.
    pub(super) fn organisation_changes(&self) -> Vec<Change> {
        let accounts = self.accounts.iter();
        accounts
            .filter(|(_, entry)| matches!(entry.account, Account::Organisation(_)))
            .map(|(id, entry)| put(*id, &entry.account, entry.moving))
            .collect()
    }

    /// What writes down that keys were found erased.
    pub(crate) fn lost_changes(&self) -> Vec<Change> {
        let lost = self.lost.iter();
        lost.filter_map(|id| Some((*id, self.accounts.get(id)?)))
            .map(|(id, entry)| put(id, &entry.account, entry.moving))
            .chain(self.gone.iter().map(|id| Change::Remove { id: *id }))
            .collect()
    }

    pub(crate) fn lost_changes_are_written(&mut self) {
        self.lost.clear();
        self.gone.clear();
    }

    /// Every organisation account as it is once the keys of this device are gone.
    pub(crate) fn demotion(&self) -> Demotion {
        let mut demotion = Demotion::default();
        for (id, entry) in &self.accounts {
            let Account::Organisation(account) = &entry.account else {
                continue;
            };
            match account.without_keys() {
                Some(account) => {
                    let account = Account::Organisation(account);
                    demotion.accounts.insert(*id, (account, entry.moving));
                }
                None => {
                    demotion.gone.insert(*id);
                }
            }
        }
        demotion
    }

    pub(crate) fn apply(&mut self, demotion: Demotion) {
        for (id, (account, moving)) in demotion.accounts {
            self.accounts.insert(id, Entry { account, moving });
        }
        for id in demotion.gone {
            self.accounts.remove(&id);
        }
        self.order_anew();
    }

    /// An account that is in the list. `None` if it was removed or is in the trash.
    pub(super) fn listed(&self, id: RecordId) -> Option<&Entry> {
        let entry = self.accounts.get(&id)?;
        entry.moving.trashed_at_ms.is_none().then_some(entry)
    }

    pub(super) fn listed_mut(&mut self, id: RecordId) -> Option<&mut Entry> {
        let entry = self.accounts.get_mut(&id)?;
        entry.moving.trashed_at_ms.is_none().then_some(entry)
    }

    /// Works out the list's order from the places that the accounts remember.
    pub(super) fn order_anew(&mut self) {
        let mut order: Vec<(u64, RecordId)> = self
            .accounts
            .iter()
            .filter(|(_, entry)| entry.moving.trashed_at_ms.is_none())
            .map(|(id, entry)| (entry.moving.position, *id))
            .collect();
        order.sort_unstable();
        self.order = order.into_iter().map(|(_, id)| id).collect();
    }
}

pub(super) fn put(id: RecordId, account: &Account, moving: Moving) -> Change {
    let (kind, (body, device)) = match account {
        Account::Organisation(account) => (Kind::Organisation, body::write_organisation(account)),
        Account::Other(account) => (Kind::Other, (body::write_other(account), None)),
    };
    Change::Put {
        id,
        kind,
        body,
        moving: Some(body::write_moving(moving)),
        device,
    }
}

pub(super) fn put_setting(id: RecordId, name: &str, value: &str) -> Change {
    Change::Put {
        id,
        kind: Kind::Setting,
        body: body::write_setting(name, value),
        moving: None,
        device: None,
    }
}
