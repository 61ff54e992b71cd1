//! Signed calls that change something act once; a repeat gets the first answer (row K2).

use countersign_protocol::time::UnixMillis;
use sqlx::Row;

use super::SqliteStore;
use crate::access::AsIntegration;
use crate::secrets::Sealed;
use crate::store::{Claim, StoreError, StoredAnswer};

pub(super) async fn claim(
    store: &SqliteStore,
    integration: &AsIntegration<'_>,
    signature: &str,
    now: UnixMillis,
) -> Result<Claim, StoreError> {
    let claimed = sqlx::query(
        "insert into replays (integration_id, signature, claimed_at) values ($1, $2, $3)
         on conflict (integration_id, signature) do nothing",
    )
    .bind(integration.id().as_str())
    .bind(signature)
    .bind(now.0)
    .execute(&store.writer)
    .await?
    .rows_affected();
    if claimed == 1 {
        return Ok(Claim::First);
    }
    let row = sqlx::query(
        "select status, body from replays where integration_id = $1 and signature = $2",
    )
    .bind(integration.id().as_str())
    .bind(signature)
    .fetch_optional(&store.readers)
    .await?;
    let Some(row) = row else {
        return Ok(Claim::AtWork);
    };
    let (status, body): (Option<i64>, Option<Vec<u8>>) =
        (row.try_get("status")?, row.try_get("body")?);
    match (status, body) {
        (Some(status), Some(body)) => Ok(Claim::Answered(StoredAnswer {
            status: u16::try_from(status).map_err(|_| StoreError::Corrupt("status"))?,
            body: Sealed::from_stored(body),
        })),
        _ => Ok(Claim::AtWork),
    }
}

pub(super) async fn release(
    store: &SqliteStore,
    integration: &AsIntegration<'_>,
    signature: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "delete from replays where integration_id = $1 and signature = $2 and status is null",
    )
    .bind(integration.id().as_str())
    .bind(signature)
    .execute(&store.writer)
    .await?;
    Ok(())
}

pub(super) async fn answer(
    store: &SqliteStore,
    integration: &AsIntegration<'_>,
    signature: &str,
    answer: &StoredAnswer,
) -> Result<(), StoreError> {
    sqlx::query(
        "update replays set status = $3, body = $4
         where integration_id = $1 and signature = $2 and status is null",
    )
    .bind(integration.id().as_str())
    .bind(signature)
    .bind(i64::from(answer.status))
    .bind(answer.body.as_stored())
    .execute(&store.writer)
    .await?;
    Ok(())
}
