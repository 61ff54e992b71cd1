//! Requests: finding them as somebody, counting polls, ending them.

use countersign_protocol::ids::{DeviceId, IntegrationKey, Txid, Urgid, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::endings::Of;
use super::{Db, audit, rows};
use crate::audit::AuditEntry;
use crate::policy::{FINAL_ANSWER_REPEATS_MS, REQUEST_LIFE_MS, SHARED_ANSWER_TOLD_MS};
use crate::request::{Outcome, Request, SharedAnswer};
use crate::store::{DeviceRequests, StoreError};

pub(super) fn of_integration(
    db: &Db<'_>,
    integration: &IntegrationKey,
    txid: &Txid,
) -> Result<Option<Request>, StoreError> {
    db.one(
        "select * from requests where txid = $1 and integration_id = $2",
        params![txid.as_str(), integration.as_str()],
        rows::request,
    )
}

pub(super) fn count_poll(
    db: &Db<'_>,
    integration: &IntegrationKey,
    txid: &Txid,
) -> Result<Option<Request>, StoreError> {
    let counted = db.one(
        "update requests set polls = polls + 1
         where txid = $1 and integration_id = $2 and state = 'pending' returning *",
        params![txid.as_str(), integration.as_str()],
        rows::request,
    )?;
    match counted {
        Some(request) => Ok(Some(request)),
        None => of_integration(db, integration, txid),
    }
}

/// What waits for a device, and what waited and was answered by another, from one look.
pub(super) fn of_list(
    db: &Db<'_>,
    device: &DeviceId,
    now: UnixMillis,
) -> Result<DeviceRequests, StoreError> {
    let pending = db.all(
        "select * from requests where device_id = $1 and state = 'pending' and expires_at > $2
         union all
         select r.* from devices d join requests r on r.user_id = d.user_id and r.created_at >= d.activated_at
         where d.id = $1 and d.dialect = 'countersign/1' and r.shared = 1 and r.device_id <> $1 and r.state = 'pending'
           and r.expires_at > $2
         order by created_at, urgid",
        params![device.as_str(), now.0],
        rows::request,
    )?;
    let answered = db.all(
        "select r.urgid, r.outcome, r.decided_at, d.name from devices me
           join requests r on r.user_id = me.user_id and r.created_at >= me.activated_at
           join devices d on d.id = r.device_id
         where me.id = $1 and me.dialect = 'countersign/1' and r.shared = 1 and r.device_id <> $1
           and r.outcome in ('approved', 'denied') and r.expires_at > $2 and r.decided_at > $3
         order by r.decided_at, r.urgid",
        params![
            device.as_str(),
            (now + -(SHARED_ANSWER_TOLD_MS + REQUEST_LIFE_MS)).0,
            (now + -SHARED_ANSWER_TOLD_MS).0
        ],
        rows::shared_answer,
    )?;
    Ok(DeviceRequests { pending, answered })
}

/// Which other device answered a request that this one was asked too.
pub(super) fn answered_elsewhere(
    db: &Db<'_>,
    device: &DeviceId,
    urgid: &Urgid,
) -> Result<Option<SharedAnswer>, StoreError> {
    db.one(
        "select r.urgid, r.outcome, r.decided_at, d.name from requests r join devices d on d.id = r.device_id
         where r.urgid = $1 and r.device_id <> $2 and r.outcome in ('approved', 'denied')",
        params![urgid.as_str(), device.as_str()],
        rows::shared_answer,
    )
}

/// Notes of everything that waits for a device, and that the device did not know of, that it knows now. What it was only asked
/// with another says nothing of that one.
pub(super) fn note_fetched(
    db: &Db<'_>,
    device: &DeviceId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update requests set fetched_at = $2
         where device_id = $1 and state = 'pending' and fetched_at is null and expires_at > $2",
        params![device.as_str(), now.0],
    )?;
    Ok(())
}

pub(super) fn of_device(
    db: &Db<'_>,
    device: &DeviceId,
    urgid: &Urgid,
) -> Result<Option<Request>, StoreError> {
    db.one(
        "select * from requests where urgid = $1 and (device_id = $2 or (shared = 1 and exists (
           select 1 from devices d where d.id = $2 and d.dialect = 'countersign/1' and d.user_id = requests.user_id
             and d.activated_at <= requests.created_at)))",
        params![urgid.as_str(), device.as_str()],
        rows::request,
    )
}

pub(super) fn end(
    db: &Db<'_>,
    integration: &IntegrationKey,
    txid: &Txid,
    outcome: Outcome,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let ended = db.execute(
        "update requests set state = 'decided', outcome = $3, number = null, decided_at = $4
         where txid = $1 and integration_id = $2 and state <> 'decided'",
        params![
            txid.as_str(),
            integration.as_str(),
            rows::outcome_text(outcome),
            entry.at.0
        ],
    )?;
    if ended == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

/// Ends what waits for a device, in the transaction that stops the device (row C9), also where others were asked with it: why a
/// device is stopped may be why somebody signs in.
pub(super) fn end_open_of_device(
    db: &Db<'_>,
    device: &DeviceId,
    outcome: Outcome,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update requests set state = 'decided', outcome = $2, number = null, decided_at = $3
         where device_id = $1 and state = 'pending'",
        params![device.as_str(), rows::outcome_text(outcome), now.0],
    )?;
    Ok(())
}

/// Ends everything open of a user, in the transaction that stops the user (row C9).
pub(super) fn end_open_of_user(
    db: &Db<'_>,
    user: &UserId,
    outcome: Outcome,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update requests set state = 'decided', outcome = $2, number = null, decided_at = $3
         where user_id = $1 and state <> 'decided'",
        params![user.as_str(), rows::outcome_text(outcome), now.0],
    )?;
    Ok(())
}

/// An approval that an integration could still fetch, for the first time or again, is one no more: what stood behind it
/// ended (row C9). That it was given stays in the audit log, and older ones stay as they are.
pub(super) fn withdraw_approved(
    db: &Db<'_>,
    of: Of<'_>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (column, value) = match of {
        Of::Device(device) => ("device_id", device.as_str()),
        Of::User(user) => ("user_id", user.as_str()),
    };
    let sql = format!(
        "update requests set outcome = 'cancelled'
         where {column} = $1 and outcome = 'approved' and purpose = 'sign_in' and decided_at >= $2"
    );
    db.execute(&sql, params![value, (now + -FINAL_ANSWER_REPEATS_MS).0])?;
    Ok(())
}
