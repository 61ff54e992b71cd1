//! Sessions of self-service: beginning, finding by token, using, ending.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::{Row, params};

use super::{Db, audit, passcodes, rows};
use crate::audit::AuditEntry;
use crate::self_service::session::{Proven, ProvenBy, SessionId, TokenHash};
use crate::store::StoreError;
use crate::store::gate::{EndSessions, FirstDevice, NewSession, Renewal, StoredSession};
use crate::throttle::Subject;

/// Since when a device can prove in the way that a session was proven by: a number may be younger than its device. Null
/// for a bypass code. A device that was removed since then has not become older by that (row S6).
macro_rules! proves_since {
    () => {
        "max(d.created_at, case s.proven_by when 'call' then coalesce(d.number_confirmed_at, 0) else 0 end)"
    };
}
pub(super) use proves_since;

pub(super) fn add(
    db: &Db<'_>,
    new: &NewSession,
    earlier: Option<&TokenHash>,
    password: Option<&str>,
    clear: &[Subject],
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let added = db.execute(
        "insert into sessions (id, token_hash, user_id, device_id, app, csrf, shared, created_at, used_at, ends_at)
         select $1, $2, u.id, $4, $5, $6, $7, $8, $8, $9 from users u where u.id = $3 and u.status <> 'disabled'
           and ($10 is null or exists (select 1 from passwords p where p.user_id = u.id and p.phc = $10))",
        params![
            new.id.as_str(),
            new.token.as_bytes(),
            new.user_id.as_str(),
            new.device.as_ref().map(DeviceId::as_str),
            i64::from(new.app),
            &new.csrf,
            i64::from(new.shared),
            new.created_at.0,
            new.ends_at.0,
            password
        ],
    )?;
    if added == 0 {
        return Ok(false);
    }
    if let Some(earlier) = earlier {
        end_replaced(db, earlier, entry)?;
    }
    for subject in clear {
        passcodes::clear_attempts(db, subject)?;
    }
    audit::append(db, entry)?;
    Ok(true)
}

/// Nobody is left signed in behind a new session of the same browser, whoever it was.
fn end_replaced(db: &Db<'_>, token: &TokenHash, entry: &AuditEntry) -> Result<(), StoreError> {
    let found = db.one(
        "select id, user_id from sessions where token_hash = $1",
        params![token.as_bytes()],
        |row| {
            let id = SessionId::from_stored(row.get("id")?);
            Ok((id, rows::id::<UserId>(row, "user_id")?))
        },
    )?;
    let Some((id, user)) = found else {
        return Ok(());
    };
    let actor = format!("user:{user}");
    let ended = AuditEntry::new(
        entry.at,
        actor,
        "self_service.sign_out",
        user.as_str(),
        "replaced",
    );
    end(db, &id, &ended.from_address(&entry.source))?;
    Ok(())
}

pub(super) fn of_token(
    db: &Db<'_>,
    token: &TokenHash,
) -> Result<Option<StoredSession>, StoreError> {
    let found = db.one(
        concat!(
            "select s.*, ",
            proves_since!(),
            " as proven_since,
           exists (select 1 from devices h where h.user_id = s.user_id and h.state = 'active') as has_one_in_use,
           exists (select 1 from devices h where h.user_id = s.user_id) as ever_had_one,
           u.released_until, max(u.created_at, u.last_success_at) as confirmed_at
         from sessions s join users u on u.id = s.user_id left join devices d on d.id = s.proven_device
         where s.token_hash = $1"
        ),
        params![token.as_bytes()],
        |row| Ok((stored(row, token)?, first_device(row)?)),
    )?;
    let Some(((session, used_at, proven), first_device)) = found else {
        return Ok(None);
    };
    let user = db.only(
        "select * from users where id = $1",
        params![session.user_id.as_str()],
        rows::user,
    )?;
    Ok(Some(StoredSession {
        session,
        user,
        used_at,
        proven,
        first_device,
    }))
}

fn stored(
    row: &Row<'_>,
    token: &TokenHash,
) -> Result<(NewSession, UnixMillis, Option<Proven>), StoreError> {
    let session = NewSession {
        id: SessionId::from_stored(row.get("id")?),
        token: token.clone(),
        user_id: rows::id(row, "user_id")?,
        device: rows::optional_id(row, "device_id")?,
        app: rows::flag(row, "app")?,
        csrf: row.get("csrf")?,
        shared: rows::flag(row, "shared")?,
        created_at: rows::time(row, "created_at")?,
        ends_at: rows::time(row, "ends_at")?,
    };
    let proven_at: Option<i64> = row.get("proven_at")?;
    let proven = proven_at
        .map(|at| proven(row, UnixMillis(at)))
        .transpose()?;
    Ok((session, rows::time(row, "used_at")?, proven))
}

