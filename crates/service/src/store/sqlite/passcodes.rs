//! Passcodes: counting attempts, using codes up, bypass codes.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use rusqlite::{Row, params};

use super::{Db, Ended, audit, notices, rows};
use crate::audit::AuditEntry;
use crate::model::{BypassCode, CodeKind};
use crate::policy::{FINAL_ANSWER_REPEATS_MS, HOTP_RESYNC_MS, PUSH_PAUSE_MS};
use crate::request::Outcome;
use crate::store::{DecidedRecord, PasscodeMaterial, PasscodeUse, StoreError};
use crate::throttle::{Admission, Count, Subject, admit};

pub(super) fn count_attempts(
    db: &Db<'_>,
    subjects: &[Subject],
    now: UnixMillis,
) -> Result<Ended<Admission>, StoreError> {
    let mut worst = Count::NONE;
    for subject in subjects {
        let key = subject.key();
        match admit(subject, known(db, &key)?, now) {
            // An earlier subject is not counted either
            refused @ Admission::Refused { .. } => return Ok(Ended::Undone(refused)),
            Admission::Counted(count) => {
                save(db, &key, count)?;
                if count.failures > worst.failures {
                    worst = count;
                }
            }
        }
    }
    Ok(Ended::Kept(Admission::Counted(worst)))
}

fn known(db: &Db<'_>, key: &str) -> Result<Count, StoreError> {
    let known = db.one(
        "select failures, blocked_until, touched_at from throttles where subject = $1",
        params![key],
        |row| {
            Ok(Count {
                failures: row.get("failures")?,
                blocked_until: rows::time(row, "blocked_until")?,
                touched_at: rows::time(row, "touched_at")?,
            })
        },
    )?;
    Ok(known.unwrap_or(Count::NONE))
}

/// Until when attempts of a subject are not looked at.
pub(super) fn blocked_until(db: &Db<'_>, subject: &Subject) -> Result<UnixMillis, StoreError> {
    Ok(known(db, &subject.key())?.blocked_until)
}

