//! Devices: finding them as somebody, removing them, and the nonces of their polls.

use countersign_protocol::ids::DeviceId;
use countersign_protocol::time::UnixMillis;

use super::{SqliteStore, audit, requests, rows};
use crate::access::{AsDevice, AsUser};
use crate::audit::AuditEntry;
use crate::model::Device;
use crate::policy::NONCE_LIFE_MS;
use crate::request::Outcome;
use crate::store::StoreError;

pub(super) async fn device(
    store: &SqliteStore,
    id: &DeviceId,
) -> Result<Option<Device>, StoreError> {
    let row = sqlx::query(rows::device_query!("where d.id = $1"))
        .bind(id.as_str())
        .fetch_optional(&store.readers)
        .await?;
    row.as_ref().map(rows::device).transpose()
}

pub(super) async fn devices_of(
    store: &SqliteStore,
    owner: &AsUser<'_>,
) -> Result<Vec<Device>, StoreError> {
    let rows = sqlx::query(rows::device_query!(
        "where d.user_id = $1 and d.state <> 'removed' order by d.created_at, d.id"
    ))
    .bind(owner.id().as_str())
    .fetch_all(&store.readers)
    .await?;
    rows.iter().map(rows::device).collect()
}

pub(super) async fn remove(
    store: &SqliteStore,
    owner: &AsUser<'_>,
    device: &DeviceId,
    entry: AuditEntry,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let removed = sqlx::query("update devices set state = 'removed' where id = $1 and user_id = $2 and state <> 'removed'")
        .bind(device.as_str())
        .bind(owner.id().as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if removed == 0 {
        return Ok(false);
    }
    requests::end_open_of_device(&mut tx, device, Outcome::Cancelled, entry.at).await?;
    audit::append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn use_nonce(
    store: &SqliteStore,
    device: &AsDevice<'_>,
    nonce: &str,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let fresh = sqlx::query(
        "insert into nonces (device_id, nonce, expires_at) values ($1, $2, $3)
         on conflict (device_id, nonce) do nothing",
    )
    .bind(device.id().as_str())
    .bind(nonce)
    .bind((now + NONCE_LIFE_MS).0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if fresh == 0 {
        return Ok(false);
    }
    sqlx::query("update devices set last_seen_at = $2 where id = $1")
        .bind(device.id().as_str())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}
