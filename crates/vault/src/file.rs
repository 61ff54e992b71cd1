//! The vault's file, opened without a secret: which ways there are to unlock it, and whether a try may be made.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::core_dumps;
use crate::credential::SlotKind;
use crate::error::{Damage, OpenError, UnlockError};
use crate::keys::VaultId;
use crate::moment::Moment;
use crate::place::{Lock, Place, make_private};
use crate::remembered::Remembered;
use crate::schema;
use crate::slot;

/// A vault's file, held by this process alone and locked.
///
/// Dropping it, or the [`crate::Vault`] it becomes, lets other processes have it.
pub struct VaultFile {
    pub(crate) place: Place,
    pub(crate) connection: Connection,
    pub(crate) id: VaultId,
    /// The file's format; an older one is migrated at the unlock.
    pub(crate) format: u32,
    /// Held, not used, and dropped after the connection. When the process ends, however it ends, the system frees it.
    pub(crate) _lock: Lock,
}

impl VaultFile {
    /// Whether a vault is at `place`, of whatever state.
    pub fn exists(place: &Place) -> bool {
        place.has_vault()
    }

    /// Takes the lock and opens the file, without a secret. A file that does not open is left as it is.
    pub fn open(place: &Place) -> Result<Self, OpenError> {
        core_dumps::forbid();
        if !place.has_vault() {
            return Err(OpenError::NoVault);
        }
        let lock = place.lock().map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => OpenError::InUse,
            _ => OpenError::Unreadable,
        })?;
        let path = place.vault_path();
        check_first_bytes(&path)?;
        let connection = schema::connect(&path).map_err(|error| schema::why(&error))?;
        let format = schema::check(&connection)?;
        let id = connection.query_row("SELECT vault FROM header WHERE one = 1", [], |row| {
            row.get(0)
        });
        let id = id.map_err(|error| match error {
            rusqlite::Error::SqliteFailure(..) => schema::why(&error),
            _ => OpenError::Damaged,
        })?;
        schema::use_write_ahead_log(&connection).map_err(|error| schema::why(&error))?;
        make_private(&path).map_err(|_| OpenError::Unreadable)?;
        Ok(Self {
            place: place.clone(),
            connection,
            id: VaultId(id),
            format,
            _lock: lock,
        })
    }

    /// The ways to open it, for the lock screen to ask for the right one. A PIN that ten wrong tries destroyed is left out
    /// where there is another way.
    pub fn slots(&self) -> Result<Vec<SlotKind>, UnlockError> {
        let slots = slot::read_all(&self.connection)?;
        let kinds: Vec<SlotKind> = slots.iter().map(|slot| slot.kind).collect();
        if kinds.is_empty() {
            return Err(UnlockError::Damaged(Damage::Slots));
        }
        if kinds.len() > 1
            && kinds.contains(&SlotKind::Pin)
            && self.tries(SlotKind::Pin)?.is_stopped()
        {
            return Ok(kinds
                .into_iter()
                .filter(|kind| *kind != SlotKind::Pin)
                .collect());
        }
        Ok(kinds)
    }

    /// Whether a try of what the lock screen asks for (the PIN, else the passphrase) may be made now, else
    /// [`UnlockError::MustWait`] or [`UnlockError::Stopped`]. A biometric slot is always free.
    pub fn may_try(&self, now: impl Into<Moment>) -> Result<(), UnlockError> {
        let kinds = self.slots()?;
        let typed = [SlotKind::Pin, SlotKind::Passphrase]
            .into_iter()
            .find(|kind| kinds.contains(kind));
        match typed {
            Some(typed) => self.permitted(typed, now.into()).map(drop),
            None => Ok(()),
        }
    }

    /// The vault's id, 32 hexadecimal digits: another one for each vault that was ever made.
    pub fn id(&self) -> String {
        hex(self.id)
    }

    /// Whether nothing that a person types can open this file here: a PIN is the only way, and the keystore works and holds
    /// no part of its key. So it is with a file that came from another device. A keystore that cannot be read is an error,
    /// and says nothing of the kind.
    pub fn is_from_elsewhere(&self) -> Result<bool, UnlockError> {
        if self.slots()?.iter().any(|kind| *kind != SlotKind::Pin) {
            return Ok(false);
        }
        let held = self.place.keystore.read(&self.device_secret_name());
        let held = held.map_err(|_| UnlockError::KeystoreUnavailable)?;
        Ok(held.is_none() && !self.tries(SlotKind::Pin)?.is_stopped())
    }

    pub(crate) fn device_secret_name(&self) -> String {
        device_secret_name(self.id)
    }

    pub(crate) fn tries_name(&self, kind: SlotKind) -> String {
        let of_kind = match kind {
            SlotKind::Pin => "",
            SlotKind::Passphrase => "passphrase ",
            SlotKind::Biometric => "biometric ",
        };
        format!("vault {} {of_kind}tries", hex(self.id))
    }

    pub(crate) fn erasable_name(&self) -> String {
        format!("vault {} erasable secret", hex(self.id))
    }

    /// The name of a biometric slot's key with the platform.
    pub(crate) fn biometric_name(&self) -> String {
        format!("vault {} biometric slot", hex(self.id))
    }

    /// What the keystore remembers of this vault's generation.
    pub(crate) fn remembered(&self) -> Remembered {
        let name = format!("vault {} generation", hex(self.id));
        Remembered::read(Arc::clone(&self.place.keystore), name)
    }
}

pub(crate) fn device_secret_name(id: VaultId) -> String {
    format!("vault {} device secret", hex(id))
}

fn hex(id: VaultId) -> String {
    data_encoding::HEXLOWER.encode(&id.0)
}

/// Tells an empty or foreign file from a database before SQLite sees it: SQLite takes an empty file for an empty database.
fn check_first_bytes(path: &Path) -> Result<(), OpenError> {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    let mut file = File::open(path).map_err(|_| OpenError::Unreadable)?;
    let mut first = [0; 16];
    match file.read_exact(&mut first) {
        Ok(()) if first == *MAGIC => Ok(()),
        Ok(()) => Err(OpenError::NotAVault),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(OpenError::Damaged),
        Err(_) => Err(OpenError::Unreadable),
    }
}
