//! Running statements: their text is that of every engine, with `$1`, `$2`, …, and is prepared once a connection.

use rusqlite::{CachedStatement, Connection, Row, ToSql};

use crate::store::StoreError;

/// Statements kept prepared on a connection; there are fewer in the whole engine.
const PREPARED: usize = 128;

/// SQLite numbers parameters of this form as they appear, not as they are called, so they are bound by name.
const NAMES: [&str; 19] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15",
    "$16", "$17", "$18", "$19",
];

/// A connection in the hands of one use case.
#[derive(Debug)]
pub(super) struct Db<'c>(&'c Connection);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(Box::new(error))
    }
}

impl<'c> Db<'c> {
    /// Lends a connection.
    pub(super) fn of(connection: &'c Connection) -> Self {
        Self(connection)
    }

    /// Runs a statement that gives no rows, and tells how many it changed.
    pub(super) fn execute(&self, sql: &str, values: &[&dyn ToSql]) -> Result<usize, StoreError> {
        Ok(self.prepared(sql, values)?.raw_execute()?)
    }

    /// The first row, if there is one.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.prepared(sql, values)?;
        let mut rows = statement.raw_query();
        rows.next()?.map(read).transpose()
    }

    /// The first row, which has to be there.
    pub(super) fn only<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.one(sql, values, read)?
            .ok_or_else(|| rusqlite::Error::QueryReturnedNoRows.into())
    }

    /// Every row, in order.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.prepared(sql, values)?;
        let mut rows = statement.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    fn prepared(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
    ) -> Result<CachedStatement<'_>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let wanted = statement.parameter_count();
        if wanted != values.len() || wanted > NAMES.len() {
            return Err(rusqlite::Error::InvalidParameterCount(values.len(), wanted).into());
        }
        for (name, value) in NAMES.iter().zip(values) {
            let index = statement
                .parameter_index(name)?
                .ok_or_else(|| rusqlite::Error::InvalidParameterName((*name).to_owned()))?;
            statement.raw_bind_parameter(index, value)?;
        }
        Ok(statement)
    }
}

/// Lets a connection keep every statement of the engine.
pub(super) fn keep_prepared(connection: &Connection) {
    connection.set_prepared_statement_cache_capacity(PREPARED);
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;

    #[test]
    fn values_go_where_their_numbers_say() {
        let connection = Connection::open_in_memory().unwrap();
        let db = Db::of(&connection);
        let turned = db
            .only("select $2 || $1 || $2", params!["a", "b"], |row| {
                Ok(row.get::<_, String>(0)?)
            })
            .unwrap();
        assert_eq!(turned, "bab");
        for wrong in [params!["a"], params!["a", "b", "c"]] {
            assert!(db.one("select $2 || $1", wrong, |_| Ok(())).is_err());
        }
        assert!(
            db.one("select $1 || $3", params!["a", "b"], |_| Ok(()))
                .is_err()
        );
    }
}
