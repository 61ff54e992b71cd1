//! From an older format to the present one (row V13): written whole beside the old file, read back and compared, then switched.
//!
//! Until the switch the old file is the vault, and a process killed or a disk full at any point leaves it so. After the switch the
//! old file is kept, sealed as it was, until the new one has been unlocked from the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use rusqlite::Connection;

use crate::create::{remove_if_there, write_beside};
use crate::credential::SlotKind;
use crate::erasable::{Erasable, Home};
use crate::error::VaultError;
use crate::file::VaultFile;
use crate::place::{Place, beside, private, sync_folder};
use crate::rows::{Change, OpenedRow, Rows};
use crate::schema::{self, FORMAT};
use crate::slot::{self, Slot};

impl VaultFile {
    /// Migrates the file that `old` was read from; `changes` write every record. The generation follows `newest`.
    pub(crate) fn migrate(
        &mut self,
        old: &Rows,
        newest: u64,
        slots: &[Slot],
        changes: &[Change],
    ) -> Result<Rows, VaultError> {
        let has_device_cells = changes.iter().any(Change::has_device_cell);
        let erasable = has_device_cells
            .then(|| self.make_erasable(Home::of(slots), old.random()))
            .transpose()?;
        let mut tries = Vec::new();
        for kind in [SlotKind::Pin, SlotKind::Passphrase] {
            tries.push((kind, self.tries(kind).map_err(|_| VaultError::NotStored)?));
        }
        let mut rows = old.successor(newest, erasable.as_ref().map(Erasable::copy));
        let path = write_beside(&self.place, &mut rows, slots, changes, &tries)
            .map_err(|_| VaultError::NotStored)?;
        let rows = self
            .read_back(&path, &rows, slots, changes)
            .ok_or(VaultError::NotStored)
            .inspect_err(|_| drop(fs::remove_file(&path)))?;
        self.switch(&path)?;
        Ok(rows)
    }

    /// Opens what was written, from the disk, and compares every record. `None` if anything differs.
    fn read_back(
        &self,
        path: &Path,
        written: &Rows,
        slots: &[Slot],
        changes: &[Change],
    ) -> Option<Rows> {
        let connection = schema::connect(path).ok()?;
        let format = schema::check(&connection).ok()?;
        let read = slot::read_all(&connection).ok()?;
        let (key, erasable) = (written.key().copy(), written.erasable().map(Erasable::copy));
        let (rows, records) =
            Rows::open(&connection, format, self.id, key, &read, erasable).ok()?;
        let same = slot::fingerprint(&read) == slot::fingerprint(slots)
            && records.len() == changes.len()
            && changes.iter().all(|change| is_among(change, &records));
        same.then_some(rows)
    }

    /// Makes the file at `new` the vault and keeps the old one. Whatever happens, this file is the one that is there afterwards.
    fn switch(&mut self, new: &Path) -> Result<(), VaultError> {
        let old = std::mem::replace(&mut self.connection, Connection::open_in_memory()?);
        let switched = switch(old, &self.place, self.format, new);
        let connection = schema::connect(&self.place.vault_path())?;
        self.format = schema::check(&connection).map_err(|_| VaultError::NotStored)?;
        schema::use_write_ahead_log(&connection)?;
        self.connection = connection;
        switched.map_err(|_| VaultError::NotStored)
    }

    /// The present file was unlocked from the disk: its predecessor has done its duty.
    pub(crate) fn remove_predecessors(&self) {
        for format in 1..FORMAT {
            // One that cannot be removed now is removed at another unlock
            let _ = remove_if_there(&self.place.kept_path(format));
        }
    }
}

fn is_among(change: &Change, records: &[OpenedRow]) -> bool {
    let Change::Put {
        id,
        kind,
        body,
        moving,
        device,
    } = change
    else {
        return false;
    };
    records.iter().any(|record| {
        record.id == *id
            && record.kind == *kind
            && record.body == *body
            && record.moving == *moving
            && record.device == *device
    })
}

fn switch(old: Connection, place: &Place, format: u32, new: &Path) -> io::Result<()> {
    // The log is played into the old file and removed: one that stayed would be played into the new file
    let mode: String = old
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .map_err(io::Error::other)?;
    old.close().map_err(|(_, error)| io::Error::other(error))?;
    let path = place.vault_path();
    if mode != "delete" || beside(&path, "-wal").exists() {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    let kept = place.kept_path(format);
    remove_if_there(&kept)?;
    // A second name costs no space on a disk that may be nearly full
    fs::hard_link(&path, &kept).or_else(|_| copy(&path, &kept))?;
    sync_folder(&place.directory)?;
    fs::rename(new, &path)?;
    sync_folder(&place.directory)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(to)?;
    let copied = io::copy(&mut File::open(from)?, &mut file);
    copied.and_then(|_| file.flush())?;
    file.sync_all()
}
