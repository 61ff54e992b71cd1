//! Writing backups: when the backup is turned on, soon after every change, and once a day for counters that moved on.

use std::{sync::Arc, time::Duration};

use countersign_vault::{
    Chosen, SecretText, Vault, VaultError,
    backup::{BackupKey, Contents, Folder},
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tokio::{select, time::sleep};

use super::{blocking, fault, folder, problem, unopened, view};
use crate::{
    activity::Happened,
    fresh_unlock::FOR_BACKUP,
    session::Session,
    view::{ActivityKind, BackupFault, Problem, ProblemCode},
};

/// Name of the vault's setting.
const SETTING: &str = "last backup";
/// Changes that come together become one backup.
const TOGETHER: Duration = Duration::from_secs(1);
/// How often a folder that was gone is looked for, and whether a day has passed.
const AGAIN: Duration = Duration::from_mins(30);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What the newest backup of this vault was made of.
#[derive(Serialize, Deserialize)]
struct Last {
    /// Of its contents, without counters ([`Contents::print`]).
    print: String,
    at_ms: i64,
}

/// What is to be written.
struct Due {
    key: BackupKey,
    contents: Contents,
    /// It has to be written whatever lies in the folder.
    is_due: bool,
}

/// Turns the backup on, or gives it another passphrase; then the files of the old one go.
///
/// It takes effect with the first file that was written: where none could be, nothing changed.
pub(crate) async fn turn_on(session: &Arc<Session>, passphrase: SecretText) -> Result<(), Problem> {
    session.fresh().check(session.core.running(), FOR_BACKUP)?;
    let folder = folder(session)?;
    let kdf = session.core.surroundings.place.kdf;
    let key = blocking(move || {
        let chosen =
            Chosen::passphrase(passphrase).map_err(|_| Problem::new(ProblemCode::WeakSecret))?;
        BackupKey::choose(&chosen, kdf).map_err(|error| Problem::new(unopened(error)))
    })
    .await??;
    let _turn = session.backup().turn().await;
    let (contents, before) = session
        .vault(|vault| (Contents::of(vault), vault.backup_key()))
        .await?;
    let made = folder.clone();
    blocking(move || made.make())
        .await?
        .map_err(|error| problem(fault(&error), &folder))?;
    let print = contents.print();
    let (key, at_ms) = write(session, &folder, key, contents)
        .await
        .map_err(|fault| problem(fault, &folder))?;
    let (key, stored) = session
        .vault(move |vault| {
            let stored = vault
                .keep_backup_key(Some(&key))
                .and_then(|()| remember(vault, &print, at_ms));
            if stored.is_ok() {
                let now = countersign_protocol::time::UnixMillis(at_ms);
                Happened::here(ActivityKind::BackupOn).note(vault, now);
            }
            (key, stored)
        })
        .await?;
    // Files that nobody keeps up mislead: those of the key that is not the vault's go
    let gone = if stored.is_ok() { before } else { Some(key) };
    if let Some(gone) = gone {
        blocking(move || folder.let_go(&gone)).await?;
    }
    stored?;
    session.backup().know(None, 0);
    session.core.changed();
    Ok(())
}

/// Turns it off. The files stay: they may be all that is left one day.
pub(crate) async fn turn_off(session: &Arc<Session>) -> Result<(), Problem> {
    let _turn = session.backup().turn().await;
    let now = session.core.surroundings.clock.now();
    session
        .change(move |vault| {
            vault.keep_backup_key(None)?;
            Happened::here(ActivityKind::BackupOff).note(vault, now);
            vault.set_setting(SETTING, None)
        })
        .await?;
    session.backup().know(None, 0);
    Ok(())
}

/// Writes one now, whether or not anything changed.
pub(crate) async fn now(session: &Arc<Session>) -> Result<(), Problem> {
    let folder = folder(session)?;
    match keep(session, true).await? {
        Some(fault) => Err(problem(fault, &folder)),
        None => Ok(()),
    }
}

/// Keeps the backup up for as long as the session lasts.
pub(crate) async fn keep_up(session: Arc<Session>) {
    if session.core.surroundings.backups.is_none() {
        return;
    }
    let mut changes = session.core.changes();
    let mut known = None;
    loop {
        let generation = session.vault(|vault| vault.generation()).await.ok();
        if generation != known {
            // What could not be written is shown, and tried again
            let _ = keep(&session, false).await;
            known = generation;
        }
        select! {
            () = session.closing().cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
            () = sleep(AGAIN) => known = None,
        }
        select! {
            () = session.closing().cancelled() => return,
            () = sleep(TOGETHER) => {}
        }
    }
}

/// Writes a backup where one is on and due. Gives why it could not be written.
async fn keep(session: &Arc<Session>, anyway: bool) -> Result<Option<BackupFault>, Problem> {
    let Ok(folder) = folder(session) else {
        return Ok(None);
    };
    let _turn = session.backup().turn().await;
    let now_ms = session.core.surroundings.clock.now().0;
    let due = session.vault(move |vault| due(vault, now_ms)).await?;
    let Some(due) = due else { return Ok(None) };
    let looked = folder.clone();
    let (due, newest) = blocking(move || {
        let newest = looked.newest_of(&due.key);
        (due, newest)
    })
    .await?;
    // One that was damaged since is none
    let is_here = newest.map(|newest| newest.is_some_and(|(_, opened)| opened.is_ok()));
    let came = match is_here {
        Err(error) => Err(fault(&error)),
        Ok(true) if !due.is_due && !anyway => Ok(()),
        Ok(_) => {
            let print = due.contents.print();
            match write(session, &folder, due.key, due.contents).await {
                Ok((_, at_ms)) => {
                    session
                        .change(move |vault| remember(vault, &print, at_ms))
                        .await?;
                    Ok(())
                }
                Err(fault) => Err(fault),
            }
        }
    };
    let (fault, missing) = match came {
        Ok(()) => (None, 0),
        Err(fault) => (Some(fault), view::missing(session).await?),
    };
    if session.backup().know(fault, missing) {
        session.core.changed();
    }
    Ok(fault)
}

/// `None` where the backup is off, or nothing may be written now.
fn due(vault: &Vault, now_ms: i64) -> Option<Due> {
    if vault.is_older_copy() {
        return None;
    }
    let key = vault.backup_key()?;
    let contents = Contents::of(vault);
    let last: Option<Last> = vault
        .setting(SETTING)
        .and_then(|text| serde_json::from_str(text).ok());
    let is_due = last.is_none_or(|last| {
        last.print != HEXLOWER.encode(&contents.print()) || now_ms - last.at_ms >= DAY_MS
    });
    Some(Due {
        key,
        contents,
        is_due,
    })
}

fn remember(vault: &mut Vault, print: &[u8; 32], at_ms: i64) -> Result<(), VaultError> {
    let last = Last {
        print: HEXLOWER.encode(print),
        at_ms,
    };
    let text = serde_json::to_string(&last).map_err(|_| VaultError::NotStored)?;
    vault.set_setting(SETTING, Some(&text))
}

/// Writes a file; gives the key back, and when that was.
async fn write(
    session: &Arc<Session>,
    folder: &Folder,
    key: BackupKey,
    contents: Contents,
) -> Result<(BackupKey, i64), BackupFault> {
    let at_ms = session.core.surroundings.clock.now().0;
    let device = session.core.surroundings.device.name.clone();
    let folder = folder.clone();
    let written = blocking(move || {
        folder
            .save(&key, &contents, at_ms, &device)
            .map(|_| (key, at_ms))
    });
    match written.await {
        Ok(Ok(written)) => Ok(written),
        Ok(Err(error)) => {
            tracing::warn!(%error, "no backup was written");
            Err(fault(&error))
        }
        Err(_) => Err(BackupFault::Folder),
    }
}
