//! The backup and the restore.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{Authenticator, IntoText as _};
use crate::{
    backup::{self, FolderChoice},
    view::{BackupFound, BackupView, Problem, RehearsalView, RestoreReceipt},
};

impl Authenticator {
    /// Whether there is a folder for backups.
    pub fn has_backups(&self) -> bool {
        self.0.core.surroundings.backups.is_some()
    }

    /// How the backup of this device stands, as its newest file says.
    pub async fn backup(&self) -> Result<BackupView, Problem> {
        backup::view(&self.session().await?).await
    }

    /// Turns the backup on, or gives it another passphrase. It needs the PIN or passphrase of the app just now (row D7).
    pub async fn turn_on_backup(
        &self,
        passphrase: Zeroizing<String>,
    ) -> Result<BackupView, Problem> {
        let session = self.session().await?;
        backup::turn_on(&session, passphrase.into_text()).await?;
        backup::view(&session).await
    }

    /// Turns the backup off. Its files stay.
    pub async fn turn_off_backup(&self) -> Result<BackupView, Problem> {
        let session = self.session().await?;
        backup::turn_off(&session).await?;
        backup::view(&session).await
    }

    /// Writes a backup now.
    pub async fn back_up_now(&self) -> Result<BackupView, Problem> {
        let session = self.session().await?;
        backup::now(&session).await?;
        backup::view(&session).await
    }

    /// Leave to choose another folder for the backup. It needs the PIN or passphrase of the app just now (row D7).
    pub async fn choose_backup_folder(&self) -> Result<FolderChoice, Problem> {
        backup::choose(self.session().await?).await
    }

    /// Keeps the backup in that folder from now on, and brings its files along.
    pub async fn keep_backup_in(
        &self,
        choice: FolderChoice,
        folder: PathBuf,
    ) -> Result<BackupView, Problem> {
        choice.keep(folder).await?;
        backup::view(&self.session().await?).await
    }

    /// Opens the newest backup with its passphrase, and counts what it would bring back.
    pub async fn rehearse_backup(
        &self,
        passphrase: Zeroizing<String>,
    ) -> Result<RehearsalView, Problem> {
        backup::rehearse(&self.session().await?, passphrase.into_text()).await
    }

    /// The newest backup in this device's folder, which [`Authenticator::restore`] brings back.
    pub async fn find_backup(&self) -> Result<Option<BackupFound>, Problem> {
        backup::find(&self.session().await?).await
    }

    /// The same of a file that a person chose.
    pub async fn read_backup(&self, bytes: Vec<u8>) -> Result<BackupFound, Problem> {
        backup::read(&self.session().await?, bytes).await
    }

    /// Brings back what is in a backup and not here: all of it, or nothing.
    pub async fn restore(
        &self,
        draft: &str,
        passphrase: Zeroizing<String>,
    ) -> Result<RestoreReceipt, Problem> {
        backup::restore(&self.session().await?, draft, passphrase.into_text()).await
    }
}
