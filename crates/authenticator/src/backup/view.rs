//! How the backup stands, as its file says: what is shown as backed up was read out of it.

use std::{collections::HashSet, sync::Arc};

use countersign_vault::{
    Account, Dialect, OrganisationAccount, SecretText, Vault,
    backup::{Folder, Newest, Pointer, Restored, open},
};

use super::{
    blocking, fault,
    place::{folder, may_choose},
    problem, unopened,
};
use crate::{
    home,
    same::{Membership, Same},
    session::Session,
    view::{
        BackedUpAccount, BackupFault, BackupHold, BackupView, Problem, ProblemCode, RehearsalView,
    },
};

/// What the newest file holds.
struct Held {
    made_at_ms: i64,
    accounts: HashSet<Same>,
    organisations: HashSet<Membership>,
}

impl Held {
    /// `None` of one that was damaged since it was written: the next takes its place.
    fn of((saved, opened): Newest) -> Option<Self> {
        let restored = opened.ok()?;
        let mut held = Self {
            made_at_ms: saved.made.at_ms,
            accounts: HashSet::new(),
            organisations: HashSet::new(),
        };
        for one in restored {
            match one {
                Restored::Account(account) => {
                    held.accounts.insert(Same::of(&account));
                }
                Restored::Organisation(pointer) => {
                    held.organisations.insert(Membership::of(&pointer));
                }
            }
        }
        Some(held)
    }

    fn hold(&self, account: &Account) -> BackupHold {
        match account {
            Account::Other(account) if self.accounts.contains(&Same::of(account)) => {
                BackupHold::Whole
            }
            Account::Organisation(account) if self.has_place_of(account) => match account.dialect {
                Dialect::Countersign1 => BackupHold::Reactivate,
                Dialect::Legacy => BackupHold::AskThere,
            },
            Account::Other(_) | Account::Organisation(_) => BackupHold::NotYet,
        }
    }

    fn has_place_of(&self, account: &OrganisationAccount) -> bool {
        let pointer = Pointer::to(account);
        pointer.is_some_and(|pointer| self.organisations.contains(&Membership::of(&pointer)))
    }
}

/// How the backup stands.
pub(crate) async fn view(session: &Arc<Session>) -> Result<BackupView, Problem> {
    let folder = folder(session).await?;
    let held = held(session, &folder).await?;
    let (is_on, held, gone) = match held {
        None => (false, None, None),
        Some(Ok(held)) => (true, held, None),
        Some(Err(fault)) => (true, None, Some(fault)),
    };
    let made_at_ms = held.as_ref().map(|held| held.made_at_ms.to_string());
    let accounts = session
        .vault(move |vault| {
            let of_account = |account| {
                held.as_ref()
                    .map_or(BackupHold::NotYet, |held| held.hold(account))
            };
            let accounts = vault.accounts();
            let each = accounts.map(|(id, account)| {
                let view = home::view(id, account, None);
                BackedUpAccount {
                    id: view.id,
                    title: view.title,
                    account: view.account,
                    held: of_account(account),
                }
            });
            each.collect()
        })
        .await?;
    Ok(BackupView {
        is_on,
        folder: folder.0.to_string_lossy().into_owned(),
        may_choose: may_choose(session),
        made_at_ms,
        fault: gone.or_else(|| session.backup().fault()),
        accounts,
    })
}

/// How many restorable accounts no file has, as far as files can be read.
pub(super) async fn missing(session: &Arc<Session>) -> Result<u32, Problem> {
    let folder = folder(session).await?;
    let held = match held(session, &folder).await? {
        Some(Ok(held)) => held,
        _ => None,
    };
    session
        .vault(move |vault| {
            let others = vault.accounts().filter(|(_, account)| {
                matches!(account, Account::Other(_))
                    && held
                        .as_ref()
                        .is_none_or(|held| held.hold(account) == BackupHold::NotYet)
            });
            u32::try_from(others.count()).unwrap_or(u32::MAX)
        })
        .await
}

/// `None` while the backup is off, else what its newest file holds, or why that cannot be said.
async fn held(
    session: &Arc<Session>,
    folder: &Folder,
) -> Result<Option<Result<Option<Held>, BackupFault>>, Problem> {
    let Some(key) = session.vault(|vault| vault.backup_key()).await? else {
        return Ok(None);
    };
    let folder = folder.clone();
    let newest = blocking(move || folder.newest_of(&key)).await?;
    Ok(Some(match newest {
        Ok(newest) => Ok(newest.and_then(Held::of)),
        Err(error) => Err(fault(&error)),
    }))
}

/// Opens the newest file of this vault with the passphrase that was typed, as a new phone would, and counts what it would
/// bring back.
pub(crate) async fn rehearse(
    session: &Arc<Session>,
    passphrase: SecretText,
) -> Result<RehearsalView, Problem> {
    let folder = folder(session).await?;
    let key = session.vault(|vault| vault.backup_key()).await?;
    let key = key.ok_or(Problem::new(ProblemCode::NotABackup))?;
    let looked = folder.clone();
    let newest = blocking(move || looked.newest_of(&key)).await?;
    let newest = newest.map_err(|error| problem(fault(&error), &folder))?;
    let (saved, _) = newest.ok_or(Problem::new(ProblemCode::NotABackup))?;
    let bytes = blocking(move || Folder::read(&saved.path)).await?;
    let bytes = bytes.map_err(|error| problem(fault(&error), &folder))?;
    let opened = blocking(move || open(&bytes, passphrase)).await?;
    let restored = opened.map_err(|error| Problem::new(unopened(error)))?;
    let there: HashSet<Same> = restored
        .iter()
        .filter_map(|one| match one {
            Restored::Account(account) => Some(Same::of(account)),
            Restored::Organisation(_) => None,
        })
        .collect();
    session
        .vault(move |vault: &mut Vault| {
            let others = vault.accounts().filter_map(|(_, account)| match account {
                Account::Other(account) => Some(there.contains(&Same::of(account))),
                Account::Organisation(_) => None,
            });
            let readable: Vec<bool> = others.collect();
            let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
            RehearsalView {
                of: number(readable.len()),
                readable: number(readable.into_iter().filter(|is| *is).count()),
            }
        })
        .await
}
