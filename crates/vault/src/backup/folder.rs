//! The folder that backups lie in: each write makes a new file, proves that it opens, and only then lets the oldest go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::file::{self, Made, Unopened};
use super::key::BackupKey;
use super::{Contents, Restored};
use crate::place::{private, sync_folder};

/// How a backup's name ends.
const END: &str = "countersign";
/// How many backups of one passphrase are kept.
const KEPT: usize = 5;
/// The most files that are looked at in a folder that is somebody else's too.
const MOST: usize = 2000;

/// A folder for backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(pub PathBuf);

/// A backup in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The file.
    pub path: PathBuf,
    /// What it says of itself.
    pub made: Made,
    /// Which key it is of.
    salt: [u8; 16],
}

/// A backup, and what came of opening it.
pub type Newest = (Saved, Result<Vec<Restored>, Unopened>);

impl Saved {
    /// Whether a key wrote it.
    pub fn is_of(&self, key: &BackupKey) -> bool {
        self.salt == key.salt
    }
}

impl Folder {
    /// Makes the folder where there is none. Only when a person turns the backup on: later on one that is gone is told, as it
    /// may be a drive that is not there.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub fn make(&self) -> io::Result<()> {
        fs::create_dir_all(&self.0)
    }

    /// Writes a backup beside the others, reads it back, and lets all but the newest five of its key go. `at_ms` is Unix time
    /// in milliseconds. Killed at any point, every backup that was there is there, or the new one is.
    ///
    /// # Errors
    ///
    /// Where the folder is gone, may not be written, or is full; what was there stays.
    pub fn save(
        &self,
        key: &BackupKey,
        contents: &Contents,
        at_ms: i64,
        device: &str,
    ) -> io::Result<Saved> {
        let bytes = file::write(key, contents, at_ms, device).map_err(io::Error::other)?;
        let path = self.free_name(at_ms)?;
        // One name for one key: what a kill leaves behind, the next backup takes the place of
        let part = self.0.join(format!("Countersign {}.part", key.name()));
        let written = write_through(&part, &bytes).and_then(|()| {
            let read = Self::read(&part)?;
            file::open_with(key, &read).map_err(io::Error::other)?;
            fs::rename(&part, &path)
        });
        if let Err(error) = written {
            // The next one takes its place where it cannot be removed now
            let _ = fs::remove_file(&part);
            return Err(error);
        }
        sync_folder(&self.0)?;
        let mut of_key = self.list().unwrap_or_default();
        of_key.retain(|saved| saved.is_of(key));
        for old in of_key.iter().skip(KEPT) {
            // It is one too many, nothing else
            let _ = fs::remove_file(&old.path);
        }
        let (made, salt) = file::peek(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Saved { path, made, salt })
    }

    /// Removes the backups of a key, once another has taken its place: whoever knows the old passphrase could open them. One
    /// that cannot be removed stays in the list.
    pub fn let_go(&self, key: &BackupKey) {
        for saved in self.list().unwrap_or_default() {
            if saved.is_of(key) {
                let _ = fs::remove_file(saved.path);
            }
        }
    }

    /// Every backup here, the newest first.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be read.
    pub fn list(&self) -> io::Result<Vec<Saved>> {
        let mut found: Vec<Saved> = fs::read_dir(&self.0)?
            .take(MOST)
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == END))
            .filter_map(|path| {
                let mut head = Vec::with_capacity(file::HEAD_LEN);
                let limit = u64::try_from(file::HEAD_LEN).ok()?;
                File::open(&path)
                    .ok()?
                    .take(limit)
                    .read_to_end(&mut head)
                    .ok()?;
                let (made, salt) = file::peek(&head)?;
                Some(Saved { path, made, salt })
            })
            .collect();
        found.sort_by(|one, other| {
            let of = |saved: &Saved| (saved.made.at_ms, saved.path.clone());
            of(other).cmp(&of(one))
        });
        Ok(found)
    }

    /// The newest backup that a key wrote, and what is in it or why that cannot be said. `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where the folder or the file cannot be read.
    pub fn newest_of(&self, key: &BackupKey) -> io::Result<Option<Newest>> {
        let mut of_key = self.list()?.into_iter();
        let Some(saved) = of_key.find(|saved| saved.is_of(key)) else {
            return Ok(None);
        };
        let bytes = Self::read(&saved.path)?;
        let restored = file::open_with(key, &bytes);
        Ok(Some((saved, restored)))
    }

    /// The bytes of a backup.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or is longer than any backup.
    pub fn read(path: &Path) -> io::Result<Vec<u8>> {
        let file = File::open(path)?;
        let longest = u64::try_from(file::LONGEST).unwrap_or(u64::MAX);
        if file.metadata()?.len() > longest {
            return Err(io::Error::other(Unopened::Damaged));
        }
        let mut bytes = Vec::new();
        file.take(longest).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// `Countersign 2026-09-21T13-46-40Z.countersign`, with ` 2` and so on after the time where that name is taken.
    fn free_name(&self, at_ms: i64) -> io::Result<PathBuf> {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let dated = format!("Countersign {}", at.strftime("%Y-%m-%dT%H-%M-%SZ"));
        let numbered = (2..1000).map(|number| format!("{dated} {number}.{END}"));
        std::iter::once(format!("{dated}.{END}"))
            .chain(numbered)
            .map(|name| self.0.join(name))
            .find(|path| {
                fs::symlink_metadata(path)
                    .is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
            })
            .ok_or_else(|| io::ErrorKind::AlreadyExists.into())
    }
}

/// Writes a file and waits for the disk. Only its owner reads it.
fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file =
        private(OpenOptions::new().write(true).create(true).truncate(true)).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
