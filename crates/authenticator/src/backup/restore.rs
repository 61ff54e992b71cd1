//! From a backup to accounts: everything in it is verified before the first write, and nothing that is here is replaced.

use std::{collections::HashSet, sync::Arc};

use countersign_protocol::label::Label;
use countersign_vault::{
    Account, SecretText, Vault, VaultError,
    backup::{Folder, Made, Pointer, Restored, look, open},
};

use super::{
    blocking, fault,
    place::{folder, is_chosen},
    problem, unopened,
};
use crate::{
    activity::Happened,
    drafts::Draft,
    home,
    same::{self, Membership, Same},
    session::Session,
    unimported,
    view::{AccountState, BackupFound, Problem, ProblemCode, RestoreReceipt, RestoredAccount},
};

/// The newest backup in this device's folder that is whole. `None` where there is none.
pub(crate) async fn find(session: &Arc<Session>) -> Result<Option<BackupFound>, Problem> {
    let folder = folder(session).await?;
    let is_chosen = is_chosen(session, &folder).await?;
    let now_ms = session.core.surroundings.clock.now().0;
    let found = blocking(move || newest(&folder, is_chosen, now_ms)).await??;
    match found {
        Some((made, bytes)) => keep(session, &made, bytes).map(Some),
        None => Ok(None),
    }
}

fn newest(
    folder: &Folder,
    is_chosen: bool,
    now_ms: i64,
) -> Result<Option<(Made, Vec<u8>)>, Problem> {
    let all = match folder.list(now_ms) {
        Ok(all) => all,
        // Nobody turned a backup on here yet; a folder that somebody chose was there
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_chosen => {
            return Ok(None);
        }
        Err(error) => return Err(problem(fault(&error), folder)),
    };
    let mut refused = None;
    for saved in all {
        // Another device of this folder may have let it go meanwhile
        let Ok(bytes) = Folder::read(&saved.path) else {
            continue;
        };
        match look(&bytes) {
            Ok(made) => return Ok(Some((made, bytes))),
            // An older one that is whole is better than none
            Err(error) => refused = refused.or(Some(Problem::new(unopened(error)))),
        }
    }
    refused.map_or(Ok(None), Err)
}

/// Looks at a file that a person chose.
pub(crate) async fn read(session: &Arc<Session>, bytes: Vec<u8>) -> Result<BackupFound, Problem> {
    let (looked, bytes) = blocking(move || (look(&bytes), bytes)).await?;
    let made = looked.map_err(|error| Problem::new(unopened(error)))?;
    keep(session, &made, bytes)
}

fn keep(session: &Arc<Session>, made: &Made, bytes: Vec<u8>) -> Result<BackupFound, Problem> {
    let mut drafts = session.drafts();
    // Whoever chooses another file is done with this one
    drafts.forget_backups();
    Ok(BackupFound {
        draft: drafts.keep(Draft::Backup(bytes))?,
        made_at_ms: made.at_ms.to_string(),
        device: Label::new(&made.device).to_string(),
        accounts: made.accounts,
        organisations: made.organisations,
    })
}

/// Brings back what is in a backup and not here: all of it, or nothing.
pub(crate) async fn restore(
    session: &Arc<Session>,
    draft: &str,
    passphrase: SecretText,
) -> Result<RestoreReceipt, Problem> {
    let bytes = match session.drafts().look(draft) {
        Some(Draft::Backup(bytes)) => Some(bytes.clone()),
        _ => None,
    };
    let bytes = bytes.ok_or(Problem::new(ProblemCode::DraftGone))?;
    let opened = blocking(move || open(&bytes, passphrase)).await?;
    let restored = opened.map_err(|error| Problem::new(unopened(error)))?;
    let now = session.core.surroundings.clock.now();
    let receipt = session
        .change(move |vault| {
            let receipt = add(vault, restored)?;
            if let Ok(count @ 1..) = u32::try_from(receipt.accounts.len()) {
                Happened::came_back(count).note(vault, now);
            }
            Ok(receipt)
        })
        .await?;
    session.drafts().forget(draft);
    Ok(receipt)
}

fn add(vault: &mut Vault, restored: Vec<Restored>) -> Result<RestoreReceipt, VaultError> {
    let of = restored.len();
    let others = same::here(vault);
    let organisations = organisations(vault);
    let new: Vec<Account> = restored
        .into_iter()
        .filter_map(|one| match one {
            // Compared with what was here, not with each other: a person may have the same twice
            Restored::Account(account) => (!others.contains(&Same::of(&account)))
                .then(|| Account::Other(same::with_its_name(&account))),
            Restored::Organisation(pointer) => (!organisations.contains(&Membership::of(&pointer)))
                .then(|| shown(pointer).into_account()),
        })
        .collect();
    let here = of - new.len();
    let settled = unimported::settled(vault, &new);
    let ids = vault.add_and_set(new, settled)?;
    let accounts = ids.into_iter().filter_map(|id| {
        let view = home::view(id, vault.account(id)?, None);
        Some(RestoredAccount {
            id: view.id,
            title: view.title,
            account: view.account,
            works: view.state == AccountState::Working,
        })
    });
    Ok(RestoreReceipt {
        accounts: accounts.collect(),
        here: u32::try_from(here).unwrap_or(u32::MAX),
    })
}

/// Every organisation account that is here and that its service knows.
fn organisations(vault: &Vault) -> HashSet<Membership> {
    let organisations = vault.accounts().filter_map(|(_, account)| match account {
        Account::Organisation(account) => Pointer::to(account),
        Account::Other(_) => None,
    });
    organisations
        .map(|pointer| Membership::of(&pointer))
        .collect()
}

/// With names that can be shown, whoever wrote the file.
fn shown(pointer: Pointer) -> Pointer {
    let label = |text: &str| Label::new(text).to_string();
    Pointer {
        organisation: label(&pointer.organisation),
        username: label(&pointer.username),
        custom_name: pointer.custom_name.as_deref().map(label),
        ..pointer
    }
}
