//! Devices that hand over to another: followed by the one that began, and done with the yes of the other (PROTOCOL.md
//! section 13).

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, Urgid, UserId};
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, SqliteStore, audit, live_activations, notices, own_devices, rows, sessions};
use crate::audit::AuditEntry;
use crate::request::Request;
use crate::store::StoreError;
use crate::store::gate::EndSessions;
use crate::store::moves::{FollowedMove, MoveOf, MoveStore};

#[async_trait]
impl MoveStore for SqliteStore {
    async fn followed_move(&self, of: &MoveOf) -> Result<Option<FollowedMove>, StoreError> {
        self.readers.read(|db| followed(db, of))
    }

    async fn confirm_move(
        &self,
        of: &MoveOf,
        key: &str,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (of, key) = (of.clone(), key.to_owned());
        self.write(move |db| confirm(db, &of, &key, &entry)).await
    }

    async fn set_move_test(&self, of: &MoveOf, test: &Urgid) -> Result<(), StoreError> {
        let (of, test) = (of.clone(), test.clone());
        self.write(move |db| {
            db.execute(
                "update activations set move_test = $4
                 where live_id = $1 and moves_from = $2 and moves_from_generation = $3 and moved_at is null",
                params![of.id, of.device.as_str(), of.generation, test.as_str()],
            )?;
            Ok(())
        })
        .await
    }

    async fn stop_move(&self, of: &MoveOf, entry: AuditEntry) -> Result<bool, StoreError> {
        let of = of.clone();
        self.write(move |db| stop(db, &of, &entry)).await
    }
}

/// Ends what a device began before and that no device came of yet.
pub(super) fn cancel_of(db: &Db<'_>, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError> {
    db.execute(
        "update activations set cancelled_at = $2, expires_at = min(expires_at, $2)
         where moves_from = $1 and used_at is null and cancelled_at is null and expires_at > $2",
        params![device.as_str(), now.0],
    )?;
    Ok(())
}

fn followed(db: &Db<'_>, of: &MoveOf) -> Result<Option<FollowedMove>, StoreError> {
    let found = db.one(
        "select a.*, m.name as made_name from activations a left join devices m on m.id = a.made_device_id
         where a.live_id = $1 and a.moves_from = $2 and a.moves_from_generation = $3",
        params![of.id, of.device.as_str(), of.generation],
        |row| {
            let made = rows::optional_id(row, "made_device_id")?;
            let name: Option<String> = row.get("made_name")?;
            let test: Option<Urgid> = rows::optional_id(row, "move_test")?;
            let standing = FollowedMove {
                code_hash: rows::text(row, "code_hash")?.to_owned(),
                scan: live_activations::scan(row)?,
                made: made.zip(name),
                test: None,
                moved: rows::optional_time(row, "moved_at")?.is_some(),
                stopped: rows::optional_time(row, "cancelled_at")?.is_some(),
                expires_at: rows::time(row, "expires_at")?,
            };
            Ok((standing, test))
        },
    )?;
    let Some((mut standing, Some(test))) = found else {
        return Ok(found.map(|(standing, _)| standing));
    };
    standing.test = db.one(
        "select * from requests where urgid = $1",
        params![test.as_str()],
        rows::request,
    )?;
    Ok(Some(standing))
}

fn confirm(db: &Db<'_>, of: &MoveOf, key: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
    let confirmed = db.execute(
        "update activations set confirmed_at = $5
         where live_id = $1 and moves_from = $2 and moves_from_generation = $3 and scanned_key = $4
           and confirmed_at is null and used_at is null and cancelled_at is null and expires_at > $5",
        params![
            of.id,
            of.device.as_str(),
            of.generation,
            key,
            entry.at.0
        ],
    )?;
    if confirmed == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

fn stop(db: &Db<'_>, of: &MoveOf, entry: &AuditEntry) -> Result<bool, StoreError> {
    let now = entry.at;
    let stopped = db.one(
        "update activations set cancelled_at = $4, expires_at = min(expires_at, $4)
         where live_id = $1 and moves_from = $2 and moves_from_generation = $3 and moved_at is null
           and cancelled_at is null and (made_device_id is not null or expires_at > $4)
         returning made_device_id",
        params![of.id, of.device.as_str(), of.generation, now.0],
        |row| rows::optional_id::<DeviceId>(row, "made_device_id"),
    )?;
    let Some(made) = stopped else {
        return Ok(false);
    };
    audit::append(db, entry)?;
    let Some(made) = made else {
        return Ok(true);
    };
    let removed = db.execute(
        "update devices set state = 'removed', stopped_by = null, stopped_at = $2 where id = $1 and state <> 'removed'",
        params![made.as_str(), now.0],
    )?;
    if removed == 1 {
        own_devices::end_what_hangs_on(db, &made, now)?;
        sessions::end_of_device(db, &made, now)?;
        notices::tell_others_but(db, &made, Some(&of.device), NoticeKind::Removed, now)?;
        let entry = AuditEntry {
            action: "device.remove",
            object: made.as_str().to_owned(),
            ..entry.clone()
        };
        audit::append(db, &entry)?;
    }
    Ok(true)
}

/// Puts a new device in the place of the one that began the move, in the transaction of its yes. A test that belongs to no move,
/// or to one that is over or whose device has other keys by now, changes nothing.
pub(super) fn take_over(
    db: &Db<'_>,
    test: &Request,
    new: &DeviceId,
    address: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let old = db.one(
        "update activations set moved_at = $3
         where move_test = $1 and made_device_id = $2 and moved_at is null and cancelled_at is null
           and exists (select 1 from devices d where d.id = moves_from and d.generation = moves_from_generation
             and d.state = 'active')
         returning moves_from, user_id",
        params![test.urgid.as_str(), new.as_str(), now.0],
        |row| {
            Ok((
                rows::id::<DeviceId>(row, "moves_from")?,
                rows::id::<UserId>(row, "user_id")?,
            ))
        },
    )?;
    let Some((old, user)) = old else {
        return Ok(());
    };
    let was_default = db
        .one(
            "select 1 from users where id = $1 and default_device_id = $2",
            params![user.as_str(), old.as_str()],
            |_| Ok(()),
        )?
        .is_some();
    db.execute(
        "update devices set state = 'removed', stopped_by = 'moved', stopped_at = $2 where id = $1",
        params![old.as_str(), now.0],
    )?;
    own_devices::end_what_hangs_on(db, &old, now)?;
    cancel_of(db, &old, now)?;
    // The number is free by now
    db.execute(
        "update devices set name = o.name, kind = o.kind, number = o.number, number_confirmed_at = o.number_confirmed_at,
           extension = o.extension, first = o.first
         from devices o where devices.id = $1 and o.id = $2",
        params![new.as_str(), old.as_str()],
    )?;
    if was_default {
        db.execute(
            "update users set default_device_id = $2 where id = $1",
            params![user.as_str(), new.as_str()],
        )?;
    }
    sessions::end_of_user(db, &user, &EndSessions::All, now)?;
    notices::tell_others(db, new, NoticeKind::Reactivated, now)?;
    let actor = format!("device:{old}");
    let entry = AuditEntry::new(now, actor, "device.move", user.as_str(), "done");
    audit::append(db, &entry.from_address(address))
}
