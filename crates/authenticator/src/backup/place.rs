//! Which folder the backups lie in: the administrator's, the one that the person chose, or the usual one.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign_vault::{
    Vault, VaultError,
    backup::{BackupKey, Contents, Folder},
};

use super::{
    blocking, fault,
    keep_up::{remember, write},
    problem,
};
use crate::{
    activity::Happened,
    fresh_unlock::FOR_BACKUP,
    session::Session,
    surroundings::BackupPlace,
    view::{ActivityKind, BackupFault, Problem, ProblemCode},
};

/// Name of the vault's setting. It is of this device, so no backup holds it.
const SETTING: &str = "backup folder";

/// The folder of the backups, where the platform has one that outlives the app.
pub(super) async fn folder(session: &Arc<Session>) -> Result<Folder, Problem> {
    match place(session)? {
        BackupPlace::Managed(folder) => Ok(Folder(folder)),
        BackupPlace::Usual(usual) => {
            let chosen = session.vault(|vault| chosen(vault)).await?;
            Ok(Folder(chosen.unwrap_or(usual)))
        }
    }
}

/// Whether the person may choose another.
pub(super) fn may_choose(session: &Session) -> bool {
    matches!(place(session), Ok(BackupPlace::Usual(_)))
}

/// Makes the folder where there is none, but for one that the person chose: where that is gone, it may be a drive that is not
/// there.
pub(super) async fn make(session: &Arc<Session>, folder: &Folder) -> Result<(), Problem> {
    if is_chosen(session, folder).await? {
        return Ok(());
    }
    let made = folder.clone();
    blocking(move || made.make())
        .await?
        .map_err(|error| problem(fault(&error), folder))
}

/// Whether a folder that the person chose is still the one that was written to before: another drive may be where theirs was, or
/// the empty folder below it. Into such a one nothing is written by itself.
pub(super) async fn still_theirs(
    session: &Arc<Session>,
    folder: &Folder,
    key: &BackupKey,
) -> Result<io::Result<()>, Problem> {
    if !is_chosen(session, folder).await? {
        return Ok(Ok(()));
    }
    let (looked, key) = (folder.clone(), key.clone());
    blocking(move || match looked.newest_of(&key)? {
        Some(_) => Ok(()),
        None => Err(io::ErrorKind::NotFound.into()),
    })
    .await
}

/// Whether the person chose that folder.
pub(super) async fn is_chosen(session: &Arc<Session>, folder: &Folder) -> Result<bool, Problem> {
    if !may_choose(session) {
        return Ok(false);
    }
    let chosen = session.vault(|vault| chosen(vault)).await?;
    Ok(chosen.as_ref() == Some(&folder.0))
}

fn place(session: &Session) -> Result<BackupPlace, Problem> {
    let place = session.core.surroundings.backups.clone();
    place.ok_or(Problem::new(ProblemCode::BackupFolder))
}

fn chosen(vault: &Vault) -> Option<PathBuf> {
    vault.setting(SETTING).map(PathBuf::from)
}

/// Leave to choose the folder, of somebody who typed the app's PIN or passphrase just now (row D7). A person looks through
/// folders for longer than that counts, so it is asked for first.
pub struct FolderChoice {
    session: Arc<Session>,
    present: Folder,
}

pub(crate) async fn choose(session: Arc<Session>) -> Result<FolderChoice, Problem> {
    session.fresh().check(session.core.running(), FOR_BACKUP)?;
    let present = folder(&session).await?;
    if !may_choose(&session) {
        return Err(problem(BackupFault::Folder, &present));
    }
    Ok(FolderChoice { session, present })
}

impl FolderChoice {
    /// The folder that the backups lie in now.
    pub fn present(&self) -> &Path {
        &self.present.0
    }

    /// Writes backups to `folder` from now on, and brings those of this vault along. It takes effect once one was written
    /// there: where none could be, nothing changed.
    pub(crate) async fn keep(&self, folder: PathBuf) -> Result<(), Problem> {
        let session = &self.session;
        let _turn = session.core.backup_turn.lock().await;
        let (from, to) = (self::folder(session).await?, Folder(folder));
        if to == from {
            return Ok(());
        }
        // The setting is a text
        let name = to.0.to_str().filter(|_| to.0.is_absolute());
        let name = name.ok_or_else(|| problem(BackupFault::Folder, &to))?;
        let is_usual = place(session)? == BackupPlace::Usual(to.0.clone());
        let setting = (!is_usual).then(|| name.to_owned());
        let (is_older_copy, key, contents, generation) = session
            .vault(|vault| {
                let contents = Contents::of(vault);
                let generation = vault.generation();
                (
                    vault.is_older_copy(),
                    vault.backup_key(),
                    contents,
                    generation,
                )
            })
            .await?;
        if is_older_copy {
            return Err(ProblemCode::OlderCopy.into());
        }
        let moved = match key {
            None => {
                let looked = to.clone();
                blocking(move || looked.0.read_dir().map(drop))
                    .await?
                    .map_err(|error| problem(fault(&error), &to))?;
                None
            }
            Some(key) => {
                let print = contents.print();
                let (key, saved) = write(session, &to, key, contents, generation)
                    .await
                    .map_err(|fault| problem(fault, &to))?;
                let (made, into) = (saved.made.clone(), to.clone());
                let brought = blocking(move || into.bring(&key, &from, &saved)).await?;
                let brought = brought.map_err(|error| problem(fault(&error), &to))?;
                Some((brought, print, made))
            }
        };
        let last = moved
            .as_ref()
            .map(|(_, print, made)| (*print, made.clone()));
        let at = session.core.surroundings.clock.now();
        let noted = session
            .vault(move |vault| {
                vault.set_setting(SETTING, setting.as_deref())?;
                if let Some((print, made)) = last {
                    // Forgotten, it is written once more, and that is all
                    let _ = remember(vault, &print, &made);
                }
                Happened::here(ActivityKind::BackupMoved).note(vault, at);
                Ok(())
            })
            .await
            .and_then(|noted: Result<(), VaultError>| noted.map_err(Into::into));
        if let Some((brought, ..)) = moved {
            let is_noted = noted.is_ok();
            blocking(move || {
                if is_noted {
                    brought.let_go();
                } else {
                    brought.take_back();
                }
            })
            .await?;
        }
        noted?;
        session.backup().know(None, 0);
        session.core.changed();
        Ok(())
    }
}
