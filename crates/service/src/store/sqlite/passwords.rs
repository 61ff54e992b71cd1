//! Passwords of the embedded directory.

use countersign_protocol::ids::UserId;
use rusqlite::params;

use super::{Db, audit, endings, rows, sessions};
use crate::audit::AuditEntry;
use crate::names::CanonicalName;
use crate::store::StoreError;
use crate::store::gate::{EndSessions, StoredPassword};

pub(super) fn set(
    db: &Db<'_>,
    user: &UserId,
    phc: &str,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let set = db.execute(
        "insert into passwords (user_id, phc, set_at) select id, $2, $3 from users u where u.id = $1
           and not exists (select 1 from directory_people p where p.user_id = u.id)
         on conflict (user_id) do update set phc = excluded.phc, set_at = excluded.set_at",
        params![user.as_str(), phc, entry.at.0],
    )?;
    if set == 0 {
        return Ok(false);
    }
    sessions::end_of_user(db, user, &EndSessions::All, entry.at)?;
    endings::of_confirmations(db, user, entry.at)?;
    audit::append(db, entry)?;
    Ok(true)
}

pub(super) fn of_name(
    db: &Db<'_>,
    name: &CanonicalName,
) -> Result<Option<StoredPassword>, StoreError> {
    db.one(
        "select u.*, p.phc from users u join passwords p on p.user_id = u.id where u.canonical_name = $1
           and not exists (select 1 from directory_people d where d.user_id = u.id)",
        params![name.as_str()],
        |row| {
            Ok(StoredPassword {
                user: rows::user(row)?,
                phc: row.get("phc")?,
            })
        },
    )
}
