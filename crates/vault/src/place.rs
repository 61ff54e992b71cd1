//! The vault's folder: what lies in it, the one-writer lock, and that it is its owner's alone (rows V9, V14).

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::kdf::KdfProfile;
use crate::keystore::Keystore;

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

    /// Where a file of another format is kept until its successor has proved good.
    pub(crate) fn kept_path(&self, format: u32) -> PathBuf {
        self.directory
            .join(format!("countersign.vault.format-{format}"))
    }

    /// Takes the one-writer lock.
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

/// A path with `end` after its last name.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
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
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    let private = mode & 0o700;
    if mode & 0o777 == private {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(private))
}

#[cfg(not(unix))]
pub(crate) fn make_private(_: &Path) -> io::Result<()> {
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
