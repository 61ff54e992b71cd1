//! The help desk's page: finding a person and letting them in again. Every act needs a fresh proof, an operator, a reason,
//! and cannot be done to oneself (row K6).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{card::CardStanding, device::DeviceStanding};

/// `GET /desk/people?name=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeskFound {
    /// At most twenty accounts whose name begins so.
    pub people: Vec<DeskUser>,
}

/// A person, to an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeskUser {
    /// The id.
    pub id: String,
    /// As the organisation writes it, else the account.
    pub name: String,
    /// The account name.
    pub account: String,
    /// May not sign in.
    pub disabled: bool,
    /// Passcodes are locked after too many wrong ones.
    pub locked: bool,
    /// Until when they may add a first device without a proof, where the help desk let them.
    #[ts(type = "number | null")]
    pub released_until: Option<i64>,
    /// Their recovery card; never its codes.
    #[serde(default)]
    pub card: Option<CardStanding>,
    /// Their devices.
    pub devices: Vec<DeskDevice>,
    /// The last fifty things that happened, newest first; empty in what `GET /desk/people` found.
    pub events: Vec<DeskEvent>,
}

/// A device, to an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeskDevice {
    /// The id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it works.
    pub standing: DeviceStanding,
    /// When it was last heard of.
    #[ts(type = "number | null")]
    pub last_used_at: Option<i64>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeskEvent {
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// As the audit log names it, such as `request.answer`.
    pub action: String,
    /// How it ended.
    pub result: String,
    /// From where.
    pub source: String,
}

/// `POST /desk/people/{id}/bypass`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeskBypassWanted {
    /// Why, 5 to 200 characters; it is kept in the audit log.
    pub reason: String,
}

/// A bypass code, shown once.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeskBypass {
    /// The code.
    pub code: String,
    /// When it runs out: within the hour.
    #[ts(type = "number")]
    pub expires_at: i64,
}

/// `POST /desk/people/{id}/unlock`, `…/release`, `…/card` and `…/devices/{device}/suspend`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeskReason {
    /// Why, 5 to 200 characters.
    pub reason: String,
}
