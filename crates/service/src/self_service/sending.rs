//! Whether a text may be sent, and what became of it (rows H3, H4).
//!
//! Every text has a row from before it is handed over. How many there are for a person, a number and the site, and what
//! they cost, is counted from rows in the transaction that adds the next one.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use countersign_protocol::time::UnixMillis;

use super::phone_number::E164;
use super::session::random_id;
use super::text::{Text, TextError};
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::metrics;
use crate::model::User;
use crate::policy::{ARRIVAL_RATE_MS, ARRIVAL_RATE_PERCENT, ARRIVAL_RATE_TEXTS};
use crate::store::StoreError;
use crate::store::texts::{HandedOver, PlannedText, TextAdmitted, TextPurpose};
use crate::texts::parts;
use crate::texts::reports::{Arrival, Report, Reported};

/// A message centre may report of a text before its answer, with the text's name, is written down here.
const EARLY: Duration = Duration::from_millis(100);
const EARLY_TRIES: usize = 6;

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
        let limits = &self.phones.text_limits;
        let parts = match parts::count(words) {
            Ok(parts) => parts,
            Err(error) => {
                tracing::error!(%error, "a text cannot be sent; look at the organisation's name");
                return Ok(Sending::Unavailable);
            }
        };
        let country = to.country().unwrap_or_default();
        let planned = PlannedText {
            id: random_id(self.random.as_ref())?,
            user: user.id.clone(),
            number: to.clone(),
            purpose,
            parts,
            cost: i64::from(limits.price_of(&country)) * i64::from(parts),
            at: self.now(),
        };
        let texts = self.store.texts();
        match texts.admit_text(&planned, limits).await? {
            TextAdmitted::Yes => {}
            TextAdmitted::TooMany(until) => {
                metrics::text_stopped("too_many");
                return Ok(Sending::TooMany(until));
            }
            TextAdmitted::SpendStop(until) => {
                self.spend_alarm(user).await?;
                return Ok(Sending::TooMany(until));
            }
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
            texts.text_handed_over(id, ended, self.now()).await?;
        }
        Ok(result)
    }

    /// Takes what a carrier reports.
    pub async fn note_report(&self, report: &Report) -> Result<bool, Fault> {
        let now = self.now();
        let kept = self.store.texts().text_reported(report, now).await?;
        if kept == Some(true) {
            metrics::text(match report.arrival {
                Arrival::Delivered => "delivered",
                Arrival::Failed => "failed",
            });
            self.watch_arrivals(now).await?;
        }
        Ok(kept.is_some())
    }

    /// Takes what a carrier reports by itself, for as long as it does.
    pub async fn keep_reports(self: Arc<Self>, mut reported: Reported) {
        while let Some(report) = reported.recv().await {
            let core = self.clone();
            tokio::spawn(async move {
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

    /// The site has spent what it wants to spend on texts, which nobody should learn from the bill.
    async fn spend_alarm(&self, user: &User) -> Result<(), Fault> {
        metrics::text_stopped("spend");
        let spend_a_day = self.phones.text_limits.spend_a_day;
        tracing::error!(
            spend_a_day,
            "no text is sent any more today: they have cost enough; see [texts.limits]"
        );
        let (now, object) = (self.now(), user.id.as_str());
        let entry = AuditEntry::new(now, "service".into(), "text.stop", object, "spend");
        Ok(self.store.note(entry).await?)
    }

    /// Texts that never arrive are paid for all the same.
    async fn watch_arrivals(&self, now: UnixMillis) -> Result<(), StoreError> {
        let since = now + -ARRIVAL_RATE_MS;
        let rate = self.store.texts().arrival_rate(since).await?;
        let few = rate.delivered * 100 < rate.reported * ARRIVAL_RATE_PERCENT;
        if rate.reported >= ARRIVAL_RATE_TEXTS && few {
            let (texts, delivered) = (rate.reported, rate.delivered);
            tracing::warn!(texts, delivered, "few texts of the last hour arrived");
        }
        Ok(())
    }
}
