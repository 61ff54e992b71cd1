//! A full disk at every step: nothing is half written, nothing is lost, and it goes on where there is room again (rows V9, V13, V15).
//!
//! The disk is a small tmpfs. Where this process may not mount one, it is run again with a limit on the size of files, whose
//! writes fail in the same places.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use common::{
    MemoryBiometric, NOW_MS, PIN, V1, V1_NAMES, backup_key, by_biometric, chosen_pin, counted,
    issuers, other, pin, place, stamp, unlock,
};
use countersign_vault::backup::{Contents, Folder};
use countersign_vault::{Account, Chosen, VaultError, VaultFile};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const LIMITED: &str = "VAULT_FILES_ARE_LIMITED";
const PAGE: usize = 4096;
const DISK_KIB: usize = 1024;

/// Where little room can be left.
enum Disk {
    /// A tmpfs of its own, for as long as this lives.
    Small(tempfile::TempDir),
    /// An ordinary folder, in a process whose files cannot grow.
    Limited(tempfile::TempDir),
}

impl Disk {
    /// `None` where nothing may be mounted and the limit would end this process: it is then run again.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        if env::var_os(LIMITED).is_some() {
            return Some(Self::Limited(folder));
        }
        let size = format!("size={DISK_KIB}k,mode=700");
        Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "countersign-test"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success())
            .then_some(Self::Small(folder))
    }

    fn path(&self) -> &Path {
        let (Self::Small(folder) | Self::Limited(folder)) = self;
        folder.path()
    }

    /// Leaves room for this many KiB.
    fn leave(&self, kib: usize) {
        match self {
            Self::Small(folder) => {
                let filler = folder.path().join("filler");
                let mut length = DISK_KIB * 1024;
                while fs::write(&filler, vec![1; length]).is_err() {
                    length -= PAGE;
                }
                let file = fs::OpenOptions::new().write(true).open(&filler).unwrap();
                let shorter = length.saturating_sub(kib * 1024);
                file.set_len(u64::try_from(shorter).unwrap()).unwrap();
            }
            Self::Limited(_) => limit_files(Some(u64::try_from(kib * 1024).unwrap())),
        }
    }

    fn release(&self) {
        match self {
            Self::Small(folder) => fs::remove_file(folder.path().join("filler")).unwrap(),
            Self::Limited(_) => limit_files(None),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Small(folder) = self {
            let _ = Command::new("umount").arg(folder.path()).output();
        }
    }
}

fn limit_files(most: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let limit = Rlimit {
        current: most.or(maximum),
        maximum,
    };
    setrlimit(Resource::Fsize, limit).unwrap();
}

/// Runs the work on a disk, in this process or in one that survives its limit.
fn on_a_full_disk(test: &str, work: impl FnOnce(&Disk)) {
    if let Some(disk) = Disk::new() {
        return work(&disk);
    }
    run_limited(test);
}

fn run_limited(test: &str) {
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ && exec \"$0\" --exact \"$1\" --nocapture --test-threads=1",
        ])
        .arg(env::current_exe().unwrap())
        .arg(test)
        .env(LIMITED, "yes")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn v13_a_disk_full_at_any_step_of_a_migration_leaves_the_old_vault_to_read() {
    let name = "v13_a_disk_full_at_any_step_of_a_migration_leaves_the_old_vault_to_read";
    on_a_full_disk(name, |disk| {
        let (mut read, mut migrated) = (0, 0);
        for kib in (0..=112).step_by(8) {
            let mut place = place(disk.path());
            place.directory = disk.path().join(kib.to_string());
            V1.put(&place);
            disk.leave(kib);
            let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
            assert_eq!(issuers(&vault), V1_NAMES, "{kib} KiB left");
            let (counter, _) = vault.accounts().next().unwrap();
            let shown = vault.next_counter(counter);
            match shown {
                Ok(shown) => {
                    assert_eq!(shown, 42);
                    migrated += 1;
                }
                Err(error) => {
                    assert_eq!(error, VaultError::NotStored);
                    read += 1;
                }
            }
            drop(vault);
            disk.release();
            let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
            assert!(!vault.is_older_copy());
            assert_eq!(issuers(&vault), V1_NAMES, "{kib} KiB were left");
            let next = vault.next_counter(counter).unwrap();
            assert_eq!(next, if shown.is_ok() { 43 } else { 42 });
            drop(vault);
            fs::remove_dir_all(&place.directory).unwrap();
        }
        assert!(read > 0 && migrated > 0, "{read} read, {migrated} migrated");
    });
}

