//! Texts and calls: admitted by counting rows in the transaction that adds the next one.

use async_trait::async_trait;
use countersign_protocol::time::UnixMillis;
use rusqlite::params;

use super::{Db, SqliteStore, calls, texts};
use crate::carrier::limits::Limits;
use crate::policy::{DAY_MS, MINUTE_MS};
use crate::store::StoreError;
use crate::store::carriers::{
    Admitted, Carried, CarrierStore, HandedOver, Kind, PlacedCallOver, Planned, Rate,
};
use crate::texts::reports::Report;

const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How long they are kept: longer than the longest limit looks back, and than a report may take.
const KEPT_MS: i64 = 2 * DAY_MS;

/// Where those of a kind are, and which of them count.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The column that says when.
    pub(super) at: &'static str,
    /// The column that says which telephone, as [`Planned::line`].
    pub(super) line: &'static str,
    /// What counts against a person and a line.
    pub(super) against_people: &'static str,
    /// What counts against the site's hour.
    pub(super) against_all: &'static str,
    /// What the rate is of, and which of that reached somebody.
    pub(super) rated: &'static str,
    pub(super) reached: &'static str,
}

const fn table(kind: Kind) -> &'static Table {
    match kind {
        Kind::Text => &texts::TABLE,
        Kind::Call => &calls::TABLE,
    }
}

#[async_trait]
impl CarrierStore for SqliteStore {
    async fn admit(&self, planned: &Planned, limits: &Limits) -> Result<Admitted, StoreError> {
        let (planned, limits) = (planned.clone(), limits.clone());
        self.write(move |db| admit(db, &planned, &limits)).await
    }

    async fn rate(&self, kind: Kind, since: UnixMillis) -> Result<Rate, StoreError> {
        self.readers.read(|db| rate(db, table(kind), since))
    }

    async fn end_call(&self, id: &str, over: PlacedCallOver) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |db| calls::end(db, &id, over)).await
    }

    async fn text_handed_over(
        &self,
        id: &str,
        ended: HandedOver,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |db| texts::handed_over(db, &id, &ended, now))
            .await
    }

    async fn text_reported(
        &self,
        report: &Report,
        now: UnixMillis,
    ) -> Result<Option<bool>, StoreError> {
        let report = report.clone();
        self.write(move |db| texts::reported(db, &report, now))
            .await
    }
}

fn admit(db: &Db<'_>, planned: &Planned, limits: &Limits) -> Result<Admitted, StoreError> {
    let table = table(planned.what.kind());
    let line = planned.line();
    if planned.what.kind() == Kind::Call && calls::is_busy(db, &line, planned.at)? {
        return Ok(Admitted::NumberBusy);
    }
    if let Some(until) = full(db, table, planned, &line, limits)? {
        return Ok(Admitted::TooMany(until));
    }
    if let Some(until) = spent(db, table, planned, limits)? {
        return Ok(Admitted::SpendStop(until));
    }
    match &planned.what {
        Carried::Text { purpose, parts } => texts::insert(db, planned, *purpose, *parts)?,
        Carried::Call { purpose, extension } => calls::insert(db, planned, *purpose, extension)?,
    }
    Ok(Admitted::Yes)
}

/// Until when there were enough. `None` if every limit leaves room.
fn full(
    db: &Db<'_>,
    table: &Table,
    planned: &Planned,
    line: &str,
    limits: &Limits,
) -> Result<Option<UnixMillis>, StoreError> {
    let user = planned.user.as_str();
    let people = table.against_people;
    for (of, value, counted, limit, within) in [
        ("user_id", user, people, limits.person_an_hour, HOUR_MS),
        ("user_id", user, people, limits.person_a_day, DAY_MS),
        (table.line, line, people, limits.number_a_day, DAY_MS),
        ("''", "", table.against_all, limits.an_hour, HOUR_MS),
    ] {
        let Table { name, at, .. } = table;
        let sql = format!(
            "select count(*) as n, min({at}) as first from {name}
             where {of} = $1 and {at} > $2 and {counted}"
        );
        let values = params![value, (planned.at + -within).0];
        let (count, first) = db.only(&sql, values, |row| {
            Ok((row.get::<_, i64>("n")?, row.get::<_, Option<i64>>("first")?))
        })?;
        if count >= i64::from(limit) {
            let first = first.map_or(planned.at, UnixMillis);
            return Ok(Some(first + within));
        }
    }
    Ok(None)
}

/// Until when they have cost enough. `None` if this one still fits.
fn spent(
    db: &Db<'_>,
    table: &Table,
    planned: &Planned,
    limits: &Limits,
) -> Result<Option<UnixMillis>, StoreError> {
    let Table { name, at, .. } = table;
    let sql = format!(
        "select coalesce(sum(cost), 0) as spent, min({at}) as first from {name}
         where {at} > $1 and cost > 0"
    );
    let values = params![(planned.at + -DAY_MS).0];
    let (spent, first) = db.only(&sql, values, |row| {
        let first = row.get::<_, Option<i64>>("first")?;
        Ok((row.get::<_, i64>("spent")?, first))
    })?;
    let fits = spent.saturating_add(planned.cost) <= i64::from(limits.spend_a_day);
    let first = first.map_or(planned.at, UnixMillis);
    Ok((!fits).then_some(first + DAY_MS))
}

fn rate(db: &Db<'_>, table: &Table, since: UnixMillis) -> Result<Rate, StoreError> {
    let Table {
        name,
        at,
        rated,
        reached,
        ..
    } = table;
    let sql = format!(
        "select count(*) as n, coalesce(sum({reached}), 0) as reached from {name}
         where {at} > $1 and {rated}"
    );
    db.only(&sql, params![since.0], |row| {
        Ok(Rate {
            of: row.get("n")?,
            reached: row.get("reached")?,
        })
    })
}

/// Forgets what is older than any limit looks back.
pub(super) fn forget_old(db: &Db<'_>, now: UnixMillis) -> Result<(), StoreError> {
    for Table { name, at, .. } in [&texts::TABLE, &calls::TABLE] {
        let sql = format!("delete from {name} where {at} <= $1");
        db.execute(&sql, params![(now + -KEPT_MS).0])?;
    }
    Ok(())
}
