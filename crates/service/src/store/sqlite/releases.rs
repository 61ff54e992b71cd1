//! First devices without a proof: what lets somebody add one, and that it does so once (rows A3, A4).

use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::Db;
use crate::model::Unproven;
use crate::store::StoreError;
use crate::store::desk::Released;

/// Lets somebody add a first device, until then and once.
pub(super) fn give(
    db: &Db<'_>,
    user: &UserId,
    until: UnixMillis,
    now: UnixMillis,
) -> Result<Released, StoreError> {
    let given = db.execute(
        "update users set released_until = $2 where id = $1 and status <> 'disabled'
           and not exists (select 1 from devices d where d.user_id = $1 and d.state = 'active')",
        params![user.as_str(), until.0],
    )?;
    if given == 1 {
        // What was made by an earlier one would be of use again
        db.execute(
            "update activations set cancelled_at = $2, expires_at = min(expires_at, $2)
             where user_id = $1 and released = 1 and used_at is null and cancelled_at is null and expires_at > $2",
            params![user.as_str(), now.0],
        )?;
        return Ok(Released::Done);
    }
    let found = db.one(
        "select 1 from users where id = $1",
        params![user.as_str()],
        |_| Ok(()),
    )?;
    Ok(if found.is_some() {
        Released::NotNeeded
    } else {
        Released::NotThere
    })
}

/// Whether a first device may be added so, in the transaction that adds it.
pub(super) fn still_holds(
    db: &Db<'_>,
    user: &UserId,
    by: Option<Unproven>,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let found = match by {
        None => return Ok(true),
        Some(Unproven::Site) => db.one(
            "select 1 from users u where u.id = $1
               and not exists (select 1 from devices d where d.user_id = u.id)",
            params![user.as_str()],
            |_| Ok(()),
        )?,
        Some(Unproven::Release) => db.one(
            "select 1 from users u where u.id = $1 and u.released_until > $2
               and not exists (select 1 from devices d where d.user_id = u.id and d.state = 'active')",
            params![user.as_str(), now.0],
            |_| Ok(()),
        )?,
    };
    Ok(found.is_some())
}

/// Takes a release back: a device came, however it did, or the person may not sign in any more.
pub(super) fn take_back(db: &Db<'_>, user: &UserId) -> Result<(), StoreError> {
    db.execute(
        "update users set released_until = 0 where id = $1 and released_until > 0",
        params![user.as_str()],
    )?;
    Ok(())
}
