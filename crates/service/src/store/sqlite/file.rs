//! The database file: private to its owner, its schema brought up to date.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions as _, Connection as _};

use super::BUSY;
use crate::store::StoreError;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Engine(Box::new(error))
    }
}

/// The schema's history is kept by the same migrator for every engine.
pub(super) async fn bring_up_to_date(path: &Path) -> Result<(), StoreError> {
    let mut connection: SqliteConnection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .connect()
        .await?;
    sqlx::migrate!("./migrations/sqlite")
        .run(&mut connection)
        .await
        .map_err(|error| StoreError::Engine(Box::new(error)))?;
    Ok(connection.close().await?)
}

/// Makes the file readable by its owner alone before SQLite writes to it; the log takes the file's mode.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| StoreError::Engine(Box::new(error)))
}
