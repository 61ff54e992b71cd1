//! Signed calls that change something act once; a repeat gets the first answer (row K2).

use countersign_protocol::ids::IntegrationKey;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::Db;
use crate::secrets::Sealed;
use crate::store::{Claim, StoreError, StoredAnswer};

pub(super) fn claim(
    db: &Db<'_>,
    integration: &IntegrationKey,
    signature: &str,
    now: UnixMillis,
) -> Result<Claim, StoreError> {
    let claimed = db.execute(
        "insert into replays (integration_id, signature, claimed_at) values ($1, $2, $3)
         on conflict (integration_id, signature) do nothing",
        params![integration.as_str(), signature, now.0],
    )?;
    if claimed == 1 {
        return Ok(Claim::First);
    }
    let known: Option<(Option<i64>, Option<Vec<u8>>)> = db.one(
        "select status, body from replays where integration_id = $1 and signature = $2",
        params![integration.as_str(), signature],
        |row| Ok((row.get("status")?, row.get("body")?)),
    )?;
    match known.unwrap_or_default() {
        (Some(status), Some(body)) => Ok(Claim::Answered(StoredAnswer {
            status: u16::try_from(status).map_err(|_| StoreError::Corrupt("status"))?,
            body: Sealed::from_stored(body),
        })),
        _ => Ok(Claim::AtWork),
    }
}

pub(super) fn release(
    db: &Db<'_>,
    integration: &IntegrationKey,
    signature: &str,
) -> Result<(), StoreError> {
    db.execute(
        "delete from replays where integration_id = $1 and signature = $2 and status is null",
        params![integration.as_str(), signature],
    )?;
    Ok(())
}

pub(super) fn answer(
    db: &Db<'_>,
    integration: &IntegrationKey,
    signature: &str,
    answer: &StoredAnswer,
) -> Result<(), StoreError> {
    db.execute(
        "update replays set status = $3, body = $4
         where integration_id = $1 and signature = $2 and status is null",
        params![
            integration.as_str(),
            signature,
            i64::from(answer.status),
            answer.body.as_stored()
        ],
    )?;
    Ok(())
}
