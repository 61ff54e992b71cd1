//! Setting a vault's file aside: a damaged or stopped one gets a dated name, so that a new vault can be made. Nothing is deleted.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::error::SetAsideError;
use crate::file::VaultFile;
use crate::place::{Place, beside, private, sync_folder};
use crate::schema::FORMAT;

impl VaultFile {
    /// Moves the vault's file, of whatever state, to a dated name beside it, and says which. `now_ms` is Unix time in milliseconds.
    ///
    /// Killed at any point, the vault is where it was or set aside, each time with its log. Its secrets in the keystore stay.
    pub fn set_aside(place: &Place, now_ms: i64) -> Result<PathBuf, SetAsideError> {
        if !place.has_vault() {
            return Err(SetAsideError::NoVault);
        }
        let _lock = place.lock().map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => SetAsideError::InUse,
            _ => SetAsideError::NotStored,
        })?;
        set_aside(place, now_ms).map_err(|_| SetAsideError::NotStored)
    }
}

fn set_aside(place: &Place, now_ms: i64) -> io::Result<PathBuf> {
    let aside = free_name(place, now_ms)?;
    // The log may hold the last changes. It is copied first and removed last: a vault without its log would be an older one
    let logs =
        ["-wal", "-journal"].map(|end| (beside(&place.vault_path(), end), beside(&aside, end)));
    let mut copied = Vec::new();
    for (log, copy) in &logs {
        match fs::read(log) {
            Ok(bytes) => {
                let mut file =
                    private(OpenOptions::new().write(true).create_new(true)).open(copy)?;
                io::Write::write_all(&mut file, &bytes)?;
                file.sync_all()?;
                copied.push(log);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    // Its predecessor goes along: the next vault would take it for its own and remove it
    for format in 1..FORMAT {
        let kept = place.kept_path(format);
        if kept.exists() {
            fs::rename(kept, beside(&aside, &format!(".format-{format}")))?;
        }
    }
    fs::rename(place.vault_path(), &aside)?;
    sync_folder(&place.directory)?;
    for log in copied {
        // Set aside it is; a log that stays is removed before a new vault is made
        let _ = fs::remove_file(log);
    }
    Ok(aside)
}

/// `countersign.vault.2026-09-21T13-46-40Z`, with `-2` and so on after it where that name is taken.
fn free_name(place: &Place, now_ms: i64) -> io::Result<PathBuf> {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let dated = format!(".{}", now.strftime("%Y-%m-%dT%H-%M-%SZ"));
    let dated = beside(&place.vault_path(), &dated);
    let numbered = (2..1000).map(|number| beside(&dated, &format!("-{number}")));
    std::iter::once(dated.clone())
        .chain(numbered)
        .find(|name| {
            fs::symlink_metadata(name).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        })
        .ok_or_else(|| io::ErrorKind::AlreadyExists.into())
}
