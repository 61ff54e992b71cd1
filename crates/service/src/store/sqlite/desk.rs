//! The help desk: finding people, and acts with their reasons, each in one transaction.

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{
    Db, Ended, SqliteStore, audit, cards, endings, notices, own_devices, passcodes, releases, rows,
    sessions,
};
use crate::audit::AuditEntry;
use crate::model::{BypassCode, User};
use crate::names::CanonicalName;
use crate::policy::DAY_MS;
use crate::self_service::session::fresh_proofs;
use crate::store::StoreError;
use crate::store::desk::{DeskAct, DeskDone, DeskStore, Happened, Released};
use crate::store::gate::EndSessions;
use crate::throttle::Subject;

#[async_trait]
impl DeskStore for SqliteStore {
    async fn people(&self, beginning: &CanonicalName, most: i64) -> Result<Vec<User>, StoreError> {
        self.readers.read(|db| people(db, beginning, most))
    }

    async fn released_until(&self, user: &UserId) -> Result<UnixMillis, StoreError> {
        self.readers.read(|db| released_until(db, user))
    }

    async fn done_by_desk(
        &self,
        user: &UserId,
        since: UnixMillis,
        most: i64,
    ) -> Result<Vec<(UnixMillis, String)>, StoreError> {
        self.readers.read(|db| {
            db.all(
                "select at, action from audit where object = $1 and at >= $2 and result = 'done'
                 and action in ('desk.bypass', 'desk.unlock', 'desk.release', 'desk.suspend', 'desk.card')
                 order by seq desc limit $3",
                params![user.as_str(), since.0, most],
                |row| Ok((rows::time(row, "at")?, row.get("action")?)),
            )
        })
    }

    async fn happened(
        &self,
        user: &UserId,
        also: &str,
        most: i64,
    ) -> Result<Vec<Happened>, StoreError> {
        self.readers.read(|db| happened(db, user, also, most))
    }

    async fn make_bypass(
        &self,
        act: &DeskAct,
        code: &BypassCode,
        most: i64,
    ) -> Result<DeskDone, StoreError> {
        let (act, code) = (act.clone(), code.clone());
        self.write_or_undo(move |db| make_bypass(db, &act, &code, most))
            .await
    }

    async fn unlock(&self, act: &DeskAct, most: i64) -> Result<DeskDone, StoreError> {
        let act = act.clone();
        self.write_or_undo(move |db| unlock(db, &act, most)).await
    }

    async fn release(
        &self,
        act: &DeskAct,
        until: UnixMillis,
        most: i64,
    ) -> Result<DeskDone, StoreError> {
        let act = act.clone();
        self.write_or_undo(move |db| release(db, &act, until, most))
            .await
    }

    async fn release_by_command(
        &self,
        user: &UserId,
        until: UnixMillis,
        audit: AuditEntry,
    ) -> Result<Released, StoreError> {
        let user = user.clone();
        self.write(move |db| release_by_command(db, &user, until, &audit))
            .await
    }

    async fn stop_card(&self, act: &DeskAct, most: i64) -> Result<DeskDone, StoreError> {
        let act = act.clone();
        self.write_or_undo(move |db| stop_card(db, &act, most))
            .await
    }

    async fn suspend(
        &self,
        act: &DeskAct,
        device: &DeviceId,
        most: i64,
    ) -> Result<DeskDone, StoreError> {
        let (act, device) = (act.clone(), device.clone());
        self.write_or_undo(move |db| suspend(db, &act, &device, most))
            .await
    }
}

fn people(db: &Db<'_>, beginning: &CanonicalName, most: i64) -> Result<Vec<User>, StoreError> {
    // No character comes after the last one of Unicode, so this is every name that begins so, along the index
    let end = format!("{}\u{10ffff}", beginning.as_str());
    db.all(
        "select * from users where canonical_name >= $1 and canonical_name < $2 order by canonical_name limit $3",
        params![beginning.as_str(), end, most],
        rows::user,
    )
}

