//! Notices: written with the change that they tell of, and answered once (rows S5, K6, O7).

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, NoticeId, UserId};
use countersign_protocol::notice::{NoticeAnswer, NoticeKind};
use countersign_protocol::time::UnixMillis;
use data_encoding::BASE32;
use ring::digest::{SHA256, digest};
use rusqlite::{Row, params};

use super::{
    Db, SqliteStore, audit, cards, devices, endings, moves, own_devices, passcodes, releases, rows,
    sessions,
};
use crate::access::AsDevice;
use crate::audit::AuditEntry;
use crate::model::{DeviceState, Dialect, UserStatus};
use crate::policy::NOTICE_KEPT_MS;
use crate::store::StoreError;
use crate::store::gate::EndSessions;
use crate::store::notices::{NoticeReplied, NoticeReply, NoticeStore, StoredNotice};

#[async_trait]
impl NoticeStore for SqliteStore {
    async fn notices(
        &self,
        device: &AsDevice<'_>,
        now: UnixMillis,
    ) -> Result<Vec<StoredNotice>, StoreError> {
        self.readers.read(|db| open(db, device.id(), now))
    }

    async fn told_devices(&self, user: &UserId) -> Result<Vec<DeviceId>, StoreError> {
        self.readers.read(|db| told(db, user))
    }

    async fn answer_notice(
        &self,
        reply: &NoticeReply,
        now: UnixMillis,
    ) -> Result<NoticeReplied, StoreError> {
        let reply = reply.clone();
        self.write(move |db| answer(db, &reply, now)).await
    }
}

/// Tells every other device of the user, in the transaction of the change. An unanswered notice of an earlier change of
/// the same device gives way: an answer to it would speak of keys that are gone.
pub(super) fn tell_others(
    db: &Db<'_>,
    changed: &DeviceId,
    kind: NoticeKind,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (user, name) = db.only(
        "select user_id, name from devices where id = $1",
        params![changed.as_str()],
        |row| {
            let name: String = row.get("name")?;
            Ok((rows::id::<UserId>(row, "user_id")?, name))
        },
    )?;
    db.execute(
        "delete from notices where changed_id = $1 and answer is null",
        params![changed.as_str()],
    )?;
    for device in told(db, &user)?.iter().filter(|device| *device != changed) {
        add(db, &user, device, Some((changed, &name)), kind, now)?;
    }
    Ok(())
}

/// Tells every device of the user of what was done to the account, in the transaction of that act. What was done before
/// and nobody spoke of gives way, but for each use of a code, which is told.
pub(super) fn tell_of_account(
    db: &Db<'_>,
    user: &UserId,
    kind: NoticeKind,
    now: UnixMillis,
) -> Result<(), StoreError> {
    if !matches!(kind, NoticeKind::BypassUsed | NoticeKind::CardUsed) {
        db.execute(
            "delete from notices where user_id = $1 and kind = $2 and answer is null",
            params![user.as_str(), kind.as_str()],
        )?;
    }
    for device in &told(db, user)? {
        add(db, user, device, None, kind, now)?;
    }
    Ok(())
}

fn add(
    db: &Db<'_>,
    user: &UserId,
    device: &DeviceId,
    changed: Option<(&DeviceId, &str)>,
    kind: NoticeKind,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (changed, name) = changed.unzip();
    db.execute(
        "insert into notices (id, device_id, user_id, changed_id, changed_name, kind, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing",
        params![
            name_of(device, changed, kind, now)?.as_str(),
            device.as_str(),
            user.as_str(),
            changed.map(DeviceId::as_str),
            name.unwrap_or_default(),
            kind.as_str(),
            now.0
        ],
    )?;
    Ok(())
}

/// What a notice is called: nobody else's, and the same for the same change.
fn name_of(
    device: &DeviceId,
    changed: Option<&DeviceId>,
    kind: NoticeKind,
    now: UnixMillis,
) -> Result<NoticeId, StoreError> {
    let changed = changed.map_or("account", DeviceId::as_str);
    let text = format!("{device} {changed} {} {}", kind.as_str(), now.0);
    let mut tail = BASE32.encode(digest(&SHA256, text.as_bytes()).as_ref());
    tail.truncate(18);
    NoticeId::parse(&format!("DN{tail}")).map_err(|_| StoreError::Corrupt("notice"))
}

fn told(db: &Db<'_>, user: &UserId) -> Result<Vec<DeviceId>, StoreError> {
    db.all(
        "select id from devices where user_id = $1 and state = 'active' and dialect = 'countersign/1'",
        params![user.as_str()],
        |row| rows::id(row, "id"),
    )
}

