//! Passcodes: counting attempts, using codes up, bypass codes.

use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;
use sqlx::Row;

use super::{SqliteStore, Tx, audit, rows};
use crate::access::AsUser;
use crate::audit::AuditEntry;
use crate::model::{BypassCode, Device};
use crate::policy::{FINAL_ANSWER_REPEATS_MS, HOTP_RESYNC_MS, PUSH_PAUSE_MS};
use crate::request::Outcome;
use crate::store::{DecidedRecord, PasscodeMaterial, PasscodeUse, StoreError};
use crate::throttle::{Admission, Count, Subject, admit};

pub(super) async fn count_attempts(
    store: &SqliteStore,
    subjects: &[Subject],
    now: UnixMillis,
) -> Result<Admission, StoreError> {
    let mut tx = store.write().await?;
    let mut worst = Count::NONE;
    for subject in subjects {
        let key = subject.key();
        match admit(subject, known(&mut tx, &key).await?, now) {
            // The transaction is dropped, so an earlier subject is not counted either
            refused @ Admission::Refused { .. } => return Ok(refused),
            Admission::Counted(count) => {
                save(&mut tx, &key, count).await?;
                if count.failures > worst.failures {
                    worst = count;
                }
            }
        }
    }
    tx.commit().await?;
    Ok(Admission::Counted(worst))
}

async fn known(tx: &mut Tx, key: &str) -> Result<Count, StoreError> {
    let row =
        sqlx::query("select failures, blocked_until, touched_at from throttles where subject = $1")
            .bind(key)
            .fetch_optional(&mut **tx)
            .await?;
    let Some(row) = row else {
        return Ok(Count::NONE);
    };
    Ok(Count {
        failures: row.try_get("failures")?,
        blocked_until: UnixMillis(row.try_get("blocked_until")?),
        touched_at: UnixMillis(row.try_get("touched_at")?),
    })
}

