//! What a transaction tells, read for a window: every text cleaned, every list bounded (rows T5 and C8).

use std::time::Duration;

use countersign_protocol::{label::Label, time::UnixMillis, wire::device::Transaction};

use super::{Detail, RequestView};

/// The type of the request that ends a move, and the fact in it (PROTOCOL.md §13).
pub(crate) const MOVE: &str = "Move";
const OLD_PHONE: &str = "Old phone";
/// The most facts of an application's own that are shown.
const MAX_DETAILS: usize = 20;

/// What is known of a request besides what its transaction tells.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// Opaque id.
    pub id: String,
    /// The account it came for.
    pub account_id: String,
    /// The organisation's name, where the transaction gives none.
    pub organisation: &'a str,
    /// The person's name there, where the transaction gives none.
    pub username: &'a str,
    /// Until it expires.
    pub left: Duration,
    /// The service made it by itself.
    pub test: bool,
}

impl RequestView {
    /// Reads one transaction.
    pub fn of(transaction: &Transaction, known: Known<'_>) -> Self {
        let told = transaction.countersign.as_ref();
        let text = |label: &str| fact(transaction, label);
        let or = |found: String, known: &str| {
            if found.is_empty() {
                known.to_owned()
            } else {
                found
            }
        };
        let moving = known.test && transaction.kind == MOVE;
        let created_at = told.map_or_else(
            || text("Time").parse().ok().map(UnixMillis::from_seconds),
            |told| Some(UnixMillis(told.created_at)),
        );
        Self {
            id: known.id,
            account_id: known.account_id,
            application: or(
                Label::new(&transaction.summary).to_string(),
                &text("Integration"),
            ),
            organisation: or(text("Organization"), known.organisation),
            username: or(text("Username"), known.username),
            place: text("Location"),
            address: text("IP Address"),
            created_at_ms: created_at.map_or_else(String::new, |time| time.0.to_string()),
            left_ms: u32::try_from(known.left.as_millis()).unwrap_or(u32::MAX),
            number_digits: told.map_or_else(
                || {
                    transaction
                        .step_up_code_info
                        .map_or(0, |info| info.num_digits)
                },
                |told| told.number_digits,
            ),
            unusual: told.is_some_and(|told| told.unusual),
            test: known.test,
            replaces: moving.then(|| own_words(transaction, OLD_PHONE)),
            told_by_application: if moving {
                Vec::new()
            } else {
                told_by_application(transaction)
            },
        }
    }
}

/// A fact of the first two groups, which are the service's.
fn fact(transaction: &Transaction, label: &str) -> String {
    transaction
        .attributes
        .0
        .iter()
        .take(2)
        .flatten()
        .find(|pair| pair.label() == label)
        .map(|pair| Label::new(&pair.value_text()).to_string())
        .unwrap_or_default()
}

/// A fact of the last group, in a request that the service made by itself.
fn own_words(transaction: &Transaction, label: &str) -> String {
    let pairs = transaction.attributes.0.iter().skip(2).flatten();
    let mut found = pairs.filter(|pair| pair.label() == label);
    found.next().map_or_else(String::new, |pair| {
        Label::new(&pair.value_text()).to_string()
    })
}

/// Groups after the second are the integration's own words.
fn told_by_application(transaction: &Transaction) -> Vec<Detail> {
    let pairs = transaction.attributes.0.iter().skip(2).flatten();
    pairs
        .map(|pair| Detail {
            label: Label::new(pair.label()).to_string(),
            value: Label::new(&pair.value_text()).to_string(),
        })
        .filter(|detail| !detail.value.is_empty())
        .take(MAX_DETAILS)
        .collect()
}
