//! Activations that a page follows, and ending activations before their time.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::{Row, params};

use super::{Db, Ended, audit, releases, rows};
use crate::audit::AuditEntry;
use crate::model::{LiveBy, LivePart, NewPart, Scan, Unproven};
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
                code_hash: rows::text(row, "code_hash")?.to_owned(),
                scan: scan(row)?,
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

/// Binds a code to the phone that scanned it first.
pub(super) fn note_scan(
    db: &Db<'_>,
    code_hash: &str,
    scan: &Scan,
    entry: &AuditEntry,
) -> Result<Ended<bool>, StoreError> {
    let bound = db.one(
        "update activations set scanned_key = $2, scanned_model = $3
         where code_hash = $1 and live_id is not null and scanned_key is null and used_at is null and cancelled_at is null
           and expires_at > $4
           and (session_id is null or exists (select 1 from sessions s where s.id = activations.session_id))
           and (moves_from is null or exists (select 1 from devices d where d.id = moves_from
             and d.generation = moves_from_generation and d.state = 'active'))
         returning *",
        params![code_hash, &scan.key, &scan.model, entry.at.0],
        |row| Ok((rows::id::<UserId>(row, "user_id")?, unproven(row)?)),
    )?;
    let Some((user, unproven)) = bound else {
        return Ok(Ended::Undone(false));
    };
    if !releases::still_holds(db, &user, unproven, entry.at)? {
        return Ok(Ended::Undone(false));
    }
    audit::append(db, entry)?;
    Ok(Ended::Kept(true))
}

/// Takes the word of the page's person that the phone in hand is the one that scanned.
pub(super) fn confirm_scan(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    id: &str,
    key: &str,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let confirmed = db.execute(
        "update activations set confirmed_at = $5
         where live_id = $1 and session_id = $2 and user_id = $3 and scanned_key = $4 and confirmed_at is null
           and used_at is null and cancelled_at is null and expires_at > $5",
        params![id, session.as_str(), owner.as_str(), key, entry.at.0],
    )?;
    if confirmed == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

/// Who scanned the code of an activation.
pub(super) fn scan(row: &Row<'_>) -> Result<Option<Scan>, StoreError> {
    let Some(key) = row.get::<_, Option<String>>("scanned_key")? else {
        return Ok(None);
    };
    Ok(Some(Scan {
        key,
        model: row.get("scanned_model")?,
        confirmed: rows::optional_time(row, "confirmed_at")?.is_some(),
    }))
}

/// The part of an activation that a page follows it by.
pub(super) fn live(row: &Row<'_>) -> Result<Option<LivePart>, StoreError> {
    let Some(id) = row.get::<_, Option<String>>("live_id")? else {
        return Ok(None);
    };
    Ok(Some(LivePart {
        id,
        by: by(row)?,
        new: new_part(row)?,
    }))
}

fn by(row: &Row<'_>) -> Result<LiveBy, StoreError> {
    if let Some(id) = rows::optional_id::<DeviceId>(row, "moves_from")? {
        let generation: Option<i64> = row.get("moves_from_generation")?;
        return Ok(LiveBy::Device {
            id,
            generation: generation.ok_or(StoreError::Corrupt("moves_from_generation"))?,
        });
    }
    let id: Option<String> = row.get("session_id")?;
    Ok(LiveBy::Session {
        id: id.ok_or(StoreError::Corrupt("session_id"))?,
        unproven: unproven(row)?,
    })
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
