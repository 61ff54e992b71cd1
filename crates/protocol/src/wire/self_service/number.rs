//! Phone numbers: confirmed by a code typed back before anything is called for a sign-in (row H1).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `POST /numbers`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NumberWanted {
    /// As typed, spaces and all; without a country it is taken as the site's own. `None` is the number that the organisation
    /// has for the person (`SessionView.listed_number`), which no browser is told.
    pub number: Option<String>,
    /// A landline is called; a mobile can be texted too.
    pub landline: bool,
    /// Dialled after the answer, for a landline.
    pub extension: Option<String>,
}

/// The number that the organisation has for a person, and that no device has yet. It proves nothing until it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ListedNumber {
    /// All but the country and the last four digits masked: whoever knows a password learns no number.
    pub shown: String,
    /// Whether no text can reach it.
    pub landline: bool,
}

/// A number that is being confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct NumberView {
    /// Its id, for this session alone.
    pub id: String,
    /// As it is written in its country; one that nobody typed is masked.
    pub shown: String,
    /// How a code can be sent to it.
    pub by: Vec<NumberBy>,
    /// Whether it was confirmed.
    pub confirmed: bool,
    /// When another code can be sent. `None` if none was sent yet.
    #[ts(type = "number | null")]
    pub again_at: Option<i64>,
    /// When the code that was sent runs out.
    #[ts(type = "number | null")]
    pub code_until: Option<i64>,
}

/// How a code travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NumberBy {
    /// As a text.
    Text,
    /// Spoken in a call.
    Call,
}

/// `POST /numbers/{id}/code`: sends a code.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyNumber {
    /// How.
    pub by: NumberBy,
}

/// `POST /numbers/{id}/confirm`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmNumber {
    /// As typed.
    pub code: String,
}

/// `POST /landlines`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LandlineWanted {
    /// A number of this session that was confirmed.
    pub number: String,
}
