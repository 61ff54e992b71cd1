//! Activation codes and what comes of them.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::{Row, params};

use super::{Db, Ended, audit, requests, rows};
use crate::audit::AuditEntry;
use crate::model::{Activation, ActivationUse, NewDevice};
use crate::request::Outcome;
use crate::store::{Activated, StoreError};

pub(super) fn add(
    db: &Db<'_>,
    activation: &Activation,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    if let Some(device) = &activation.device_id {
        // A later code for the same device replaces the earlier one
        db.execute(
            "delete from activations where device_id = $1 and used_at is null",
            params![device.as_str()],
        )?;
    }
    db.execute("insert into activations (code_hash, user_id, device_id, plain, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)", params![&activation.code_hash, activation.user_id.as_str(), activation.device_id.as_ref().map(DeviceId::as_str), activation.plain, entry.at.0, activation.expires_at.0])?;
    audit::append(db, entry)?;
    Ok(())
}

pub(super) fn find(db: &Db<'_>, code_hash: &str) -> Result<Option<Activation>, StoreError> {
    db.one(
        "select * from activations where code_hash = $1",
        params![code_hash],
        activation,
    )
}

pub(super) fn activate(
    db: &Db<'_>,
    code_hash: &str,
    new: &NewDevice,
    now: UnixMillis,
    address: &str,
) -> Result<Ended<Activated>, StoreError> {
    let consumed = db.one("update activations set used_at = $2
         where code_hash = $1 and used_at is null and expires_at > $2
           and exists (select 1 from users u where u.id = activations.user_id and u.status <> 'disabled')
         returning user_id, device_id", params![code_hash, now.0], |row| {
            let device: Option<String> = row.get("device_id")?;
            Ok((rows::id::<UserId>(row, "user_id")?, device))
        })?;
    let Some((user, existing)) = consumed else {
        return Ok(Ended::Undone(Activated::Refused));
    };
    let reactivated = existing.is_some();
    let id = if let Some(id) = existing {
        let id = DeviceId::parse(&id).map_err(|_| StoreError::Corrupt("device_id"))?;
        // Nothing is changed when the device was removed or activated again since the seed was sealed
        if !rekey(db, &id, &user, new, now)? {
            return Ok(Ended::Undone(Activated::Refused));
        }
        requests::end_open_of_device(db, &id, Outcome::Cancelled, now)?;
        id
    } else {
        insert(db, &user, new, now)?;
        new.id.clone()
    };
    db.execute(
        "update activations set made_device_id = $2, made_generation = $3 where code_hash = $1",
        params![code_hash, id.as_str(), new.generation],
    )?;
    let action = if reactivated {
        "device.reactivate"
    } else {
        "device.activate"
    };
    let entry = AuditEntry::new(now, format!("device:{id}"), action, user.as_str(), "done")
        .from_address(address);
    audit::append(db, &entry)?;
    let device = db.only(
        rows::device_query!("where d.id = $1"),
        params![id.as_str()],
        rows::device,
    )?;
    Ok(Ended::Kept(Activated::Done {
        device: Box::new(device),
        reactivated,
    }))
}

fn insert(db: &Db<'_>, user: &UserId, new: &NewDevice, now: UnixMillis) -> Result<(), StoreError> {
    db.execute("insert into devices (id, akey, user_id, name, platform, model, app_version, dialect, push_key, key_storage,
           otp_sealed, otp_kind, otp_last, sequence, generation, state, created_at, activated_at, last_seen_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, -1, 0, $13, 'active', $14, $14, $14)", params![new.id.as_str(), new.akey.as_str(), user.as_str(), &new.name, &new.platform, &new.model, &new.app_version, rows::dialect_text(new.dialect), new.push_key.as_deref(), &new.key_storage, new.otp.as_stored(), rows::passcode_kind_text(new.otp_kind), new.generation, now.0])?;
    Ok(())
}

/// Gives an existing device its new keys; the old ones stop with this transaction. Its name stays.
fn rekey(
    db: &Db<'_>,
    id: &DeviceId,
    user: &UserId,
    new: &NewDevice,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let changed = db.execute("update devices set akey = $3, platform = $4, model = $5, app_version = $6, dialect = $7, push_key = $8,
           key_storage = $9, otp_sealed = $10, otp_kind = $11, otp_last = -1, resync_hits = 0, resync_next = -1, sequence = 0, answer_digest = null,
           generation = $12, state = 'active', activated_at = $13, last_seen_at = $13
         where id = $1 and user_id = $2 and state <> 'removed' and generation = $12 - 1", params![id.as_str(), user.as_str(), new.akey.as_str(), &new.platform, &new.model, &new.app_version, rows::dialect_text(new.dialect), new.push_key.as_deref(), &new.key_storage, new.otp.as_stored(), rows::passcode_kind_text(new.otp_kind), new.generation, now.0])?;
    Ok(changed == 1)
}

fn activation(row: &Row<'_>) -> Result<Activation, StoreError> {
    let made: Option<String> = row.get("made_device_id")?;
    let device: Option<String> = row.get("device_id")?;
    let parse = |id: String| DeviceId::parse(&id).map_err(|_| StoreError::Corrupt("device_id"));
    Ok(Activation {
        code_hash: row.get("code_hash")?,
        user_id: rows::id(row, "user_id")?,
        device_id: device.map(parse).transpose()?,
        plain: row.get("plain")?,
        expires_at: UnixMillis(row.get("expires_at")?),
        used: match made {
            None => None,
            Some(made) => Some(ActivationUse {
                device_id: parse(made)?,
                generation: row
                    .get::<_, Option<i64>>("made_generation")?
                    .ok_or(StoreError::Corrupt("made_generation"))?,
            }),
        },
    })
}
