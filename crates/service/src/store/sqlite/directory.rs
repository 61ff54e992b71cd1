//! People of the organisation's directory.

use async_trait::async_trait;
use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;
use rusqlite::{Row, params};

use super::writer::Ended;
use super::{Db, SqliteStore, audit, passcodes, people, rows, sessions};
use crate::audit::AuditEntry;
use crate::directory::person::PersonId;
use crate::model::{User, UserStatus};
use crate::names::CanonicalName;
use crate::self_service::phone_number::E164;
use crate::store::StoreError;
use crate::store::directory::{DirectoryStore, KnownPerson, Sight, Sighted};
use crate::store::gate::EndSessions;
use crate::throttle::Subject;

/// How the directory is named in the audit log.
const ACTOR: &str = "directory";

#[async_trait]
impl DirectoryStore for SqliteStore {
    async fn see(&self, sight: &Sight, now: UnixMillis) -> Result<Sighted, StoreError> {
        let seen = sight.clone();
        if let Some(user) = self.readers.read(|db| unchanged(db, &seen))? {
            return Ok(Sighted::Known(user));
        }
        self.write_or_undo(move |db| see(db, &seen, now)).await
    }

    async fn note_gone(&self, id: &PersonId, now: UnixMillis) -> Result<(), StoreError> {
        let id = *id;
        self.write(move |db| note_gone(db, &id, now)).await
    }

    async fn free_name(&self, id: &PersonId, now: UnixMillis) -> Result<(), StoreError> {
        let id = *id;
        self.write(move |db| free_name(db, &id, now)).await
    }

    async fn known_people(
        &self,
        after: Option<PersonId>,
        most: i64,
    ) -> Result<Vec<KnownPerson>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        self.readers.read(|db| {
            db.all(
                "select p.id, p.user_id from directory_people p join users u on u.id = p.user_id
                 where p.id > $1 and (u.status <> 'disabled' or p.status_before is not null) order by p.id limit $2",
                params![after, most],
                |row| {
                    Ok(KnownPerson {
                        id: person_id(row)?,
                        user: rows::id(row, "user_id")?,
                    })
                },
            )
        })
    }

    async fn take_back_attempts(&self, subjects: &[Subject]) -> Result<(), StoreError> {
        let subjects = subjects.to_vec();
        self.write(move |db| passcodes::take_back_attempts(db, &subjects))
            .await
    }
}

/// A user with what is remembered of their person.
struct Linked {
    user: User,
    number: Option<String>,
    barred: bool,
}

fn linked(db: &Db<'_>, id: &PersonId) -> Result<Option<Linked>, StoreError> {
    db.one(
        "select u.*, p.number as directory_number, p.status_before is not null as barred
         from directory_people p join users u on u.id = p.user_id where p.id = $1",
        params![id.to_string()],
        |row| {
            Ok(Linked {
                user: rows::user(row)?,
                number: row.get("directory_number")?,
                barred: row.get::<_, i64>("barred")? != 0,
            })
        },
    )
}

/// Whose person a user is, if they are one's.
fn person_of(db: &Db<'_>, user: &UserId) -> Result<Option<PersonId>, StoreError> {
    db.one(
        "select id from directory_people where user_id = $1",
        params![user.as_str()],
        person_id,
    )
}

fn person_id(row: &Row<'_>) -> Result<PersonId, StoreError> {
    PersonId::from_stored(rows::text(row, "id")?).ok_or(StoreError::Corrupt("directory_people.id"))
}

/// The user of somebody of whom nothing is new, which is nearly every sight.
fn unchanged(db: &Db<'_>, sight: &Sight) -> Result<Option<User>, StoreError> {
    let same = |known: &Linked| {
        let user = &known.user;
        let barred_as_before = if sight.barred {
            user.status == UserStatus::Disabled
        } else {
            !known.barred
        };
        user.name == sight.user.name
            && user.display_name == sight.user.display_name
            && sight
                .operator
                .is_none_or(|operator| operator == user.operator)
            && known.number.as_deref() == sight.number.as_ref().map(E164::as_str)
            && barred_as_before
    };
    let known = linked(db, &sight.id)?.filter(same).map(|known| known.user);
    match known {
        Some(user) if !sight.may_use && sessions::has_any(db, &user.id)? => Ok(None),
        known => Ok(known),
    }
}

