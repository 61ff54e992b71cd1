//! The backup: what of this device is in it, and what comes out of one.

use serde::Serialize;
use ts_rs::TS;

/// How the backup of this device stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct BackupView {
    /// It is kept up by itself.
    pub is_on: bool,
    /// The folder that the files lie in, as a person finds it.
    pub folder: String,
    /// The person may choose another folder: the site's administrator chose none.
    pub may_choose: bool,
    /// When the newest of this device was written, as Unix milliseconds in a decimal text; `None` before the first.
    pub made_at_ms: Option<String>,
    /// Why the last try wrote nothing; what was written before is still there.
    pub fault: Option<BackupFault>,
    /// Every account, in the order of the list.
    pub accounts: Vec<BackedUpAccount>,
}

/// One account of this device, and what a backup does for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct BackedUpAccount {
    /// Opaque id.
    pub id: String,
    /// The title that the list shows.
    pub title: String,
    /// The person's name there.
    pub account: String,
    /// What the backup holds of it.
    pub held: BackupHold,
}

/// What a backup holds of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BackupHold {
    /// All of it: it works after a restore.
    Whole,
    /// Its place in the list; the organisation's own self-service puts it back in step.
    Reactivate,
    /// Its place in the list; the organisation's own staff have to give a new code.
    AskThere,
    /// Nothing yet: there is no backup, or none since the account came or changed.
    NotYet,
}

/// Why no backup could be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BackupFault {
    /// The folder is gone or may not be written.
    Folder,
    /// The disk is full.
    Full,
}

/// A backup that was found, before its passphrase is typed. What it says of itself is not proved yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct BackupFound {
    /// Opaque id of the draft.
    pub draft: String,
    /// When it was written, as Unix milliseconds in a decimal text.
    pub made_at_ms: String,
    /// The device that wrote it; may be empty.
    pub device: String,
    /// How many accounts come back whole.
    pub accounts: u32,
    /// How many organisation accounts come back to be reactivated.
    pub organisations: u32,
}

/// What a restore brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RestoreReceipt {
    /// Every account that came back, in the order of the list.
    pub accounts: Vec<RestoredAccount>,
    /// How many were here already and stayed as they were.
    pub here: u32,
}

/// One account that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RestoredAccount {
    /// Opaque id.
    pub id: String,
    /// The title that the list shows.
    pub title: String,
    /// The person's name there.
    pub account: String,
    /// It works; `false` = it needs reactivating.
    pub works: bool,
}

/// What a rehearsal found: the newest file, opened with the passphrase that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RehearsalView {
    /// How many of this device's restorable accounts it would bring back as they are here.
    pub readable: u32,
    /// How many restorable accounts this device has.
    pub of: u32,
}
