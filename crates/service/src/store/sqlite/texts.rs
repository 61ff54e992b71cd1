//! Texts: what only they have. How many there may be is counted in [`super::carriers`].

use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::Db;
use super::carriers::Table;
use crate::store::StoreError;
use crate::store::carriers::{HandedOver, Planned, TextPurpose};
use crate::texts::reports::{Arrival, Report};

/// What the carrier refused never reached anybody, and may be asked for again.
pub(super) const TABLE: Table = Table {
    name: "texts",
    at: "sent_at",
    line: "number",
    against_people: "state <> 'refused'",
    against_all: "state <> 'refused'",
    rated: "state in ('delivered', 'failed')",
    reached: "state = 'delivered'",
};

pub(super) fn insert(
    db: &Db<'_>,
    planned: &Planned,
    purpose: TextPurpose,
    parts: u32,
) -> Result<(), StoreError> {
    db.execute(
        "insert into texts (id, user_id, number, purpose, parts, cost, sent_at, state, state_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'planned', $7)",
        params![
            &planned.id,
            planned.user.as_str(),
            planned.number.as_str(),
            purpose_text(purpose),
            parts,
            planned.cost,
            planned.at.0
        ],
    )?;
    Ok(())
}

pub(super) fn handed_over(
    db: &Db<'_>,
    id: &str,
    ended: &HandedOver,
    now: UnixMillis,
) -> Result<(), StoreError> {
    match ended {
        HandedOver::Taken(name) => db.execute(
            "update texts set state = 'handed', name = $2, state_at = $3 where id = $1 and state = 'planned'",
            params![id, name, now.0],
        )?,
        HandedOver::Refused => db.execute(
            "update texts set state = 'refused', cost = 0, state_at = $2 where id = $1 and state = 'planned'",
            params![id, now.0],
        )?,
    };
    Ok(())
}

pub(super) fn reported(
    db: &Db<'_>,
    report: &Report,
    now: UnixMillis,
) -> Result<Option<bool>, StoreError> {
    // A gateway has our name for a text before we have its answer, and may report as early as that
    let found = db.one(
        "select id, state from texts where name = $1 or (id = $1 and state = 'planned')
         order by sent_at desc limit 1",
        params![&report.name],
        |row| Ok((row.get::<_, String>("id")?, row.get::<_, String>("state")?)),
    )?;
    let Some((id, state)) = found else {
        return Ok(None);
    };
    if !matches!(state.as_str(), "planned" | "handed") {
        return Ok(Some(false));
    }
    let state = match report.arrival {
        Arrival::Delivered => "delivered",
        Arrival::Failed => "failed",
    };
    db.execute(
        "update texts set state = $2, name = $3, state_at = $4 where id = $1",
        params![&id, state, &report.name, now.0],
    )?;
    Ok(Some(true))
}

const fn purpose_text(purpose: TextPurpose) -> &'static str {
    match purpose {
        TextPurpose::Code => "code",
        TextPurpose::Link => "link",
    }
}
