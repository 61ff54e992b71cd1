//! The state of the whole app, as one tagged union.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{AccountView, AnsweredView, NoticeView, RequestView, SettingsView, TrashedView};

/// Where the app is. The window draws exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum AppView {
    /// No vault yet: the first run. A PIN is offered where the system has a keystore, else a passphrase.
    First {
        /// How a new vault will be locked.
        unlock_with: UnlockMethod,
        /// The app was on this device before, and its accounts are not here any more: it was reinstalled.
        reinstalled: bool,
    },
    /// The vault's file is here and came from elsewhere: the key that it hangs on stayed on the device where it was made, so no
    /// PIN opens it. The file is kept as it is.
    Elsewhere {
        /// Where the file lies, to show to the person who helps.
        path: String,
    },
    /// The vault is there and locked.
    Locked {
        /// What the vault asks for.
        unlock_with: UnlockMethod,
        /// Wrong tries that are left before the wait; `None` before the first wrong one.
        tries_left: Option<u32>,
        /// Seconds until another try is accepted; 0 = now.
        wait_seconds: u32,
        /// Ten wrong tries in a row: this vault takes no more of them.
        stopped: bool,
        /// The system can open it too, by fingerprint or face.
        biometric: bool,
    },
    /// The vault cannot be opened at all; the file is kept as it is.
    Faulty {
        /// What is wrong with it.
        fault: VaultFault,
        /// Where the file lies, to show to the person who helps.
        path: String,
    },
    /// Unlocked.
    Open(OpenView),
}

/// What unlocks the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UnlockMethod {
    /// Six digits, bound to this machine's keystore.
    Pin,
    /// A passphrase of twelve characters or more, where there is no keystore.
    Passphrase,
}

/// Why a vault file cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VaultFault {
    /// The file was altered or damaged.
    Damaged,
    /// The file is empty or not a vault.
    NotAVault,
    /// A newer release wrote it.
    TooNew,
    /// The file or its folder cannot be read or written.
    Unreadable,
    /// Another copy of the app has it open.
    InUse,
}

/// An unlocked app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct OpenView {
    /// All accounts in the person's order. Passcodes are asked for apart, for the visible ones.
    pub accounts: Vec<AccountView>,
    /// Requests that wait for an answer, oldest first.
    pub requests: Vec<RequestView>,
    /// Requests that were listed here and another device answered, oldest first.
    pub answered: Vec<AnsweredView>,
    /// Changes of the person's other devices that nobody here said anything to, oldest first.
    pub notices: Vec<NoticeView>,
    /// Whether sign-in requests can arrive.
    pub connection: Connection,
    /// Set when this device's clock is off by a minute or more.
    pub clock: Option<ClockView>,
    /// How the vault is locked.
    pub unlock_with: UnlockMethod,
    /// A link or picture that came from outside waits for `take_incoming`.
    pub incoming: bool,
    /// What the person chose.
    pub settings: SettingsView,
    /// Removed accounts that can come back, the last removed first.
    pub trash: Vec<TrashedView>,
    /// How many entries imports could not take and nobody dismissed.
    pub unimported: u32,
    /// The file is a copy: nothing is answered until the person decides.
    pub copy: Option<CopyView>,
    /// A backup is kept up by itself.
    pub backup_on: bool,
    /// How many things the check-up finds.
    pub check_up_count: u32,
}

/// Of what the vault's file is a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CopyView {
    /// Of this device's own, from before (row V7).
    Older,
    /// Of another installation's, which may still be at work.
    Another,
}

/// Whether the organisations' services can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// No organisation account, so nothing to connect to.
    Unneeded,
    /// The first answer is awaited.
    Connecting,
    /// Requests arrive.
    Online,
    /// At least one service cannot be reached; passcodes still work.
    Offline,
}

/// How far this device's clock is from a service's signed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ClockView {
    /// Seconds that the device's clock is ahead; negative = behind. Passcodes are already corrected for it.
    pub seconds_fast: i32,
}
