//! Which records a backup may hold: those that implement [`Backupable`], which no device-bound record does (row D2).

use zeroize::Zeroizing;

use crate::account::OtherAccount;
use crate::body;

mod sealed {
    /// Closed, so that no other crate can declare a device's record fit for a backup.
    pub trait Sealed {}
    impl Sealed for crate::account::OtherAccount {}
}

/// A record that holds [`Restorable`](crate::Restorable) secrets only.
pub trait Backupable: sealed::Sealed {
    /// The record as the backup holds it, before the backup is sealed.
    #[doc(hidden)]
    fn plain_bytes(&self) -> Zeroizing<Vec<u8>>;
}

impl Backupable for OtherAccount {
    fn plain_bytes(&self) -> Zeroizing<Vec<u8>> {
        body::write_other(self)
    }
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
