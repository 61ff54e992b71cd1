//! Which folder the backups lie in: the administrator's, the one that the person chose, or the usual one.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign_vault::{
    Vault, VaultError,
    backup::{Contents, Folder},
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
    if session.vault(|vault| chosen(vault)).await?.as_ref() == Some(&folder.0) {
        return Ok(());
    }
    let made = folder.clone();
    blocking(move || made.make())
        .await?
        .map_err(|error| problem(fault(&error), folder))
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
        let looked = to.clone();
        let brought = (from.clone(), key.clone());
        blocking(move || match brought {
            (_, None) => looked.0.read_dir().map(|_| ()),
            (from, Some(key)) => looked.bring(&key, &from),
        })
        .await?
        .map_err(|error| problem(fault(&error), &to))?;
        let written = match key {
            None => None,
            Some(key) => {
                let print = contents.print();
                let (key, last) = write(session, &to, key, contents, generation)
                    .await
                    .map_err(|fault| problem(fault, &to))?;
                Some((key, print, last))
            }
        };
        let last = written.as_ref().map(|(_, print, last)| (*print, *last));
        let at = session.core.surroundings.clock.now();
        session
            .vault(move |vault| {
                vault.set_setting(SETTING, setting.as_deref())?;
                if let Some((print, last)) = last {
                    // Forgotten, it is written once more, and that is all
                    let _ = remember(vault, &print, last);
                }
                Happened::here(ActivityKind::BackupMoved).note(vault, at);
                Ok::<(), VaultError>(())
            })
            .await??;
        if let Some((key, ..)) = written {
            blocking(move || from.let_go_brought(&key, &to)).await?;
        }
        session.backup().know(None, 0);
        session.core.changed();
        Ok(())
    }
}