fn save(db: &Db<'_>, key: &str, count: Count) -> Result<(), StoreError> {
    db.execute("insert into throttles (subject, failures, blocked_until, touched_at) values ($1, $2, $3, $4)
         on conflict (subject) do update set failures = excluded.failures, blocked_until = excluded.blocked_until,
           touched_at = excluded.touched_at", params![key, count.failures, count.blocked_until.0, count.touched_at.0])?;
    Ok(())
}

pub(super) fn clear_attempts(db: &Db<'_>, subject: &Subject) -> Result<(), StoreError> {
    db.execute(
        "delete from throttles where subject = $1",
        params![subject.key()],
    )?;
    Ok(())
}

/// Of an attempt that was let through, and so found nothing in its way.
pub(super) fn take_back_attempts(db: &Db<'_>, subjects: &[Subject]) -> Result<(), StoreError> {
    for subject in subjects {
        db.execute(
            "update throttles set failures = failures - 1, blocked_until = 0 where subject = $1 and failures > 0",
            params![subject.key()],
        )?;
    }
    Ok(())
}

/// A second factor succeeded: failures before it no longer count, and pushes are made again unless one was reported.
pub(super) fn note_success(db: &Db<'_>, user: &UserId, now: UnixMillis) -> Result<(), StoreError> {
    db.execute(
        "delete from throttles where subject = $1",
        params![Subject::User(user.clone()).key()],
    )?;
    // The pause of a report stays: the owner signing in does not make the other one go away (row C7)
    // A report comes within minutes of its request, so an hour of them is enough to look through
    let an_hour_ago = now + -2 * PUSH_PAUSE_MS;
    db.execute("update users set last_success_at = $2, pushes_paused_until = case
           when exists (select 1 from requests where user_id = $1 and created_at > $4 and reported_at > $3) then pushes_paused_until
           else 0 end
         where id = $1", params![user.as_str(), now.0, (now + -PUSH_PAUSE_MS).0, an_hour_ago.0])?;
    Ok(())
}

pub(super) fn material(
    db: &Db<'_>,
    owner: &UserId,
    now: UnixMillis,
) -> Result<PasscodeMaterial, StoreError> {
    let devices = db.all(
        rows::device_query!(
            "where d.user_id = $1 and d.state = 'active' and d.otp_sealed <> x'' order by d.created_at, d.id"
        ),
        params![owner.as_str()],
        rows::device,
    )?;
    let bypass_codes = db.all(
        "select id, kind, salt, hash, expires_at from bypass_codes
         where user_id = $1 and used_at is null and expires_at > $2 order by salt",
        params![owner.as_str(), now.0],
        bypass_code,
    )?;
    Ok(PasscodeMaterial {
        devices,
        bypass_codes,
    })
}

/// Those of a user that were used and have not run out.
pub(super) fn used_bypass_codes(
    db: &Db<'_>,
    owner: &UserId,
    now: UnixMillis,
) -> Result<Vec<BypassCode>, StoreError> {
    db.all(
        "select id, kind, salt, hash, expires_at from bypass_codes
         where user_id = $1 and used_at is not null and expires_at > $2 order by salt",
        params![owner.as_str(), now.0],
        bypass_code,
    )
}

fn bypass_code(row: &Row<'_>) -> Result<BypassCode, StoreError> {
    Ok(BypassCode {
        id: row.get("id")?,
        kind: CodeKind::of(rows::text(row, "kind")?).ok_or(StoreError::Corrupt("kind"))?,
        salt: row.get("salt")?,
        hash: row.get("hash")?,
        expires_at: rows::time(row, "expires_at")?,
    })
}

pub(super) fn accept(
    db: &Db<'_>,
    owner: &UserId,
    used: &PasscodeUse,
    record: Option<&DecidedRecord>,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    if !consume(db, owner, used, entry.at)? {
        return Ok(false);
    }
    keep(db, record, Outcome::Approved, entry)?;
    audit::append(db, entry)?;
    Ok(true)
}

/// Uses up what made a passcode good, and notes the success. `false` if it was used before.
pub(super) fn consume(
    db: &Db<'_>,
    owner: &UserId,
    used: &PasscodeUse,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let consumed = match used {
        PasscodeUse::Device { id, generation, counter } => {
            db.execute("update devices set otp_last = $4
                 where id = $1 and user_id = $2 and generation = $3 and state = 'active' and otp_last < $4
                   and exists (select 1 from users u where u.id = $2 and u.status <> 'disabled')", params![id.as_str(), owner.as_str(), *generation, *counter])?
        }
        PasscodeUse::Bypass { id, .. } => {
            db.execute("update bypass_codes set used_at = $3
                 where id = $1 and user_id = $2 and used_at is null and expires_at > $3
                   and exists (select 1 from users u where u.id = $2 and u.status <> 'disabled')", params![id, owner.as_str(), now.0])?
        }
    };
    if consumed != 1 {
        return Ok(false);
    }
    note_success(db, owner, now)?;
    if let PasscodeUse::Bypass { kind, .. } = used {
        let told = match kind {
            CodeKind::Desk => NoticeKind::BypassUsed,
            CodeKind::Card => NoticeKind::CardUsed,
        };
        notices::tell_of_account(db, owner, told, now)?;
    }
    Ok(true)
}

pub(super) fn note_decided(
    db: &Db<'_>,
    record: Option<&DecidedRecord>,
    outcome: Outcome,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    keep(db, record, outcome, entry)?;
    audit::append(db, entry)?;
    Ok(())
}

pub(super) fn count_resync(
    db: &Db<'_>,
    owner: &UserId,
    device: &DeviceId,
    generation: i64,
    counter: i64,
    now: UnixMillis,
) -> Result<i64, StoreError> {
    let hits: Option<i64> = db.one("update devices set
           resync_hits = case when resync_next = $4 and resync_since > $5 then resync_hits + 1 else 1 end,
           resync_since = case when resync_next = $4 and resync_since > $5 then resync_since else $6 end,
           resync_next = $4 + 1
         where id = $1 and user_id = $2 and generation = $3 and state = 'active' and otp_last < $4
         returning resync_hits", params![device.as_str(), owner.as_str(), generation, counter, (now + -HOTP_RESYNC_MS).0, now.0], |row| Ok(row.get(0)?))?;
    Ok(hits.unwrap_or(0))
}

/// Stores what was decided at once, for `auth_status`.
fn keep(
    db: &Db<'_>,
    record: Option<&DecidedRecord>,
    outcome: Outcome,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let Some(record) = record else { return Ok(()) };
    db.execute("insert into requests (urgid, txid, user_id, integration_id, kind, state, outcome, factor, number_digits,
           tries_left, nonce, context, context_hash, unusual, address, created_at, expires_at, decided_at,
           message)
         values ($1, $2, $3, $4, 'Login', 'decided', $5, $9, 0, 0, '', '', '', 0, $6, $7, $8, $7, $10)", params![record.urgid.as_str(), record.txid.as_str(), record.user_id.as_str(), record.integration_id.as_str(), rows::outcome_text(outcome), &entry.source, entry.at.0, (entry.at + FINAL_ANSWER_REPEATS_MS).0, rows::factor_text(record.factor), &record.message])?;
    Ok(())
}

/// Takes back what was not used of the help desk's. `false` if there was nothing.
pub(super) fn withdraw_bypass_codes(db: &Db<'_>, owner: &UserId) -> Result<bool, StoreError> {
    let withdrawn = db.execute(
        "delete from bypass_codes where user_id = $1 and kind = 'desk' and used_at is null",
        params![owner.as_str()],
    )?;
    Ok(withdrawn > 0)
}

pub(super) fn replace_bypass_codes(
    db: &Db<'_>,
    owner: &UserId,
    codes: &[BypassCode],
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    withdraw_bypass_codes(db, owner)?;
    add_bypass_codes(db, owner, codes, entry.at)?;
    notices::tell_of_account(db, owner, NoticeKind::BypassMade, entry.at)?;
    audit::append(db, entry)?;
    Ok(())
}

/// Stores codes beside whatever there is.
pub(super) fn add_bypass_codes(
    db: &Db<'_>,
    owner: &UserId,
    codes: &[BypassCode],
    now: UnixMillis,
) -> Result<(), StoreError> {
    for code in codes {
        db.execute("insert into bypass_codes (id, user_id, kind, salt, hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)", params![&code.id, owner.as_str(), code.kind.as_str(), &code.salt, &code.hash, now.0, code.expires_at.0])?;
    }
    Ok(())
}
