//! Databases of other apps, opened in memory: their keys are in clear, and SQLite would leave what it opens by a path on the
//! disk again. Nothing that such a file brings along is run: no view, no trigger, no module, no function that is not harmless.

use std::collections::HashSet;
use std::io::Read as _;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};
use serde_json::Number;

use super::json::{Json, Object};
use super::{LONGEST, MOST, Unreadable, Written, google_database, microsoft};

/// What every SQLite database begins with (its file format, section 1.3).
pub(super) const MARK: &[u8] = b"SQLite format 3\0";
/// Where the header says how it is written and read, which may be by a log beside the file.
const VERSIONS: usize = 18;
/// By a rollback journal, or without any.
const JOURNAL: &[u8] = &[1, 1];
/// The longest row and the longest statement of a schema, bytes.
const LONGEST_ROW: i32 = 64 * 1024;
/// How deep an expression of a schema may be.
const DEEPEST: i32 = 100;
/// Instructions of SQLite's machine between two looks at how many there were.
const STRIDE: i32 = 1_000;
/// So many looks are a hundred times what the most accounts take.
const MOST_STRIDES: u32 = 20_000;

/// The table of accounts in another app's database.
pub(super) struct Accounts {
    connection: Connection,
    columns: HashSet<String>,
}

/// Tells by its columns whose table of accounts it is.
pub(super) fn read(bytes: &[u8]) -> Result<Written, Unreadable> {
    let accounts = Accounts::open(bytes)?;
    if microsoft::COLUMNS.iter().all(|name| accounts.has(name)) {
        microsoft::read(&accounts)
    } else if google_database::COLUMNS
        .iter()
        .all(|name| accounts.has(name))
    {
        google_database::read(&accounts)
    } else {
        Err(Unreadable::Unknown)
    }
}

impl Accounts {
    fn open(bytes: &[u8]) -> Result<Self, Unreadable> {
        if is_cut_short(bytes) {
            return Err(Unreadable::CutShort);
        }
        let connection = connect(bytes).map_err(|error| why(&error))?;
        let columns = columns(&connection).map_err(|error| why(&error))?;
        let columns = columns.ok_or(Unreadable::Unknown)?;
        if !is_whole(&connection).map_err(|error| why(&error))? {
            return Err(Unreadable::Damaged);
        }
        Ok(Self {
            connection,
            columns,
        })
    }

    fn has(&self, column: &str) -> bool {
        self.columns.contains(column)
    }

    /// Its rows in the order in which they came to be there, as objects with those of the columns that it has.
    pub(super) fn rows<'a>(&self, columns: &[&'a str]) -> Result<Vec<Json<'a>>, Unreadable> {
        let columns: Vec<&'a str> = columns
            .iter()
            .copied()
            .filter(|name| self.has(name))
            .collect();
        let sql = format!(
            "SELECT \"{}\" FROM accounts NOT INDEXED ORDER BY rowid LIMIT {}",
            columns.join("\", \""),
            MOST + 1
        );
        let mut rows = Vec::new();
        // Whatever SQLite makes of a file's bytes, no more is kept of them than there are
        let mut left = LONGEST;
        let mut read = || {
            let mut statement = self.connection.prepare(&sql)?;
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                let mut members = Vec::new();
                for (at, name) in columns.iter().enumerate() {
                    let value = match row.get_ref(at)? {
                        ValueRef::Null => Json::Null,
                        ValueRef::Integer(number) => Json::Number(number.into()),
                        ValueRef::Real(number) => {
                            Number::from_f64(number).map_or(Json::Null, Json::Number)
                        }
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                            let Some(rest) = left.checked_sub(bytes.len()) else {
                                return Ok(false);
                            };
                            left = rest;
                            Json::Text(String::from_utf8_lossy(bytes).into_owned().into())
                        }
                    };
                    members.push((*name, value));
                }
                if rows.len() == MOST {
                    return Ok(false);
                }
                rows.push(Json::Object(Object::from_iter(members)));
            }
            Ok(true)
        };
        match read() {
            Ok(true) => Ok(rows),
            Ok(false) => Err(Unreadable::TooLarge),
            Err(error) => Err(why(&error)),
        }
    }
}

