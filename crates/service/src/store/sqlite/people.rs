//! The service itself, its users and its integrations.

use countersign_protocol::ids::{IntegrationKey, UserId};
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, audit, cards, endings, moves, releases, requests, rows, sessions};
use crate::audit::AuditEntry;
use crate::model::{Integration, NewUser, StoredIdentity, User, UserStatus};
use crate::names::CanonicalName;
use crate::request::Outcome;
use crate::secrets::Sealed;
use crate::store::gate::EndSessions;
use crate::store::{Added, StoreError};

pub(super) fn identity(db: &Db<'_>) -> Result<Option<StoredIdentity>, StoreError> {
    db.one("select id, signing_key_sealed from identity", &[], |row| {
        Ok(StoredIdentity {
            id: rows::id(row, "id")?,
            signing_key: Sealed::from_stored(row.get("signing_key_sealed")?),
        })
    })
}

pub(super) fn make_identity(
    db: &Db<'_>,
    identity: &StoredIdentity,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let made = db.execute(
        "insert into identity (only_one, id, signing_key_sealed, created_at) values (1, $1, $2, $3)
         on conflict (only_one) do nothing",
        params![
            identity.id.as_str(),
            identity.signing_key.as_stored(),
            now.0
        ],
    )?;
    if made == 1 {
        let entry = AuditEntry::new(
            now,
            "service".into(),
            "service.first_start",
            identity.id.as_str(),
            "done",
        );
        audit::append(db, &entry)?;
    }
    Ok(())
}

pub(super) fn add_user(
    db: &Db<'_>,
    user: &NewUser,
    entry: &AuditEntry,
) -> Result<Added, StoreError> {
    let added = db.execute("insert into users (id, name, canonical_name, status, created_at, display_name) values ($1, $2, $3, 'active', $4, $5)
         on conflict (canonical_name) do nothing", params![user.id.as_str(), &user.name, user.canonical_name.as_str(), entry.at.0, &user.display_name])?;
    if added == 0 {
        return Ok(Added::Taken);
    }
    audit::append(db, entry)?;
    Ok(Added::Added)
}

pub(super) fn user_by_name(db: &Db<'_>, name: &CanonicalName) -> Result<Option<User>, StoreError> {
    db.one(
        "select * from users where canonical_name = $1",
        params![name.as_str()],
        rows::user,
    )
}

pub(super) fn user(db: &Db<'_>, id: &UserId) -> Result<Option<User>, StoreError> {
    db.one(
        "select * from users where id = $1",
        params![id.as_str()],
        rows::user,
    )
}

pub(super) fn set_status(
    db: &Db<'_>,
    user: &UserId,
    status: UserStatus,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let changed = db.execute(
        "update users set status = $2 where id = $1",
        params![user.as_str(), rows::status_text(status)],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    // What was begun under the other status does not go on under this one (row C9)
    endings::of_confirmations(db, user, entry.at)?;
    if status == UserStatus::Disabled {
        requests::end_open_of_user(db, user, Outcome::Cancelled, entry.at)?;
        sessions::end_of_user(db, user, &EndSessions::All, entry.at)?;
        releases::take_back(db, user)?;
        moves::cancel_codes_of_user(db, user, entry.at)?;
        cards::take_back(db, user, entry)?;
    }
    audit::append(db, entry)?;
    Ok(true)
}

pub(super) fn set_operator(
    db: &Db<'_>,
    user: &UserId,
    is_operator: bool,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let changed = db.execute(
        "update users set operator = $2 where id = $1",
        params![user.as_str(), i64::from(is_operator)],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    audit::append(db, entry)?;
    Ok(true)
}

pub(super) fn add_integration(
    db: &Db<'_>,
    integration: &Integration,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    db.execute("insert into integrations (id, name, skey_sealed, skey_version, number_digits, allow_legacy, allow_sha1,
           created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)", params![integration.id.as_str(), &integration.name, integration.skey.as_stored(), integration.skey_version, i64::from(integration.policy.number_digits), i64::from(integration.policy.allow_legacy), i64::from(integration.policy.allow_sha1), entry.at.0])?;
    audit::append(db, entry)?;
    Ok(())
}

pub(super) fn integration(
    db: &Db<'_>,
    id: &IntegrationKey,
) -> Result<Option<Integration>, StoreError> {
    db.one(
        "select * from integrations where id = $1",
        params![id.as_str()],
        rows::integration,
    )
}
