//! Activations that a page follows, and ending activations before their time.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::{Row, params};

use super::{Db, audit, rows};
use crate::audit::AuditEntry;
use crate::model::{LivePart, NewPart, Unproven};
use crate::self_service::session::SessionId;
use crate::store::StoreError;
use crate::store::own::FollowedActivation;

/// Ends the unused activations of a device. They stay, so that a page learns what became of its own.
pub(super) fn cancel_of_device(
    db: &Db<'_>,
    device: &DeviceId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update activations set cancelled_at = $2, expires_at = min(expires_at, $2)
         where device_id = $1 and used_at is null and cancelled_at is null and expires_at > $2",
        params![device.as_str(), now.0],
    )?;
    Ok(())
}

pub(super) fn followed(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    id: &str,
) -> Result<Option<FollowedActivation>, StoreError> {
    db.one(
        "select * from activations where live_id = $1 and session_id = $2 and user_id = $3",
        params![id, session.as_str(), owner.as_str()],
        |row| {
            Ok(FollowedActivation {
                live: live(row)?.ok_or(StoreError::Corrupt("live_id"))?,
                device: rows::optional_id(row, "device_id")?,
                made: rows::optional_id(row, "made_device_id")?,
                cancelled: rows::optional_time(row, "cancelled_at")?.is_some(),
                expires_at: rows::time(row, "expires_at")?,
            })
        },
    )
}

pub(super) fn cancel(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    id: &str,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let cancelled = db.execute(
        "update activations set cancelled_at = $4, expires_at = min(expires_at, $4)
         where live_id = $1 and session_id = $2 and user_id = $3 and used_at is null and cancelled_at is null
           and expires_at > $4",
        params![id, session.as_str(), owner.as_str(), entry.at.0],
    )?;
    if cancelled == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

/// The part of an activation that a page follows it by.
pub(super) fn live(row: &Row<'_>) -> Result<Option<LivePart>, StoreError> {
    let Some(id) = row.get::<_, Option<String>>("live_id")? else {
        return Ok(None);
    };
    Ok(Some(LivePart {
        id,
        session_id: row
            .get::<_, Option<String>>("session_id")?
            .ok_or(StoreError::Corrupt("session_id"))?,
        unproven: unproven(row)?,
        new: new_part(row)?,
    }))
}

fn unproven(row: &Row<'_>) -> Result<Option<Unproven>, StoreError> {
    let by = if rows::flag(row, "released")? {
        Unproven::Release
    } else {
        Unproven::Site
    };
    Ok(rows::flag(row, "only_first")?.then_some(by))
}

fn new_part(row: &Row<'_>) -> Result<Option<NewPart>, StoreError> {
    let Some(name) = row.get::<_, Option<String>>("name")? else {
        return Ok(None);
    };
    let number = row.get::<_, Option<String>>("number")?;
    let confirmed_at = rows::optional_time(row, "number_confirmed_at")?;
    Ok(Some(NewPart {
        kind: rows::kind(row)?,
        name,
        number: number.zip(confirmed_at),
    }))
}
