//! The site, signing in, and what a session is.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{card::CardStanding, device::OwnDevice, number::ListedNumber, proof::Way};

/// `GET /site`: what the sign-in page has to know before anybody signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that a page asks about"
)]
pub struct SiteView {
    /// The organisation's name.
    pub organisation: String,
    /// Who helps; `None` where the site does not say.
    pub service_desk: Option<ServiceDesk>,
    /// Whether people without a device may add their first one by themselves (row A4).
    pub enrolment_open: bool,
    /// Whether phones can be called.
    pub calls: bool,
    /// Whether texts can be sent.
    pub texts: bool,
    /// Whether whoever asks sits at a workstation that many people use.
    pub shared: bool,
    /// Whether the computer may be asked who is signed in on it (`GET /recognised`).
    pub recognises: bool,
}

/// Who helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ServiceDesk {
    /// As dialled inside.
    pub extension: Option<String>,
    /// As dialled from outside.
    pub number: Option<String>,
    /// Whether somebody answers day and night.
    pub always: bool,
}

/// `POST /session`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// As the person types it.
    pub username: String,
    /// As the person types it; never logged, never kept.
    pub password: String,
    /// The page was told that many people use this computer, by the account that it is signed in with. It only ever makes
    /// the session shorter, so it may be believed.
    #[serde(default)]
    pub shared: bool,
}

/// Where a session stands. The service decides it, afresh for each answer (row S10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The password was right. Devices are shown, masked; nothing can be changed (rows A3, PH13).
    Prove,
    /// The same, of somebody without a device where the site lets people add the first one by themselves.
    FirstDevice,
    /// Proven: My Settings & Devices is open (PH16).
    Open,
}

/// The answer to `GET /session`, and to every call that changes what it tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SessionView {
    /// Where it stands.
    pub stage: Stage,
    /// Whose it is.
    pub person: Person,
    /// The person's devices, the default first.
    pub devices: Vec<OwnDevice>,
    /// How the person can prove who they are, the one that works first first; those that cannot work come last, with the
    /// reason. Always with a bypass code, which is typed where a passcode is.
    pub ways: Vec<Way>,
    /// Goes into `x-countersign-csrf` of every call that changes something. Empty to an app, which needs none.
    pub csrf: String,
    /// When the session ends unless it is used before.
    #[ts(type = "number")]
    pub idle_at: i64,
    /// When it ends in any case.
    #[ts(type = "number")]
    pub ends_at: i64,
    /// Until when the last proof covers acts; later ones ask for another (row S1). `None` before the first.
    #[ts(type = "number | null")]
    pub proven_until: Option<i64>,
    /// A workstation that many people use: short sessions, nothing remembered.
    pub shared: bool,
    /// The device whose key the app proved to hold: "this phone". `None` in a browser.
    pub this_device: Option<String>,
    /// The number that can be offered where one is added. `None` where the organisation has none that can be reached, where a
    /// device has it, and at the stage `prove`.
    #[serde(default)]
    pub listed_number: Option<ListedNumber>,
    /// The person's recovery card. `None` where there is none, and until the session is open.
    #[serde(default)]
    pub card: Option<CardStanding>,
    /// What the help desk did for the person within the last 30 days, newest first. Empty until the session is open.
    pub by_desk: Vec<ByDesk>,
}

/// Something that the help desk did for a person, as the person is told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ByDesk {
    /// When.
    #[ts(type = "number")]
    pub at: i64,
    /// What.
    pub act: DeskActKind,
}

/// What the help desk can do for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeskActKind {
    /// A one-time passcode was given.
    Bypass,
    /// Wrong passcodes and passwords count no more.
    Unlock,
    /// A device may be added without a proof.
    Release,
    /// A device was suspended.
    Suspend,
    /// The recovery card was taken back.
    Card,
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Person {
    /// As the organisation writes it, else the account.
    pub name: String,
    /// The account name.
    pub account: String,
    /// Whether the help-desk page is for them.
    pub operator: bool,
}
