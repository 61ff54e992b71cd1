//! Who is signed in on the computer that asks, as far as the computer itself tells.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The answer to `GET /recognised`. Nobody is signed in by it: that takes a click, and `POST /session/recognised`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RecognisedView {
    /// Somebody who has an account here.
    Known {
        /// As the organisation writes it, else the account.
        name: String,
        /// The account name.
        account: String,
    },
    /// Nobody, so name and password are asked for.
    Not {
        /// Why.
        why: WhyNotRecognised,
    },
}

/// Why a computer's word for who is signed in on it is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhyNotRecognised {
    /// This service asks no computer at that address.
    NotOffered,
    /// Many people use it, by its place or by the account that it is signed in with (PH12).
    Shared,
    /// The account has no counterpart here, or may not sign in.
    Unknown,
    /// What the computer sent proves nothing: of another kind, too weak, sent before, or out of time.
    Unproven,
    /// The service cannot look at it now.
    Unavailable,
}

/// `POST /session/recognised`: the person said that they are who the page showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ContinueAs {
    /// The account that the page showed. Where the computer tells of another one by now, nobody is signed in.
    pub account: String,
}
