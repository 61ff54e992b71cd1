//! Accounts for other apps, in the forms that most of them read; `EXPORT.md` beside this crate says what is in each and why.
//!
//! Only third parties' accounts can be given: [`write()`] takes [`OtherAccount`]s, whose keys are
//! [`Restorable`](crate::Restorable), and nothing turns a device's key into one (row D2). What a form cannot say is left out
//! and named, never written as something else: its passcodes would be wrong and nobody would know why.

use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use crate::account::{OtherAccount, OtherPasscodes};
use crate::import::{DIGITS, LONGEST_KEY, LONGEST_PERIOD, label};
use crate::secret::SecretText;

mod aegis;
mod links;
mod migration;

/// What to write.
#[derive(Clone, Copy)]
pub enum Form<'a> {
    /// One `otpauth://` link a line. Anybody who sees it has the accounts.
    Links,
    /// A file that Aegis opens with `password`, and most other apps too. Its bytes are taken as they are, as Aegis does.
    Aegis {
        /// What opens it; how good it is, the caller says ([`crate::rate`]).
        password: &'a SecretText,
    },
    /// Google Authenticator's export codes: links to draw as QR codes. Anybody who sees them has the accounts.
    Migration,
}

/// A text of an export: as secret as the accounts in it, so wiped when dropped, and without `Debug`, `Clone` or `Serialize`.
pub struct Text(Zeroizing<String>);

impl Text {
    /// The text, to save or to draw. Say at the call why it is needed; do not copy it into something that is not wiped.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What was written. `written` and `left_out` together are all that were given.
pub struct Exported {
    /// [`Form::Links`] and [`Form::Aegis`]: the file. [`Form::Migration`]: a link for each code, in their order. None where
    /// nothing was written, since no app takes an empty file.
    pub texts: Vec<Text>,
    /// How many accounts are in it.
    pub written: usize,
    /// Those that are not, in the order given.
    pub left_out: Vec<LeftOut>,
    /// How many of those written have a name of the person's own ([`OtherAccount::custom_name`]) that the form has no place for.
    pub names_left: usize,
}

/// An account that a form has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it stood among those given, from 0.
    pub position: usize,
    /// What the person knows it by, never with a part of its key.
    pub label: String,
    /// Why.
    pub reason: Reason,
}

/// Why an account is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Google's codes have six or eight digits.
    #[error("the form has no place for its number of digits")]
    Digits,
    /// Google's codes have no time step but 30 seconds.
    #[error("the form has no place for its time step")]
    Period,
    /// Google's codes have no Steam.
    #[error("the form has no place for Steam's passcodes")]
    Steam,
    /// Google's codes and Aegis count in 63 bits.
    #[error("the form has no place for its counter")]
    Counter,
    /// Its names and its key are longer than a QR code.
    #[error("it does not fit into a QR code")]
    TooLong,
    /// All codes of one export are full.
    #[error("there are more accounts than codes for them")]
    TooMany,
    /// As a link it would be taken for one of Steam's, and make other passcodes there.
    #[error("other apps would take it for a Steam account")]
    LikeSteam,
    /// No passcode comes of it anywhere: its key, digits or time step are out of all bounds.
    #[error("it makes no passcodes")]
    Unusable,
}

/// Why nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritten {
    /// A password without a letter locks nothing.
    #[error("the password is empty")]
    NoPassword,
    /// No memory for key derivation (32 MiB).
    #[error("not enough memory for key derivation")]
    OutOfMemory,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

