//! Making a vault's file: written whole under another name, made durable, and only then given its name (row V9).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::core_dumps;
use crate::credential::{Chosen, SlotKind};
use crate::error::CreateError;
use crate::file::{VaultFile, device_secret_name};
use crate::keys::{VaultId, VaultKey};
use crate::place::{Place, private, sync_folder};
use crate::rows::{Change, Rows};
use crate::schema::{self, FORMAT};
use crate::slot::{DeviceSecret, Opener, Slot};
use crate::tries::Tries;
use crate::unlock::Opened;
use crate::vault::{Content, Vault};

impl VaultFile {
    /// Makes an empty vault with one slot and leaves it unlocked. Killed at any point, there is a whole vault or none.
    pub fn create(place: &Place, chosen: &Chosen) -> Result<Vault, CreateError> {
        core_dumps::forbid();
        let lock = place.lock().map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => CreateError::InUse,
            _ => CreateError::NotStored,
        })?;
        if place.has_vault() {
            return Err(CreateError::Exists);
        }
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).map_err(|_| CreateError::NotStored)?;
        let id = VaultId(id);
        let key = VaultKey::make(id, &random).map_err(|_| CreateError::NotStored)?;
        let device_secret = match chosen.kind() {
            SlotKind::Pin => Some(make_device_secret(place, id, &random)?),
            SlotKind::Passphrase | SlotKind::Biometric => None,
        };
        let opener = Opener::Typed(&chosen.0, device_secret.as_ref());
        let rows = Slot::make(1, opener, place.kdf, &key, 1, &random)
            .map_err(|_| io::ErrorKind::Other.into())
            .and_then(|slot| write_new(place, id, key, slot));
        let Ok(rows) = rows else {
            // A secret that belongs to no vault would lie there for ever; if the keystore fails too, it lies there harmless
            let _ = place.keystore.erase(&device_secret_name(id));
            return Err(CreateError::NotStored);
        };
        let connection =
            schema::connect(&place.vault_path()).map_err(|_| CreateError::NotStored)?;
        schema::use_write_ahead_log(&connection).map_err(|_| CreateError::NotStored)?;
        let file = Self {
            place: place.clone(),
            connection,
            id,
            format: FORMAT,
            _lock: lock,
        };
        let mut remembered = file.remembered();
        remembered.committed(rows.generation(), true);
        let found = Opened {
            rows,
            content: Content::default(),
            remembered,
        };
        Ok(Vault::with(file, found))
    }
}

/// Makes and stores the random half of a PIN's key, and reads it back: a keystore that forgets is found out now.
pub(crate) fn make_device_secret(
    place: &Place,
    id: VaultId,
    random: &SystemRandom,
) -> Result<DeviceSecret, CreateError> {
    let mut secret = Zeroizing::new(vec![0; 32]);
    random
        .fill(&mut secret)
        .map_err(|_| CreateError::NotStored)?;
    let name = device_secret_name(id);
    place
        .keystore
        .write(&name, &secret)
        .map_err(|_| CreateError::KeystoreUnavailable)?;
    match place.keystore.read(&name) {
        Ok(Some(read)) if read == secret => {
            DeviceSecret::new(read).ok_or(CreateError::KeystoreUnavailable)
        }
        _ => Err(CreateError::KeystoreUnavailable),
    }
}

fn write_new(place: &Place, id: VaultId, key: VaultKey, slot: Slot) -> io::Result<Rows> {
    // Of a vault that someone deleted: SQLite would play an old log into the new file
    for leftover in ["vault-wal", "vault-shm", "vault-journal"] {
        remove_if_there(&place.directory.join(format!("countersign.{leftover}")))?;
    }
    let mut rows = Rows::empty(id, key);
    let fresh = [
        (SlotKind::Pin, Tries::default()),
        (SlotKind::Passphrase, Tries::default()),
    ];
    let path = write_beside(place, &mut rows, &[slot], &[], &fresh)?;
    fs::rename(&path, place.vault_path())?;
    sync_folder(&place.directory)?;
    Ok(rows)
}

/// Writes a whole vault as `countersign.vault.new` in one transaction and makes it durable. Gives its path.
pub(crate) fn write_beside(
    place: &Place,
    rows: &mut Rows,
    slots: &[Slot],
    changes: &[Change],
    tries: &[(SlotKind, Tries)],
) -> io::Result<PathBuf> {
    let path = place.directory.join("countersign.vault.new");
    // From a process that was killed
    remove_if_there(&path)?;
    remove_if_there(&place.directory.join("countersign.vault.new-journal"))?;
    private(OpenOptions::new().write(true).create_new(true)).open(&path)?;
    let written =
        fill(&path, rows, slots, changes, tries).and_then(|()| File::open(&path)?.sync_all());
    if let Err(error) = written {
        // Half a vault is of no use, and its space may be what is missing
        let _ = fs::remove_file(&path);
        return Err(error);
    }
    Ok(path)
}

fn fill(
    path: &Path,
    rows: &mut Rows,
    slots: &[Slot],
    changes: &[Change],
    tries: &[(SlotKind, Tries)],
) -> io::Result<()> {
    let mut connection = schema::connect(path).map_err(io::Error::other)?;
    schema::create(&connection).map_err(io::Error::other)?;
    for (kind, tries) in tries {
        tries
            .write(&connection, FORMAT, *kind)
            .map_err(io::Error::other)?;
    }
    rows.commit_with_slots(&mut connection, Some(slots), changes)
        .map_err(io::Error::other)?;
    connection
        .close()
        .map_err(|(_, error)| io::Error::other(error))
}

/// Removes a file; well if there is none.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
