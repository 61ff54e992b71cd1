//! Accounts of another app's export, before and after they are added.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What an export turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ImportView {
    /// Its accounts can be looked at.
    Found(ImportFound),
    /// It is sealed with a password.
    Locked {
        /// Opaque id of the draft.
        draft: String,
    },
}

/// The accounts of an export, in its order. Nothing is added yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ImportFound {
    /// Opaque id of the draft; the keys stay inside.
    pub draft: String,
    /// Who wrote it.
    pub app: ImportApp,
    /// What can be added.
    pub accounts: Vec<ImportedAccount>,
    /// What cannot.
    pub refused: Vec<RefusedAccount>,
    /// How many of the export's codes were read. 1 of 1 for a file.
    pub parts: u32,
    /// How many codes the export has.
    pub parts_of: u32,
}

/// An account that can be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ImportedAccount {
    /// Its place in the export, by which it is named.
    pub position: u32,
    /// Issuer; may be empty.
    pub issuer: String,
    /// The person's name there; may be empty.
    pub account: String,
    /// The very same account is here already, or stands in the export above.
    pub here: bool,
    /// The other app had it in its bin.
    pub trashed: bool,
}

/// An account that cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RefusedAccount {
    /// Its place in the export.
    pub position: u32,
    /// What it is called there; may be empty.
    pub label: String,
    /// Why.
    pub reason: ImportReason,
}

/// Who wrote an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportApp {
    /// Links, as many apps write them.
    Links,
    /// Google Authenticator, whose codes do not say how long a passcode lasts.
    Google,
    /// Google Authenticator's database, of which a part may lie in a log beside it.
    GoogleDatabase,
    /// Microsoft Authenticator's database, likewise.
    Microsoft,
    /// Aegis.
    Aegis,
    /// 2FAS.
    TwoFas,
    /// Proton Authenticator.
    Proton,
    /// Bitwarden.
    Bitwarden,
    /// andOTP.
    Andotp,
    /// FreeOTP.
    Freeotp,
    /// FreeOTP+.
    FreeotpPlus,
    /// Raivo OTP.
    Raivo,
    /// Stratum, once Authenticator Pro.
    Stratum,
    /// LastPass Authenticator.
    Lastpass,
    /// Duo Mobile.
    Duo,
    /// Steam.
    Steam,
    /// 2FAuth.
    TwoFauth,
    /// TOTP Authenticator.
    TotpAuthenticator,
}

/// Why an account cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportReason {
    /// There is no key.
    NoKey,
    /// The key is damaged.
    BadKey,
    /// Digits, time step, counter or hash make no sense.
    BadSettings,
    /// Passcodes of a kind that is not made here.
    Kind,
    /// It works by push alone.
    PushOnly,
    /// Not an account at all.
    Form,
}

/// What an import came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ImportReceipt {
    /// Accounts that were added.
    pub imported: u32,
    /// Accounts of the export that were here already.
    pub here: u32,
    /// Accounts of the export that could not be added.
    pub refused: u32,
    /// Of those, how many are not kept to be put right: there is no more room.
    pub unkept: u32,
    /// Accounts that could have been added and were not chosen.
    pub left_out: u32,
}