fn happened(
    db: &Db<'_>,
    user: &UserId,
    also: &str,
    most: i64,
) -> Result<Vec<Happened>, StoreError> {
    db.all(
        "select at, action, result, source from audit where seq in (
           select seq from audit where object in ($1, $3)
           union select seq from audit where actor = $2
           union select a.seq from devices d join audit a on a.object = d.id where d.user_id = $1
           union select a.seq from devices d join audit a on a.actor = 'device:' || d.id where d.user_id = $1
           union select a.seq from requests r join audit a on a.object = r.urgid where r.user_id = $1)
         and action <> 'desk.reason' order by seq desc limit $4",
        params![user.as_str(), format!("user:{user}"), also, most],
        |row| {
            Ok(Happened {
                at: rows::time(row, "at")?,
                action: row.get("action")?,
                result: row.get("result")?,
                source: row.get("source")?,
            })
        },
    )
}

/// Why the act is not done: by whom, and how often within a day. `None` when it may be. The role, the session and its proof
/// may have changed since the call began.
fn refused(db: &Db<'_>, act: &DeskAct, most: i64) -> Result<Option<Ended<DeskDone>>, StoreError> {
    let now = act.audit.at;
    let proven_at = db.one(
        "select coalesce(s.proven_at, 0) as proven_at from sessions s join users u on u.id = s.user_id
         where s.id = $1 and s.user_id = $2 and s.ends_at > $3 and u.operator = 1 and u.status <> 'disabled'",
        params![act.session.as_str(), act.operator.as_str(), now.0],
        |row| rows::time(row, "proven_at"),
    )?;
    let Some(proven_at) = proven_at.filter(|_| act.operator != act.user) else {
        return Ok(Some(Ended::Undone(DeskDone::NotAllowed)));
    };
    if !fresh_proofs(now).contains(&proven_at) {
        return Ok(Some(Ended::Undone(DeskDone::NotFresh)));
    }
    if cards::proven_by_code(db, &act.session)? {
        let entry = AuditEntry {
            result: "by_code",
            ..act.audit.clone()
        };
        audit::append(db, &entry)?;
        return Ok(Some(Ended::Kept(DeskDone::ByCode)));
    }
    Ok(too_many(db, act, most)?.map(Ended::Kept))
}

/// Until when the operator does no more of that, and its row, if they did so `most` times within a day.
fn too_many(db: &Db<'_>, act: &DeskAct, most: i64) -> Result<Option<DeskDone>, StoreError> {
    let now = act.audit.at;
    // The oldest of the last `most`: while it is of today, there were enough
    let oldest = db.one(
        "select at from audit where actor = $1 and action = $2 and result = 'done' and at > $3
         order by at desc limit 1 offset $4",
        params![
            format!("user:{}", act.operator),
            act.audit.action,
            (now + -DAY_MS).0,
            most - 1
        ],
        |row| rows::time(row, "at"),
    )?;
    let Some(oldest) = oldest else {
        return Ok(None);
    };
    let refused = AuditEntry {
        result: "too_many",
        ..act.audit.clone()
    };
    audit::append(db, &refused)?;
    Ok(Some(DeskDone::TooMany(oldest + DAY_MS)))
}

fn make_bypass(
    db: &Db<'_>,
    act: &DeskAct,
    code: &BypassCode,
    most: i64,
) -> Result<Ended<DeskDone>, StoreError> {
    if let Some(refused) = refused(db, act, most)? {
        return Ok(refused);
    }
    if !exists(db, &act.user)? {
        return Ok(Ended::Undone(DeskDone::NotThere));
    }
    passcodes::replace_bypass_codes(db, &act.user, std::slice::from_ref(code), &act.audit)?;
    passcodes::clear_attempts(db, &Subject::User(act.user.clone()))?;
    keep_reason(db, act)?;
    Ok(Ended::Kept(DeskDone::Done))
}

