//! Starting a push, within the limits that keep a person from being worn down (row C5).

use countersign_protocol::ids::{DeviceId, IntegrationKey, UserId};
use countersign_protocol::time::UnixMillis;
use sqlx::Row;

use super::{SqliteStore, Tx, audit, rows};
use crate::access::AsIntegration;
use crate::audit::AuditEntry;
use crate::policy::{FATIGUE_LIMIT, FATIGUE_WINDOW_MS, PENDING_PER_USER, PUSH_PAUSE_MS};
use crate::request::NewRequest;
use crate::store::{Started, StoreError};

pub(super) async fn prepare(
    store: &SqliteStore,
    request: &NewRequest,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    insert(&mut tx, request, "prepared", false).await?;
    audit::append(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn start(
    store: &SqliteStore,
    request: &NewRequest,
    entry: AuditEntry,
) -> Result<Started, StoreError> {
    let mut tx = store.write().await?;
    if let Some(obstacle) = obstacle(&mut tx, request).await? {
        return note_obstacle(tx, obstacle, &entry).await;
    }
    let unusual = is_unusual(&mut tx, request).await?;
    insert(&mut tx, request, "pending", unusual).await?;
    audit::append(&mut tx, &entry).await?;
    let row = sqlx::query("select * from requests where urgid = $1")
        .bind(request.urgid.as_str())
        .fetch_one(&mut *tx)
        .await?;
    let asked = Started::Asked(Box::new(rows::request(&row)?));
    tx.commit().await?;
    Ok(asked)
}

pub(super) async fn start_prepared(
    store: &SqliteStore,
    integration: &AsIntegration<'_>,
    request: &NewRequest,
    entry: AuditEntry,
) -> Result<Started, StoreError> {
    let mut tx = store.write().await?;
    if let Some(obstacle) = obstacle(&mut tx, request).await? {
        return note_obstacle(tx, obstacle, &entry).await;
    }
    let unusual = is_unusual(&mut tx, request).await?;
    let row = sqlx::query(
        "update requests set state = 'pending', device_id = $4, kind = $5, context = $6, context_hash = $7,
           unusual = $8, address = $9, created_at = $10, expires_at = $11
         where txid = $1 and integration_id = $2 and user_id = $3 and state = 'prepared' and expires_at > $10
         returning *",
    )
    .bind(request.txid.as_str())
    .bind(integration.id().as_str())
    .bind(request.user_id.as_str())
    .bind(request.device_id.as_ref().map(DeviceId::as_str))
    .bind(&request.kind)
    .bind(&request.context)
    .bind(&request.context_hash)
    .bind(i64::from(unusual))
    .bind(&request.address)
    .bind(request.created_at.0)
    .bind(request.expires_at.0)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else {
        return Ok(Started::NotPrepared);
    };
    audit::append(&mut tx, &entry).await?;
    let asked = Started::Asked(Box::new(rows::request(&row)?));
    tx.commit().await?;
    Ok(asked)
}

pub(super) async fn last_failed(
    store: &SqliteStore,
    user: &UserId,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "select outcome, state, expires_at, reported_at from requests
         where user_id = $1 and factor = 'push' and integration_id is not null and state <> 'prepared'
           and (state = 'decided' or expires_at <= $2)
           -- What was never asked says nothing about the person
           and (outcome is null or outcome in ('approved', 'denied', 'timed_out'))
         order by created_at desc, urgid limit 1",
    )
    .bind(user.as_str())
    .bind(now.0)
    .fetch_optional(&store.readers)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let outcome: Option<String> = row.try_get("outcome")?;
    Ok(matches!(
        outcome.as_deref(),
        None | Some("denied" | "timed_out")
    ))
}

/// What keeps the device from being asked: it or its user was stopped, too much waits, or pushes are paused.
async fn obstacle(tx: &mut Tx, request: &NewRequest) -> Result<Option<Started>, StoreError> {
    let now = request.created_at;
    let stands = sqlx::query(
        "select u.pushes_paused_until, u.last_success_at from devices d join users u on u.id = d.user_id
         where d.id = $1 and d.user_id = $2 and d.state = 'active' and d.dialect <> 'passcode' and u.status <> 'disabled'",
    )
    .bind(request.device_id.as_ref().map(DeviceId::as_str))
    .bind(request.user_id.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    let Some(user) = stands else {
        return Ok(Some(Started::Gone));
    };
    if request.integration_id.is_none() {
        return pending_is_full(tx, request).await;
    }
    let paused_until = UnixMillis(user.try_get("pushes_paused_until")?);
    if now < paused_until {
        return Ok(Some(Started::Paused(paused_until)));
    }
    if let Some(full) = pending_is_full(tx, request).await? {
        return Ok(Some(full));
    }
    let since = (now + -FATIGUE_WINDOW_MS)
        .0
        .max(user.try_get("last_success_at")?);
    let unwanted: i64 = sqlx::query_scalar(
        "select count(*) from requests
         where user_id = $1 and factor = 'push' and integration_id is not null and created_at > $2
           and (outcome in ('denied', 'timed_out') or (state = 'pending' and expires_at <= $3))",
    )
    .bind(request.user_id.as_str())
    .bind(since)
    .bind(now.0)
    .fetch_one(&mut **tx)
    .await?;
    if unwanted < FATIGUE_LIMIT {
        return Ok(None);
    }
    let until = now + PUSH_PAUSE_MS;
    pause(tx, &request.user_id, until).await?;
    Ok(Some(Started::Paused(until)))
}

async fn pending_is_full(tx: &mut Tx, request: &NewRequest) -> Result<Option<Started>, StoreError> {
    let pending: i64 = sqlx::query_scalar(
        "select count(*) from requests where user_id = $1 and state = 'pending' and expires_at > $2",
    )
    .bind(request.user_id.as_str())
    .bind(request.created_at.0)
    .fetch_one(&mut **tx)
    .await?;
    Ok((pending >= PENDING_PER_USER).then_some(Started::TooManyPending))
}

/// Stops pushes to a user until then, never for a shorter time than before.
pub(super) async fn pause(tx: &mut Tx, user: &UserId, until: UnixMillis) -> Result<(), StoreError> {
    sqlx::query(
        "update users set pushes_paused_until = $2 where id = $1 and pushes_paused_until < $2",
    )
    .bind(user.as_str())
    .bind(until.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A push that was not made leaves its row too: it is how an attack shows.
async fn note_obstacle(
    mut tx: Tx,
    obstacle: Started,
    entry: &AuditEntry,
) -> Result<Started, StoreError> {
    let result = match &obstacle {
        Started::TooManyPending => "too_many_pending",
        Started::Paused(_) => "paused",
        _ => "gone",
    };
    audit::append(
        &mut tx,
        &AuditEntry {
            result,
            ..entry.clone()
        },
    )
    .await?;
    tx.commit().await?;
    Ok(obstacle)
}

async fn is_unusual(tx: &mut Tx, request: &NewRequest) -> Result<bool, StoreError> {
    if request.address.is_empty() || request.integration_id.is_none() {
        return Ok(false);
    }
    let known =
        sqlx::query("select 1 from confirmed_addresses where user_id = $1 and address = $2")
            .bind(request.user_id.as_str())
            .bind(&request.address)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(known.is_none())
}

async fn insert(
    tx: &mut Tx,
    request: &NewRequest,
    state: &str,
    unusual: bool,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into requests (urgid, txid, user_id, integration_id, device_id, kind, state, factor, number_digits,
           number, tries_left, nonce, context, context_hash, unusual, address, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'push', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(request.urgid.as_str())
    .bind(request.txid.as_str())
    .bind(request.user_id.as_str())
    .bind(request.integration_id.as_ref().map(IntegrationKey::as_str))
    .bind(request.device_id.as_ref().map(DeviceId::as_str))
    .bind(&request.kind)
    .bind(state)
    .bind(i64::from(request.number.digits))
    .bind(request.number.expected.as_deref())
    .bind(request.number.tries_left)
    .bind(&request.nonce)
    .bind(&request.context)
    .bind(&request.context_hash)
    .bind(i64::from(unusual))
    .bind(&request.address)
    .bind(request.created_at.0)
    .bind(request.expires_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
