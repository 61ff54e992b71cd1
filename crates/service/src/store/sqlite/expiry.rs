//! What ends by itself, and what is forgotten.

use countersign_protocol::ids::Urgid;
use countersign_protocol::time::UnixMillis;
use sqlx::Row;

use super::{SqliteStore, audit, rows};
use crate::audit::AuditEntry;
use crate::policy::{MINUTE_MS, REPLAY_LIFE_MS, REQUEST_KEPT_MS};
use crate::store::{Expired, StoreError};

pub(super) async fn expire_requests(
    store: &SqliteStore,
    now: UnixMillis,
) -> Result<Vec<Expired>, StoreError> {
    let any =
        sqlx::query("select 1 from requests where state <> 'decided' and expires_at <= $1 limit 1")
            .bind(now.0)
            .fetch_optional(&store.readers)
            .await?;
    if any.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = store.write().await?;
    sqlx::query("delete from requests where state = 'prepared' and expires_at <= $1")
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    let rows = sqlx::query(
        "update requests set state = 'decided', outcome = 'timed_out', number = null, decided_at = expires_at
         where state = 'pending' and expires_at <= $1 returning urgid, txid, device_id",
    )
    .bind(now.0)
    .fetch_all(&mut *tx)
    .await?;
    let mut expired = Vec::with_capacity(rows.len());
    for row in &rows {
        let urgid: Urgid = rows::id(row, "urgid")?;
        let entry = AuditEntry::new(
            now,
            "service".into(),
            "request.expire",
            urgid.as_str(),
            "done",
        );
        audit::append(&mut tx, &entry).await?;
        let device: Option<String> = row.try_get("device_id")?;
        expired.push(Expired {
            txid: rows::id(row, "txid")?,
            device_id: device
                .map(|id| id.parse().map_err(|_| StoreError::Corrupt("device_id")))
                .transpose()?,
        });
    }
    tx.commit().await?;
    Ok(expired)
}

pub(super) async fn forget_old(store: &SqliteStore, now: UnixMillis) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    sqlx::query("delete from nonces where expires_at <= $1")
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from replays where claimed_at <= $1")
        .bind((now + -REPLAY_LIFE_MS).0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from activations where expires_at <= $1")
        .bind((now + -REQUEST_KEPT_MS).0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from requests where state = 'decided' and created_at <= $1")
        .bind((now + -REQUEST_KEPT_MS).0)
        .execute(&mut *tx)
        .await?;
    // A user's failures are kept until a success; those of activation and of names nobody has would only pile up
    sqlx::query("delete from throttles where touched_at <= $1 and blocked_until <= $2 and subject not like 'user:%'")
        .bind((now + -15 * MINUTE_MS).0)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}
