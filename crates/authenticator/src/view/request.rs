//! A sign-in that waits for an answer.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One request, with what the service signed and nothing that was merely claimed unless it says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RequestView {
    /// Opaque id.
    pub id: String,
    /// The account it came for.
    pub account_id: String,
    /// The application that asked.
    pub application: String,
    /// The organisation.
    pub organisation: String,
    /// Who is signing in.
    pub username: String,
    /// Where from: a place or a network; empty = unknown.
    pub place: String,
    /// The address, as text; empty = unknown.
    pub address: String,
    /// When it was made, as Unix milliseconds in a decimal text (64 bits do not cross).
    pub created_at_ms: String,
    /// Milliseconds until it expires, counted from this answer.
    pub left_ms: u32,
    /// Digits of the number to type; 0 = none.
    pub number_digits: u8,
    /// This user never confirmed from here before.
    pub unusual: bool,
    /// A test that opens nothing.
    pub test: bool,
    /// The device whose place this one takes by the yes; `None` for every request but the last step of a move.
    pub replaces: Option<String>,
    /// Facts that the application told by itself.
    pub told_by_application: Vec<Detail>,
}

/// A labelled fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Detail {
    /// The application's label.
    pub label: String,
    /// Its value.
    pub value: String,
}

/// What the person says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Answer {
    /// Yes, with the number where one is asked for.
    Approve {
        /// The digits typed.
        number: Option<String>,
    },
    /// No.
    Deny,
    /// "This wasn't me", after a denial.
    Report,
}

/// How an answer went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct AnswerOutcome {
    /// The request.
    pub id: String,
    /// The result.
    pub result: AnswerResult,
}

/// A request that another device of the person answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct AnsweredView {
    /// The request, as it was listed here.
    pub id: String,
    /// The name of the device that answered.
    pub device: String,
    /// It approved; else it denied.
    pub approved: bool,
    /// When, as Unix milliseconds in a decimal text.
    pub at_ms: String,
}

/// The results that a window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum AnswerResult {
    /// Approved; the sign-in goes on.
    Approved,
    /// Denied.
    Denied,
    /// Reported; requests are paused.
    Reported,
    /// That number was not the one on the other screen.
    WrongNumber {
        /// Tries left; 0 = the request is closed.
        tries_left: u8,
    },
    /// Nobody answered in time.
    Expired,
    /// Another device, or this one before, answered it already.
    AnsweredElsewhere,
    /// The service could not be reached; the request still waits.
    Offline,
    /// The service refused this device: it needs reactivating.
    Refused,
}
