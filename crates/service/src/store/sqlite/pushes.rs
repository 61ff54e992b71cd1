//! Starting a push, within the limits that keep a person from being worn down (row C5).

use countersign_protocol::ids::{DeviceId, IntegrationKey, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, Ended, audit, rows};
use crate::audit::AuditEntry;
use crate::policy::{FATIGUE_LIMIT, FATIGUE_WINDOW_MS, PENDING_PER_USER, PUSH_PAUSE_MS};
use crate::request::{NewRequest, Purpose};
use crate::store::{Started, StoreError};

pub(super) fn prepare(
    db: &Db<'_>,
    request: &NewRequest,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    insert(db, request, "prepared", false)?;
    audit::append(db, entry)?;
    Ok(())
}

pub(super) fn start(
    db: &Db<'_>,
    request: &NewRequest,
    entry: &AuditEntry,
) -> Result<Ended<Started>, StoreError> {
    if let Some(obstacle) = obstacle(db, request)? {
        return note_obstacle(db, obstacle, entry);
    }
    let unusual = is_unusual(db, request)?;
    insert(db, request, "pending", unusual)?;
    audit::append(db, entry)?;
    let asked = db.only(
        "select * from requests where urgid = $1",
        params![request.urgid.as_str()],
        rows::request,
    )?;
    Ok(Ended::Kept(Started::Asked(Box::new(asked))))
}

pub(super) fn start_prepared(
    db: &Db<'_>,
    integration: &IntegrationKey,
    request: &NewRequest,
    entry: &AuditEntry,
) -> Result<Ended<Started>, StoreError> {
    if let Some(obstacle) = obstacle(db, request)? {
        return note_obstacle(db, obstacle, entry);
    }
    let unusual = is_unusual(db, request)?;
    let asked = db.one("update requests set state = 'pending', device_id = $4, kind = $5, context = $6, context_hash = $7,
           unusual = $8, address = $9, created_at = $10, expires_at = $11, shared = $12
         where txid = $1 and integration_id = $2 and user_id = $3 and state = 'prepared' and expires_at > $10
         returning *", params![request.txid.as_str(), integration.as_str(), request.user_id.as_str(), request.device_id.as_ref().map(DeviceId::as_str), &request.kind, &request.context, &request.context_hash, i64::from(unusual), &request.address, request.created_at.0, request.expires_at.0, i64::from(request.shared)], rows::request)?;
    let Some(asked) = asked else {
        return Ok(Ended::Undone(Started::NotPrepared));
    };
    audit::append(db, entry)?;
    Ok(Ended::Kept(Started::Asked(Box::new(asked))))
}

pub(super) fn last_failed(db: &Db<'_>, user: &UserId, now: UnixMillis) -> Result<bool, StoreError> {
    let outcome = db.one(
        "select outcome, state, expires_at, reported_at from requests
         where user_id = $1 and factor = 'push' and purpose <> 'test' and state <> 'prepared'
           and (state = 'decided' or expires_at <= $2)
           -- What was never asked says nothing about the person
           and (outcome is null or outcome in ('approved', 'denied', 'timed_out'))
         order by created_at desc, urgid limit 1",
        params![user.as_str(), now.0],
        |row| Ok(row.get::<_, Option<String>>("outcome")?),
    )?;
    Ok(outcome
        .is_some_and(|outcome| matches!(outcome.as_deref(), None | Some("denied" | "timed_out"))))
}

/// What keeps the device from being asked: it or its user was stopped, too much waits, or pushes are paused.
fn obstacle(db: &Db<'_>, request: &NewRequest) -> Result<Option<Started>, StoreError> {
    let now = request.created_at;
    let stands = db.one("select u.pushes_paused_until, u.last_success_at from devices d join users u on u.id = d.user_id
         where d.id = $1 and d.user_id = $2 and d.state = 'active' and d.dialect <> 'passcode' and u.status <> 'disabled'", params![request.device_id.as_ref().map(DeviceId::as_str), request.user_id.as_str()], |row| {
        Ok((rows::time(row, "pushes_paused_until")?, rows::time(row, "last_success_at")?))
    })?;
    let Some((paused_until, last_success_at)) = stands else {
        return Ok(Some(Started::Gone));
    };
    if request.purpose == Purpose::Test {
        return pending_is_full(db, request);
    }
    if now < paused_until {
        return Ok(Some(Started::Paused(paused_until)));
    }
    if let Some(full) = pending_is_full(db, request)? {
        return Ok(Some(full));
    }
    // A success of later than now was noted while the clock was wrong
    let last_success = if last_success_at <= now {
        last_success_at.0
    } else {
        0
    };
    let since = (now + -FATIGUE_WINDOW_MS).0.max(last_success);
    // What a page asked for and gave up rang all the same, and whoever knows the password can do both. It counts half:
    // people change their minds
    let unwanted_halves: i64 = db.only(
        "select coalesce(sum(case outcome when 'cancelled' then 1 else 2 end), 0) from requests
         where user_id = $1 and factor = 'push' and purpose <> 'test' and created_at > $2
           and (outcome in ('denied', 'timed_out') or (outcome = 'cancelled' and (purpose = 'self_service'
               or exists (select 1 from proofs p where p.urgid = requests.urgid)))
             or (state = 'pending' and expires_at <= $3))",
        params![request.user_id.as_str(), since, now.0],
        |row| Ok(row.get(0)?),
    )?;
    if unwanted_halves < 2 * FATIGUE_LIMIT {
        return Ok(None);
    }
    let until = now + PUSH_PAUSE_MS;
    pause(db, &request.user_id, until)?;
    Ok(Some(Started::Paused(until)))
}