/// Whether the header is not whole, or says that there are more pages than there are.
fn is_cut_short(bytes: &[u8]) -> bool {
    let number = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let (Some(page), Some(pages)) = (number(16), number(28)) else {
        return true;
    };
    // Two bytes, of which the first is the higher; 65,536 has no room there and is written as 1
    let page = match page >> 16 {
        1 => 65_536,
        page => u64::from(page),
    };
    usize::try_from(page * u64::from(pages)).map_or(true, |whole| bytes.len() < whole)
}

/// Opens a copy in SQLite's memory, for reading alone and with nothing in it trusted.
fn connect(bytes: &[u8]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    for (option, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(option, value)?;
    }
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, LONGEST_ROW),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_ROW),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, DEEPEST),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
    ] {
        connection.set_limit(limit, most)?;
    }
    let mut strides = 0;
    let is_enough = move || {
        strides += 1;
        strides > MOST_STRIDES
    };
    connection.progress_handler(STRIDE, Some(is_enough))?;
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA cell_size_check = ON;
         PRAGMA query_only = ON;",
    )?;
    // Most of Android's databases say that there is a log beside them, which memory has no room for
    let (before, rest) = bytes.split_at_checked(VERSIONS).unwrap_or((bytes, &[]));
    let after = rest.get(JOURNAL.len()..).unwrap_or_default();
    let changed = before.chain(JOURNAL).chain(after);
    connection.deserialize_read_exact("main", changed, bytes.len(), true)?;
    Ok(connection)
}

/// The names of the columns of the table of accounts; `None` where there is no such table.
fn columns(connection: &Connection) -> rusqlite::Result<Option<HashSet<String>>> {
    // A table whose rows a module makes: its name may be another one than that in its statement
    let modules = "SELECT count(*) FROM sqlite_schema WHERE sql LIKE 'CREATE%VIRTUAL%TABLE%USING%'";
    let modules: i64 = connection.query_row(modules, [], |row| row.get(0))?;
    if modules > 0 {
        return Ok(None);
    }
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info('accounts')")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let names = names.collect::<rusqlite::Result<HashSet<_>>>()?;
    Ok((!names.is_empty()).then_some(names))
}

/// Whether the table's pages are its own and in order: SQLite reads others without a word, and what it reads then is no account.
fn is_whole(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA quick_check(accounts)", [], |row| {
        Ok(row.get_ref(0)?.as_str().is_ok_and(|found| found == "ok"))
    })
}

fn why(error: &rusqlite::Error) -> Unreadable {
    match error.sqlite_error_code() {
        Some(ErrorCode::TooBig | ErrorCode::OperationInterrupted) => Unreadable::TooLarge,
        Some(ErrorCode::OutOfMemory) => Unreadable::TooMuchMemory,
        _ => Unreadable::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database of the app's with one account, as its file is.
    fn file() -> Vec<u8> {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE accounts (email TEXT, secret TEXT, counter INTEGER, type INTEGER);
                 INSERT INTO accounts VALUES ('bob', 'ABCDEFGH', 0, 0);",
            )
            .unwrap();
        connection.serialize("main").unwrap().to_vec()
    }

    #[test]
    fn q5_a_statement_that_does_not_end_is_ended() {
        let connection = connect(&file()).unwrap();
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
             SELECT count(*) FROM n";
        let found = connection.query_row(endless, [], |row| row.get::<_, i64>(0));
        assert_eq!(why(&found.unwrap_err()), Unreadable::TooLarge);
    }

    #[test]
    fn q5_nothing_is_written_attached_or_loaded() {
        let connection = connect(&file()).unwrap();
        for sql in [
            "DELETE FROM accounts",
            "ATTACH ':memory:' AS other",
            "SELECT load_extension('other')",
            "SELECT zeroblob(100000000)",
        ] {
            let done = connection.query_row(sql, [], |_| Ok(()));
            assert!(
                matches!(done, Err(rusqlite::Error::SqliteFailure(..))),
                "{sql}"
            );
        }
        assert_eq!(
            Accounts::open(&file())
                .unwrap()
                .rows(&["email"])
                .unwrap()
                .len(),
            1
        );
    }
}
