//! Whether a call may be placed, and what it came to (row H3).
//!
//! Every call has a row from before it is dialled. How many there are for a person, a number and the site, and what they
//! cost, is counted from rows in the transaction that adds the next one.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use countersign_protocol::time::UnixMillis;

use super::call::{CallError, CallOutcome, Heard, Line, Prompt};
use super::carrying::watch;
use super::phone_number::E164;
use super::session::random_id;
use crate::clock::Clock;
use crate::core::{Core, Fault};
use crate::metrics;
use crate::model::User;
use crate::policy::{CALL_PAID_MINUTES, MINUTE_MS};
use crate::store::Store;
use crate::store::carriers::{Admitted, CallPurpose, Carried, Kind, PlacedCallOver, Planned};

/// Whether a call may be placed.
pub(super) enum Placing {
    /// It has a row now, and has to be dialled or given up.
    Placed(PlacedCall),
    /// Another call to that line is under way.
    NumberBusy,
    /// There were enough, or they have cost enough, until then.
    TooMany(UnixMillis),
}

/// A call that has a row.
pub(super) struct PlacedCall {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    id: String,
    /// What a minute costs.
    price: i64,
    answered_at: Arc<Mutex<Option<UnixMillis>>>,
}

impl Core {
    /// Counts a call against every limit.
    pub(super) async fn place(
        &self,
        user: &User,
        to: &E164,
        extension: &str,
        purpose: CallPurpose,
    ) -> Result<Placing, Fault> {
        let country = to.country().unwrap_or_default();
        let price = i64::from(self.phones.call_limits.price_of(&country));
        let planned = Planned {
            id: random_id(self.random.as_ref())?,
            user: user.id.clone(),
            number: to.clone(),
            what: Carried::Call {
                purpose,
                extension: extension.to_owned(),
            },
            cost: price * CALL_PAID_MINUTES,
            at: self.now(),
        };
        Ok(match self.admit_carried(&planned).await? {
            Admitted::Yes => Placing::Placed(PlacedCall {
                store: self.store.clone(),
                clock: self.clock.clone(),
                id: planned.id,
                price,
                answered_at: Arc::default(),
            }),
            Admitted::NumberBusy => Placing::NumberBusy,
            Admitted::TooMany(until) | Admitted::SpendStop(until) => Placing::TooMany(until),
        })
    }
}

impl PlacedCall {
    /// The line of this call, which notes when somebody answers.
    pub(super) fn metered(&self, line: Box<dyn Line>) -> Metered {
        Metered {
            line,
            clock: self.clock.clone(),
            answered_at: self.answered_at.clone(),
        }
    }

    /// Notes how it ended.
    pub(super) async fn over(self, outcome: CallOutcome) {
        self.end(outcome_text(outcome)).await;
    }

    /// Notes that nobody waits for it any more.
    pub(super) async fn given_up(self) {
        self.end("given_up").await;
    }

    /// A failure of the store leaves the row as it was placed: its line is busy for three minutes, and its whole cost
    /// counts.
    async fn end(self, outcome: &'static str) {
        metrics::call(outcome);
        let now = self.clock.now();
        let answered_at = *self.lock();
        let over = PlacedCallOver {
            outcome,
            answered_at,
            cost: answered_at.map_or(0, |at| self.price * minutes(now - at)),
            at: now,
        };
        if let Err(error) = self.store.carriers().end_call(&self.id, over).await {
            tracing::error!(%error, "what a call came to was not kept");
        }
        if let Err(error) = watch(self.store.as_ref(), Kind::Call, now).await {
            tracing::error!(%error, "how many calls are answered is not known");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<UnixMillis>> {
        self.answered_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Minutes begun, as they are charged.
fn minutes(milliseconds: i64) -> i64 {
    let begun = milliseconds.max(0) / MINUTE_MS + 1;
    begun.min(CALL_PAID_MINUTES)
}

const fn outcome_text(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Confirmed => "confirmed",
        CallOutcome::WrongNumber => "wrong_number",
        CallOutcome::Reported => "reported",
        CallOutcome::Denied => "denied",
        CallOutcome::NoAnswer => "no_answer",
        CallOutcome::Busy => "busy",
        CallOutcome::Failed => "failed",
    }
}

/// A line that notes when somebody answers.
pub(super) struct Metered {
    line: Box<dyn Line>,
    clock: Arc<dyn Clock>,
    answered_at: Arc<Mutex<Option<UnixMillis>>>,
}

impl std::fmt::Debug for Metered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.line.fmt(f)
    }
}

#[async_trait]
impl Line for Metered {
    async fn heard(&mut self) -> Heard {
        let heard = self.line.heard().await;
        if matches!(heard, Heard::Taken | Heard::Answered) {
            let mut answered_at = self
                .answered_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            answered_at.get_or_insert(self.clock.now());
        }
        heard
    }

    async fn say(&mut self, prompt: Prompt<'_>) -> Result<(), CallError> {
        self.line.say(prompt).await
    }
}
