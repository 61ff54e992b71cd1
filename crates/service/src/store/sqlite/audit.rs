//! Audit rows: appended inside the transaction of the change, each chained to the one before.

use countersign_protocol::time::UnixMillis;
use sqlx::Row;

use super::{SqliteStore, Tx};
use crate::audit::{AuditEntry, FIRST};
use crate::store::{StoreError, StoredAudit};

/// Appends a row. The transaction holds the write lock, so no other row can come between.
pub(super) async fn append(tx: &mut Tx, entry: &AuditEntry) -> Result<(), StoreError> {
    let last: Option<Vec<u8>> =
        sqlx::query_scalar("select hash from audit order by seq desc limit 1")
            .fetch_optional(&mut **tx)
            .await?;
    let prev = last.unwrap_or_else(|| FIRST.to_vec());
    sqlx::query(
        "insert into audit (at, actor, action, object, result, source, prev, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(entry.at.0)
    .bind(&entry.actor)
    .bind(entry.action)
    .bind(&entry.object)
    .bind(entry.result)
    .bind(&entry.source)
    .bind(&prev)
    .bind(entry.hash_after(&prev).as_slice())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn after(
    store: &SqliteStore,
    seq: i64,
    limit: i64,
) -> Result<Vec<StoredAudit>, StoreError> {
    let rows = sqlx::query("select * from audit where seq > $1 order by seq limit $2")
        .bind(seq)
        .bind(limit)
        .fetch_all(&store.readers)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredAudit {
                seq: row.try_get("seq")?,
                at: UnixMillis(row.try_get("at")?),
                fields: [
                    row.try_get("actor")?,
                    row.try_get("action")?,
                    row.try_get("object")?,
                    row.try_get("result")?,
                    row.try_get("source")?,
                ],
                prev: row.try_get("prev")?,
                hash: row.try_get("hash")?,
            })
        })
        .collect()
}
