//! What an import could not take, kept sealed in the vault until it is put right or dismissed: one setting for each entry.
//!
//! No key is in it, nor a piece of one. The same entry of the same file has the same name, so that it is there once however often
//! the file is read.

use std::{
    collections::{BTreeMap, HashSet},
    iter,
};

use countersign_protocol::{
    label::Label,
    passcode::{Digits, Period},
    time::UnixMillis,
};
use countersign_vault::{
    Account, OtherPasscodes, Vault, VaultError,
    import::{self, Refused},
};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::view::{Algorithm, ImportApp, ImportReason, KeySettings, UnimportedView, UnimportedWay};

/// How the settings' names begin; an entry's id follows.
const BEGINNING: &str = "unimported ";
/// More than a person would go through. One that has no room is counted in the receipt, and what is here stays.
const MOST: usize = 500;
/// Bytes of an id: entries of one person's files do not meet by chance.
const ID_BYTES: usize = 16;

/// Settings by their names; `None` removes one.
pub(crate) type Changes = BTreeMap<String, Option<String>>;

/// One entry, as its setting's value.
#[derive(Serialize, Deserialize)]
pub(crate) struct Unimported {
    issuer: String,
    account: String,
    reason: ImportReason,
    app: ImportApp,
    position: u32,
    at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<KeySettings>,
}

impl Unimported {
    /// An entry that was refused just now, at its place in the whole export.
    pub(crate) fn of(
        refused: &Refused,
        reason: ImportReason,
        app: ImportApp,
        position: u32,
        now: UnixMillis,
    ) -> Self {
        Self {
            issuer: Label::new(&refused.issuer).to_string(),
            account: Label::new(&refused.name).to_string(),
            reason,
            app,
            position,
            at_ms: now.0,
            settings: refused.settings.map(settings),
        }
    }

    /// The setting's name. When it was read and what else is known of it make it no other entry.
    fn name(&self) -> Option<String> {
        let Self {
            issuer,
            account,
            reason,
            app,
            position,
            ..
        } = self;
        let identity = serde_json::to_vec(&(app, position, reason, issuer, account)).ok()?;
        let hash = digest(&SHA256, &identity);
        let id = HEXLOWER.encode(hash.as_ref().get(..ID_BYTES)?);
        Some(format!("{BEGINNING}{id}"))
    }

    fn view(self, id: &str) -> UnimportedView {
        UnimportedView {
            id: id.to_owned(),
            way: self.way(),
            issuer: self.issuer,
            account: self.account,
            reason: self.reason,
            app: self.app,
            position: self.position,
            at_ms: self.at_ms.to_string(),
            settings: self.settings,
        }
    }

    fn way(&self) -> UnimportedWay {
        match (self.reason, self.settings) {
            (ImportReason::Kind | ImportReason::PushOnly, _) => UnimportedWay::Again,
            // A key that is typed could not be given the settings that it had
            (_, Some(settings)) if !can_be_typed(settings) => UnimportedWay::Again,
            _ => UnimportedWay::Key,
        }
    }
}

fn settings(read: import::Settings) -> KeySettings {
    KeySettings {
        counter_based: matches!(read.passcodes, OtherPasscodes::Counted { .. }),
        digits: read.digits,
        period_seconds: match read.passcodes {
            OtherPasscodes::Timed { period_seconds } => period_seconds,
            OtherPasscodes::Counted { .. } | OtherPasscodes::Steam => Period::THIRTY.seconds(),
        },
        algorithm: match read.algorithm {
            countersign_vault::Algorithm::Sha1 => Algorithm::Sha1,
            countersign_vault::Algorithm::Sha256 => Algorithm::Sha256,
            countersign_vault::Algorithm::Sha512 => Algorithm::Sha512,
        },
        steam: matches!(read.passcodes, OtherPasscodes::Steam),
    }
}

fn can_be_typed(settings: KeySettings) -> bool {
    settings.steam
        || (Digits::new(settings.digits).is_some()
            && Period::new(settings.period_seconds).is_some())
}