async fn save(tx: &mut Tx, key: &str, count: Count) -> Result<(), StoreError> {
    sqlx::query(
        "insert into throttles (subject, failures, blocked_until, touched_at) values ($1, $2, $3, $4)
         on conflict (subject) do update set failures = excluded.failures, blocked_until = excluded.blocked_until,
           touched_at = excluded.touched_at",
    )
    .bind(key)
    .bind(count.failures)
    .bind(count.blocked_until.0)
    .bind(count.touched_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn clear_attempts(
    store: &SqliteStore,
    subject: &Subject,
) -> Result<(), StoreError> {
    sqlx::query("delete from throttles where subject = $1")
        .bind(subject.key())
        .execute(&store.writer)
        .await?;
    Ok(())
}

/// A second factor succeeded: failures before it no longer count, and pushes are made again unless one was reported.
pub(super) async fn note_success(
    tx: &mut Tx,
    user: &UserId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("delete from throttles where subject = $1")
        .bind(Subject::User(user.clone()).key())
        .execute(&mut **tx)
        .await?;
    // The pause of a report stays: the owner signing in does not make the other one go away (row C7)
    sqlx::query(
        "update users set last_success_at = $2, pushes_paused_until = case
           when exists (select 1 from requests where user_id = $1 and created_at > $4 and reported_at > $3) then pushes_paused_until
           else 0 end
         where id = $1",
    )
    .bind(user.as_str())
    .bind(now.0)
    .bind((now + -PUSH_PAUSE_MS).0)
    // A report comes within minutes of its request, so an hour of them is enough to look through
    .bind((now + -2 * PUSH_PAUSE_MS).0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn material(
    store: &SqliteStore,
    owner: &AsUser<'_>,
    now: UnixMillis,
) -> Result<PasscodeMaterial, StoreError> {
    let devices = sqlx::query(rows::device_query!(
        "where d.user_id = $1 and d.state = 'active' order by d.created_at, d.id"
    ))
    .bind(owner.id().as_str())
    .fetch_all(&store.readers)
    .await?;
    let codes = sqlx::query(
        "select id, salt, hash, expires_at from bypass_codes
         where user_id = $1 and used_at is null and expires_at > $2 order by salt",
    )
    .bind(owner.id().as_str())
    .bind(now.0)
    .fetch_all(&store.readers)
    .await?;
    let bypass_codes = codes
        .iter()
        .map(|row| {
            Ok(BypassCode {
                id: row.try_get("id")?,
                salt: row.try_get("salt")?,
                hash: row.try_get("hash")?,
                expires_at: UnixMillis(row.try_get("expires_at")?),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(PasscodeMaterial {
        devices: devices.iter().map(rows::device).collect::<Result<_, _>>()?,
        bypass_codes,
    })
}

pub(super) async fn accept(
    store: &SqliteStore,
    owner: &AsUser<'_>,
    used: &PasscodeUse,
    record: Option<&DecidedRecord>,
    entry: AuditEntry,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let consumed = match used {
        PasscodeUse::Device { id, generation, counter } => {
            sqlx::query(
                "update devices set otp_last = $4
                 where id = $1 and user_id = $2 and generation = $3 and state = 'active' and otp_last < $4
                   and exists (select 1 from users u where u.id = $2 and u.status <> 'disabled')",
            )
            .bind(id.as_str())
            .bind(owner.id().as_str())
            .bind(*generation)
            .bind(*counter)
            .execute(&mut *tx)
            .await?
        }
        PasscodeUse::Bypass { id } => {
            sqlx::query(
                "update bypass_codes set used_at = $3
                 where id = $1 and user_id = $2 and used_at is null and expires_at > $3
                   and exists (select 1 from users u where u.id = $2 and u.status <> 'disabled')",
            )
            .bind(id)
            .bind(owner.id().as_str())
            .bind(entry.at.0)
            .execute(&mut *tx)
            .await?
        }
    };
    if consumed.rows_affected() != 1 {
        return Ok(false);
    }
    note_success(&mut tx, owner.id(), entry.at).await?;
    keep(&mut tx, record, Outcome::Approved, &entry).await?;
    audit::append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn note_decided(
    store: &SqliteStore,
    record: Option<&DecidedRecord>,
    outcome: Outcome,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    keep(&mut tx, record, outcome, &entry).await?;
    audit::append(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn count_resync(
    store: &SqliteStore,
    owner: &AsUser<'_>,
    device: &Device,
    counter: i64,
    now: UnixMillis,
) -> Result<i64, StoreError> {
    let hits: Option<i64> = sqlx::query_scalar(
        "update devices set
           resync_hits = case when resync_next = $4 and resync_since > $5 then resync_hits + 1 else 1 end,
           resync_since = case when resync_next = $4 and resync_since > $5 then resync_since else $6 end,
           resync_next = $4 + 1
         where id = $1 and user_id = $2 and generation = $3 and state = 'active' and otp_last < $4
         returning resync_hits",
    )
    .bind(device.id.as_str())
    .bind(owner.id().as_str())
    .bind(device.generation)
    .bind(counter)
    .bind((now + -HOTP_RESYNC_MS).0)
    .bind(now.0)
    .fetch_optional(&store.writer)
    .await?;
    Ok(hits.unwrap_or(0))
}

/// Stores what was decided at once, for `auth_status`.
async fn keep(
    tx: &mut Tx,
    record: Option<&DecidedRecord>,
    outcome: Outcome,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let Some(record) = record else { return Ok(()) };
    sqlx::query(
        "insert into requests (urgid, txid, user_id, integration_id, kind, state, outcome, factor, number_digits,
           tries_left, nonce, context, context_hash, unusual, address, created_at, expires_at, decided_at,
           message)
         values ($1, $2, $3, $4, 'Login', 'decided', $5, $9, 0, 0, '', '', '', 0, $6, $7, $8, $7, $10)",
    )
    .bind(record.urgid.as_str())
    .bind(record.txid.as_str())
    .bind(record.user_id.as_str())
    .bind(record.integration_id.as_str())
    .bind(rows::outcome_text(outcome))
    .bind(&entry.source)
    .bind(entry.at.0)
    .bind((entry.at + FINAL_ANSWER_REPEATS_MS).0)
    .bind(rows::factor_text(record.factor))
    .bind(&record.message)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn replace_bypass_codes(
    store: &SqliteStore,
    owner: &AsUser<'_>,
    codes: &[BypassCode],
    entry: AuditEntry,
) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    sqlx::query("delete from bypass_codes where user_id = $1 and used_at is null")
        .bind(owner.id().as_str())
        .execute(&mut *tx)
        .await?;
    for code in codes {
        sqlx::query(
            "insert into bypass_codes (id, user_id, salt, hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&code.id)
        .bind(owner.id().as_str())
        .bind(&code.salt)
        .bind(&code.hash)
        .bind(entry.at.0)
        .bind(code.expires_at.0)
        .execute(&mut *tx)
        .await?;
    }
    audit::append(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}
