//! A person's own devices: their list with what hangs on it, and the changes they make.

use countersign_protocol::ids::{DeviceId, Urgid, UserId};
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::First;
use rusqlite::{Row, params};

use super::{Db, Ended, audit, endings, live_activations, notices, rows, sessions};
use crate::audit::AuditEntry;
use crate::policy::MINUTE_MS;
use crate::request::Request;
use crate::self_service::devices::{Prover, judge_removal};
use crate::self_service::phone_number::E164;
use crate::self_service::session::{SessionId, fresh_proofs};
use crate::store::StoreError;
use crate::store::gate::EndSessions;
use crate::store::own::{Changed, OwnedDevice, Removed};

pub(super) fn list(
    db: &Db<'_>,
    owner: &UserId,
    now: UnixMillis,
) -> Result<Vec<OwnedDevice>, StoreError> {
    db.all(
        "select d.*, u.name as username, u.status as user_status,
           exists (select 1 from requests r
             where r.user_id = d.user_id and r.created_at >= d.last_seen_at
               and r.factor = 'push' and r.fetched_at is null
               and (r.unheard_by = d.id or (r.device_id = d.id
                 and (r.outcome = 'timed_out' or (r.state = 'pending' and r.expires_at <= $2))))) as silent
         from devices d join users u on u.id = d.user_id where d.user_id = $1 and d.state <> 'removed'
         order by d.id is not u.default_device_id, d.created_at, d.id",
        params![owner.as_str(), now.0],
        owned,
    )
}

fn owned(row: &Row<'_>) -> Result<OwnedDevice, StoreError> {
    Ok(OwnedDevice {
        device: rows::device(row)?,
        kind: rows::kind(row)?,
        number: row
            .get::<_, Option<String>>("number")?
            .map(E164::from_stored),
        number_confirmed_at: rows::optional_time(row, "number_confirmed_at")?,
        extension: row.get("extension")?,
        first: rows::first(row)?,
        silent: rows::flag(row, "silent")?,
        replaced_key_seen_at: rows::optional_time(row, "replaced_key_seen_at")?,
        added_at: rows::time(row, "created_at")?,
    })
}

pub(super) fn rename(
    db: &Db<'_>,
    owner: &UserId,
    device: &DeviceId,
    name: &str,
    entry: &AuditEntry,
) -> Result<Ended<Changed>, StoreError> {
    let others = names(db, owner, Some(device))?;
    let renamed = db.execute(
        "update devices set name = $3 where id = $1 and user_id = $2 and state <> 'removed'",
        params![device.as_str(), owner.as_str(), name],
    )?;
    if renamed == 0 {
        return Ok(Ended::Undone(Changed::NotThere));
    }
    let wanted = name.to_lowercase();
    if others.iter().any(|other| other.to_lowercase() == wanted) {
        return Ok(Ended::Undone(Changed::NameTaken));
    }
    audit::append(db, entry)?;
    Ok(Ended::Kept(Changed::Done))
}

/// The names of a person's devices, but for one of them.
fn names(db: &Db<'_>, owner: &UserId, but: Option<&DeviceId>) -> Result<Vec<String>, StoreError> {
    db.all(
        "select name from devices where user_id = $1 and state <> 'removed' and id is not $2",
        params![owner.as_str(), but.map(DeviceId::as_str)],
        |row| Ok(row.get(0)?),
    )
}

