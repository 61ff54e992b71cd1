//! The embedded engine: one SQLite file, write-ahead log, every commit on disk before it is answered.
//!
//! - `writer`: one thread that writes; use cases that wait are committed together
//! - `readers`: connections that read, on the thread that asks
//! - `statement`: how a statement meets its values
//! - `engine`, `gate`, `own` and others: a trait of the store each; every method names its use case and runs it
//! - the others: one use case a function, each in one transaction
//!
//! Why it is built like this is written in `DECISION.md` beside this file.

mod activations;
mod answers;
mod audit;
mod calls;
mod cards;
mod carriers;
mod desk;
mod devices;
mod directory;
mod endings;
mod engine;
mod expiry;
mod file;
mod gate;
mod live_activations;
mod moves;
mod notices;
mod numbers;
mod own;
mod own_devices;
mod passcodes;
mod passwords;
mod people;
mod prompt_counts;
mod prompts;
mod proofs;
mod pushes;
mod readers;
mod releases;
mod replays;
mod requests;
mod rows;
mod sessions;
mod statement;
mod texts;
mod writer;

use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use rusqlite::Connection;

use self::readers::Readers;
use self::statement::{Db, keep_prepared};
use self::writer::{Durability, Ended, Writer};
use super::StoreError;

/// How long a command line and the service wait for each other.
const BUSY: Duration = Duration::from_secs(10);

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    /// Changes when another process commits; 0 before the first look.
    version_elsewhere: AtomicI64,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        file::make_private(path)?;
        file::bring_up_to_date(path).await?;
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What a use case changed, to undo it, stays in memory
        connection.pragma_update(None, "temp_store", "memory")?;
        keep_prepared(&connection);
        Ok(Self {
            writer: Writer::start(connection)?,
            readers: Readers::of(path),
            version_elsewhere: AtomicI64::new(0),
        })
    }

    /// Runs a use case that writes; it is on disk when this returns.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write_or_undo(|db| work(db).map(Ended::Kept)).await
    }

    /// The same for one that may end in a result whose changes are undone.
    async fn write_or_undo<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db<'_>) -> Result<Ended<T>, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.run(Durability::Durable, work).await
    }

    /// Runs a use case that nothing is lost with when a power cut takes it and all that came later.
    async fn write_with_next<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let kept = |db: &Db<'_>| work(db).map(Ended::Kept);
        self.writer.run(Durability::WithNext, kept).await
    }
}
