//! A request that waits here for an answer.

use std::time::{Duration, Instant};

use countersign_protocol::{label::Label, time::UnixMillis, wire::device::Transaction};
use countersign_vault::RecordId;

use crate::{
    member::Member,
    network::Outgoing,
    view::{Answer, Detail, RequestView},
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
            test: accepted.test,
            organisation: member.organisation.clone(),
            username: member.username.clone(),
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
        Instant::now() >= self.reportable_until.unwrap_or(self.expires)
    }

    /// It was denied here and now; a report may follow.
    pub(crate) fn denied(&mut self) {
        self.attempt = None;
        self.reportable_until = Some(Instant::now() + REPORT);
    }

    /// What a window shows.
    pub(crate) fn view(&self) -> RequestView {
        let told = self.transaction.countersign.as_ref();
        let fact = |label: &str| {
            self.transaction
                .attributes
                .0
                .iter()
                .take(2)
                .flatten()
                .find(|pair| pair.label() == label)
                .map(|pair| Label::new(&pair.value_text()))
        };
        let text = |label: &str| fact(label).unwrap_or_default().to_string();
        let or = |found: String, known: &str| {
            if found.is_empty() {
                known.to_owned()
            } else {
                found
            }
        };
        let created_at = told.map_or_else(
            || text("Time").parse().ok().map(UnixMillis::from_seconds),
            |told| Some(UnixMillis(told.created_at)),
        );
        RequestView {
            id: self.id(),
            account_id: self.account.to_string(),
            application: or(
                Label::new(&self.transaction.summary).to_string(),
                &text("Integration"),
            ),
            organisation: or(text("Organization"), &self.organisation),
            username: or(text("Username"), &self.username),
            place: text("Location"),
            address: text("IP Address"),
            created_at_ms: created_at.map_or_else(String::new, |time| time.0.to_string()),
            left_ms: u32::try_from(
                self.expires
                    .saturating_duration_since(Instant::now())
                    .as_millis(),
            )
            .unwrap_or(u32::MAX),
            number_digits: told.map_or_else(
                || {
                    self.transaction
                        .step_up_code_info
                        .map_or(0, |info| info.num_digits)
                },
                |told| told.number_digits,
            ),
            unusual: told.is_some_and(|told| told.unusual),
            test: self.test,
            told_by_application: self.told_by_application(),
        }
    }

    /// Groups after the second are the integration's own words (row C8): at most 20 pairs.
    fn told_by_application(&self) -> Vec<Detail> {
        let pairs = self.transaction.attributes.0.iter().skip(2).flatten();
        pairs
            .map(|pair| Detail {
                label: Label::new(pair.label()).to_string(),
                value: Label::new(&pair.value_text()).to_string(),
            })
            .filter(|detail| !detail.value.is_empty())
            .take(20)
            .collect()
    }
}
