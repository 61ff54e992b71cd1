//! Activation codes and what comes of them.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, Tx, audit, requests, rows};
use crate::audit::AuditEntry;
use crate::model::{Activation, ActivationUse, NewDevice};
use crate::request::Outcome;
use crate::store::{Activated, StoreError};

pub(super) async fn add(
    store: &SqliteStore,
    activation: &Activation,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    if let Some(device) = &activation.device_id {
        // A later code for the same device replaces the earlier one
        sqlx::query("delete from activations where device_id = $1 and used_at is null")
            .bind(device.as_str())
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(
        "insert into activations (code_hash, user_id, device_id, plain, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&activation.code_hash)
    .bind(activation.user_id.as_str())
    .bind(activation.device_id.as_ref().map(DeviceId::as_str))
    .bind(activation.plain)
    .bind(entry.at.0)
    .bind(activation.expires_at.0)
    .execute(&mut *tx)
    .await?;
    audit::append(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn find(
    store: &SqliteStore,
    code_hash: &str,
) -> Result<Option<Activation>, StoreError> {
    let row = sqlx::query("select * from activations where code_hash = $1")
        .bind(code_hash)
        .fetch_optional(&store.readers)
        .await?;
    row.as_ref().map(activation).transpose()
}

pub(super) async fn activate(
    store: &SqliteStore,
    code_hash: &str,
    new: &NewDevice,
    now: UnixMillis,
    address: &str,
) -> Result<Activated, StoreError> {
    let mut tx = store.write().await?;
    let consumed = sqlx::query(
        "update activations set used_at = $2
         where code_hash = $1 and used_at is null and expires_at > $2
           and exists (select 1 from users u where u.id = activations.user_id and u.status <> 'disabled')
         returning user_id, device_id",
    )
    .bind(code_hash)
    .bind(now.0)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(consumed) = consumed else {
        return Ok(Activated::Refused);
    };
    let user: UserId = rows::id(&consumed, "user_id")?;
    let existing: Option<String> = consumed.try_get("device_id")?;
    let reactivated = existing.is_some();
    let id = if let Some(id) = existing {
        let id = DeviceId::parse(&id).map_err(|_| StoreError::Corrupt("device_id"))?;
        // Nothing is changed when the device was removed or activated again since the seed was sealed
        if !rekey(&mut tx, &id, &user, new, now).await? {
            return Ok(Activated::Refused);
        }
        requests::end_open_of_device(&mut tx, &id, Outcome::Cancelled, now).await?;
        id
    } else {
        insert(&mut tx, &user, new, now).await?;
        new.id.clone()
    };
    sqlx::query(
        "update activations set made_device_id = $2, made_generation = $3 where code_hash = $1",
    )
    .bind(code_hash)
    .bind(id.as_str())
    .bind(new.generation)
    .execute(&mut *tx)
    .await?;
    let action = if reactivated {
        "device.reactivate"
    } else {
        "device.activate"
    };
    let entry = AuditEntry::new(now, format!("device:{id}"), action, user.as_str(), "done")
        .from_address(address);
    audit::append(&mut tx, &entry).await?;
    let row = sqlx::query(rows::device_query!("where d.id = $1"))
        .bind(id.as_str())
        .fetch_one(&mut *tx)
        .await?;
    let device = Box::new(rows::device(&row)?);
    tx.commit().await?;
    Ok(Activated::Done {
        device,
        reactivated,
    })
}

async fn insert(
    tx: &mut Tx,
    user: &UserId,
    new: &NewDevice,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into devices (id, akey, user_id, name, platform, model, app_version, dialect, push_key, key_storage,
           otp_sealed, otp_kind, otp_last, sequence, generation, state, created_at, activated_at, last_seen_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, -1, 0, $13, 'active', $14, $14, $14)",
    )
    .bind(new.id.as_str())
    .bind(new.akey.as_str())
    .bind(user.as_str())
    .bind(&new.name)
    .bind(&new.platform)
    .bind(&new.model)
    .bind(&new.app_version)
    .bind(rows::dialect_text(new.dialect))
    .bind(new.push_key.as_deref())
    .bind(&new.key_storage)
    .bind(new.otp.as_stored())
    .bind(rows::passcode_kind_text(new.otp_kind))
    .bind(new.generation)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives an existing device its new keys; the old ones stop with this transaction. Its name stays.
async fn rekey(
    tx: &mut Tx,
    id: &DeviceId,
    user: &UserId,
    new: &NewDevice,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let changed = sqlx::query(
        "update devices set akey = $3, platform = $4, model = $5, app_version = $6, dialect = $7, push_key = $8,
           key_storage = $9, otp_sealed = $10, otp_kind = $11, otp_last = -1, resync_hits = 0, resync_next = -1, sequence = 0, answer_digest = null,
           generation = $12, state = 'active', activated_at = $13, last_seen_at = $13
         where id = $1 and user_id = $2 and state <> 'removed' and generation = $12 - 1",
    )
    .bind(id.as_str())
    .bind(user.as_str())
    .bind(new.akey.as_str())
    .bind(&new.platform)
    .bind(&new.model)
    .bind(&new.app_version)
    .bind(rows::dialect_text(new.dialect))
    .bind(new.push_key.as_deref())
    .bind(&new.key_storage)
    .bind(new.otp.as_stored())
    .bind(rows::passcode_kind_text(new.otp_kind))
    .bind(new.generation)
    .bind(now.0)
    .execute(&mut **tx)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

fn activation(row: &SqliteRow) -> Result<Activation, StoreError> {
    let made: Option<String> = row.try_get("made_device_id")?;
    let device: Option<String> = row.try_get("device_id")?;
    let parse = |id: String| DeviceId::parse(&id).map_err(|_| StoreError::Corrupt("device_id"));
    Ok(Activation {
        code_hash: row.try_get("code_hash")?,
        user_id: rows::id(row, "user_id")?,
        device_id: device.map(parse).transpose()?,
        plain: row.try_get("plain")?,
        expires_at: UnixMillis(row.try_get("expires_at")?),
        used: match made {
            None => None,
            Some(made) => Some(ActivationUse {
                device_id: parse(made)?,
                generation: row
                    .try_get::<Option<i64>, _>("made_generation")?
                    .ok_or(StoreError::Corrupt("made_generation"))?,
            }),
        },
    })
}
