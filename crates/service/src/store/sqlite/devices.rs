//! Devices: finding them as somebody, removing them, and the nonces of their polls.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, audit, notices, own_devices, rows, sessions};
use crate::audit::AuditEntry;
use crate::model::Device;
use crate::policy::{MINUTE_MS, NONCE_LIFE_MS};
use crate::store::StoreError;
use crate::store::gate::EndSessions;

pub(super) fn device(db: &Db<'_>, id: &DeviceId) -> Result<Option<Device>, StoreError> {
    db.one(
        rows::device_query!("where d.id = $1"),
        params![id.as_str()],
        rows::device,
    )
}

pub(super) fn devices_of(db: &Db<'_>, owner: &UserId) -> Result<Vec<Device>, StoreError> {
    db.all(
        rows::device_query!(
            "where d.user_id = $1 and d.state <> 'removed'
             order by d.id is not u.default_device_id, d.created_at, d.id"
        ),
        params![owner.as_str()],
        rows::device,
    )
}

pub(super) fn remove(
    db: &Db<'_>,
    owner: &UserId,
    device: &DeviceId,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let removed = db.execute(
        "update devices set state = 'removed', stopped_by = null, stopped_at = $3
         where id = $1 and user_id = $2 and state <> 'removed'",
        params![device.as_str(), owner.as_str(), entry.at.0],
    )?;
    if removed == 0 {
        return Ok(false);
    }
    own_devices::end_what_hangs_on(db, device, entry.at)?;
    notices::tell_others(db, device, NoticeKind::Removed, entry.at)?;
    sessions::end_of_user(db, owner, &EndSessions::All, entry.at)?;
    audit::append(db, entry)?;
    Ok(true)
}

pub(super) fn use_nonce(
    db: &Db<'_>,
    device: &DeviceId,
    nonce: &str,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let fresh = db.execute(
        "insert into nonces (device_id, nonce, expires_at) values ($1, $2, $3)
         on conflict (device_id, nonce) do nothing",
        params![device.as_str(), nonce, (now + NONCE_LIFE_MS).0],
    )?;
    if fresh == 0 {
        return Ok(false);
    }
    // To the minute: a device that polls all the time does not write its row all the time
    db.execute(
        "update devices set last_seen_at = $2 where id = $1 and last_seen_at <= $3",
        params![device.as_str(), now.0, (now + -MINUTE_MS).0],
    )?;
    Ok(true)
}