/// `name`, or with the first number after it that makes it another one than those of the person's devices.
pub(super) fn free_name(db: &Db<'_>, owner: &UserId, name: &str) -> Result<String, StoreError> {
    let taken: Vec<String> = names(db, owner, None)?
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    let free = |name: &String| !taken.contains(&name.to_lowercase());
    let numbered = (2..).map(|number| format!("{name} {number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(free).ok_or(StoreError::Corrupt("name"))
}

pub(super) fn set_first(
    db: &Db<'_>,
    owner: &UserId,
    device: &DeviceId,
    first: First,
    entry: &AuditEntry,
) -> Result<Changed, StoreError> {
    let set = db.execute(
        "update devices set first = $3 where id = $1 and user_id = $2 and state <> 'removed'",
        params![device.as_str(), owner.as_str(), rows::first_text(first)],
    )?;
    if set == 0 {
        return Ok(Changed::NotThere);
    }
    db.execute(
        "update users set default_device_id = $2 where id = $1",
        params![owner.as_str(), device.as_str()],
    )?;
    audit::append(db, entry)?;
    Ok(Changed::Done)
}

/// Judges and removes; what is judged cannot change in between, because one transaction writes at a time.
pub(super) fn remove(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    device: &DeviceId,
    calls: bool,
    entry: &AuditEntry,
) -> Result<Ended<Removed>, StoreError> {
    let now = entry.at;
    let Some(prover) = prover(db, owner, session, now)? else {
        return Ok(Ended::Undone(Removed::NotProven));
    };
    let devices = list(db, owner, now)?;
    let Some(target) = devices.iter().find(|owned| &owned.device.id == device) else {
        return Ok(Ended::Undone(Removed::NotThere));
    };
    if let Some(refused) = judge_removal(&devices, target, &prover, now, calls) {
        let entry = AuditEntry {
            result: "refused",
            ..entry.clone()
        };
        audit::append(db, &entry)?;
        return Ok(Ended::Kept(Removed::Refused(refused)));
    }
    let removed = db.execute(
        "update devices set state = 'removed', stopped_by = null, stopped_at = $3
         where id = $1 and user_id = $2 and state <> 'removed'",
        params![device.as_str(), owner.as_str(), now.0],
    )?;
    if removed != 1 {
        return Ok(Ended::Undone(Removed::NotThere));
    }
    end_what_hangs_on(db, device, now)?;
    notices::tell_others(db, device, NoticeKind::Removed, now)?;
    sessions::end_of_user(db, owner, &EndSessions::AllBut(session.clone()), now)?;
    audit::append(db, entry)?;
    Ok(Ended::Kept(Removed::Done))
}

/// Ends what is under way for a removed device, its activations, and that it is the default (row C9).
pub(super) fn end_what_hangs_on(
    db: &Db<'_>,
    device: &DeviceId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    endings::of_device(db, device, now)?;
    live_activations::cancel_of_device(db, device, now)?;
    db.execute(
        "update users set default_device_id = null where default_device_id = $1",
        params![device.as_str()],
    )?;
    Ok(())
}

/// By what a session that is still there was proven, not too long ago (row S1).
pub(super) fn prover(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    now: UnixMillis,
) -> Result<Option<Prover>, StoreError> {
    let (since, until) = fresh_proofs(now).into_inner();
    db.one(
        concat!(
            "select ",
            sessions::proves_since!(),
            " as since from sessions s left join devices d on d.id = s.proven_device
             where s.id = $1 and s.user_id = $2 and s.proven_at between $3 and $4"
        ),
        params![session.as_str(), owner.as_str(), since.0, until.0],
        |row| {
            Ok(Prover {
                since: rows::optional_time(row, "since")?,
            })
        },
    )
}

pub(super) fn note_replaced_key(
    db: &Db<'_>,
    device: &DeviceId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    // To the minute, as with calls that are taken
    db.execute(
        "update devices set replaced_key_seen_at = $2
         where id = $1 and (replaced_key_seen_at is null or replaced_key_seen_at <= $3)",
        params![device.as_str(), now.0, (now + -MINUTE_MS).0],
    )?;
    Ok(())
}

pub(super) fn replaced_key(db: &Db<'_>, device: &DeviceId) -> Result<Option<String>, StoreError> {
    let key = db.one(
        "select replaced_key from devices where id = $1",
        params![device.as_str()],
        |row| Ok(row.get(0)?),
    )?;
    Ok(key.flatten())
}

pub(super) fn note_called(
    db: &Db<'_>,
    device: &DeviceId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update devices set last_seen_at = $2 where id = $1 and dialect = 'passcode' and otp_sealed = x''",
        params![device.as_str(), now.0],
    )?;
    Ok(())
}

pub(super) fn test(
    db: &Db<'_>,
    owner: &UserId,
    urgid: &Urgid,
) -> Result<Option<Request>, StoreError> {
    db.one(
        "select * from requests where urgid = $1 and user_id = $2 and purpose = 'test'",
        params![urgid.as_str(), owner.as_str()],
        rows::request,
    )
}
