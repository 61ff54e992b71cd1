//! The backup: turned on with a passphrase, kept up by itself from then on, rehearsed, and restored.

mod keep_up;
mod place;
mod restore;
mod state;
mod view;

pub(crate) use keep_up::{keep_up, now, turn_off, turn_on};
pub use place::FolderChoice;
pub(crate) use place::choose;
pub(crate) use restore::{find, read, restore};
pub(crate) use state::State;
pub(crate) use view::{rehearse, view};

use std::io;

use countersign_vault::backup::{Folder, Unopened};

use crate::view::{BackupFault, Problem, ProblemCode};

/// Runs `work` on a thread that may wait.
async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Problem::new(ProblemCode::Unforeseen))
}

fn fault(error: &io::Error) -> BackupFault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            BackupFault::Full
        }
        _ => BackupFault::Folder,
    }
}

fn problem(fault: BackupFault, folder: &Folder) -> Problem {
    match fault {
        BackupFault::Folder => {
            Problem::new(ProblemCode::BackupFolder).about(folder.0.to_string_lossy())
        }
        BackupFault::Full => Problem::new(ProblemCode::BackupFull),
    }
}

const fn unopened(error: Unopened) -> ProblemCode {
    match error {
        Unopened::NotABackup => ProblemCode::NotABackup,
        Unopened::Damaged => ProblemCode::BackupDamaged,
        Unopened::TooNew { .. } => ProblemCode::BackupTooNew,
        Unopened::WrongPassphrase => ProblemCode::BackupPassphrase,
        Unopened::OutOfMemory => ProblemCode::Unforeseen,
    }
}