fn pending_is_full(db: &Db<'_>, request: &NewRequest) -> Result<Option<Started>, StoreError> {
    let pending: i64 = db.only("select count(*) from requests where user_id = $1 and state = 'pending' and expires_at > $2", params![request.user_id.as_str(), request.created_at.0], |row| Ok(row.get(0)?))?;
    Ok((pending >= PENDING_PER_USER).then_some(Started::TooManyPending))
}

/// Stops pushes to a user until then, never for a shorter time than before.
pub(super) fn pause(db: &Db<'_>, user: &UserId, until: UnixMillis) -> Result<(), StoreError> {
    db.execute(
        "update users set pushes_paused_until = $2 where id = $1 and pushes_paused_until < $2",
        params![user.as_str(), until.0],
    )?;
    Ok(())
}

/// A push that was not made leaves its row too: it is how an attack shows.
fn note_obstacle(
    db: &Db<'_>,
    obstacle: Started,
    entry: &AuditEntry,
) -> Result<Ended<Started>, StoreError> {
    let result = match &obstacle {
        Started::TooManyPending => "too_many_pending",
        Started::Paused(_) => "paused",
        _ => "gone",
    };
    audit::append(
        db,
        &AuditEntry {
            result,
            ..entry.clone()
        },
    )?;
    Ok(Ended::Kept(obstacle))
}

fn is_unusual(db: &Db<'_>, request: &NewRequest) -> Result<bool, StoreError> {
    if request.address.is_empty() || request.purpose == Purpose::Test {
        return Ok(false);
    }
    let known = db.one(
        "select 1 from confirmed_addresses where user_id = $1 and address = $2",
        params![request.user_id.as_str(), &request.address],
        |_| Ok(()),
    )?;
    Ok(known.is_none())
}

fn insert(db: &Db<'_>, request: &NewRequest, state: &str, unusual: bool) -> Result<(), StoreError> {
    db.execute("insert into requests (urgid, txid, user_id, integration_id, device_id, kind, state, factor, number_digits,
           number, tries_left, nonce, context, context_hash, unusual, address, created_at, expires_at, purpose, shared)
         values ($1, $2, $3, $4, $5, $6, $7, 'push', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)", params![request.urgid.as_str(), request.txid.as_str(), request.user_id.as_str(), request.integration_id.as_ref().map(IntegrationKey::as_str), request.device_id.as_ref().map(DeviceId::as_str), &request.kind, state, i64::from(request.number.digits), request.number.expected.as_deref(), request.number.tries_left, &request.nonce, &request.context, &request.context_hash, i64::from(unusual), &request.address, request.created_at.0, request.expires_at.0, rows::purpose_text(request.purpose), i64::from(request.shared)])?;
    Ok(())
}
