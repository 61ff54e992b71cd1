//! Devices that hand over to another: followed by the one that began, and done with the yes of the other (PROTOCOL.md
//! section 13).

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, Urgid, UserId};
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{
    Db, Ended, SqliteStore, audit, live_activations, notices, own_devices, pushes, rows, sessions,
};
use crate::audit::AuditEntry;
use crate::request::{NewRequest, Request};
use crate::store::gate::EndSessions;
use crate::store::moves::{FollowedMove, MoveOf, MoveStore};
use crate::store::{Started, StoreError};

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

    async fn ask_new_device(
        &self,
        of: &MoveOf,
        request: &NewRequest,
        entry: AuditEntry,
    ) -> Result<Started, StoreError> {
        let (of, request) = (of.clone(), request.clone());
        self.write_or_undo(move |db| ask(db, &of, &request, &entry))
            .await
    }

    async fn stop_move(&self, of: &MoveOf, entry: AuditEntry) -> Result<bool, StoreError> {
        let of = of.clone();
        self.write(move |db| stop(db, &of, &entry)).await
    }
}

/// Ends what a device began before and did not finish; a device that came of it goes with it.
pub(super) fn cancel_of(db: &Db<'_>, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError> {
    let made = db.all(
        "update activations set cancelled_at = $2, expires_at = min(expires_at, $2)
         where moves_from = $1 and moved_at is null and cancelled_at is null
           and (made_device_id is not null or expires_at > $2)
         returning made_device_id",
        params![device.as_str(), now.0],
        |row| rows::optional_id::<DeviceId>(row, "made_device_id"),
    )?;
    for made in made.iter().flatten() {
        let actor = format!("device:{device}");
        let entry = AuditEntry::new(now, actor, "device.remove", made.as_str(), "not_moved");
        take_away(db, made, &entry)?;
    }
    Ok(())
}

/// Ends the codes that a person's devices made for others.
pub(super) fn cancel_codes_of_user(
    db: &Db<'_>,
    user: &UserId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    db.execute(
        "update activations set cancelled_at = $2, expires_at = min(expires_at, $2)
         where user_id = $1 and moves_from is not null and used_at is null and cancelled_at is null and expires_at > $2",
        params![user.as_str(), now.0],
    )?;
    Ok(())
}

/// Removes a device that came of a move which did not take place.
fn take_away(db: &Db<'_>, made: &DeviceId, entry: &AuditEntry) -> Result<(), StoreError> {
    let owner = db.one(
        "update devices set state = 'removed', stopped_by = null, stopped_at = $2
         where id = $1 and state <> 'removed' returning user_id",
        params![made.as_str(), entry.at.0],
        |row| rows::id::<UserId>(row, "user_id"),
    )?;
    let Some(owner) = owner else {
        return Ok(());
    };
    own_devices::end_what_hangs_on(db, made, entry.at)?;
    sessions::end_of_user(db, &owner, &EndSessions::All, entry.at)?;
    notices::tell_others(db, made, NoticeKind::Removed, entry.at)?;
    audit::append(db, entry)
}

fn ask(
    db: &Db<'_>,
    of: &MoveOf,
    request: &NewRequest,
    entry: &AuditEntry,
) -> Result<Ended<Started>, StoreError> {
    let started = pushes::start(db, request, entry)?;
    if !matches!(&started, Ended::Kept(Started::Asked(_))) {
        return Ok(started);
    }
    let noted = db.execute(
        "update activations set move_test = $4
         where live_id = $1 and moves_from = $2 and moves_from_generation = $3 and moved_at is null and cancelled_at is null
           and not exists (select 1 from requests r where r.urgid = move_test and r.state = 'pending' and r.expires_at > $5)",
        params![
            of.id,
            of.device.as_str(),
            of.generation,
            request.urgid.as_str(),
            entry.at.0
        ],
    )?;
    Ok(if noted == 1 {
        started
    } else {
        Ended::Undone(Started::Gone)
    })
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
    if let Some(made) = made {
        let entry = AuditEntry {
            action: "device.remove",
            object: made.as_str().to_owned(),
            ..entry.clone()
        };
        take_away(db, &made, &entry)?;
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
    // Whoever never chose one is asked on the first of the list, and would be on another by the new one's age
    let devices = own_devices::list(db, &user, now)?;
    let was_first = devices.first().is_some_and(|owned| owned.device.id == old);
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
    if was_first {
        db.execute(
            "update users set default_device_id = $2 where id = $1",
            params![user.as_str(), new.as_str()],
        )?;
    }
    sessions::end_of_user(db, &user, &EndSessions::All, now)?;
    notices::tell_others(db, new, NoticeKind::Reactivated, now)?;
    let actor = format!("device:{old}");
    let entry = AuditEntry::new(now, actor, "device.move", new.as_str(), "done");
    audit::append(db, &entry.clone().from_address(address))?;
    let entry = AuditEntry {
        action: "device.remove",
        object: old.as_str().to_owned(),
        result: "moved",
        ..entry
    };
    audit::append(db, &entry.from_address(address))
}