fn first_device(row: &Row<'_>) -> Result<FirstDevice, StoreError> {
    Ok(FirstDevice {
        has_one_in_use: rows::flag(row, "has_one_in_use")?,
        ever_had_one: rows::flag(row, "ever_had_one")?,
        released_until: rows::time(row, "released_until")?,
        confirmed_at: rows::time(row, "confirmed_at")?,
    })
}

fn proven(row: &Row<'_>, at: UnixMillis) -> Result<Proven, StoreError> {
    let by: Option<String> = row.get("proven_by")?;
    Ok(Proven {
        at,
        by: by
            .as_deref()
            .and_then(ProvenBy::of)
            .ok_or(StoreError::Corrupt("proven_by"))?,
        device: rows::optional_id(row, "proven_device")?,
        device_since: row.get::<_, Option<i64>>("proven_since")?.map(UnixMillis),
    })
}

pub(super) fn touch(db: &Db<'_>, id: &SessionId, now: UnixMillis) -> Result<(), StoreError> {
    db.execute(
        "update sessions set used_at = $2 where id = $1 and used_at < $2",
        params![id.as_str(), now.0],
    )?;
    Ok(())
}

pub(super) fn end(db: &Db<'_>, id: &SessionId, entry: &AuditEntry) -> Result<bool, StoreError> {
    end_asking(db, "", id.as_str(), "", entry.at)?;
    let ended = db.execute("delete from sessions where id = $1", params![id.as_str()])?;
    if ended == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

/// Gives a session its new token and its proof. `false` if it ended, or what proved it is in use no more (row C9).
pub(super) fn renew(
    db: &Db<'_>,
    id: &SessionId,
    renewal: &Renewal,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let renewed = db.execute(
        "update sessions set token_hash = $2, proven_at = $3, proven_by = $4, proven_device = $5, used_at = $6
         where id = $1 and ends_at > $6
           and exists (select 1 from users u where u.id = sessions.user_id and u.status <> 'disabled')
           and ($5 is null or exists (select 1 from devices d where d.id = $5 and d.state = 'active'))",
        params![
            id.as_str(),
            renewal.token.as_bytes(),
            renewal.at.0,
            renewal.by.as_str(),
            renewal.device.as_ref().map(DeviceId::as_str),
            now.0
        ],
    )?;
    Ok(renewed == 1)
}

/// Nobody is asked any more for a session that ends: its phones forget the request.
fn end_asking(
    db: &Db<'_>,
    user: &str,
    session: &str,
    kept: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update requests set state = 'decided', outcome = 'cancelled', number = null, decided_at = $4
         where state = 'pending' and urgid in (
           select p.urgid from proofs p join sessions s on s.id = p.holder
           where (s.user_id = $1 or s.id = $2) and s.id <> $3)",
        params![user, session, kept, now.0],
    )?;
    Ok(())
}

/// Ends sessions of a user, in the transaction of what ends them (row S7).
pub(super) fn end_of_user(
    db: &Db<'_>,
    user: &UserId,
    which: &EndSessions,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let kept = match which {
        EndSessions::All => "",
        EndSessions::AllBut(session) => session.as_str(),
    };
    end_asking(db, user.as_str(), "", kept, now)?;
    db.execute(
        "delete from sessions where user_id = $1 and id <> $2",
        params![user.as_str(), kept],
    )?;
    Ok(())
}

/// Whether a user has a session, be it one that ran out a moment ago.
pub(super) fn has_any(db: &Db<'_>, user: &UserId) -> Result<bool, StoreError> {
    let found = db.one(
        "select 1 from sessions where user_id = $1 limit 1",
        params![user.as_str()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Ends the sessions that a device is, in an app, or that its proof opened, in a browser.
pub(super) fn end_of_device(
    db: &Db<'_>,
    device: &DeviceId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update requests set state = 'decided', outcome = 'cancelled', number = null, decided_at = $2
         where state = 'pending' and urgid in (
           select p.urgid from proofs p join sessions s on s.id = p.holder
           where s.device_id = $1 or s.proven_device = $1)",
        params![device.as_str(), now.0],
    )?;
    db.execute(
        "delete from sessions where device_id = $1 or proven_device = $1",
        params![device.as_str()],
    )?;
    Ok(())
}
