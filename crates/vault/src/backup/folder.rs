//! The folder that backups lie in: each write makes a new file, proves that it opens, and only then lets the oldest go.
//!
//! Others may write here too: a colleague's device, a program that synchronises, somebody who means harm. What is removed or
//! counted as ours is therefore what our key wrote, and nothing that is in the way is written through.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::file::{self, Made, Peek, Stamp, Unopened};
use super::key::BackupKey;
use super::{Contents, Restored};
use crate::place::{private, sync_folder};

/// How a backup's name ends.
const END: &str = "countersign";
/// How many backups of one key are kept, and of how many days before one each: many changes in a minute must not push out
/// what was there before them.
const KEPT: usize = 5;
const DAYS_KEPT: usize = 7;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The most backups that are looked at in a folder of many devices.
const MOST: usize = 20_000;
/// How far a clock may be ahead before its backups are offered last.
const AHEAD_MS: i64 = DAY_MS;

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
}

impl Saved {
    /// By what it is the same file in another folder.
    const fn mark(&self) -> (u64, i64) {
        (self.made.serial, self.made.at_ms)
    }
}

/// Backups that were brought to a folder.
#[derive(Debug)]
pub struct Brought {
    /// What they were copied from.
    there: Vec<PathBuf>,
    /// The copies, and the newest, which was written for this.
    here: Vec<PathBuf>,
}

impl Brought {
    /// Removes what was copied from where it was. What cannot be removed stays, and does no harm.
    pub fn let_go(self) {
        for path in self.there {
            let _ = fs::remove_file(path);
        }
    }

    /// Removes the copies and the newest: the folder is not where backups lie after all.
    pub fn take_back(self) {
        for path in self.here {
            let _ = fs::remove_file(path);
        }
    }
}

