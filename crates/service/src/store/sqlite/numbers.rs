//! Numbers that are being confirmed, and landlines, which come of them at once.

use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::notice::NoticeKind;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::DeviceKind;
use rusqlite::{Row, params};

use super::{Db, Ended, audit, notices, own_devices, passcodes, releases, rows};
use crate::audit::AuditEntry;
use crate::secrets::Sealed;
use crate::self_service::phone_number::E164;
use crate::self_service::session::SessionId;
use crate::store::StoreError;
use crate::store::own::{
    CodeAdded, LandlineAdded, NewCode, NewLandline, NewNumber, NumberOwner, StoredNumber,
};
use crate::throttle::{Admission, Subject};

pub(super) fn owner_of(
    db: &Db<'_>,
    owner: &UserId,
    number: &E164,
    extension: &str,
) -> Result<NumberOwner, StoreError> {
    let found = db.one(
        "select id, user_id from devices where number = $1 and extension = $2 and state <> 'removed'",
        params![number.as_str(), extension],
        |row| {
            Ok((
                rows::id::<DeviceId>(row, "id")?,
                rows::id::<UserId>(row, "user_id")?,
            ))
        },
    )?;
    Ok(match found {
        None => NumberOwner::Nobody,
        Some((device, user)) if &user == owner => NumberOwner::Own(device),
        Some(_) => NumberOwner::Another,
    })
}

pub(super) fn listed(db: &Db<'_>, owner: &UserId) -> Result<Option<E164>, StoreError> {
    db.one(
        "select p.number from directory_people p where p.user_id = $1 and p.number is not null and not exists
           (select 1 from devices d where d.number = p.number and d.extension = '' and d.state <> 'removed')",
        params![owner.as_str()],
        |row| Ok(E164::from_stored(row.get("number")?)),
    )
}

pub(super) fn add(
    db: &Db<'_>,
    owner: &UserId,
    new: &NewNumber,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    db.execute(
        "insert into numbers (id, session_id, user_id, number, landline, extension, created_at, listed)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            &new.id,
            new.session.as_str(),
            owner.as_str(),
            new.number.as_str(),
            new.landline,
            &new.extension,
            entry.at.0,
            new.listed
        ],
    )?;
    audit::append(db, entry)
}

pub(super) fn find(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    id: &str,
) -> Result<Option<StoredNumber>, StoreError> {
    db.one(
        "select * from numbers where id = $1 and session_id = $2 and user_id = $3",
        params![id, session.as_str(), owner.as_str()],
        stored,
    )
}

pub(super) fn add_code(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    id: &str,
    code: &NewCode,
    limits: &[Subject],
    entry: &AuditEntry,
) -> Result<Ended<CodeAdded>, StoreError> {
    let added = db.execute(
        "update numbers set code_sealed = $4, codes_sent = $5, code_until = $6, again_at = $7, tries_left = $8
         where id = $1 and session_id = $2 and user_id = $3 and confirmed_at is null and codes_sent = $5 - 1
           and (again_at is null or again_at <= $9)",
        params![
            id,
            session.as_str(),
            owner.as_str(),
            code.sealed.as_stored(),
            code.count,
            code.until.0,
            code.again_at.0,
            code.tries,
            entry.at.0
        ],
    )?;
    if added == 0 {
        return Ok(Ended::Undone(CodeAdded::NotNow));
    }
    let counted = passcodes::count_attempts(db, limits, entry.at)?;
    if let Ended::Undone(Admission::Refused { until }) | Ended::Kept(Admission::Refused { until }) =
        counted
    {
        return Ok(Ended::Undone(CodeAdded::TooMany(until)));
    }
    audit::append(db, entry)?;
    Ok(Ended::Kept(CodeAdded::Done))
}

/// Each try is counted in a transaction of its own before it is looked at, so that three are looked at and no more.
pub(super) fn count_try(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    id: &str,
    now: UnixMillis,
) -> Result<Option<StoredNumber>, StoreError> {
    db.one(
        "update numbers set tries_left = tries_left - 1
         where id = $1 and session_id = $2 and user_id = $3 and confirmed_at is null
           and code_sealed is not null and tries_left > 0 and code_until > $4
         returning *",
        params![id, session.as_str(), owner.as_str(), now.0],
        stored,
    )
}

pub(super) fn confirm(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    id: &str,
    count: i64,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let confirmed = db.execute(
        "update numbers set confirmed_at = $5, code_sealed = null
         where id = $1 and session_id = $2 and user_id = $3 and confirmed_at is null
           and codes_sent = $4 and code_until > $5",
        params![id, session.as_str(), owner.as_str(), count, entry.at.0],
    )?;
    if confirmed == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

pub(super) fn add_landline(
    db: &Db<'_>,
    owner: &UserId,
    session: &SessionId,
    number: &str,
    new: &NewLandline,
    entry: &AuditEntry,
) -> Result<Ended<LandlineAdded>, StoreError> {
    let number = find(db, owner, session, number)?;
    let Some((number, confirmed_at)) = number.and_then(|number| {
        let at = number.confirmed_at?;
        Some((number.new, at))
    }) else {
        return Ok(Ended::Undone(LandlineAdded::NotThere));
    };
    let taken = owner_of(db, owner, &number.number, &number.extension)?;
    if taken != NumberOwner::Nobody {
        return Ok(Ended::Undone(LandlineAdded::Taken(taken)));
    }
    if !releases::still_holds(db, owner, new.unproven, entry.at)? {
        return Ok(Ended::Undone(LandlineAdded::NotFirst));
    }
    let (kind, name) = if number.landline {
        (DeviceKind::Landline, &new.name)
    } else {
        (DeviceKind::Phone, &new.mobile_name)
    };
    let name = own_devices::free_name(db, owner, name)?;
    // It has no app: nothing was ever seen of it, and its seed is empty
    db.execute(
        "insert into devices (id, akey, user_id, name, platform, model, app_version, dialect, push_key, key_storage,
           otp_sealed, otp_kind, otp_last, sequence, generation, state, created_at, activated_at, last_seen_at,
           kind, number, number_confirmed_at, extension, first)
         values ($1, $2, $3, $4, '', '', '', 'passcode', null, '', x'', 'totp', -1, 0, 0, 'active', $5, $5, 0,
           $9, $6, $7, $8, 'call')",
        params![
            new.id.as_str(),
            new.akey.as_str(),
            owner.as_str(),
            &name,
            entry.at.0,
            number.number.as_str(),
            confirmed_at.0,
            &number.extension,
            rows::kind_text(kind)
        ],
    )?;
    releases::take_back(db, owner)?;
    notices::tell_others(db, &new.id, NoticeKind::Added, entry.at)?;
    audit::append(db, entry)?;
    Ok(Ended::Kept(LandlineAdded::Done))
}

fn stored(row: &Row<'_>) -> Result<StoredNumber, StoreError> {
    Ok(StoredNumber {
        new: NewNumber {
            id: row.get("id")?,
            session: SessionId::from_stored(row.get("session_id")?),
            number: E164::from_stored(row.get("number")?),
            landline: rows::flag(row, "landline")?,
            extension: row.get("extension")?,
            listed: rows::flag(row, "listed")?,
        },
        code: row
            .get::<_, Option<Vec<u8>>>("code_sealed")?
            .map(Sealed::from_stored),
        codes_sent: row.get("codes_sent")?,
        code_until: rows::optional_time(row, "code_until")?,
        again_at: rows::optional_time(row, "again_at")?,
        tries_left: row.get("tries_left")?,
        confirmed_at: rows::optional_time(row, "confirmed_at")?,
    })
}
