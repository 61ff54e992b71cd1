//! Connections that read. Each is lent to one use case at a time; there are as many as threads that read at once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::BUSY;
use super::statement::{Db, keep_prepared};
use crate::store::StoreError;

/// The idle ones; `None` after the end.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::new(Some(Vec::new())),
        }
    }

    /// Reads on the calling thread: a few indexed rows take less time than handing them from one thread to another, and
    /// with a write-ahead log a reader waits for nobody.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Db<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.take()?;
        let read = work(&Db::of(&connection));
        if let Some(idle) = self.lock().as_mut() {
            idle.push(connection);
        }
        read
    }

    /// Ends the idle connections, and the others when they come back.
    pub(super) fn close(&self) {
        self.lock().take();
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.lock().as_mut().map(Vec::pop);
        match idle {
            Some(Some(connection)) => Ok(connection),
            Some(None) => self.open(),
            None => Err(StoreError::Engine("the store is closed".into())),
        }
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        keep_prepared(&connection);
        Ok(connection)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