/// Writes accounts for another app. A counted account is written with the counter of its next passcode: from then on, two apps
/// count, and the one that is used less falls behind.
///
/// [`Form::Aegis`] stretches a password, for which it takes some tenths of a second: call from a thread that may wait.
///
/// ```
/// use countersign_vault::{Algorithm, OtherAccount, OtherPasscodes, Restorable, export::{self, Form}};
///
/// let account = OtherAccount {
///     issuer: "Library".to_owned(),
///     account: "amira".to_owned(),
///     custom_name: None,
///     seed: Restorable::copied_from(b"12345678901234567890"),
///     algorithm: Algorithm::Sha1,
///     digits: 6,
///     passcodes: OtherPasscodes::Timed { period_seconds: 30 },
/// };
/// let exported = export::write(&[&account], Form::Links, &ring::rand::SystemRandom::new())?;
/// assert_eq!(
///     exported.texts[0].expose(),
///     "otpauth://totp/Library:amira?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Library&algorithm=SHA1&digits=6&period=30\n",
/// );
/// # Ok::<(), export::Unwritten>(())
/// ```
///
/// # Errors
///
/// [`Unwritten`], where nothing was written at all. An account that the form has no place for is no error: it is in
/// [`Exported::left_out`].
pub fn write(
    accounts: &[&OtherAccount],
    form: Form<'_>,
    random: &dyn SecureRandom,
) -> Result<Exported, Unwritten> {
    let mut left_out = Vec::new();
    let mut leave = |position, account: &OtherAccount, reason| {
        left_out.push(LeftOut {
            position,
            label: known_by(account),
            reason,
        });
    };
    let mut fitting = Vec::with_capacity(accounts.len());
    for (position, account) in accounts.iter().copied().enumerate() {
        match unfit(account, form) {
            Some(reason) => leave(position, account, reason),
            None => fitting.push((position, account)),
        }
    }
    let chosen: Vec<&OtherAccount> = fitting.iter().map(|(_, account)| *account).collect();
    let (texts, written) = match form {
        Form::Aegis { password } if password.expose().is_empty() => {
            return Err(Unwritten::NoPassword);
        }
        _ if chosen.is_empty() => (Vec::new(), 0),
        Form::Links => (vec![links::write(&chosen)], chosen.len()),
        Form::Aegis { password } => {
            let file = aegis::write(&chosen, password, random)?;
            (vec![file], chosen.len())
        }
        Form::Migration => migration::write(&chosen, random)?,
    };
    for (position, account) in fitting.iter().skip(written) {
        leave(*position, account, Reason::TooMany);
    }
    left_out.sort_by_key(|left| left.position);
    let named = chosen.iter().take(written);
    let named = named.filter(|account| account.custom_name.is_some());
    let names_left = match form {
        Form::Aegis { .. } => 0,
        Form::Links | Form::Migration => named.count(),
    };
    Ok(Exported {
        texts: texts.into_iter().map(Text).collect(),
        written,
        left_out,
        names_left,
    })
}

/// Why a form has no place for an account.
fn unfit(account: &OtherAccount, form: Form<'_>) -> Option<Reason> {
    let period = match account.passcodes {
        OtherPasscodes::Timed { period_seconds } => u64::from(period_seconds),
        OtherPasscodes::Counted { .. } | OtherPasscodes::Steam => 30,
    };
    // What no import takes, ours neither
    let usable = (1..=LONGEST_KEY).contains(&account.seed.expose().len())
        && DIGITS.contains(&u64::from(account.digits))
        && (1..=LONGEST_PERIOD).contains(&period);
    if !usable {
        return Some(Reason::Unusable);
    }
    match form {
        Form::Links => links::unfit(account),
        Form::Aegis { .. } => aegis::unfit(account),
        Form::Migration => migration::unfit(account),
    }
}

/// A counter beyond 63 bits, which forms that count in signed numbers have no place for.
fn is_beyond_signed(account: &OtherAccount) -> bool {
    matches!(account.passcodes, OtherPasscodes::Counted { next_counter } if i64::try_from(next_counter).is_err())
}

fn known_by(account: &OtherAccount) -> String {
    let own = account.custom_name.clone();
    own.unwrap_or_else(|| label(&account.issuer, &account.account))
}

/// The name within an issuer, for forms in which a colon parts the two. One that has a colon and no issuer begins with
/// another, or its first half would be taken for its issuer.
fn without_issuer(name: &str) -> (&'static str, &str) {
    (if name.contains(':') { ":" } else { "" }, name)
}

/// The same calls as on [`write()`], with what is bound to the device:
/// ```compile_fail
/// fn organisation(account: &countersign_vault::OrganisationAccount, random: &dyn ring::rand::SecureRandom) {
///     let _ = countersign_vault::export::write(&[account], countersign_vault::export::Form::Links, random);
/// }
/// ```
/// ```compile_fail
/// fn keys(keys: &countersign_vault::DeviceKeys, random: &dyn ring::rand::SecureRandom) {
///     let _ = countersign_vault::export::write(&[keys], countersign_vault::export::Form::Links, random);
/// }
/// ```
/// ```compile_fail
/// fn either(account: &countersign_vault::Account, random: &dyn ring::rand::SecureRandom) {
///     let _ = countersign_vault::export::write(&[account], countersign_vault::export::Form::Links, random);
/// }
/// ```
/// ```
/// fn third_party(account: &countersign_vault::OtherAccount, random: &dyn ring::rand::SecureRandom) {
///     let _ = countersign_vault::export::write(&[account], countersign_vault::export::Form::Links, random);
/// }
/// ```
/// What is written is neither printed nor copied:
/// ```compile_fail
/// fn needs_debug<T: std::fmt::Debug>() {}
/// needs_debug::<countersign_vault::export::Text>();
/// ```
/// ```compile_fail
/// fn needs_clone<T: Clone>() {}
/// needs_clone::<countersign_vault::export::Text>();
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>() {}
/// needs_serialize::<countersign_vault::export::Text>();
/// ```
#[cfg(doctest)]
pub mod d2_device_bound_records_cannot_be_exported {}
