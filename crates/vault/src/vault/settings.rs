//! Settings: texts by their names, which are nobody's but the engine's. Sealed records like the others.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::Vault;
use super::content::put_setting;
use crate::account::Account;
use crate::error::VaultError;
use crate::id::RecordId;
use crate::rows::Change;

/// A setting as memory has it once it is written: its record and value, or that it is gone.
type Written = (String, Option<(RecordId, Zeroizing<String>)>);

impl Vault {
    /// A setting's value. `None` if it was never set.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.content
            .settings
            .get(name)
            .map(|(_, value)| value.as_str())
    }

    /// Sets a setting; `None` removes it. Settings are small and few: a clock offset, a choice.
    pub fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<(), VaultError> {
        let known = self.content.settings.get(name);
        let Some(value) = value else {
            let Some((id, _)) = known else { return Ok(()) };
            let id = *id;
            self.commit(vec![Change::Remove { id }])?;
            self.content.settings.remove(name);
            return Ok(());
        };
        let id = match known {
            Some((_, old)) if old.as_str() == value => return Ok(()),
            Some((id, _)) => *id,
            None => RecordId::make(self.rows.random())?,
        };
        self.commit(vec![put_setting(id, name, value)])?;
        self.content
            .settings
            .insert(name.to_owned(), (id, Zeroizing::new(value.to_owned())));
        Ok(())
    }

    /// The settings whose names begin like that, by their names.
    pub fn settings_of(&self, beginning: &str) -> impl Iterator<Item = (&str, &str)> {
        let from = self.content.settings.range(beginning.to_owned()..);
        from.take_while(move |(name, _)| name.starts_with(beginning))
            .map(|(name, (_, value))| (name.as_str(), value.as_str()))
    }

    /// Adds accounts as [`Vault::add_all`] does, and in the same transaction sets settings by their names; `None` removes one.
    pub fn add_and_set(
        &mut self,
        accounts: Vec<Account>,
        settings: BTreeMap<String, Option<String>>,
    ) -> Result<Vec<RecordId>, VaultError> {
        let (changes, written) = self.wanted(settings)?;
        let ids = RecordId::make_all(self.rows.random(), accounts.len())?;
        self.add_as(ids.iter().copied().zip(accounts), changes)?;
        for (name, value) in written {
            match value {
                Some(value) => self.content.settings.insert(name, value),
                None => self.content.settings.remove(&name),
            };
        }
        Ok(ids)
    }

    /// What of the settings is another one than now: what writes it, and what memory holds afterwards.
    fn wanted(
        &self,
        settings: BTreeMap<String, Option<String>>,
    ) -> Result<(Vec<Change>, Vec<Written>), VaultError> {
        let mut changes = Vec::new();
        let mut written = Vec::new();
        for (name, value) in settings {
            let known = self.content.settings.get(&name);
            match (known, value) {
                (None, None) => {}
                (Some((id, _)), None) => {
                    changes.push(Change::Remove { id: *id });
                    written.push((name, None));
                }
                (Some((_, old)), Some(value)) if **old == value => {}
                (known, Some(value)) => {
                    let id = match known {
                        Some((id, _)) => *id,
                        None => RecordId::make(self.rows.random())?,
                    };
                    changes.push(put_setting(id, &name, &value));
                    written.push((name, Some((id, Zeroizing::new(value)))));
                }
            }
        }
        Ok((changes, written))
    }
}
