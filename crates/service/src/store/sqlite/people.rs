//! The service itself, its users and its integrations.

use countersign_protocol::ids::{IntegrationKey, UserId};
use countersign_protocol::time::UnixMillis;
use sqlx::Row;

use super::{SqliteStore, audit, requests, rows};
use crate::audit::AuditEntry;
use crate::model::{Integration, NewUser, StoredIdentity, User, UserStatus};
use crate::names::CanonicalName;
use crate::request::Outcome;
use crate::secrets::Sealed;
use crate::store::{Added, StoreError};

pub(super) async fn identity(store: &SqliteStore) -> Result<Option<StoredIdentity>, StoreError> {
    let row = sqlx::query("select id, signing_key_sealed from identity")
        .fetch_optional(&store.readers)
        .await?;
    row.map(|row| {
        Ok(StoredIdentity {
            id: rows::id(&row, "id")?,
            signing_key: Sealed::from_stored(row.try_get("signing_key_sealed")?),
        })
    })
    .transpose()
}

pub(super) async fn make_identity(
    store: &SqliteStore,
    identity: &StoredIdentity,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    let made = sqlx::query(
        "insert into identity (only_one, id, signing_key_sealed, created_at) values (1, $1, $2, $3)
         on conflict (only_one) do nothing",
    )
    .bind(identity.id.as_str())
    .bind(identity.signing_key.as_stored())
    .bind(now.0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if made == 1 {
        let entry = AuditEntry::new(
            now,
            "service".into(),
            "service.first_start",
            identity.id.as_str(),
            "done",
        );
        audit::append(&mut tx, &entry).await?;
    }
    Ok(tx.commit().await?)
}

pub(super) async fn add_user(
    store: &SqliteStore,
    user: &NewUser,
    entry: AuditEntry,
) -> Result<Added, StoreError> {
    let mut tx = store.write().await?;
    let added = sqlx::query(
        "insert into users (id, name, canonical_name, status, created_at) values ($1, $2, $3, 'active', $4)
         on conflict (canonical_name) do nothing",
    )
    .bind(user.id.as_str())
    .bind(&user.name)
    .bind(user.canonical_name.as_str())
    .bind(entry.at.0)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if added == 0 {
        return Ok(Added::Taken);
    }
    audit::append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(Added::Added)
}

pub(super) async fn user_by_name(
    store: &SqliteStore,
    name: &CanonicalName,
) -> Result<Option<User>, StoreError> {
    let row = sqlx::query("select * from users where canonical_name = $1")
        .bind(name.as_str())
        .fetch_optional(&store.readers)
        .await?;
    row.as_ref().map(rows::user).transpose()
}

pub(super) async fn user(store: &SqliteStore, id: &UserId) -> Result<Option<User>, StoreError> {
    let row = sqlx::query("select * from users where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.readers)
        .await?;
    row.as_ref().map(rows::user).transpose()
}

pub(super) async fn set_status(
    store: &SqliteStore,
    user: &UserId,
    status: UserStatus,
    entry: AuditEntry,
) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let changed = sqlx::query("update users set status = $2 where id = $1")
        .bind(user.as_str())
        .bind(rows::status_text(status))
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    if status == UserStatus::Disabled {
        requests::end_open_of_user(&mut tx, user, Outcome::Cancelled, entry.at).await?;
    }
    audit::append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn add_integration(
    store: &SqliteStore,
    integration: &Integration,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    sqlx::query(
        "insert into integrations (id, name, skey_sealed, skey_version, number_digits, allow_legacy, allow_sha1,
           created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(integration.id.as_str())
    .bind(&integration.name)
    .bind(integration.skey.as_stored())
    .bind(integration.skey_version)
    .bind(i64::from(integration.policy.number_digits))
    .bind(i64::from(integration.policy.allow_legacy))
    .bind(i64::from(integration.policy.allow_sha1))
    .bind(entry.at.0)
    .execute(&mut *tx)
    .await?;
    audit::append(&mut tx, &entry).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn integration(
    store: &SqliteStore,
    id: &IntegrationKey,
) -> Result<Option<Integration>, StoreError> {
    let row = sqlx::query("select * from integrations where id = $1")
        .bind(id.as_str())
        .fetch_optional(&store.readers)
        .await?;
    row.as_ref().map(rows::integration).transpose()
}
