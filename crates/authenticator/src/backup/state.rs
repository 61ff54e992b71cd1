//! What an open session knows of its backup, so that a list is drawn without looking at files.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::view::BackupFault;

/// Beside the vault, and gone with the lock.
#[derive(Default)]
pub(crate) struct State {
    /// How many restorable accounts are in no backup; meaningful while a backup is on.
    missing: AtomicU32,
    fault: AtomicU32,
}

impl State {
    /// How many restorable accounts the files do not have.
    pub(crate) fn missing(&self) -> u32 {
        self.missing.load(Ordering::Relaxed)
    }

    pub(super) fn fault(&self) -> Option<BackupFault> {
        match self.fault.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(BackupFault::Folder),
            _ => Some(BackupFault::Full),
        }
    }

    /// What came of the last try. Says whether that is news.
    pub(super) fn know(&self, fault: Option<BackupFault>, missing: u32) -> bool {
        let number = match fault {
            None => 0,
            Some(BackupFault::Folder) => 1,
            Some(BackupFault::Full) => 2,
        };
        let before = (
            self.fault.swap(number, Ordering::Relaxed),
            self.missing.swap(missing, Ordering::Relaxed),
        );
        before != (number, missing)
    }
}
