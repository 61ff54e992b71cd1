//! Audit rows: appended inside the transaction of the change, each chained to the one before.

use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::Db;
use crate::audit::{AuditEntry, FIRST};
use crate::store::{StoreError, StoredAudit};

/// Appends a row. The transaction holds the write lock, so no other row can come between.
pub(super) fn append(db: &Db<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
    let last: Option<Vec<u8>> = db.one(
        "select hash from audit order by seq desc limit 1",
        &[],
        |row| Ok(row.get(0)?),
    )?;
    let prev = last.unwrap_or_else(|| FIRST.to_vec());
    db.execute(
        "insert into audit (at, actor, action, object, result, source, prev, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            entry.at.0,
            &entry.actor,
            entry.action,
            &entry.object,
            entry.result,
            &entry.source,
            &prev,
            entry.hash_after(&prev).as_slice()
        ],
    )?;
    Ok(())
}

pub(super) fn after(db: &Db<'_>, seq: i64, limit: i64) -> Result<Vec<StoredAudit>, StoreError> {
    db.all(
        "select * from audit where seq > $1 order by seq limit $2",
        params![seq, limit],
        |row| {
            Ok(StoredAudit {
                seq: row.get("seq")?,
                at: UnixMillis(row.get("at")?),
                fields: [
                    row.get("actor")?,
                    row.get("action")?,
                    row.get("object")?,
                    row.get("result")?,
                    row.get("source")?,
                ],
                prev: row.get("prev")?,
                hash: row.get("hash")?,
            })
        },
    )
}
