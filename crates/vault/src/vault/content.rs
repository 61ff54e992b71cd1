//! What an unlocked vault holds in memory: the records, parsed.

use std::collections::BTreeMap;

use super::notes::Notes;
use crate::account::Account;
use crate::body::{self, Moving};
use crate::error::Damage;
use crate::id::RecordId;
use crate::rows::{Kind, OpenedRow};

/// The records, parsed.
#[derive(Default)]
pub(crate) struct Content {
    /// Every account, those in the trash too.
    pub(super) accounts: BTreeMap<RecordId, Entry>,
    /// The ids of the accounts that are not in the trash, in the list's order.
    pub(super) order: Vec<RecordId>,
    pub(super) settings: BTreeMap<String, (RecordId, String)>,
    pub(super) notes: Notes,
}

pub(super) struct Entry {
    pub(super) account: Account,
    pub(super) moving: Moving,
}

impl Content {
    /// Parses rows that opened. One that does not parse is damage, although only we could have sealed it.
    pub(crate) fn parse(opened: Vec<OpenedRow>) -> Result<Self, Damage> {
        let mut content = Self::default();
        for row in opened {
            let account = match row.kind {
                Kind::Setting => {
                    let setting = body::read_setting(&row.body).ok_or(Damage::Record)?;
                    content.settings.insert(
                        setting.name.into_owned(),
                        (row.id, setting.value.into_owned()),
                    );
                    continue;
                }
                Kind::Note => {
                    let (at_ms, text) = body::read_note(&row.body).ok_or(Damage::Record)?;
                    content.notes.insert(at_ms, row.generation, row.id, text);
                    continue;
                }
                Kind::Organisation => body::read_organisation(&row.body).map(Account::Organisation),
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
