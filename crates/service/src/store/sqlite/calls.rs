//! Telephone calls: what only they have. How many there may be is counted in [`super::carriers`].

use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::Db;
use super::carriers::Table;
use crate::policy::CALL_LONGEST_MS;
use crate::store::StoreError;
use crate::store::carriers::{CallPurpose, PlacedCallOver, Planned};

/// Whom a call reached counts against nobody; the site pays for it all the same.
pub(super) const TABLE: Table = Table {
    name: "calls",
    at: "started_at",
    line: "line",
    against_people: "(outcome is null or outcome <> 'confirmed')",
    against_all: "true",
    rated: "ended_at is not null",
    reached: "answered_at is not null",
};

/// Whether another call to that line is under way.
pub(super) fn is_busy(db: &Db<'_>, line: &str, now: UnixMillis) -> Result<bool, StoreError> {
    // A call whose end was never noted blocks its line no longer than a call can last
    let busy = db.one(
        "select 1 from calls where line = $1 and ended_at is null and started_at > $2",
        params![line, (now + -CALL_LONGEST_MS).0],
        |_| Ok(()),
    )?;
    Ok(busy.is_some())
}

pub(super) fn insert(
    db: &Db<'_>,
    planned: &Planned,
    purpose: CallPurpose,
    extension: &str,
) -> Result<(), StoreError> {
    db.execute(
        "insert into calls (id, user_id, number, purpose, cost, started_at, extension)
         values ($1, $2, $3, $4, $5, $6, $7)",
        params![
            &planned.id,
            planned.user.as_str(),
            planned.number.as_str(),
            purpose_text(purpose),
            planned.cost,
            planned.at.0,
            extension
        ],
    )?;
    Ok(())
}

pub(super) fn end(db: &Db<'_>, id: &str, over: PlacedCallOver) -> Result<bool, StoreError> {
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

const fn purpose_text(purpose: CallPurpose) -> &'static str {
    match purpose {
        CallPurpose::Proof => "proof",
        CallPurpose::Code => "code",
    }
}