fn unlock(db: &Db<'_>, act: &DeskAct, most: i64) -> Result<Ended<DeskDone>, StoreError> {
    if let Some(refused) = refused(db, act, most)? {
        return Ok(refused);
    }
    let name = db.one(
        "select canonical_name from users where id = $1",
        params![act.user.as_str()],
        |row| Ok(row.get::<_, String>("canonical_name")?),
    )?;
    let Some(name) = name.as_deref().and_then(CanonicalName::of) else {
        return Ok(Ended::Undone(DeskDone::NotThere));
    };
    passcodes::clear_attempts(db, &Subject::User(act.user.clone()))?;
    passcodes::clear_attempts(db, &Subject::Password(name))?;
    notices::tell_of_account(db, &act.user, NoticeKind::Unlocked, act.audit.at)?;
    audit::append(db, &act.audit)?;
    keep_reason(db, act)?;
    Ok(Ended::Kept(DeskDone::Done))
}

fn stop_card(db: &Db<'_>, act: &DeskAct, most: i64) -> Result<Ended<DeskDone>, StoreError> {
    if let Some(refused) = refused(db, act, most)? {
        return Ok(refused);
    }
    if !cards::forget(db, &act.user)? {
        return Ok(Ended::Undone(DeskDone::NotThere));
    }
    notices::tell_of_account(db, &act.user, NoticeKind::CardStopped, act.audit.at)?;
    audit::append(db, &act.audit)?;
    keep_reason(db, act)?;
    Ok(Ended::Kept(DeskDone::Done))
}

fn suspend(
    db: &Db<'_>,
    act: &DeskAct,
    device: &DeviceId,
    most: i64,
) -> Result<Ended<DeskDone>, StoreError> {
    if let Some(refused) = refused(db, act, most)? {
        return Ok(refused);
    }
    let now = act.audit.at;
    let there = db.execute(
        "update devices set state = 'suspended', stopped_by = 'desk', stopped_at = $3
         where id = $1 and user_id = $2 and state <> 'removed'",
        params![device.as_str(), act.user.as_str(), now.0],
    )?;
    if there == 0 {
        return Ok(Ended::Undone(DeskDone::NotThere));
    }
    own_devices::end_what_hangs_on(db, device, now)?;
    sessions::end_of_user(db, &act.user, &EndSessions::All, now)?;
    endings::of_prompts(db, &act.user, now)?;
    notices::tell_others(db, device, NoticeKind::Suspended, now)?;
    audit::append(db, &act.audit)?;
    keep_reason(db, act)?;
    Ok(Ended::Kept(DeskDone::Done))
}

fn release(
    db: &Db<'_>,
    act: &DeskAct,
    until: UnixMillis,
    most: i64,
) -> Result<Ended<DeskDone>, StoreError> {
    if let Some(refused) = refused(db, act, most)? {
        return Ok(refused);
    }
    match releases::give(db, &act.user, until, act.audit.at)? {
        Released::Done => {}
        Released::NotNeeded => return Ok(Ended::Undone(DeskDone::NotNeeded)),
        Released::NotThere => return Ok(Ended::Undone(DeskDone::NotThere)),
    }
    audit::append(db, &act.audit)?;
    keep_reason(db, act)?;
    Ok(Ended::Kept(DeskDone::Done))
}

fn release_by_command(
    db: &Db<'_>,
    user: &UserId,
    until: UnixMillis,
    entry: &AuditEntry,
) -> Result<Released, StoreError> {
    let released = releases::give(db, user, until, entry.at)?;
    if released == Released::Done {
        audit::append(db, entry)?;
    }
    Ok(released)
}

fn released_until(db: &Db<'_>, user: &UserId) -> Result<UnixMillis, StoreError> {
    let found = db.one(
        "select released_until from users where id = $1",
        params![user.as_str()],
        |row| rows::time(row, "released_until"),
    )?;
    Ok(found.unwrap_or(UnixMillis(0)))
}

fn exists(db: &Db<'_>, user: &UserId) -> Result<bool, StoreError> {
    let found = db.one(
        "select 1 from users where id = $1",
        params![user.as_str()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// The reason follows its act in the log, in the same transaction.
fn keep_reason(db: &Db<'_>, act: &DeskAct) -> Result<(), StoreError> {
    let entry = AuditEntry::new(
        UnixMillis(act.audit.at.0),
        act.audit.actor.clone(),
        "desk.reason",
        &act.reason,
        "done",
    );
    audit::append(db, &entry.from_address(&act.audit.source))
}