fn open(db: &Db<'_>, device: &DeviceId, now: UnixMillis) -> Result<Vec<StoredNotice>, StoreError> {
    db.all(
        "select * from notices where device_id = $1 and answer is null and created_at > $2
         order by created_at, id",
        params![device.as_str(), (now + -NOTICE_KEPT_MS).0],
        |row| {
            Ok(StoredNotice {
                id: rows::id(row, "id")?,
                kind: kind(row)?,
                device_name: row.get("changed_name")?,
                user_id: rows::id(row, "user_id")?,
                created_at: rows::time(row, "created_at")?,
            })
        },
    )
}

/// A notice as it is answered.
struct Answered {
    user: UserId,
    changed: Option<DeviceId>,
    kind: NoticeKind,
    before: Option<NoticeAnswer>,
}

fn answer(db: &Db<'_>, reply: &NoticeReply, now: UnixMillis) -> Result<NoticeReplied, StoreError> {
    let signer = devices::device(db, &reply.device_id)?.filter(|device| {
        device.state == DeviceState::Active
            && device.user_status != UserStatus::Disabled
            && device.dialect == Dialect::Countersign1
            && device.generation == reply.generation
    });
    if signer.is_none() {
        return Ok(NoticeReplied::Unauthorized);
    }
    let notice = db.one(
        "select * from notices where id = $1 and device_id = $2 and created_at > $3",
        params![
            reply.id.as_str(),
            reply.device_id.as_str(),
            (now + -NOTICE_KEPT_MS).0
        ],
        |row| {
            let before: Option<String> = row.get("answer")?;
            Ok(Answered {
                user: rows::id(row, "user_id")?,
                changed: rows::optional_id(row, "changed_id")?,
                kind: kind(row)?,
                before: before.as_deref().and_then(NoticeAnswer::of),
            })
        },
    )?;
    let Some(notice) = notice else {
        return Ok(NoticeReplied::Unknown);
    };
    match notice.before {
        Some(before) if before == reply.answer => return Ok(NoticeReplied::Repeated),
        Some(_) => return Ok(NoticeReplied::Otherwise),
        None => {}
    }
    let taken = db.execute(
        "update notices set answer = $2, answered_at = $3 where id = $1 and answer is null",
        params![reply.id.as_str(), reply.answer.as_str(), now.0],
    )?;
    if taken != 1 {
        return Err(StoreError::Corrupt(
            "a row changed inside its own transaction",
        ));
    }
    let entry = |action, result| {
        let actor = format!("device:{}", reply.device_id);
        let account = notice.user.as_str();
        let object = notice.changed.as_ref().map_or(account, DeviceId::as_str);
        AuditEntry::new(now, actor, action, object, result).from_address(&reply.address)
    };
    let note = |action, result| audit::append(db, &entry(action, result));
    match reply.answer {
        NoticeAnswer::Seen => note("notice.seen", "done")?,
        NoticeAnswer::NotMe => {
            note("notice.report", "done")?;
            if suspend(db, &notice, now)? {
                note("device.suspend", "not_me")?;
            }
            if passcodes::withdraw_bypass_codes(db, &notice.user)? {
                note("bypass.withdraw", "not_me")?;
            }
            cards::take_back(db, &notice.user, &entry("card.stop", "not_me"))?;
            releases::take_back(db, &notice.user)?;
            sessions::end_of_user(db, &notice.user, &EndSessions::All, now)?;
            endings::of_prompts(db, &notice.user, now)?;
        }
    }
    Ok(NoticeReplied::Taken {
        user: notice.user,
        changed: notice.changed,
    })
}

/// Stops a device that came, and what waits for it. `false` where there is nothing to stop: it went, or was stopped before.
fn suspend(db: &Db<'_>, notice: &Answered, now: UnixMillis) -> Result<bool, StoreError> {
    let came = matches!(notice.kind, NoticeKind::Added | NoticeKind::Reactivated);
    let Some(changed) = notice.changed.as_ref().filter(|_| came) else {
        return Ok(false);
    };
    let suspended = db.execute(
        "update devices set state = 'suspended', stopped_by = 'not_me', stopped_at = $3
         where id = $1 and user_id = $2 and state = 'active'",
        params![changed.as_str(), notice.user.as_str(), now.0],
    )?;
    own_devices::end_what_hangs_on(db, changed, now)?;
    moves::cancel_of(db, changed, now)?;
    Ok(suspended == 1)
}

fn kind(row: &Row<'_>) -> Result<NoticeKind, StoreError> {
    NoticeKind::of(rows::text(row, "kind")?).ok_or(StoreError::Corrupt("kind"))
}

/// Forgets what nobody answered, and what was answered, when it is old.
pub(super) fn forget_old(db: &Db<'_>, now: UnixMillis) -> Result<(), StoreError> {
    db.execute(
        "delete from notices where created_at <= $1",
        params![(now + -NOTICE_KEPT_MS).0],
    )?;
    Ok(())
}
