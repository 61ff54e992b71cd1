//! A request that waits here for an answer.

use std::time::{Duration, Instant};

use countersign_protocol::{time::UnixMillis, wire::device::Transaction};
use countersign_vault::RecordId;

use crate::{
    member::Member,
    network::Outgoing,
    view::{Answer, Known, RequestView},
};

/// How long after a denial a report is still taken (PROTOCOL.md §7), less a little for the way.
const REPORT: Duration = Duration::from_secs(290);

/// What is known of a transaction once it was checked.
#[derive(Clone, Copy)]
pub(crate) struct Accepted {
    /// How long it still waits.
    pub(crate) left: Duration,
    /// The service made it by itself; approving it opens nothing.
    pub(crate) test: bool,
}

/// A signed answer that may have been lost on the way.
pub(crate) struct Attempt {
    /// What was said.
    pub(crate) answer: Answer,
    /// The sequence it was signed with; `None` in the plain dialect.
    pub(crate) sequence: Option<u64>,
    /// The signed request.
    pub(crate) outgoing: Outgoing,
}

/// One request, as its service vouched for it.
pub(crate) struct Pending {
    /// The account.
    pub account: RecordId,
    /// The request.
    pub transaction: Transaction,
    /// By the monotonic clock, so that nothing the wall clock does stretches it (row C3).
    pub expires: Instant,
    /// Set by a denial: until then a report is taken.
    pub reportable_until: Option<Instant>,
    /// The last signed answer, to be sent again word for word when it was lost on the way.
    pub attempt: Option<Attempt>,
    /// The answer was sent, and what came of it is awaited.
    pub on_the_way: bool,
    /// The service does not list it any more.
    pub unlisted: bool,
    test: bool,
    organisation: String,
    username: String,
}

impl Pending {
    /// Takes in a transaction that was just received and accepted.
    pub(crate) fn new(member: &Member, transaction: Transaction, accepted: Accepted) -> Self {
        // No service gives a request longer than five minutes
        let left = accepted.left.min(Duration::from_mins(5));
        Self {
            account: member.id,
            transaction,
            expires: Instant::now() + left,
            reportable_until: None,
            attempt: None,
            on_the_way: false,
            unlisted: false,
            test: accepted.test,
            organisation: member.organisation.clone(),
            username: member.username.clone(),
        }
    }

    /// One that waits `left` from now and expires at `expires_at_ms` by its service's clock.
    #[cfg(test)]
    pub(crate) fn of_test(account: RecordId, urgid: &str, left: Duration, expires_at: i64) -> Self {
        let transaction = serde_json::json!({
            "urgid": urgid, "expiration": expires_at / 1000, "summary": "Patient Records",
        });
        Self {
            account,
            transaction: serde_json::from_value(transaction).unwrap(),
            expires: Instant::now() + left,
            reportable_until: None,
            attempt: None,
            on_the_way: false,
            unlisted: false,
            test: false,
            organisation: String::new(),
            username: String::new(),
        }
    }

    /// Its name in this app: two services might use the same `urgid`.
    pub(crate) fn id(&self) -> String {
        format!("{}-{}", self.account, self.transaction.urgid)
    }

    /// It waits for an approval or a denial.
    pub(crate) fn is_waiting(&self) -> bool {
        self.reportable_until.is_none() && Instant::now() < self.expires
    }

    /// It can be forgotten.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.ends()
    }

    /// When it can be forgotten.
    pub(crate) fn ends(&self) -> Instant {
        self.reportable_until.unwrap_or(self.expires)
    }

    /// When it expires by its service's clock.
    pub(crate) fn expires_at(&self) -> UnixMillis {
        self.transaction.countersign.as_ref().map_or_else(
            || UnixMillis::from_seconds(self.transaction.expiration),
            |told| UnixMillis(told.expires),
        )
    }

    /// It was denied here and now; a report may follow.
    pub(crate) fn denied(&mut self) {
        self.attempt = None;
        self.reportable_until = Some(Instant::now() + REPORT);
    }

    /// What a window shows.
    pub(crate) fn view(&self) -> RequestView {
        RequestView::of(
            &self.transaction,
            Known {
                id: self.id(),
                account_id: self.account.to_string(),
                organisation: &self.organisation,
                username: &self.username,
                left: self.expires.saturating_duration_since(Instant::now()),
                test: self.test,
            },
        )
    }
}
