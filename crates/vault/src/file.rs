//! The vault's file: its folder, the one-writer lock, making it and opening it (rows V9, V14). Nothing here is secret yet.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::core_dumps;
use crate::credential::{Chosen, SlotKind};
use crate::error::{CreateError, Damage, OpenError, UnlockError};
use crate::kdf::KdfProfile;
use crate::keys::{VaultId, VaultKey};
use crate::keystore::Keystore;
use crate::moment::Moment;
use crate::remembered::Remembered;
use crate::rows::Rows;
use crate::schema;
use crate::slot::{self, DeviceSecret, Opener, Slot};
use crate::tries::Tries;
use crate::unlock::Opened;
use crate::vault::{Content, Vault};

/// Where a vault lives and what it leans on.
#[derive(Clone)]
pub struct Place {
    /// The folder that holds the vault and nothing of anyone else's; made with mode 0700 if it is missing.
    pub directory: PathBuf,
    /// Where device secrets are kept.
    pub keystore: Arc<dyn Keystore>,
    /// What new slots are made with; a weaker slot is raised to it at the next unlock.
    pub kdf: KdfProfile,
}

/// A vault's file, held by this process alone and locked.
///
/// Dropping it, or the [`Vault`] it becomes, lets other processes have it.
pub struct VaultFile {
    pub(crate) place: Place,
    pub(crate) connection: Connection,
    pub(crate) id: VaultId,
    /// Held, not used, and dropped after the connection. When the process ends, however it ends, the system frees it.
    _lock: Lock,
}

/// The one-writer lock. Freed by name: a process that was just forked off holds a copy of the file until it becomes another program.
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl Place {
    /// Whether a vault is here, of whatever state.
    pub fn has_vault(&self) -> bool {
        // A file that cannot be looked at is there: never offer to make a new one over it
        fs::symlink_metadata(self.vault_path())
            .map_or_else(|error| error.kind() != io::ErrorKind::NotFound, |_| true)
    }

    /// The vault's file.
    pub fn vault_path(&self) -> PathBuf {
        self.directory.join("countersign.vault")
    }

    pub(crate) fn lock(&self) -> Result<Lock, io::Error> {
        make_private_folder(&self.directory)?;
        let lock = private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(self.directory.join("vault.lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Lock(lock)),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            // No file locks on this platform: SQLite's own exclusive lock, taken below, is then the one
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(Lock(lock))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl VaultFile {
    /// Whether a vault is at `place`, of whatever state.
    pub fn exists(place: &Place) -> bool {
        place.has_vault()
    }

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
        schema::check(&connection)?;
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
            _lock: lock,
        })
    }

    /// The ways to open it, for the lock screen to ask for the right one.
    pub fn slots(&self) -> Result<Vec<SlotKind>, UnlockError> {
        let slots = slot::read_all(&self.connection)?;
        if slots.is_empty() {
            return Err(UnlockError::Damaged(Damage::Slots));
        }
        Ok(slots.iter().map(|slot| slot.kind).collect())
    }

    /// Whether a try may be made now, else [`UnlockError::MustWait`] or [`UnlockError::Stopped`], for the lock screen.
    pub fn may_try(&self, now: impl Into<Moment>) -> Result<(), UnlockError> {
        let now = now.into();
        let kinds = self.slots()?;
        let asked_for = kinds.first().copied().unwrap_or(SlotKind::Passphrase);
        self.tries(asked_for, now)?.permit(now)
    }

    pub(crate) fn device_secret_name(&self) -> String {
        device_secret_name(self.id)
    }

    pub(crate) fn tries_name(&self) -> String {
        format!("vault {} tries", hex(self.id))
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

fn device_secret_name(id: VaultId) -> String {
    format!("vault {} device secret", hex(id))
}

fn hex(id: VaultId) -> String {
    data_encoding::HEXLOWER.encode(&id.0)
}

/// Writes the whole vault under another name, makes it durable, and only then gives it its name.
fn write_new(place: &Place, id: VaultId, key: VaultKey, slot: Slot) -> Result<Rows, io::Error> {
    let path = place.directory.join("countersign.vault.new");
    // From a creation that was killed, or a vault that someone deleted: SQLite would play an old log into the new file
    for leftover in [
        "vault.new",
        "vault.new-journal",
        "vault-wal",
        "vault-shm",
        "vault-journal",
    ] {
        let leftover = format!("countersign.{leftover}");
        match fs::remove_file(place.directory.join(leftover)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    private(OpenOptions::new().write(true).create_new(true)).open(&path)?;
    let mut connection = schema::connect(&path).map_err(io::Error::other)?;
    schema::create(&connection).map_err(io::Error::other)?;
    Tries::default()
        .write(&connection)
        .map_err(io::Error::other)?;
    let slots = [slot];
    let mut rows = Rows::empty(id, key, &slots);
    rows.commit_slots(&mut connection, &slots)
        .map_err(io::Error::other)?;
    connection
        .close()
        .map_err(|(_, error)| io::Error::other(error))?;
    File::open(&path)?.sync_all()?;
    fs::rename(&path, place.vault_path())?;
    sync_folder(&place.directory)?;
    Ok(rows)
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

#[cfg(unix)]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    let private = mode & 0o700;
    if mode & 0o777 == private {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(private))
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    make_private(path)
}

/// Makes a rename durable. Windows has no handle for it; NTFS journals the name.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
