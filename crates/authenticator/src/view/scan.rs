//! What a picture, a link or a typed key turned out to be.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::ImportFound;

/// One text read from outside. Reading never changes anything: a person confirms first (row Q1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ScanView {
    /// An activation, to be confirmed with its host.
    Activation(ActivationView),
    /// A third party's account, to be confirmed.
    Other(OtherAccountView),
    /// Accounts of another app's export, to be reviewed.
    Import(ImportFound),
    /// Something else.
    Foreign {
        /// What it is.
        what: ForeignKind,
        /// The host of a web link, in its plain ASCII form.
        host: Option<String>,
    },
}

/// An activation that waits for a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ActivationView {
    /// Opaque id of the draft; the code itself stays inside.
    pub draft: String,
    /// The service's host in full, ASCII (punycode) form, with its port where it has one.
    pub host: String,
    /// An account of this host is already here, or the host is on the managed list.
    pub known: bool,
    /// Why this host may not be used; `None` = it may.
    pub refused: Option<super::ProblemCode>,
}

/// A third party's account that waits for a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct OtherAccountView {
    /// Opaque id of the draft; the key itself stays inside.
    pub draft: String,
    /// Issuer; may be empty.
    pub issuer: String,
    /// Account.
    pub account: String,
    /// Counter-based.
    pub counter_based: bool,
    /// Digits.
    pub digits: u8,
    /// Seconds a step; 0 for counter-based.
    pub period_seconds: u32,
    /// The key is shorter than 16 bytes.
    pub weak_key: bool,
    /// The same account is already here.
    pub duplicate: bool,
}

/// What a foreign code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ForeignKind {
    /// A web link to `host`.
    WebLink,
    /// A contact card.
    ContactCard,
    /// A network's name and password.
    Wifi,
    /// Plain text.
    PlainText,
    /// An activation link or code that is damaged.
    BrokenActivation,
    /// A third party's account that is damaged.
    BrokenAccount,
}

/// An account typed by hand.
#[derive(Clone, Deserialize, TS)]
pub struct TypedAccount {
    /// Issuer.
    pub issuer: String,
    /// Account.
    pub account: String,
    /// Base32 key, spaces allowed.
    pub key: String,
    /// Counter-based.
    pub counter_based: bool,
    /// Digits, 6 to 8.
    pub digits: u8,
    /// Seconds a step, 10 to 300.
    pub period_seconds: u32,
    /// Hash.
    pub algorithm: Algorithm,
    /// Steam's own passcodes: five letters and digits; counter, digits, seconds and hash are then of no meaning.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub steam: bool,
}

/// Hash of a passcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, TS)]
pub enum Algorithm {
    /// SHA-1
    Sha1,
    /// SHA-256
    Sha256,
    /// SHA-512
    Sha512,
}
