//! What this app did and saw: the list of activities.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One thing that happened, newest first in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ActivityView {
    /// Opaque id.
    pub id: String,
    /// When, as Unix milliseconds in a decimal text (64 bits do not cross).
    pub at_ms: String,
    /// What.
    pub kind: ActivityKind,
    /// The account that it was about, while that is still here.
    pub account_id: Option<String>,
    /// The account's title at that time; empty = it was about the app itself.
    pub title: String,
    /// The person's name there at that time.
    pub account: String,
    /// The application that asked, for requests; the changed device, for changes of the person's other devices; empty
    /// else.
    pub application: String,
    /// Where the request came from; empty = unknown.
    pub place: String,
    /// The request's address as text; empty = unknown.
    pub address: String,
    /// How many times, for refused unlocks; how many accounts, for an import or a restore; 1 for everything else.
    pub times: u32,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// A request was approved here.
    Approved,
    /// A request was denied here.
    Denied,
    /// A request was denied and reported here.
    Reported,
    /// A request ran out unanswered.
    Unanswered,
    /// A request was answered on another device.
    AnsweredElsewhere,
    /// A passcode was put on the clipboard.
    PasscodeCopied,
    /// An organisation account was activated on this device.
    Activated,
    /// An organisation account that was here before was activated again.
    Reactivated,
    /// A third party's account was added.
    Added,
    /// Third parties' accounts came out of another app's export.
    Imported,
    /// Accounts were saved as a file or shown as codes.
    Exported,
    /// Accounts came back out of a backup.
    CameBack,
    /// A backup was turned on, or got another passphrase.
    BackupOn,
    /// The backup was turned off.
    BackupOff,
    /// Another folder was chosen for the backup.
    BackupMoved,
    /// Another phone took this one's place at an organisation.
    Moved,
    /// The service told that another device of the person was added.
    DeviceAdded,
    /// The service told that another device of the person was activated again.
    DeviceReactivated,
    /// The service told that another device of the person was removed.
    DeviceRemoved,
    /// The service told that the help desk stopped another device of the person.
    DeviceSuspended,
    /// The service told that a one-time passcode was made for the person.
    PasscodeGiven,
    /// The service told that a one-time passcode of the person was used.
    PasscodeUsed,
    /// The service told that a recovery card of the person was made.
    CardMade,
    /// The service told that a code of the person's recovery card was used.
    CardUsed,
    /// The service told that the person's recovery card was taken back.
    CardStopped,
    /// The service told that the help desk took back what kept the person out.
    Unlocked,
    /// The person said here that such a change was not theirs.
    ChangeReported,
    /// An account got the person's own name.
    Renamed,
    /// An account was removed.
    Removed,
    /// An account was brought back from the trash.
    Restored,
    /// The PIN or passphrase was changed.
    SecretChanged,
    /// Somebody typed a wrong PIN or passphrase; noted at the next good unlock.
    UnlockRefused,
}
