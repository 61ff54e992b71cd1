//! Why a vault was not made, opened, unlocked or written.

use crate::biometric::BiometricError;

/// Why no vault was made. Nothing was left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// A vault is here already; it was not touched.
    #[error("there is a vault already")]
    Exists,
    /// Another copy of the app has this folder.
    #[error("another copy of the app is using the vault")]
    InUse,
    /// A PIN needs a keystore, and this device has none that works: ask for a passphrase instead.
    #[error("the keystore cannot be used")]
    KeystoreUnavailable,
    /// The disk is full, the folder cannot be written, or there is no memory for key derivation.
    #[error("the vault could not be written")]
    NotStored,
}

/// Why the file did not open. It was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is none: first run.
    #[error("there is no vault")]
    NoVault,
    /// Something else lies in its place.
    #[error("the file is not a vault")]
    NotAVault,
    /// Flipped bytes, cut short or empty. The file is kept; a backup can be restored.
    #[error("the vault is damaged")]
    Damaged,
    /// A newer release wrote it.
    #[error("vault format {found} is newer than {supported}")]
    TooNew {
        /// The file's format.
        found: u32,
        /// The newest this release reads.
        supported: u32,
    },
    /// The operating system refuses to read it: permissions, or a failing disk.
    #[error("the vault could not be read")]
    Unreadable,
    /// Another copy of the app has it.
    #[error("another copy of the app is using the vault")]
    InUse,
}

/// Why the vault stayed locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// Wrong PIN or passphrase, or an altered slot; the two are indistinguishable.
    #[error("refused, {tries_left} tries left")]
    Refused {
        /// Tries until a wait begins.
        tries_left: u32,
    },
    /// Too many wrong ones; nothing is checked before the wait is over.
    #[error("wait {seconds} seconds")]
    MustWait {
        /// Seconds left, rounded up.
        seconds: u32,
    },
    /// Ten wrong ones in a row: this vault takes no further tries.
    #[error("too many wrong tries")]
    Stopped,
    /// The vault has no slot of this kind: it was made with the other one.
    #[error("the vault is not opened this way")]
    NoSuchSlot,
    /// The keystore cannot be used just now. No try was counted.
    #[error("the keystore cannot be used")]
    KeystoreUnavailable,
    /// The keystore works and does not hold this vault's device secret: the file came from another device,
    /// or the keystore was emptied. No PIN can open it. No try was counted.
    #[error("the keystore does not hold this vault's secret")]
    KeystoreLost,
    /// The try could not be counted, so it was not made.
    #[error("the try could not be counted")]
    NotStored,
    /// No memory for key derivation.
    #[error("not enough memory for key derivation")]
    OutOfMemory,
    /// The platform did not hand out this vault's key.
    #[error(transparent)]
    Biometric(#[from] BiometricError),
    /// The key is right and the content is not.
    #[error("the vault is damaged: {0}")]
    Damaged(Damage),
}

/// What is wrong in a damaged vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// SQLite cannot read it, or a column does not hold what it must.
    #[error("the database cannot be read")]
    Database,
    /// A slot asks for key derivation outside the bounds.
    #[error("key derivation parameters are out of bounds")]
    KdfOutOfBounds,
    /// The header does not open with the vault key.
    #[error("the header was altered")]
    Header,
    /// A slot was added, dropped or altered.
    #[error("the slots were altered")]
    Slots,
    /// A record does not open in its place.
    #[error("a record was altered or moved")]
    Record,
    /// Every record opens, yet one is missing, too many, or an older one.
    #[error("records were added, removed or put back")]
    RecordSet,
}

/// Why an unlocked vault refused a change. Nothing changed, on disk or in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The disk is full or fails.
    #[error("the change could not be stored")]
    NotStored,
    /// No such record.
    #[error("there is no such record")]
    Gone,
    /// The account's passcodes follow the clock: it has no counter.
    #[error("the account has no counter")]
    NotCounted,
    /// The change cannot be made on this kind of record: a sequence belongs to organisation accounts.
    #[error("the record is of another kind")]
    WrongKind,
    /// A counter reached its end.
    #[error("the counter is at its end")]
    CounterSpent,
    /// The vault key has made as many seals as it safely can (row V4).
    #[error("the vault key is used up")]
    SealsSpent,
    /// A PIN needs a keystore, and this device has none that works.
    #[error("the keystore cannot be used")]
    KeystoreUnavailable,
    /// It is the last slot: without it nothing opens the vault.
    #[error("it is the last slot")]
    LastSlot,
    /// A note over its bound.
    #[error("the note is too long")]
    TooLong,
    /// The file is older than what the keystore remembers (row V7): it is for reading, until [`crate::Vault::use_older_copy`].
    #[error("the file is an older copy")]
    OlderCopy,
}

/// Why no biometric slot was made. What opened the vault before still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BiometricSlotError {
    /// The platform made no key.
    #[error(transparent)]
    NoKey(#[from] BiometricError),
    /// The slot could not be stored.
    #[error(transparent)]
    NotStored(#[from] VaultError),
}

/// Why a PIN or passphrase was not changed. The old one still opens the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The present one was not accepted; a wrong one counts as a try.
    #[error(transparent)]
    Refused(#[from] UnlockError),
    /// The new one could not be stored.
    #[error(transparent)]
    NotChanged(#[from] VaultError),
}

/// Why a vault's file was not set aside. It is where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetAsideError {
    /// There is none.
    #[error("there is no vault")]
    NoVault,
    /// This or another copy of the app holds it: drop the [`crate::VaultFile`] first.
    #[error("the vault is in use")]
    InUse,
    /// The disk is full or the folder cannot be written.
    #[error("the vault could not be moved")]
    NotStored,
}

impl From<rusqlite::Error> for VaultError {
    fn from(_: rusqlite::Error) -> Self {
        Self::NotStored
    }
}

impl From<ring::error::Unspecified> for VaultError {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::NotStored
    }
}
