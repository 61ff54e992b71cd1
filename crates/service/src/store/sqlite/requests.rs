//! Requests: finding them as somebody, counting polls, ending them.

use countersign_protocol::ids::{DeviceId, Txid, Urgid, UserId};
use countersign_protocol::time::UnixMillis;

use super::{SqliteStore, Tx, audit, rows};
use crate::access::{AsDevice, AsIntegration};
use crate::audit::AuditEntry;
use crate::request::{Outcome, Request};
use crate::store::StoreError;

pub(super) async fn of_integration(
    store: &SqliteStore,
    integration: &AsIntegration<'_>,
    txid: &Txid,
) -> Result<Option<Request>, StoreError> {
    let row = sqlx::query("select * from requests where txid = $1 and integration_id = $2")
        .bind(txid.as_str())
        .bind(integration.id().as_str())
        .fetch_optional(&store.readers)
        .await?;
    row.as_ref().map(rows::request).transpose()
}

pub(super) async fn count_poll(
    store: &SqliteStore,
    integration: &AsIntegration<'_>,
    txid: &Txid,
) -> Result<Option<Request>, StoreError> {
    let counted = sqlx::query(
        "update requests set polls = polls + 1
         where txid = $1 and integration_id = $2 and state = 'pending' returning *",
    )
    .bind(txid.as_str())
    .bind(integration.id().as_str())
    .fetch_optional(&store.writer)
    .await?;
    match counted {
        Some(row) => rows::request(&row).map(Some),
        None => of_integration(store, integration, txid).await,
    }
}

pub(super) async fn pending(
    store: &SqliteStore,
    device: &AsDevice<'_>,
    now: UnixMillis,
) -> Result<Vec<Request>, StoreError> {
    let rows = sqlx::query(
        "select * from requests where device_id = $1 and state = 'pending' and expires_at > $2
         order by created_at, urgid",
    )
    .bind(device.id().as_str())
    .bind(now.0)
    .fetch_all(&store.readers)
    .await?;
    rows.iter().map(rows::request).collect()
}

pub(super) async fn of_device(
    tx: &mut Tx,
    device: &DeviceId,
    urgid: &Urgid,
) -> Result<Option<Request>, StoreError> {
    let row = sqlx::query("select * from requests where urgid = $1 and device_id = $2")
        .bind(urgid.as_str())
        .bind(device.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(rows::request).transpose()
}

pub(super) async fn end(
    store: &SqliteStore,
    integration: &AsIntegration<'_>,
    txid: &Txid,
    outcome: Outcome,
    entry: AuditEntry,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let ended = sqlx::query(
        "update requests set state = 'decided', outcome = $3, number = null, decided_at = $4
         where txid = $1 and integration_id = $2 and state <> 'decided'",
    )
    .bind(txid.as_str())
    .bind(integration.id().as_str())
    .bind(rows::outcome_text(outcome))
    .bind(entry.at.0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if ended == 0 {
        return Ok(false);
    }
    audit::append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends what waits for a device, in the transaction that stops the device (row C9).
pub(super) async fn end_open_of_device(
    tx: &mut Tx,
    device: &DeviceId,
    outcome: Outcome,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "update requests set state = 'decided', outcome = $2, number = null, decided_at = $3
         where device_id = $1 and state = 'pending'",
    )
    .bind(device.as_str())
    .bind(rows::outcome_text(outcome))
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends everything open of a user, in the transaction that stops the user (row C9).
pub(super) async fn end_open_of_user(
    tx: &mut Tx,
    user: &UserId,
    outcome: Outcome,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "update requests set state = 'decided', outcome = $2, number = null, decided_at = $3
         where user_id = $1 and state <> 'decided'",
    )
    .bind(user.as_str())
    .bind(rows::outcome_text(outcome))
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