fn see(db: &Db<'_>, sight: &Sight, now: UnixMillis) -> Result<Ended<Sighted>, StoreError> {
    let holder = people::user_by_name(db, &sight.user.canonical_name)?;
    let user = match (linked(db, &sight.id)?, holder) {
        (Some(known), None) => {
            rename(db, &known.user, sight, now)?;
            known.user
        }
        (Some(known), Some(holder)) if holder.id == known.user.id => {
            // The same name in another spelling, perhaps
            set_names(db, &known.user.id, sight)?;
            known.user
        }
        (known, Some(holder)) => {
            if let Some(other) = person_of(db, &holder.id)? {
                return Ok(Ended::Undone(Sighted::HeldBy(other)));
            }
            if known.is_some() || has_password(db, &holder.id)? {
                return Ok(Ended::Undone(Sighted::KeptHere));
            }
            link(db, &holder.id, sight, now, "adopted")?;
            set_names(db, &holder.id, sight)?;
            holder
        }
        (None, None) => {
            let entry = entry(now, "user.add", &sight.user.id, "done");
            people::add_user(db, &sight.user, &entry)?;
            link(db, &sight.user.id, sight, now, "first_sight")?;
            let added = people::user(db, &sight.user.id)?;
            added.ok_or(StoreError::Corrupt("users.id"))?
        }
    };
    db.execute(
        "update directory_people set number = $2, seen_at = $3 where id = $1",
        params![
            sight.id.to_string(),
            sight.number.as_ref().map(E164::as_str),
            now.0
        ],
    )?;
    if let Some(operator) = sight.operator.filter(|now| *now != user.operator) {
        let result = if operator { "granted" } else { "taken" };
        let entry = entry(now, "user.operator", &user.id, result);
        people::set_operator(db, &user.id, operator, &entry)?;
    }
    if sight.barred {
        bar(db, &user, now)?;
    } else {
        let_in_again(db, &user.id, now)?;
    }
    if !sight.may_use && sessions::has_any(db, &user.id)? {
        sessions::end_of_user(db, &user.id, &EndSessions::All, now)?;
        let entry = entry(now, "user.sessions", &user.id, "not_entitled");
        audit::append(db, &entry)?;
    }
    let user = people::user(db, &user.id)?;
    let user = user.ok_or(StoreError::Corrupt("directory_people.user_id"))?;
    Ok(Ended::Kept(Sighted::Known(user)))
}

fn entry(now: UnixMillis, action: &'static str, user: &UserId, result: &'static str) -> AuditEntry {
    AuditEntry::new(now, ACTOR.into(), action, user.as_str(), result)
}

fn link(
    db: &Db<'_>,
    user: &UserId,
    sight: &Sight,
    now: UnixMillis,
    how: &'static str,
) -> Result<(), StoreError> {
    db.execute(
        "insert into directory_people (id, user_id, seen_at) values ($1, $2, $3)",
        params![sight.id.to_string(), user.as_str(), now.0],
    )?;
    audit::append(db, &entry(now, "user.directory", user, how))?;
    Ok(())
}

fn has_password(db: &Db<'_>, user: &UserId) -> Result<bool, StoreError> {
    let found = db.one(
        "select 1 from passwords where user_id = $1",
        params![user.as_str()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

fn set_names(db: &Db<'_>, user: &UserId, sight: &Sight) -> Result<(), StoreError> {
    db.execute(
        "update users set name = $2, canonical_name = $3, display_name = $4 where id = $1",
        params![
            user.as_str(),
            &sight.user.name,
            sight.user.canonical_name.as_str(),
            &sight.user.display_name
        ],
    )?;
    Ok(())
}

/// A person who is called otherwise from now on keeps everything else.
fn rename(db: &Db<'_>, user: &User, sight: &Sight, now: UnixMillis) -> Result<(), StoreError> {
    set_names(db, &user.id, sight)?;
    audit::append(db, &entry(now, "user.rename", &user.id, "done"))?;
    Ok(())
}

/// Everything that disabling ends, ends; what the status was is remembered, unless an operator had disabled them.
fn bar(db: &Db<'_>, user: &User, now: UnixMillis) -> Result<(), StoreError> {
    if user.status == UserStatus::Disabled {
        return Ok(());
    }
    let entry = entry(now, "user.status", &user.id, "disabled");
    people::set_status(db, &user.id, UserStatus::Disabled, &entry)?;
    db.execute(
        "update directory_people set status_before = $2 where user_id = $1",
        params![user.id.as_str(), rows::status_text(user.status)],
    )?;
    Ok(())
}

fn let_in_again(db: &Db<'_>, user: &UserId, now: UnixMillis) -> Result<(), StoreError> {
    let before = db.one(
        "select status_before as status from directory_people where user_id = $1 and status_before is not null",
        params![user.as_str()],
        |row| rows::user_status(row, "status"),
    )?;
    let Some(before) = before else {
        return Ok(());
    };
    let result = match before {
        UserStatus::Bypass => "bypass",
        UserStatus::Active | UserStatus::Disabled => "active",
    };
    people::set_status(db, user, before, &entry(now, "user.status", user, result))?;
    forget_barring(db, user)
}

/// From now on the status is what an operator said.
pub(super) fn forget_barring(db: &Db<'_>, user: &UserId) -> Result<(), StoreError> {
    db.execute(
        "update directory_people set status_before = null where user_id = $1",
        params![user.as_str()],
    )?;
    Ok(())
}

fn note_gone(db: &Db<'_>, id: &PersonId, now: UnixMillis) -> Result<(), StoreError> {
    if let Some(known) = linked(db, id)? {
        bar(db, &known.user, now)?;
    }
    Ok(())
}

fn free_name(db: &Db<'_>, id: &PersonId, now: UnixMillis) -> Result<(), StoreError> {
    let Some(known) = linked(db, id)? else {
        return Ok(());
    };
    bar(db, &known.user, now)?;
    // Nobody else has this id, so nobody has this name
    let name = format!("{}~{}", known.user.name, known.user.id);
    let canonical = CanonicalName::of(&known.user.id.to_string());
    let canonical = canonical.ok_or(StoreError::Corrupt("users.id"))?;
    db.execute(
        "update users set name = $2, canonical_name = $3 where id = $1",
        params![known.user.id.as_str(), name, canonical.as_str()],
    )?;
    audit::append(db, &entry(now, "user.rename", &known.user.id, "freed"))
}
