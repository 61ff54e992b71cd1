//! Backups: one sealed file from which third parties' accounts come back, and organisation accounts as places to reactivate.
//! `BACKUP.md` beside this crate says which bytes are where.
//!
//! Which records it may hold is a matter of types: those that implement [`Backupable`], which no device-bound record does
//! (row D2).

use ring::digest::{Context, SHA256};
use zeroize::Zeroizing;

use crate::account::{Account, OtherAccount};
use crate::body;
use crate::vault::Vault;

mod file;
mod folder;
mod key;
mod pointer;

pub use file::{Made, Stamp, Unopened, look, open, write};
pub use folder::{Brought, Folder, Newest, Saved};
pub use key::BackupKey;
pub use pointer::Pointer;

mod sealed {
    /// Closed, so that no other crate can declare a device's record fit for a backup.
    pub trait Sealed {}
    impl Sealed for crate::account::OtherAccount {}
    impl Sealed for super::Pointer {}
}

/// A record that holds [`Restorable`](crate::Restorable) secrets only, or none.
pub trait Backupable: sealed::Sealed {
    /// What the line of such a record begins with.
    #[doc(hidden)]
    const KIND: &'static str;

    /// The record as the backup holds it, before the backup is sealed.
    #[doc(hidden)]
    fn plain_bytes(&self) -> Zeroizing<Vec<u8>>;

    /// The same without what moves by itself: a counter that was used is no reason to write a backup at once.
    #[doc(hidden)]
    fn lasting_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.plain_bytes()
    }
}

impl Backupable for OtherAccount {
    const KIND: &'static str = "account";

    fn plain_bytes(&self) -> Zeroizing<Vec<u8>> {
        body::write_other(self)
    }

    fn lasting_bytes(&self) -> Zeroizing<Vec<u8>> {
        body::write_other_at_rest(self)
    }
}

impl Backupable for Pointer {
    const KIND: &'static str = "organisation";

    fn plain_bytes(&self) -> Zeroizing<Vec<u8>> {
        body::write_pointer(self)
    }
}

/// What a backup is to hold, in the order of the list.
#[derive(Default)]
pub struct Contents {
    lines: Vec<(&'static str, Zeroizing<Vec<u8>>)>,
    lasting: Option<Context>,
}

impl Contents {
    /// What of a vault a backup holds. Activations that were not finished are not in it: nothing is left of them elsewhere.
    pub fn of(vault: &Vault) -> Self {
        let mut contents = Self::default();
        for (_, account) in vault.accounts() {
            match account {
                Account::Other(account) => contents.push(account),
                Account::Organisation(account) => {
                    if let Some(pointer) = Pointer::to(account) {
                        contents.push(&pointer);
                    }
                }
            }
        }
        contents
    }

    /// Adds a record at the end.
    pub fn push<R: Backupable>(&mut self, record: &R) {
        let lasting = self.lasting.get_or_insert_with(|| Context::new(&SHA256));
        lasting.update(R::KIND.as_bytes());
        lasting.update(&record.lasting_bytes());
        lasting.update(b"\n");
        self.lines.push((R::KIND, record.plain_bytes()));
    }

    /// SHA-256 over everything but the counters: the same for two contents between which nothing was added, removed, renamed,
    /// moved or changed.
    pub fn print(&self) -> [u8; 32] {
        let all = self.lasting.clone();
        let digest = all.unwrap_or_else(|| Context::new(&SHA256)).finish();
        let mut print = [0; 32];
        print.copy_from_slice(digest.as_ref());
        print
    }

    /// How many accounts come back whole.
    pub fn accounts(&self) -> usize {
        self.count(OtherAccount::KIND)
    }

    /// How many organisation accounts come back to be reactivated.
    pub fn organisations(&self) -> usize {
        self.count(Pointer::KIND)
    }

    fn count(&self, kind: &str) -> usize {
        self.lines
            .iter()
            .filter(|(known, _)| *known == kind)
            .count()
    }
}

/// One record of a backup that was opened.
pub enum Restored {
    /// A third party's account, as it was.
    Account(OtherAccount),
    /// Where an organisation account was.
    Organisation(Pointer),
}

/// One record as the backup holds it, before the backup is sealed as a whole.
///
/// ```
/// fn may_go_into_a_backup<R: countersign_vault::backup::Backupable>(record: &R) {
///     countersign_vault::backup::backup_bytes(record);
/// }
/// fn third_party(record: &countersign_vault::OtherAccount) {
///     may_go_into_a_backup(record);
/// }
/// ```
pub fn backup_bytes<R: Backupable>(record: &R) -> Zeroizing<Vec<u8>> {
    record.plain_bytes()
}

/// The same calls as on [`backup_bytes`], with what is bound to the device:
/// ```compile_fail
/// fn organisation(record: &countersign_vault::OrganisationAccount) {
///     countersign_vault::backup::backup_bytes(record);
/// }
/// ```
/// ```compile_fail
/// fn keys(record: &countersign_vault::DeviceKeys) {
///     countersign_vault::backup::backup_bytes(record);
/// }
/// ```
/// ```compile_fail
/// fn either(record: &countersign_vault::Account) {
///     countersign_vault::backup::backup_bytes(record);
/// }
/// ```
/// No detour through the secret itself, and no declaring it fit from outside:
/// ```compile_fail
/// fn detour(secret: countersign_vault::DeviceBound) -> countersign_vault::Restorable {
///     secret.into()
/// }
/// ```
/// ```compile_fail
/// struct Smuggled(countersign_vault::DeviceKeys);
/// impl countersign_vault::backup::Backupable for Smuggled {
///     fn plain_bytes(&self) -> zeroize::Zeroizing<Vec<u8>> {
///         zeroize::Zeroizing::new(self.0.seed.expose().to_vec())
///     }
/// }
/// ```
#[cfg(doctest)]
pub mod d2_device_bound_records_cannot_be_named_by_a_backup {}
