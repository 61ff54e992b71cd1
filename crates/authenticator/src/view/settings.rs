//! What a person chooses. Theme and language are the window's own, needed before the unlock.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// All settings that are kept in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SettingsView {
    /// How long the app stays open in the background.
    pub lock_after: LockAfter,
    /// Passcodes are shown after a tap only (row U2).
    pub hide_passcodes: bool,
    /// Each approval needs a fresh unlock.
    pub ask_before_approving: bool,
    /// Notifications name the application and the place.
    pub notification_details: bool,
}

/// How long the app stays open once it is in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LockAfter {
    /// Not at all.
    StraightAway,
    /// One minute.
    OneMinute,
    /// Five minutes.
    FiveMinutes,
}

/// What a passphrase is worth, as typed so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct PassphraseView {
    /// 0 to 4.
    pub score: u8,
    /// A vault may be locked with it.
    pub enough: bool,
}
