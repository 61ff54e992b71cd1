//! Accounts on their way to a file or to another app.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What can be saved of the list, before anything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ExportView {
    /// How many accounts can be copied.
    pub accounts: u32,
    /// Those whose keys never leave this device, by the names that the person knows them by.
    pub bound: Vec<String>,
    /// A backup is on, so that a file can be locked with its passphrase.
    pub backup_on: bool,
    /// Where files are put; `None` where the platform has no such place, and only codes can be shown.
    pub folder: Option<String>,
}

/// Into what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportForm {
    /// Our own file, which opens with the backup's passphrase.
    Locked,
    /// A file for Aegis and those that read it, with a password of its own.
    Aegis,
    /// One link a line, in clear.
    Text,
    /// Codes to be scanned by another phone.
    Codes,
}

/// What was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ExportedView {
    /// How many accounts are in it.
    pub accounts: u32,
    /// Where the file lies.
    pub path: Option<String>,
    /// The codes in their order, each as `data:image/png;base64,…`.
    pub codes: Vec<String>,
    /// What could not be written in this form, in the order of the list.
    pub left_out: Vec<LeftOutAccount>,
    /// How many accounts lost the name that the person gave them.
    pub names_left: u32,
}

/// An account that a form has no place for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct LeftOutAccount {
    /// What the person knows it by.
    pub title: String,
    /// Why.
    pub why: LeftOutWhy,
}

/// Why a form has no place for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutWhy {
    /// The other apps would make other passcodes of it.
    Kind,
    /// There is no room for it, or for more.
    Room,
    /// It makes no passcodes anywhere.
    Unusable,
}