/// What both an entry and the account in its place are called. `None` where nothing says what it is.
fn called(issuer: &str, account: &str) -> Option<String> {
    let names = [issuer, account].map(|name| Label::new(name).to_string().to_lowercase());
    let names: Vec<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
    (!names.is_empty()).then(|| names.join("\n"))
}

fn calls<'a>(accounts: impl Iterator<Item = &'a Account>) -> HashSet<String> {
    let others = accounts.filter_map(|account| match account {
        Account::Other(other) => called(&other.issuer, &other.account),
        Account::Organisation(_) => None,
    });
    others.collect()
}

/// Every entry that is kept, by its name. One that a newer release wrote is left out, not an error.
fn entries(vault: &Vault) -> impl Iterator<Item = (&str, Unimported)> {
    let all = vault.settings_of(BEGINNING);
    all.filter_map(|(name, value)| Some((name, serde_json::from_str(value).ok()?)))
}

/// How many are kept.
pub(crate) fn count(vault: &Vault) -> u32 {
    u32::try_from(entries(vault).count()).unwrap_or(u32::MAX)
}

/// All that are kept: the last import first, each in its export's order.
pub(crate) fn list(vault: &Vault) -> Vec<UnimportedView> {
    let mut all: Vec<_> = entries(vault).collect();
    all.sort_by_key(|(_, entry)| (std::cmp::Reverse(entry.at_ms), entry.position));
    let views = all.into_iter().filter_map(|(name, entry)| {
        let id = name.strip_prefix(BEGINNING)?;
        Some(entry.view(id))
    });
    views.collect()
}

/// What goes because these accounts come: entries of the same issuer and name.
pub(crate) fn settled(vault: &Vault, accounts: &[Account]) -> Changes {
    let calls = calls(accounts.iter());
    let settled = entries(vault).filter(|(_, entry)| {
        let called = called(&entry.issuer, &entry.account);
        called.is_some_and(|called| calls.contains(&called))
    });
    settled.map(|(name, _)| (name.to_owned(), None)).collect()
}

/// What an import changes that adds these accounts and could not take those entries; and how many of them there was no room for.
pub(crate) fn after_import(
    vault: &Vault,
    accounts: &[Account],
    refused: Vec<Unimported>,
) -> (Changes, u32) {
    let mut changes = settled(vault, accounts);
    let kept = vault.settings_of(BEGINNING).count() - changes.len();
    let mut room = MOST.saturating_sub(kept);
    let mut unkept = 0;
    let listed = vault.accounts().map(|(_, account)| account);
    let here = calls(listed.chain(accounts));
    for entry in refused {
        let is_here = called(&entry.issuer, &entry.account).is_some_and(|it| here.contains(&it));
        let (Some(name), Ok(value)) = (entry.name(), serde_json::to_string(&entry)) else {
            unkept += 1;
            continue;
        };
        if is_here || vault.setting(&name).is_some() || changes.contains_key(&name) {
            continue;
        }
        if room == 0 {
            unkept += 1;
            continue;
        }
        room -= 1;
        changes.insert(name, Some(value));
    }
    (changes, unkept)
}

/// Takes entries off the list. What they were is what [`keep`] brings back; one that is gone already is passed over.
pub(crate) fn dismiss(vault: &mut Vault, ids: &[String]) -> Result<Changes, VaultError> {
    let kept = ids.iter().filter_map(|id| {
        let name = format!("{BEGINNING}{id}");
        let value = vault.setting(&name)?.to_owned();
        Some((name, Some(value)))
    });
    let kept: Changes = kept.collect();
    let gone = kept.keys().cloned().zip(iter::repeat(None));
    keep(vault, gone.collect())?;
    Ok(kept)
}

/// Brings back what was dismissed.
pub(crate) fn keep(vault: &mut Vault, changes: Changes) -> Result<(), VaultError> {
    if changes.is_empty() {
        return Ok(());
    }
    vault.add_and_set(Vec::new(), changes).map(drop)
}
