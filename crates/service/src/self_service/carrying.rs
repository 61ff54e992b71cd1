//! Whether a text or a call may be carried, and what the site is told when they are too many, too dear, or reach nobody
//! (row H3).

use countersign_protocol::time::UnixMillis;

use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::metrics;
use crate::policy::{
    ANSWER_RATE_CALLS, ANSWER_RATE_MS, ANSWER_RATE_PERCENT, ARRIVAL_RATE_MS, ARRIVAL_RATE_PERCENT,
    ARRIVAL_RATE_TEXTS,
};
use crate::store::carriers::{Admitted, Kind, Planned};
use crate::store::{Store, StoreError};

impl Core {
    /// Counts one against every limit, and says where a limit kept it back.
    pub(super) async fn admit_carried(&self, planned: &Planned) -> Result<Admitted, Fault> {
        let kind = planned.what.kind();
        let limits = match kind {
            Kind::Text => &self.phones.text_limits,
            Kind::Call => &self.phones.call_limits,
        };
        let admitted = self.store.carriers().admit(planned, limits).await?;
        match admitted {
            Admitted::Yes => {}
            Admitted::NumberBusy => stopped(kind, "number_busy"),
            Admitted::TooMany(_) => stopped(kind, "too_many"),
            Admitted::SpendStop(_) => {
                stopped(kind, "spend");
                self.spend_alarm(planned, limits.spend_a_day).await?;
            }
        }
        Ok(admitted)
    }

    /// The site has spent what it wants to spend, which nobody should learn from the bill.
    async fn spend_alarm(&self, planned: &Planned, spend_a_day: u32) -> Result<(), Fault> {
        let action = match planned.what.kind() {
            Kind::Text => {
                tracing::error!(
                    spend_a_day,
                    "no text is sent any more today: they have cost enough; see [texts.limits]"
                );
                "text.stop"
            }
            Kind::Call => {
                tracing::error!(
                    spend_a_day,
                    "no call is placed any more today: they have cost enough; see [calls.limits]"
                );
                "call.stop"
            }
        };
        let object = planned.user.as_str();
        let entry = AuditEntry::new(planned.at, "service".into(), action, object, "spend");
        Ok(self.store.note(entry).await?)
    }
}

fn stopped(kind: Kind, limit: &'static str) {
    match kind {
        Kind::Text => metrics::text_stopped(limit),
        Kind::Call => metrics::call_stopped(limit),
    }
}

/// Tells the site when few of the last hour reached anybody: calls that nobody answers are rung by somebody who is paid for
/// the attempt, texts that never arrive are paid for all the same, or the carrier is broken.
pub(super) async fn watch(
    store: &dyn Store,
    kind: Kind,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (within, enough, percent) = match kind {
        Kind::Text => (ARRIVAL_RATE_MS, ARRIVAL_RATE_TEXTS, ARRIVAL_RATE_PERCENT),
        Kind::Call => (ANSWER_RATE_MS, ANSWER_RATE_CALLS, ANSWER_RATE_PERCENT),
    };
    let rate = store.carriers().rate(kind, now + -within).await?;
    if rate.of < enough || rate.reached * 100 >= rate.of * percent {
        return Ok(());
    }
    match kind {
        Kind::Text => {
            let (texts, delivered) = (rate.of, rate.reached);
            tracing::warn!(texts, delivered, "few texts of the last hour arrived");
        }
        Kind::Call => {
            let (calls, answered) = (rate.of, rate.reached);
            tracing::warn!(calls, answered, "few calls of the last hour were answered");
        }
    }
    Ok(())
}
