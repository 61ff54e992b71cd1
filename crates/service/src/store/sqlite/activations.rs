//! Activation codes and what comes of them.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use rusqlite::{Row, params};

use super::{
    Db, Ended, audit, endings, live_activations, moves, notices, own_devices, releases, rows,
    sessions,
};
use crate::audit::AuditEntry;
use crate::model::{Activation, ActivationUse, LiveBy, LivePart, NewDevice, NewPart, Unproven};
use crate::self_service::session::SessionId;
use crate::store::gate::EndSessions;
use crate::store::{Activated, StoreError};

pub(super) fn add(
    db: &Db<'_>,
    activation: &Activation,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    if let Some(device) = &activation.device_id {
        // A later code for the same device replaces the earlier one
        live_activations::cancel_of_device(db, device, entry.at)?;
    }
    let live = activation.live.as_ref();
    let (session, mover, generation) = match live.map(|live| &live.by) {
        None => (None, None, None),
        Some(LiveBy::Session { id, .. }) => (Some(id), None, None),
        Some(LiveBy::Device { id, generation }) => (None, Some(id), Some(*generation)),
    };
    if let Some(mover) = mover {
        moves::cancel_of(db, mover, entry.at)?;
    }
    let unproven = live.and_then(LivePart::unproven);
    let new = live.and_then(|live| live.new.as_ref());
    let number = new.and_then(|new| new.number.as_ref());
    db.execute(
        "insert into activations (code_hash, user_id, device_id, plain, created_at, expires_at,
           live_id, session_id, only_first, kind, name, number, number_confirmed_at, released,
           moves_from, moves_from_generation)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        params![
            &activation.code_hash,
            activation.user_id.as_str(),
            activation.device_id.as_ref().map(DeviceId::as_str),
            activation.plain,
            entry.at.0,
            activation.expires_at.0,
            live.map(|live| &live.id),
            session,
            unproven.is_some(),
            new.map(|new| rows::kind_text(new.kind)),
            new.map(|new| &new.name),
            number.map(|(number, _)| number),
            number.map(|(_, at)| at.0),
            unproven == Some(Unproven::Release),
            mover.map(DeviceId::as_str),
            generation
        ],
    )?;
    audit::append(db, entry)?;
    Ok(())
}

pub(super) fn find(db: &Db<'_>, code_hash: &str) -> Result<Option<Activation>, StoreError> {
    db.one(
        "select * from activations where code_hash = $1",
        params![code_hash],
        activation,
    )
}

pub(super) fn activate(
    db: &Db<'_>,
    code_hash: &str,
    new: &NewDevice,
    now: UnixMillis,
    address: &str,
) -> Result<Ended<Activated>, StoreError> {
    // What was made in a session ends with it, and a code that a page shows is good for the one key that its person compared
    // (row A2)
    let consumed = db.one("update activations set used_at = $2
         where code_hash = $1 and used_at is null and cancelled_at is null and expires_at > $2
           and exists (select 1 from users u where u.id = activations.user_id and u.status <> 'disabled')
           and (session_id is null or exists (select 1 from sessions s where s.id = activations.session_id))
           and (moves_from is null or exists (select 1 from devices d where d.id = moves_from
             and d.generation = moves_from_generation and d.state = 'active'))
           and (live_id is null or (scanned_key = $3 and confirmed_at is not null))
         returning *", params![code_hash, now.0, new.push_key.as_deref()], |row| {
            let device: Option<String> = row.get("device_id")?;
            Ok((rows::id::<UserId>(row, "user_id")?, device, live_activations::live(row)?))
        })?;
    let Some((user, existing, live)) = consumed else {
        return Ok(Ended::Undone(Activated::Refused));
    };
    // What was made without a proof is of no use once there is a device (rows A3, A4)
    let unproven = live.as_ref().and_then(LivePart::unproven);
    if !releases::still_holds(db, &user, unproven, now)? {
        return Ok(Ended::Undone(Activated::Refused));
    }
    let reactivated = existing.is_some();
    let id = if let Some(id) = existing {
        let id = DeviceId::parse(&id).map_err(|_| StoreError::Corrupt("device_id"))?;
        // Nothing is changed when the device was removed or activated again since the seed was sealed
        if !rekey(db, &id, &user, new, now)? {
            return Ok(Ended::Undone(Activated::Refused));
        }
        endings::of_device(db, &id, now)?;
        let kept = match live.map(|live| live.by) {
            Some(LiveBy::Session { id, .. }) => EndSessions::AllBut(SessionId::from_stored(id)),
            Some(LiveBy::Device { .. }) | None => EndSessions::All,
        };
        sessions::end_of_user(db, &user, &kept, now)?;
        id
    } else {
        let told = live.as_ref().and_then(|live| live.new.as_ref());
        insert(db, &user, new, told, now)?;
        new.id.clone()
    };
    db.execute(
        "update activations set made_device_id = $2, made_generation = $3 where code_hash = $1",
        params![code_hash, id.as_str(), new.generation],
    )?;
    let (action, kind) = if reactivated {
        ("device.reactivate", NoticeKind::Reactivated)
    } else {
        ("device.activate", NoticeKind::Added)
    };
    releases::take_back(db, &user)?;
    notices::tell_others(db, &id, kind, now)?;
    let entry = AuditEntry::new(now, format!("device:{id}"), action, user.as_str(), "done")
        .from_address(address);
    audit::append(db, &entry)?;
    let device = db.only(
        rows::device_query!("where d.id = $1"),
        params![id.as_str()],
        rows::device,
    )?;
    Ok(Ended::Kept(Activated::Done {
        device: Box::new(device),
        reactivated,
    }))
}

