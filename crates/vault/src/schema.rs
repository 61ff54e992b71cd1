//! The database: its marks, its tables, and how a connection is set up.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::OpenError;

/// The format this release writes, and the newest it reads (`PRAGMA user_version`).
pub(crate) const FORMAT: u32 = 2;

/// "CSGV" (`PRAGMA application_id`).
const APPLICATION: u32 = 0x4353_4756;

const HEADER: &str = "CREATE TABLE header (one INTEGER PRIMARY KEY CHECK (one = 1), vault BLOB NOT NULL, sealed BLOB NOT NULL) STRICT";
const RECORD: &str = "CREATE TABLE record (id BLOB PRIMARY KEY, kind INTEGER NOT NULL, body BLOB NOT NULL, moving BLOB) STRICT, WITHOUT ROWID";
const SLOT: &str = "CREATE TABLE slot (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, memory_kib INTEGER NOT NULL, \
     passes INTEGER NOT NULL, lanes INTEGER NOT NULL, salt BLOB NOT NULL, wrapped BLOB NOT NULL) STRICT";

/// The tables, in the order of their names. A file whose schema differs by one character is damaged:
/// a foreign trigger or view would run in our transactions.
const TABLES: [&str; 6] = [
    "CREATE TABLE device (id BLOB PRIMARY KEY, cell BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE erasable (one INTEGER PRIMARY KEY CHECK (one = 1), secret BLOB NOT NULL) STRICT",
    HEADER,
    RECORD,
    SLOT,
    "CREATE TABLE tries (kind INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT",
];

/// Those of format 1.
const TABLES_1: [&str; 4] = [
    HEADER,
    RECORD,
    SLOT,
    "CREATE TABLE tries (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT",
];

/// Opens the existing file for reading and writing, with nothing in it trusted.
pub(crate) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    for (option, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(option, value)?;
    }
    // Exclusive: this process is the one writer, and the log needs no shared memory file.
    // Full: a commit is on the disk when it returns. Secure delete: what is removed is overwritten
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA cell_size_check = ON;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = OFF;",
    )?;
    Ok(connection)
}

/// Keeps the log beside the file instead of a rollback journal: one wait for the disk per commit. Takes the exclusive lock.
pub(crate) fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT;")
}

/// Makes the tables and sets the marks, inside the caller's transaction.
pub(crate) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&TABLES.join(";"))?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", FORMAT)
}

/// Checks marks and tables of a file that starts like an SQLite database, and gives its format.
pub(crate) fn check(connection: &Connection) -> Result<u32, OpenError> {
    let pragma = |name: &str| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| why(&error))
    };
    if pragma("application_id")? != i64::from(APPLICATION) {
        return Err(OpenError::NotAVault);
    }
    let found = u32::try_from(pragma("user_version")?).map_err(|_| OpenError::Damaged)?;
    let expected: &[&str] = match found {
        FORMAT => &TABLES,
        1 => &TABLES_1,
        0 => return Err(OpenError::Damaged),
        found => {
            return Err(OpenError::TooNew {
                found,
                supported: FORMAT,
            });
        }
    };
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema ORDER BY name")
        .map_err(|error| why(&error))?;
    let tables = statement
        .query_map([], |row| row.get::<_, Option<String>>(0))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| why(&error))?;
    let as_made = tables
        .iter()
        .map(Option::as_deref)
        .eq(expected.iter().map(|table| Some(*table)));
    if as_made {
        Ok(found)
    } else {
        Err(OpenError::Damaged)
    }
}

/// What SQLite's refusal to read means for the person.
pub(crate) fn why(error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotAVault,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse,
        Some(
            ErrorCode::PermissionDenied
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::DiskFull,
        ) => OpenError::Unreadable,
        _ => OpenError::Damaged,
    }
}
