//! The check-up: what is not as it should be, each a thing that a person can put right.

use serde::Serialize;
use ts_rs::TS;

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CheckView {
    /// What it is.
    pub kind: CheckKind,
    /// The account that it is about; `None` = the app or the device.
    pub account_id: Option<String>,
    /// The number that its sentence mentions: seconds that the clock is fast, or how many accounts.
    pub number: Option<i32>,
}

/// What can need a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// This device's clock is off by a minute or more; `number` = seconds fast.
    ClockWrong,
    /// The service does not know this device's keys any more.
    NeedsReactivating,
    /// The vault leans on a passphrase alone: the system has no keystore.
    PassphraseOnly,
    /// The account speaks the plain dialect: no number bound, no service signature.
    LegacyAccount,
    /// The system does not show this app's notifications.
    NotificationsOff,
    /// A service cannot be reached: requests do not arrive.
    Offline,
    /// The vault's file is older than the one that this device had last.
    OlderCopy,
    /// Accounts that no backup holds; `number` = how many.
    NotBackedUp,
    /// The account's key is shorter than 16 bytes (row Q3).
    ShortKey,
}
