//! The sealed SQLite file: slots and records; no network, no async, no window.
//!
//! `FORMAT.md` beside this crate says which bytes are where, why, and what sealing cannot stop.
//! Every call blocks (key derivation takes a third of a second, a write waits for the disk):
//! call from a thread that may wait.
//!
//! ```
//! use std::sync::Arc;
//! use countersign_vault::{
//!     Account, Algorithm, Chosen, KdfProfile, MemoryKeystore, OtherAccount, OtherPasscodes, Place,
//!     Restorable, SecretText, Typed, VaultFile,
//! };
//!
//! # let folder = tempfile::tempdir()?;
//! let place = Place {
//!     directory: folder.path().join("vault"),
//!     keystore: Arc::new(MemoryKeystore::new()),
//!     kdf: KdfProfile::FLOOR,
//! };
//! let mut vault = VaultFile::create(&place, &Chosen::pin(SecretText::from("830521"))?)?;
//! let id = vault.add(Account::Other(OtherAccount {
//!     issuer: "Library".to_owned(),
//!     account: "amira".to_owned(),
//!     custom_name: None,
//!     seed: Restorable::copied_from(b"12345678901234567890"),
//!     algorithm: Algorithm::Sha1,
//!     digits: 6,
//!     passcodes: OtherPasscodes::Timed { period_seconds: 30 },
//! }))?;
//! let file = vault.lock();
//!
//! let now_ms = 1_790_000_000_000;
//! let vault = file.unlock(&Typed::Pin(SecretText::from("830521")), now_ms).map_err(|refusal| refusal.error)?;
//! assert!(vault.account(id).is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod account;
mod aside;
pub mod backup;
mod biometric;
mod body;
mod core_dumps;
mod create;
mod credential;
mod draw;
mod erasable;
mod erase;
mod error;
pub mod export;
mod file;
mod header;
mod id;
pub mod import;
mod kdf;
mod keys;
pub mod keystore;
mod migrate;
mod migration;
mod moment;
mod place;
mod remembered;
mod rows;
mod schema;
mod seal;
mod secret;
mod slot;
pub mod stack;
mod strength;
mod tally;
mod tries;
mod unlock;
mod vault;

pub use account::{
    Account, Algorithm, DeviceKeys, Dialect, OrganisationAccount, OrganisationPasscodes,
    OrganisationState, OtherAccount, OtherPasscodes, PendingActivation, Registration,
    ServiceIdentity,
};
pub use biometric::{BiometricError, BiometricKey, BiometricSecret};
pub use credential::{Chosen, SlotKind, Typed, WeakSecret};
pub use error::{
    BiometricSlotError, ChangeError, CreateError, Damage, OpenError, SetAsideError, UnlockError,
    VaultError,
};
pub use file::VaultFile;
pub use id::RecordId;
pub use kdf::KdfProfile;
#[cfg(not(target_os = "android"))]
pub use keystore::OsKeystore;
pub use keystore::{Keystore, KeystoreError, MemoryKeystore, UnavailableKeystore};
pub use moment::{Moment, since_boot_ms};
pub use place::Place;
pub use secret::{DeviceBound, Restorable, SecretText};
pub use strength::{Strength, rate};
pub use unlock::Refusal;
pub use vault::{Note, Vault};