/// A backup, and what came of opening it.
pub type Newest = (Saved, Result<Vec<Restored>, Unopened>);

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

    /// Writes a backup beside the others, reads it back, and lets all of its key go but the newest five and the last of each of
    /// seven days. Killed at any point,
    /// every backup that was there is there, or the new one is.
    ///
    /// # Errors
    ///
    /// Where the folder is gone, may not be written, or is full; what was there stays.
    pub fn save(
        &self,
        key: &BackupKey,
        contents: &Contents,
        stamp: Stamp<'_>,
    ) -> io::Result<Saved> {
        let bytes = file::write(key, contents, stamp).map_err(io::Error::other)?;
        let path = self.put(key, stamp.at_ms, &bytes)?;
        for old in too_many(&self.of(key).unwrap_or_default()) {
            if old.path != path {
                // It is one too many, nothing else
                let _ = fs::remove_file(&old.path);
            }
        }
        let peek = file::peek(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Saved {
            path,
            made: peek.made,
        })
    }

    /// Brings the backups of a key from another folder, each read back and opened, once `newest` was written here. Those there
    /// stay until [`Brought::let_go`]. One that is whole here already, or cannot be read or opened there, is not brought; and
    /// where `newest` is there too, both are one folder by two names, and nothing is.
    ///
    /// # Errors
    ///
    /// Where one that opens there cannot be written here; then `newest` and what was brought go again.
    pub fn bring(&self, key: &BackupKey, from: &Self, newest: &Saved) -> io::Result<Brought> {
        let mut brought = Brought {
            there: Vec::new(),
            here: vec![newest.path.clone()],
        };
        // A drive that is gone keeps what is on it
        let there = from.of(key).unwrap_or_default();
        if there.iter().any(|saved| saved.mark() == newest.mark()) {
            return Ok(brought);
        }
        let is_whole = |bytes: &[u8]| file::open_with(key, bytes).is_ok();
        let mut here = self.of(key).unwrap_or_default();
        here.retain(|saved| Self::read(&saved.path).is_ok_and(|bytes| is_whole(&bytes)));
        let here: BTreeSet<_> = here.iter().map(Saved::mark).collect();
        for saved in there.iter().filter(|saved| !here.contains(&saved.mark())) {
            let Some(bytes) = Self::read(&saved.path).ok().filter(|it| is_whole(it)) else {
                continue;
            };
            match self.put(key, saved.made.at_ms, &bytes) {
                Ok(path) => {
                    brought.here.push(path);
                    brought.there.push(saved.path.clone());
                }
                Err(error) => {
                    brought.take_back();
                    return Err(error);
                }
            }
        }
        Ok(brought)
    }

    /// Removes the backups of a key, once another has taken its place: whoever knows the old passphrase could open them. One
    /// that cannot be removed stays.
    pub fn let_go(&self, key: &BackupKey) {
        for saved in self.of(key).unwrap_or_default() {
            let _ = fs::remove_file(saved.path);
        }
    }

    /// Every backup here, whoever wrote it, in the order in which a person would want them: the newest of each key first, and
    /// of those the newest by its time. One whose clock was ahead of `now_ms` by more than a day comes last.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be read.
    pub fn list(&self, now_ms: i64) -> io::Result<Vec<Saved>> {
        let mut all = self.peeks()?;
        all.sort_by_key(|(_, peek)| (peek.salt, Reverse(peek.made.serial)));
        let mut ranked = Vec::with_capacity(all.len());
        let mut rank = 0_usize;
        let mut before = None;
        for (path, Peek { made, salt, .. }) in all {
            rank = if before == Some(salt) { rank + 1 } else { 0 };
            before = Some(salt);
            ranked.push((rank, Saved { path, made }));
        }
        ranked.sort_by_key(|(rank, saved)| {
            let is_ahead = saved.made.at_ms > now_ms.saturating_add(AHEAD_MS);
            (*rank, is_ahead, Reverse(saved.made.at_ms))
        });
        Ok(ranked.into_iter().map(|(_, saved)| saved).collect())
    }

    /// The newest backup that a key wrote, and what is in it or why that cannot be said. `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be read.
    pub fn newest_of(&self, key: &BackupKey) -> io::Result<Option<Newest>> {
        let Some(saved) = self.of(key)?.into_iter().next() else {
            return Ok(None);
        };
        // One that cannot be read, or is longer than any, is as good as damaged: another takes its place
        let opened = Self::read(&saved.path)
            .map_err(|_| Unopened::Damaged)
            .and_then(|bytes| file::open_with(key, &bytes));
        Ok(Some((saved, opened)))
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

    /// Writes the bytes of a backup under a name of their own, once they were read back and opened.
    fn put(&self, key: &BackupKey, at_ms: i64, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.free_name(key, at_ms)?;
        // One name for one key: what a kill leaves behind, the next backup takes the place of
        let part = self.0.join(format!("Countersign {}.part", key.name()));
        let written = write_through(&part, bytes).and_then(|()| {
            let read = Self::read(&part)?;
            file::open_with(key, &read).map_err(io::Error::other)?;
            fs::rename(&part, &path)
        });
        if let Err(error) = written {
            // The next one takes its place where it cannot be removed now
            let _ = fs::remove_file(&part);
            return Err(error);
        }
        match sync_folder(&self.0) {
            // Shared folders that cannot do that have written the name through already
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Err(error)
            }
            _ => Ok(path),
        }
    }

    /// The backups that a key wrote, the newest first.
    fn of(&self, key: &BackupKey) -> io::Result<Vec<Saved>> {
        let mut of_key = self.peeks()?;
        of_key.retain(|(_, peek)| peek.is_of(key));
        of_key.sort_by_key(|(_, peek)| Reverse((peek.made.serial, peek.made.at_ms)));
        let saved = |(path, peek): (PathBuf, Peek)| Saved {
            path,
            made: peek.made,
        };
        Ok(of_key.into_iter().map(saved).collect())
    }

    fn peeks(&self) -> io::Result<Vec<(PathBuf, Peek)>> {
        let found = fs::read_dir(&self.0)?
            .flatten()
            // What is no file may keep whoever opens it waiting for ever
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == END))
            .take(MOST)
            .filter_map(|path| {
                let mut head = Vec::with_capacity(file::PEEK_LEN);
                let limit = u64::try_from(file::PEEK_LEN).ok()?;
                File::open(&path)
                    .ok()?
                    .take(limit)
                    .read_to_end(&mut head)
                    .ok()?;
                Some((path, file::peek(&head)?))
            });
        Ok(found.collect())
    }

    /// `Countersign 2026-09-21T13-46-40Z 3f9a01bc.countersign`, the last being the key's, so that no other device takes the
    /// name; with ` 2` and so on after it where it is taken.
    fn free_name(&self, key: &BackupKey, at_ms: i64) -> io::Result<PathBuf> {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let of_key: String = key.name().chars().take(8).collect();
        let dated = format!("Countersign {} {of_key}", at.strftime("%Y-%m-%dT%H-%M-%SZ"));
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

/// Those of a key's backups, the newest first, that are let go.
fn too_many(of_key: &[Saved]) -> Vec<&Saved> {
    let mut days = BTreeSet::new();
    let mut places = 0..;
    let mut gone = of_key.iter().collect::<Vec<_>>();
    gone.retain(|saved| {
        let is_recent = places.next().is_some_and(|place| place < KEPT);
        let is_last_of_day = days.insert(saved.made.at_ms.div_euclid(DAY_MS));
        !(is_recent || is_last_of_day && days.len() <= DAYS_KEPT)
    });
    gone
}

/// Writes a new file and waits for the disk. Only its owner reads it, and what lay there under its name is not written through.
fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
