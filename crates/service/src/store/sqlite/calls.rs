//! Telephone calls: admitted by counting rows in the transaction that adds the next one.

use async_trait::async_trait;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, SqliteStore};
use crate::calls::settings::CallLimits;
use crate::policy::{CALL_LONGEST_MS, DAY_MS, MINUTE_MS};
use crate::store::StoreError;
use crate::store::calls::{
    AnswerRate, CallAdmitted, CallPurpose, CallStore, PlacedCallOver, PlannedCall,
};

const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How long calls are kept: longer than the longest limit looks back.
const KEPT_MS: i64 = 2 * DAY_MS;

#[async_trait]
impl CallStore for SqliteStore {
    async fn admit_call(
        &self,
        call: &PlannedCall,
        limits: &CallLimits,
    ) -> Result<CallAdmitted, StoreError> {
        let (call, limits) = (call.clone(), limits.clone());
        self.write(move |db| admit(db, &call, &limits)).await
    }

    async fn end_call(&self, id: &str, over: PlacedCallOver) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |db| end(db, &id, over)).await
    }

    async fn answer_rate(&self, since: UnixMillis) -> Result<AnswerRate, StoreError> {
        self.readers.read(|db| answer_rate(db, since))
    }
}

fn admit(db: &Db<'_>, call: &PlannedCall, limits: &CallLimits) -> Result<CallAdmitted, StoreError> {
    let now = call.at;
    // A call whose end was never noted blocks its number no longer than a call can last
    let busy = db.one(
        "select 1 from calls where number = $1 and ended_at is null and started_at > $2",
        params![call.number.as_str(), (now + -CALL_LONGEST_MS).0],
        |_| Ok(()),
    )?;
    if busy.is_some() {
        return Ok(CallAdmitted::NumberBusy);
    }
    let number = call.number.as_str();
    let user = call.user.as_str();
    let not_confirmed = "and (outcome is null or outcome <> 'confirmed')";
    for (of, value, limit, within) in [
        ("user_id", user, limits.person_an_hour, HOUR_MS),
        ("user_id", user, limits.person_a_day, DAY_MS),
        ("number", number, limits.number_a_day, DAY_MS),
    ] {
        let sql = format!(
            "select count(*) as n, min(started_at) as first from calls
             where {of} = $1 and started_at > $2 {not_confirmed}"
        );
        let values = params![value, (now + -within).0];
        if let Some(until) = full(db, &sql, values, limit, within)? {
            return Ok(CallAdmitted::TooMany(until));
        }
    }
    let all = "select count(*) as n, min(started_at) as first from calls where started_at > $1";
    let values = params![(now + -HOUR_MS).0];
    if let Some(until) = full(db, all, values, limits.an_hour, HOUR_MS)? {
        return Ok(CallAdmitted::TooMany(until));
    }
    let (spent, first) = db.only(
        "select coalesce(sum(cost), 0) as spent, min(started_at) as first from calls
         where started_at > $1 and cost > 0",
        params![(now + -DAY_MS).0],
        |row| {
            Ok((
                row.get::<_, i64>("spent")?,
                row.get::<_, Option<i64>>("first")?,
            ))
        },
    )?;
    if spent.saturating_add(call.cost) > i64::from(limits.spend_a_day) {
        let first = first.map_or(now, UnixMillis);
        return Ok(CallAdmitted::SpendStop(first + DAY_MS));
    }
    db.execute(
        "insert into calls (id, user_id, number, purpose, cost, started_at)
         values ($1, $2, $3, $4, $5, $6)",
        params![
            &call.id,
            user,
            number,
            purpose_text(call.purpose),
            call.cost,
            now.0
        ],
    )?;
    Ok(CallAdmitted::Yes)
}

/// Until when a limit is full; `None` if it is not.
fn full(
    db: &Db<'_>,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
    limit: u32,
    within: i64,
) -> Result<Option<UnixMillis>, StoreError> {
    let (count, first) = db.only(sql, values, |row| {
        Ok((row.get::<_, i64>("n")?, row.get::<_, Option<i64>>("first")?))
    })?;
    let until = UnixMillis(first.unwrap_or_default()) + within;
    Ok((count >= i64::from(limit)).then_some(until))
}

fn end(db: &Db<'_>, id: &str, over: PlacedCallOver) -> Result<bool, StoreError> {
    let ended = db.execute(
        "update calls set outcome = $2, answered_at = $3, cost = $4, ended_at = $5
         where id = $1 and ended_at is null",
        params![
            id,
            over.outcome,
            over.answered_at.map(|at| at.0),
            over.cost,
            over.at.0
        ],
    )?;
    Ok(ended == 1)
}

fn answer_rate(db: &Db<'_>, since: UnixMillis) -> Result<AnswerRate, StoreError> {
    db.only(
        "select count(*) as over, count(answered_at) as answered from calls
         where started_at > $1 and ended_at is not null",
        params![since.0],
        |row| {
            Ok(AnswerRate {
                over: row.get("over")?,
                answered: row.get("answered")?,
            })
        },
    )
}

pub(super) fn forget_old(db: &Db<'_>, now: UnixMillis) -> Result<(), StoreError> {
    db.execute(
        "delete from calls where started_at <= $1",
        params![(now + -KEPT_MS).0],
    )?;
    Ok(())
}

const fn purpose_text(purpose: CallPurpose) -> &'static str {
    match purpose {
        CallPurpose::Proof => "proof",
        CallPurpose::Code => "code",
    }
}
