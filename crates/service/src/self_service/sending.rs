//! Whether a text may be sent, and what became of it (rows H3, H4).
//!
//! Every text has a row from before it is handed over. How many there are for a person, a number and the site, and what
//! they cost, is counted from rows in the transaction that adds the next one.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use countersign_protocol::time::UnixMillis;
use tokio::sync::Semaphore;

use super::carrying::watch;
use super::phone_number::E164;
use super::session::random_id;
use super::text::{Text, TextError};
use crate::core::{Core, Fault};
use crate::metrics;
use crate::model::User;
use crate::store::carriers::{Admitted, Carried, HandedOver, Kind, Planned, TextPurpose};
use crate::texts::parts;
use crate::texts::reports::{Arrival, Report, Reported};

/// A message centre may report of a text before its answer, with the text's name, is written down here.
const EARLY: Duration = Duration::from_millis(100);
const EARLY_TRIES: usize = 6;
/// Reports that are being noted at a time.
const REPORTS_AT_A_TIME: usize = 64;

/// How sending a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    /// It was handed over.
    Sent,
    /// There were enough, or they have cost enough, until then.
    TooMany(UnixMillis),
    /// It could not be sent, or nobody knows whether it was.
    Unavailable,
}

impl Core {
    /// Sends a text, if every limit allows it.
    pub(super) async fn send_text(
        &self,
        user: &User,
        to: &E164,
        purpose: TextPurpose,
        words: &str,
    ) -> Result<Sending, Fault> {
        let Some(texter) = &self.phones.texter else {
            return Ok(Sending::Unavailable);
        };
        let parts = match parts::count(words) {
            Ok(parts) => parts,
            Err(error) => {
                tracing::error!(%error, "a text cannot be sent; look at the organisation's name");
                return Ok(Sending::Unavailable);
            }
        };
        let country = to.country().unwrap_or_default();
        let price = i64::from(self.phones.text_limits.price_of(&country));
        let planned = Planned {
            id: random_id(self.random.as_ref())?,
            user: user.id.clone(),
            number: to.clone(),
            what: Carried::Text { purpose, parts },
            cost: price * i64::from(parts),
            at: self.now(),
        };
        match self.admit_carried(&planned).await? {
            Admitted::Yes => {}
            Admitted::TooMany(until) | Admitted::SpendStop(until) => {
                return Ok(Sending::TooMany(until));
            }
            // A number takes any number of texts at a time
            Admitted::NumberBusy => return Ok(Sending::Unavailable),
        }
        let id = planned.id.as_str();
        let sent = texter.send(&Text { id, to, words }).await;
        let (ended, result) = match sent {
            Ok(handed) => (Some(HandedOver::Taken(handed.name)), Sending::Sent),
            Err(error) => {
                let ending = to.ending();
                tracing::warn!(%error, text = id, ending, "a text was not sent");
                // Whether it was taken is not known: it counts with its cost
                let ended = matches!(error, TextError::Refused(_)).then_some(HandedOver::Refused);
                (ended, Sending::Unavailable)
            }
        };
        metrics::text(match (&ended, result) {
            (_, Sending::Sent) => "handed",
            (Some(_), _) => "refused",
            (None, _) => "unknown",
        });
        if let Some(ended) = ended {
            let carriers = self.store.carriers();
            carriers.text_handed_over(id, ended, self.now()).await?;
        }
        Ok(result)
    }

    /// Takes what a carrier reports.
    pub async fn note_report(&self, report: &Report) -> Result<bool, Fault> {
        let now = self.now();
        let kept = self.store.carriers().text_reported(report, now).await?;
        if kept == Some(true) {
            metrics::text(match report.arrival {
                Arrival::Delivered => "delivered",
                Arrival::Failed => "failed",
            });
            watch(self.store.as_ref(), Kind::Text, now).await?;
        }
        Ok(kept.is_some())
    }

    /// Takes what a carrier reports by itself, for as long as it does: a few at a time, since each may come before its text
    /// is known by its name, and is tried again.
    pub async fn keep_reports(self: Arc<Self>, mut reported: Reported) {
        let turns = Arc::new(Semaphore::new(REPORTS_AT_A_TIME));
        while let Some(report) = reported.recv().await {
            let Ok(turn) = turns.clone().acquire_owned().await else {
                return;
            };
            let core = self.clone();
            tokio::spawn(async move {
                let _until_noted = turn;
                let noted = || async {
                    match core.note_report(&report).await {
                        Ok(true) => Ok(()),
                        Ok(false) => Err(None),
                        Err(fault) => Err(Some(fault)),
                    }
                };
                let pauses = ExponentialBuilder::new()
                    .with_min_delay(EARLY)
                    .with_max_times(EARLY_TRIES);
                match noted.retry(pauses).await {
                    Ok(()) => {}
                    Err(None) => tracing::debug!("a report was of nobody's text"),
                    Err(Some(fault)) => tracing::error!(%fault, "a report was not kept"),
                }
            });
        }
    }
}
