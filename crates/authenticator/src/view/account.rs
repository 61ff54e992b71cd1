//! An account in the list.

use serde::Serialize;
use ts_rs::TS;

use super::StoppedView;

/// One account, without its passcode.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that the window shows by itself"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct AccountView {
    /// Opaque id.
    pub id: String,
    /// Whose it is.
    pub kind: AccountKind,
    /// The title: the name the person gave, else the organisation or issuer.
    pub title: String,
    /// Organisation or issuer as the service names itself.
    pub issuer: String,
    /// The person's name there.
    pub account: String,
    /// The picture beside it.
    pub mark: Mark,
    /// Whether it works on this device.
    pub state: AccountState,
    /// Why it does not, where this device has keys that its service does not take; they may be good again.
    pub stopped: Option<StoppedView>,
    /// Six digits that the page with the code must show too, while an activation waits for that (row A2).
    pub check: Option<String>,
    /// The service's host, for organisation accounts.
    pub host: Option<String>,
    /// Counter-based: a passcode is shown on request, one use each.
    pub counter_based: bool,
    /// Answers push requests.
    pub push: bool,
    /// The plain dialect (no number bound, no service signature): listed as weaker.
    pub legacy: bool,
    /// The key is shorter than 16 bytes (row Q3).
    pub short_key: bool,
    /// Steam's own passcodes: five letters and digits.
    pub steam: bool,
}

/// What came of an activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ActivatedView {
    /// The account works here.
    Added {
        /// The account.
        account: AccountView,
    },
    /// The page with the code shows six digits; somebody there says whether they are these (row A2).
    Compare {
        /// The account that waits, to go on with.
        id: String,
        /// The digits.
        check: String,
    },
}

/// An account in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct TrashedView {
    /// The account.
    pub account: AccountView,
    /// Days until it goes for good, rounded up.
    pub days_left: u32,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// Push and passcodes for one service; its keys are bound to this device.
    Organisation,
    /// A third party's passcodes.
    Other,
}

/// Whether an account works on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// It works.
    Working,
    /// An activation was begun and its answer never arrived; it is tried again.
    Finishing,
    /// The service does not know this device's keys any more.
    NeedsReactivating,
}

/// The picture beside an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mark {
    /// One or two letters.
    Initials {
        /// The letters.
        text: String,
    },
    /// The organisation's own emblem.
    Logo {
        /// `data:image/png;base64,…`, re-encoded by us, at most 128 pixels a side.
        data_url: String,
    },
}

/// A passcode to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PasscodeView {
    /// Changes with time.
    Timed {
        /// The account.
        id: String,
        /// The digits, without a space.
        code: String,
        /// The digits that follow.
        next: String,
        /// Length of a step.
        period_seconds: u32,
        /// Milliseconds that `code` is still the current one, counted from this answer.
        left_ms: u32,
    },
    /// The counter's present code; it was counted durably before it was shown.
    Counted {
        /// The account.
        id: String,
        /// The digits.
        code: String,
    },
}
