//! Writing backups: when the backup is turned on, soon after every change, and once a day for counters that moved on.

use std::{sync::Arc, time::Duration};

use countersign_protocol::time::UnixMillis;
use countersign_vault::{
    Chosen, SecretText, Vault, VaultError,
    backup::{BackupKey, Contents, Folder, Made, Saved, Stamp},
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tokio::{
    select,
    time::{Instant, sleep, sleep_until},
};

use super::{
    blocking, fault,
    place::{self, folder},
    problem, unopened, view,
};
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
/// How often a folder that was gone is looked for, whether a day has passed, and whether somebody took the files away.
const AGAIN: Duration = Duration::from_mins(30);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What the newest backup of this vault was made of.
#[derive(Serialize, Deserialize)]
struct Last {
    /// Of its contents, without counters ([`Contents::print`]).
    print: String,
    at_ms: i64,
    /// The file's own serial, by which it is known again.
    serial: u64,
}

/// What is to be written.
struct Due {
    key: BackupKey,
    contents: Contents,
    /// The vault's generation, which is the next file's serial.
    generation: u64,
    /// The serial of the newest file; `None` where another has to be written whatever lies in the folder.
    current: Option<u64>,
    /// One was written before.
    goes_on: bool,
}

/// Why a backup is looked after.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Something changed.
    Change,
    /// It is time to see whether the files are still there.
    Time,
    /// A person wants one now.
    Person,
}

/// Turns the backup on, or gives it another passphrase; then the files of the old one go.
///
/// It takes effect with the first file that was written: where none could be, nothing changed.
pub(crate) async fn turn_on(session: &Arc<Session>, passphrase: SecretText) -> Result<(), Problem> {
    session.fresh().check(session.core.running(), FOR_BACKUP)?;
    let kdf = session.core.surroundings.place.kdf;
    let key = blocking(move || {
        let chosen =
            Chosen::passphrase(passphrase).map_err(|_| Problem::new(ProblemCode::WeakSecret))?;
        BackupKey::choose(&chosen, kdf).map_err(|error| Problem::new(unopened(error)))
    })
    .await??;
    let _turn = session.core.backup_turn.lock().await;
    let folder = folder(session).await?;
    let (contents, before, generation) = session
        .vault(|vault| (Contents::of(vault), vault.backup_key(), vault.generation()))
        .await?;
    place::make(session, &folder).await?;
    let print = contents.print();
    let (key, saved) = write(session, &folder, key, contents, generation)
        .await
        .map_err(|fault| problem(fault, &folder))?;
    let (new, made) = (key.clone(), saved.made);
    let stored = session
        .vault(move |vault| {
            vault.keep_backup_key(Some(&new))?;
            // Forgotten, it is written once more, and that is all
            let _ = remember(vault, &print, &made);
            Happened::here(ActivityKind::BackupOn).note(vault, UnixMillis(made.at_ms));
            Ok(())
        })
        .await
        .and_then(|stored: Result<(), VaultError>| stored.map_err(Into::into));
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
    let _turn = session.core.backup_turn.lock().await;
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
    match keep(session, Why::Person).await? {
        Some(fault) => Err(problem(fault, &folder(session).await?)),
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
    let mut look_at = Instant::now();
    loop {
        let generation = || session.vault(|vault| vault.generation());
        let is_time = Instant::now() >= look_at;
        if is_time || generation().await.ok() != known {
            let why = if is_time { Why::Time } else { Why::Change };
            // What could not be written is shown, and tried again
            let _ = keep(&session, why).await;
            // What a backup itself notes in the vault is no change
            known = generation().await.ok();
        }
        if is_time {
            look_at = Instant::now() + AGAIN;
        }
        select! {
            () = session.closing().cancelled() => return,
            told = changes.changed() => if told.is_err() { return },
            () = sleep_until(look_at) => {}
        }
        select! {
            () = session.closing().cancelled() => return,
            () = sleep(TOGETHER) => {}
        }
    }
}

/// Writes a backup where one is on and due. Gives why it could not be written.
async fn keep(session: &Arc<Session>, why: Why) -> Result<Option<BackupFault>, Problem> {
    let _turn = session.core.backup_turn.lock().await;
    let folder = folder(session).await?;
    let now_ms = session.core.surroundings.clock.now().0;
    let wanted = session.vault(move |vault| due(vault, now_ms)).await?;
    let due = match wanted {
        Ok(due) => due,
        Err(_) if why != Why::Person => return Ok(None),
        Err(code) => return Err(code.into()),
    };
    let is_current = match (why, due.current) {
        // A change alone is no reason to look at the files
        (Why::Change, Some(_)) => Ok((due, true)),
        (Why::Time, Some(serial)) => {
            let looked = folder.clone();
            blocking(move || {
                let newest = looked.newest_of(&due.key)?;
                let is_current = newest
                    .is_some_and(|(saved, opened)| saved.made.serial == serial && opened.is_ok());
                Ok((due, is_current))
            })
            .await?
        }
        (_, None) | (Why::Person, _) => Ok((due, false)),
    };
    let is_current = match is_current {
        Ok((due, false)) if why != Why::Person && due.goes_on => {
            place::still_theirs(session, &folder, &due.key)
                .await?
                .map(|()| (due, false))
        }
        looked => looked,
    };
    let came = match is_current {
        Err(error) => Err(fault(&error)),
        Ok((_, true)) => Ok(()),
        Ok((due, false)) => {
            let print = due.contents.print();
            match write(session, &folder, due.key, due.contents, due.generation).await {
                Ok((_, saved)) => {
                    session
                        .change(move |vault| remember(vault, &print, &saved.made))
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

/// What there is to write, or why nothing may be written.
fn due(vault: &Vault, now_ms: i64) -> Result<Due, ProblemCode> {
    if vault.is_older_copy() {
        return Err(ProblemCode::OlderCopy);
    }
    let key = vault.backup_key().ok_or(ProblemCode::NotABackup)?;
    let contents = Contents::of(vault);
    let print = HEXLOWER.encode(&contents.print());
    let last = vault
        .setting(SETTING)
        .and_then(|text| serde_json::from_str::<Last>(text).ok());
    // A clock that was set back counts as a day that has passed
    let is_of_today = |last: &Last| (0..DAY_MS).contains(&(now_ms.saturating_sub(last.at_ms)));
    Ok(Due {
        goes_on: last.is_some(),
        current: last
            .filter(|last| last.print == print && is_of_today(last))
            .map(|last| last.serial),
        generation: vault.generation(),
        key,
        contents,
    })
}

pub(super) fn remember(vault: &mut Vault, print: &[u8; 32], made: &Made) -> Result<(), VaultError> {
    let last = Last {
        print: HEXLOWER.encode(print),
        at_ms: made.at_ms,
        serial: made.serial,
    };
    let text = serde_json::to_string(&last).map_err(|_| VaultError::NotStored)?;
    vault.set_setting(SETTING, Some(&text))
}

/// Writes a file; gives the key back.
pub(super) async fn write(
    session: &Arc<Session>,
    folder: &Folder,
    key: BackupKey,
    contents: Contents,
    generation: u64,
) -> Result<(BackupKey, Saved), BackupFault> {
    let at_ms = session.core.surroundings.clock.now().0;
    let device = session.core.surroundings.device.name.clone();
    let folder = folder.clone();
    let written = blocking(move || {
        let stamp = Stamp {
            at_ms,
            serial: generation,
            device: &device,
        };
        let saved = folder.save(&key, &contents, stamp);
        saved.map(|saved| (key, saved))
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