#[test]
fn d5_a_disk_full_at_any_step_of_a_backup_keeps_the_older_ones_and_says_so() {
    let name = "d5_a_disk_full_at_any_step_of_a_backup_keeps_the_older_ones_and_says_so";
    on_a_full_disk(name, |disk| {
        let key = backup_key();
        let mut contents = Contents::default();
        for k in 0..300 {
            let Account::Other(account) = other(&k.to_string()) else {
                continue;
            };
            contents.push(&account);
        }
        let backups = Folder(disk.path().join("backups"));
        backups.make().unwrap();
        let first = backups.save(&key, &contents, stamp(1)).unwrap();
        let (mut refused, mut written) = (0, 0);
        for kib in (0..=112).step_by(8) {
            disk.leave(kib);
            let saved = backups.save(&key, &contents, stamp(2));
            disk.release();
            let all = backups.list(NOW_MS).unwrap();
            match saved {
                Ok(saved) => {
                    written += 1;
                    fs::remove_file(saved.path).unwrap();
                }
                Err(error) => {
                    refused += 1;
                    let kinds = [ErrorKind::StorageFull, ErrorKind::FileTooLarge];
                    assert!(kinds.contains(&error.kind()), "{error}");
                    assert_eq!(all, std::slice::from_ref(&first), "{kib} KiB left");
                    let entries = fs::read_dir(&backups.0).unwrap().count();
                    assert_eq!(entries, 1, "nothing half written stays");
                }
            }
            let (_, opened) = backups.newest_of(&key).unwrap().unwrap();
            assert_eq!(opened.unwrap().len(), 300, "{kib} KiB left");
        }
        assert!(
            refused > 0 && written > 0,
            "{refused} refused, {written} written"
        );
    });
}

#[test]
fn v9_a_disk_full_at_any_change_keeps_what_was_stored_and_shows_no_passcode_twice() {
    let name = "v9_a_disk_full_at_any_change_keeps_what_was_stored_and_shows_no_passcode_twice";
    on_a_full_disk(name, |disk| {
        let platform = MemoryBiometric::default();
        let place = place(disk.path());
        let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
        vault.set_biometric(&platform).unwrap();
        let counter = vault.add(counted(b"12345678901234567890", 0)).unwrap();
        drop(vault);
        let mut names = vec!["Library".to_owned()];
        let mut last_shown = None;
        let mut refused = 0;
        for kib in (0..=60).step_by(4) {
            let mut vault = by_biometric(&place, &platform).unwrap();
            disk.leave(kib);
            for number in 0..12 {
                let name = format!("{kib} {number}");
                match vault.add(other(&name)) {
                    Ok(_) => names.push(name),
                    Err(error) => {
                        assert_eq!(error, VaultError::NotStored);
                        refused += 1;
                    }
                }
                if let Ok(shown) = vault.next_counter(counter) {
                    assert!(last_shown.is_none_or(|last| shown > last), "{shown} again");
                    last_shown = Some(shown);
                }
            }
            assert_eq!(issuers(&vault), names);
            drop(vault);
            disk.release();
            let vault = by_biometric(&place, &platform).unwrap();
            assert_eq!(issuers(&vault), names, "{kib} KiB were left");
            let next = vault.account(counter).unwrap().next_counter();
            assert!(next > last_shown, "{next:?} would be shown again");
        }
        assert!(refused > 0 && names.len() > 20, "{refused} {}", names.len());

        let mut vault = by_biometric(&place, &platform).unwrap();
        disk.leave(0);
        let new = Chosen::pin("402917".into()).unwrap();
        let changed = vault.change_secret(&pin(PIN), &new, NOW_MS).is_ok();
        drop(vault);
        disk.release();
        let opens = if changed { "402917" } else { PIN };
        let vault = unlock(&place, &pin(opens), NOW_MS).unwrap();
        assert_eq!(issuers(&vault), names);
    });
}

/// The other way must work too, on a machine where the first one does.
#[test]
fn the_same_holds_where_files_cannot_grow() {
    if env::var_os(LIMITED).is_none() {
        run_limited("v13_a_disk_full_at_any_step_of_a_migration_leaves_the_old_vault_to_read");
        run_limited(
            "v9_a_disk_full_at_any_change_keeps_what_was_stored_and_shows_no_passcode_twice",
        );
    }
}
