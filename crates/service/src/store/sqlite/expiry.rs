//! What ends by itself, and what is forgotten.

use countersign_protocol::ids::Urgid;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, audit, carriers, notices, prompts, rows};
use crate::audit::AuditEntry;
use crate::policy::{MINUTE_MS, REPLAY_LIFE_MS, REQUEST_KEPT_MS, SESSION_IDLE_MS};
use crate::store::{Expired, StoreError};
use crate::throttle::{FEW_PASSWORDS, LONGEST_WINDOW_MS, PASSWORDS_FORGOTTEN_MS};

/// Whether anything is over, which is asked far more often than it is so.
pub(super) fn any_over(db: &Db<'_>, now: UnixMillis) -> Result<bool, StoreError> {
    let any = db.one(
        "select 1 from requests where state <> 'decided' and expires_at <= $1 limit 1",
        params![now.0],
        |_| Ok(()),
    )?;
    Ok(any.is_some())
}

pub(super) fn expire_requests(db: &Db<'_>, now: UnixMillis) -> Result<Vec<Expired>, StoreError> {
    db.execute(
        "delete from requests where state = 'prepared' and expires_at <= $1",
        params![now.0],
    )?;
    let ended = db.all("update requests set state = 'decided', outcome = 'timed_out', number = null, decided_at = expires_at
         where state = 'pending' and expires_at <= $1 returning urgid, txid, device_id", params![now.0], |row| {
            Ok((rows::id::<Urgid>(row, "urgid")?, Expired { txid: rows::id(row, "txid")?, device_id: rows::optional_id(row, "device_id")? }))
        })?;
    let mut expired = Vec::with_capacity(ended.len());
    for (urgid, one) in ended {
        let entry = AuditEntry::new(
            now,
            "service".into(),
            "request.expire",
            urgid.as_str(),
            "done",
        );
        audit::append(db, &entry)?;
        expired.push(one);
    }
    Ok(expired)
}

pub(super) fn forget_old(db: &Db<'_>, now: UnixMillis) -> Result<(), StoreError> {
    notices::forget_old(db, now)?;
    prompts::forget_old(db, now)?;
    carriers::forget_old(db, now)?;
    db.execute("delete from nonces where expires_at <= $1", params![now.0])?;
    db.execute(
        "delete from replays where claimed_at <= $1",
        params![(now + -REPLAY_LIFE_MS).0],
    )?;
    db.execute(
        "delete from activations where expires_at <= $1",
        params![(now + -REQUEST_KEPT_MS).0],
    )?;
    db.execute(
        "delete from bypass_codes where expires_at <= $1",
        params![(now + -REQUEST_KEPT_MS).0],
    )?;
    // But for what tells that a device was not heard of since: of those that another device answered, the newest tells it
    db.execute(
        "delete from requests where state = 'decided' and created_at <= $1
           and not ((outcome = 'timed_out' or unheard_by is not null) and fetched_at is null and exists (
             select 1 from devices d where d.id = coalesce(unheard_by, requests.device_id) and d.state = 'active'
               and d.last_seen_at <= requests.created_at)
             and not (unheard_by is not null and exists (
               select 1 from requests n where n.user_id = requests.user_id and n.unheard_by = requests.unheard_by
                 and n.created_at > requests.created_at)))",
        params![(now + -REQUEST_KEPT_MS).0],
    )?;
    // A user's failures are kept until a success; those of activation and of names nobody has would only pile up
    db.execute(
        "delete from throttles where blocked_until <= $2 and subject not like 'user:%'
           and touched_at <= case
             when subject like 'phone:%' or (subject like 'password:%' and failures >= $4) then $3
             when subject like 'directory:%' then $5 else $1 end",
        params![
            (now + -15 * MINUTE_MS).0,
            now.0,
            (now + -PASSWORDS_FORGOTTEN_MS).0,
            FEW_PASSWORDS,
            (now + -(LONGEST_WINDOW_MS + 2 * MINUTE_MS)).0
        ],
    )?;
    db.execute(
        "delete from sessions where ends_at <= $1 or used_at <= $2",
        params![now.0, (now + -SESSION_IDLE_MS).0],
    )?;
    Ok(())
}
