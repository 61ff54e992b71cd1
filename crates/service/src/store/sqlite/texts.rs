//! Texts: admitted by counting rows in the transaction that adds the next one.

use async_trait::async_trait;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, SqliteStore};
use crate::policy::{DAY_MS, MINUTE_MS};
use crate::store::StoreError;
use crate::store::texts::{
    ArrivalRate, HandedOver, PlannedText, TextAdmitted, TextPurpose, TextStore,
};
use crate::texts::reports::{Arrival, Report};
use crate::texts::settings::TextLimits;

const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How long texts are kept: longer than the longest limit looks back, and than a report may take.
const KEPT_MS: i64 = 2 * DAY_MS;

#[async_trait]
impl TextStore for SqliteStore {
    async fn admit_text(
        &self,
        text: &PlannedText,
        limits: &TextLimits,
    ) -> Result<TextAdmitted, StoreError> {
        let (text, limits) = (text.clone(), limits.clone());
        self.write(move |db| admit(db, &text, &limits)).await
    }

    async fn text_handed_over(
        &self,
        id: &str,
        ended: HandedOver,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |db| handed_over(db, &id, &ended, now))
            .await
    }

    async fn text_reported(
        &self,
        report: &Report,
        now: UnixMillis,
    ) -> Result<Option<bool>, StoreError> {
        let report = report.clone();
        self.write(move |db| reported(db, &report, now)).await
    }

    async fn arrival_rate(&self, since: UnixMillis) -> Result<ArrivalRate, StoreError> {
        self.readers.read(|db| arrival_rate(db, since))
    }
}

fn admit(db: &Db<'_>, text: &PlannedText, limits: &TextLimits) -> Result<TextAdmitted, StoreError> {
    let now = text.at;
    let (user, number) = (text.user.as_str(), text.number.as_str());
    // What the carrier refused never reached anybody, and may be asked for again
    let counted = "select count(*) as n, min(sent_at) as first from texts
         where sent_at > $1 and state <> 'refused'";
    for (and, value, limit, within) in [
        ("and user_id = $2", user, limits.person_a_day, DAY_MS),
        ("and number = $2", number, limits.number_a_day, DAY_MS),
        ("and $2 = ''", "", limits.an_hour, HOUR_MS),
    ] {
        let (count, first) = db.only(
            &format!("{counted} {and}"),
            params![(now + -within).0, value],
            |row| Ok((row.get::<_, i64>("n")?, row.get::<_, Option<i64>>("first")?)),
        )?;
        if count >= i64::from(limit) {
            let first = first.map_or(now, UnixMillis);
            return Ok(TextAdmitted::TooMany(first + within));
        }
    }
    let (spent, first) = db.only(
        "select coalesce(sum(cost), 0) as spent, min(sent_at) as first from texts
         where sent_at > $1 and cost > 0",
        params![(now + -DAY_MS).0],
        |row| {
            Ok((
                row.get::<_, i64>("spent")?,
                row.get::<_, Option<i64>>("first")?,
            ))
        },
    )?;
    if spent.saturating_add(text.cost) > i64::from(limits.spend_a_day) {
        let first = first.map_or(now, UnixMillis);
        return Ok(TextAdmitted::SpendStop(first + DAY_MS));
    }
    db.execute(
        "insert into texts (id, user_id, number, purpose, parts, cost, sent_at, state, state_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'planned', $7)",
        params![
            &text.id,
            user,
            number,
            purpose_text(text.purpose),
            text.parts,
            text.cost,
            now.0
        ],
    )?;
    Ok(TextAdmitted::Yes)
}

fn handed_over(
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

fn reported(db: &Db<'_>, report: &Report, now: UnixMillis) -> Result<Option<bool>, StoreError> {
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

fn arrival_rate(db: &Db<'_>, since: UnixMillis) -> Result<ArrivalRate, StoreError> {
    db.only(
        "select count(*) as reported, coalesce(sum(state = 'delivered'), 0) as delivered from texts
         where sent_at > $1 and state in ('delivered', 'failed')",
        params![since.0],
        |row| {
            Ok(ArrivalRate {
                reported: row.get("reported")?,
                delivered: row.get("delivered")?,
            })
        },
    )
}

pub(super) fn forget_old(db: &Db<'_>, now: UnixMillis) -> Result<(), StoreError> {
    db.execute(
        "delete from texts where sent_at <= $1",
        params![(now + -KEPT_MS).0],
    )?;
    Ok(())
}

const fn purpose_text(purpose: TextPurpose) -> &'static str {
    match purpose {
        TextPurpose::Code => "code",
        TextPurpose::Link => "link",
    }
}