/// Adds a device: under the name, of the kind and with the number that its owner told, else as it says itself.
fn insert(
    db: &Db<'_>,
    user: &UserId,
    new: &NewDevice,
    told: Option<&NewPart>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let name = told.map_or(&new.name, |told| &told.name);
    let name = own_devices::free_name(db, user, name)?;
    let kind = told.map_or(new.kind, |told| told.kind);
    db.execute("insert into devices (id, akey, user_id, name, platform, model, app_version, dialect, push_key, key_storage,
           otp_sealed, otp_kind, otp_last, sequence, generation, state, created_at, activated_at, last_seen_at, kind)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, -1, 0, $13, 'active', $14, $14, $14, $15)", params![new.id.as_str(), new.akey.as_str(), user.as_str(), &name, &new.platform, &new.model, &new.app_version, rows::dialect_text(new.dialect), new.push_key.as_deref(), &new.key_storage, new.otp.as_stored(), rows::passcode_kind_text(new.otp_kind), new.generation, now.0, rows::kind_text(kind)])?;
    let Some((number, confirmed_at)) = told.and_then(|told| told.number.as_ref()) else {
        return Ok(());
    };
    // Whoever was faster keeps the number; the device works without it
    db.execute(
        "update devices set number = $2, number_confirmed_at = $3 where id = $1 and not exists (
           select 1 from devices o where o.number = $2 and o.extension = '' and o.state <> 'removed')",
        params![new.id.as_str(), number, confirmed_at.0],
    )?;
    Ok(())
}

/// Gives an existing device its new keys; the old ones stop with this transaction. Its name, kind and number stay.
fn rekey(
    db: &Db<'_>,
    id: &DeviceId,
    user: &UserId,
    new: &NewDevice,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let changed = db.execute("update devices set akey = $3, platform = $4, model = $5, app_version = $6, dialect = $7, push_key = $8,
           replaced_key = push_key, replaced_key_seen_at = null, key_storage = $9, otp_sealed = $10, otp_kind = $11, otp_last = -1, resync_hits = 0, resync_next = -1, sequence = 0, answer_digest = null,
           generation = $12, state = 'active', stopped_at = null, stopped_by = null, activated_at = $13, last_seen_at = $13
         where id = $1 and user_id = $2 and state <> 'removed' and kind <> 'landline' and generation = $12 - 1", params![id.as_str(), user.as_str(), new.akey.as_str(), &new.platform, &new.model, &new.app_version, rows::dialect_text(new.dialect), new.push_key.as_deref(), &new.key_storage, new.otp.as_stored(), rows::passcode_kind_text(new.otp_kind), new.generation, now.0])?;
    Ok(changed == 1)
}

fn activation(row: &Row<'_>) -> Result<Activation, StoreError> {
    let made: Option<String> = row.get("made_device_id")?;
    let device: Option<String> = row.get("device_id")?;
    let parse = |id: String| DeviceId::parse(&id).map_err(|_| StoreError::Corrupt("device_id"));
    Ok(Activation {
        code_hash: row.get("code_hash")?,
        user_id: rows::id(row, "user_id")?,
        device_id: device.map(parse).transpose()?,
        plain: row.get("plain")?,
        live: live_activations::live(row)?,
        scan: live_activations::scan(row)?,
        expires_at: UnixMillis(row.get("expires_at")?),
        used: match made {
            None => None,
            Some(made) => Some(ActivationUse {
                device_id: parse(made)?,
                generation: row
                    .get::<_, Option<i64>>("made_generation")?
                    .ok_or(StoreError::Corrupt("made_generation"))?,
            }),
        },
    })
}
