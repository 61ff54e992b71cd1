//! What a service tells of another device of the person, or of their account (rows S5, K6, O7).

use serde::Serialize;
use ts_rs::TS;

/// A change of another device, or an act on the account, that the person has not said anything to yet, as the service signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct NoticeView {
    /// Opaque id.
    pub id: String,
    /// The account whose devices they are.
    pub account_id: String,
    /// What happened.
    pub change: DeviceChange,
    /// The changed device's name; empty where it is about the account.
    pub device: String,
    /// The organisation.
    pub organisation: String,
    /// The person's name there.
    pub username: String,
    /// When it happened, as Unix milliseconds in a decimal text (64 bits do not cross).
    pub at_ms: String,
}

/// What happened to a device, or to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChange {
    /// It was added.
    Added,
    /// It was activated again and has new keys.
    Reactivated,
    /// It was removed.
    Removed,
    /// The help desk stopped it.
    Suspended,
    /// A one-time passcode was made for the person.
    PasscodeGiven,
    /// A one-time passcode of the person was used.
    PasscodeUsed,
    /// A recovery card of the person was made.
    CardMade,
    /// A code of the person's recovery card was used.
    CardUsed,
    /// The person's recovery card was taken back.
    CardStopped,
    /// The help desk took back what kept the person out.
    Unlocked,
}
