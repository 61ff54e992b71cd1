//! The folder of the backups: which are kept, which are offered first, and that nobody else's file is touched (row D5).
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::fs;

use common::{DEVICE, NOW_MS, backup_key, stamp, with_its_sum};
use countersign_vault::backup::{BackupKey, Contents, Folder, Saved, Stamp};

#[test]
fn five_backups_of_a_key_are_kept_and_nobody_elses_file_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let backups = Folder(folder.path().join("not/made/yet"));
    assert!(backups.list(NOW_MS).is_err());
    backups.make().unwrap();
    let (one, other) = (backup_key(), backup_key());
    let contents = Contents::default();
    let theirs = backups
        .save(
            &other,
            &contents,
            Stamp {
                device: "Another",
                ..stamp(7)
            },
        )
        .unwrap();
    let note = backups.0.join("Read me.txt");
    fs::write(&note, "mine").unwrap();
    let begun = backups.0.join("begun.countersign");
    fs::write(&begun, "countersign bkp\n").unwrap();
    // Two within one second, and the clock set back at the end
    for (serial, at) in (1..).zip([1, 2, 3, 3, 4, 500, 0]) {
        let at_ms = NOW_MS + at * 1000;
        let saved = backups.save(
            &one,
            &contents,
            Stamp {
                at_ms,
                ..stamp(serial)
            },
        );
        assert!(saved.unwrap().path.exists(), "it is there");
        let (newest, _) = backups.newest_of(&one).unwrap().unwrap();
        assert_eq!(
            newest.made.serial, serial,
            "the newest is the one written last"
        );
    }
    let all = backups.list(NOW_MS).unwrap();
    let kept = all.iter().filter(|saved| saved.made.device == DEVICE);
    let mut serials: Vec<_> = kept.map(|saved| saved.made.serial).collect();
    serials.sort_unstable();
    assert_eq!(serials, [3, 4, 5, 6, 7]);
    assert!(theirs.path.exists() && note.exists() && begun.exists());
    backups.let_go(&one);
    assert_eq!(backups.list(NOW_MS).unwrap(), [theirs]);
}

#[test]
fn many_changes_in_a_minute_do_not_push_out_the_days_before() {
    let folder = tempfile::tempdir().unwrap();
    let backups = Folder(folder.path().to_owned());
    let (key, day) = (backup_key(), 24 * 60 * 60 * 1000);
    // Twice a day for nine days, then eight within a minute
    let times = (0..18)
        .map(|half| half * day / 2)
        .chain((0..8).map(|at| 9 * day + at));
    for (serial, at) in (0..).zip(times) {
        let stamp = Stamp {
            at_ms: NOW_MS - NOW_MS % day + at,
            ..stamp(serial)
        };
        backups.save(&key, &Contents::default(), stamp).unwrap();
    }
    let all = backups.list(NOW_MS + 30 * day).unwrap();
    let mut serials: Vec<_> = all.iter().map(|saved| saved.made.serial).collect();
    serials.sort_unstable();
    // The last of six days before this one, and five of this one
    assert_eq!(serials, [7, 9, 11, 13, 15, 17, 21, 22, 23, 24, 25]);
}

#[test]
fn the_newest_of_each_key_is_offered_first_and_a_clock_far_ahead_last() {
    let folder = tempfile::tempdir().unwrap();
    let backups = Folder(folder.path().to_owned());
    let day = 24 * 60 * 60 * 1000;
    let save = |key: &BackupKey, serial, at_ms, device| {
        let stamp = Stamp {
            at_ms,
            serial,
            device,
        };
        backups.save(key, &Contents::default(), stamp).unwrap();
    };
    let (one, two, ahead) = (backup_key(), backup_key(), backup_key());
    save(&one, 1, NOW_MS - day, "one, older");
    save(&one, 2, NOW_MS - 2 * day, "one");
    save(&two, 9, NOW_MS - day, "two");
    save(&ahead, 1, NOW_MS + 400 * day, "ahead");
    let names = backups.list(NOW_MS).unwrap();
    let names: Vec<_> = names.iter().map(|saved| &*saved.made.device).collect();
    assert_eq!(names, ["two", "one", "ahead", "one, older"]);
}

/// Whoever sees a file can copy its salt.
#[test]
fn a_head_with_a_copied_salt_counts_for_nothing_and_nothing_in_the_way_is_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let backups = Folder(folder.path().to_owned());
    let key = backup_key();
    let genuine = backups.save(&key, &Contents::default(), stamp(7)).unwrap();
    let bytes = fs::read(&genuine.path).unwrap();
    for forged in 0..6_u8 {
        let mut bytes = bytes.clone();
        bytes[96] = 200 + forged;
        let path = folder.path().join(format!("{forged}.countersign"));
        fs::write(path, with_its_sum(bytes)).unwrap();
    }
    let (newest, opened) = backups.newest_of(&key).unwrap().unwrap();
    assert_eq!(newest, genuine);
    assert!(opened.is_ok());
    let next = backups.save(&key, &Contents::default(), stamp(8)).unwrap();
    assert!(genuine.path.exists() && next.path.exists());
    backups.let_go(&key);
    assert_eq!(
        backups.list(NOW_MS).unwrap().len(),
        6,
        "the forged ones are nobody's"
    );
    #[cfg(unix)]
    {
        let precious = folder.path().join("precious");
        fs::write(&precious, "mine").unwrap();
        let hex = data_encoding::HEXLOWER.encode(&bytes[32..48]);
        let part = folder.path().join(format!("Countersign {hex}.part"));
        std::os::unix::fs::symlink(&precious, part).unwrap();
        backups.save(&key, &Contents::default(), stamp(9)).unwrap();
        assert_eq!(fs::read(&precious).unwrap(), b"mine");
    }
}

#[cfg(unix)]
#[test]
fn a_backup_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let backups = Folder(folder.path().to_owned());
    let saved = backups
        .save(&backup_key(), &Contents::default(), stamp(7))
        .unwrap();
    let mode = fs::metadata(saved.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Two folders, of which the first has so many backups of a key and one of another.
fn two_folders(folder: &std::path::Path, backups: u64) -> (Folder, Folder, BackupKey) {
    let (from, to) = (Folder(folder.join("from")), Folder(folder.join("to")));
    from.make().unwrap();
    to.make().unwrap();
    let key = backup_key();
    for serial in 1..=backups {
        let stamp = Stamp {
            at_ms: NOW_MS + i64::try_from(serial).unwrap(),
            ..stamp(serial)
        };
        from.save(&key, &Contents::default(), stamp).unwrap();
    }
    from.save(&backup_key(), &Contents::default(), stamp(9))
        .unwrap();
    (from, to, key)
}

fn serials(folder: &Folder) -> Vec<u64> {
    let all = folder.list(NOW_MS).unwrap();
    let mut serials: Vec<_> = all.iter().map(|saved| saved.made.serial).collect();
    serials.sort_unstable();
    serials
}

/// A backup in `to`, newer than all that [`two_folders`] made.
fn written(to: &Folder, key: &BackupKey) -> Saved {
    let newer = Stamp {
        at_ms: NOW_MS + 60_000,
        ..stamp(8)
    };
    to.save(key, &Contents::default(), newer).unwrap()
}

#[test]
fn versions_go_along_to_another_folder_and_then_leave_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to, key) = two_folders(folder.path(), 5);
    let newest = written(&to, &key);
    let brought = to.bring(&key, &from, &newest).unwrap();
    assert_eq!(serials(&to), [1, 2, 3, 4, 5, 8], "nobody else's is brought");
    assert_eq!(serials(&from), [1, 2, 3, 4, 5, 9]);
    brought.let_go();
    assert_eq!(serials(&from), [9], "none stays that nobody looks after");
    assert_eq!(serials(&to), [1, 2, 3, 4, 5, 8]);
}

#[test]
fn a_folder_that_is_not_taken_after_all_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to, key) = two_folders(folder.path(), 3);
    let newest = written(&to, &key);
    to.bring(&key, &from, &newest).unwrap().take_back();
    assert_eq!(serials(&to), Vec::<u64>::new());
    assert_eq!(serials(&from), [1, 2, 3, 9]);
}

#[test]
fn what_a_kill_left_is_brought_once_and_stays_in_both() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to, key) = two_folders(folder.path(), 3);
    let before = written(&to, &key);
    to.bring(&key, &from, &before).unwrap();
    let again = Stamp {
        at_ms: NOW_MS + 90_000,
        ..stamp(8)
    };
    let newest = to.save(&key, &Contents::default(), again).unwrap();
    to.bring(&key, &from, &newest).unwrap().let_go();
    assert_eq!(
        serials(&from),
        [1, 2, 3, 9],
        "a copy is not taken for its own"
    );
    assert_eq!(serials(&to), [1, 2, 3, 8, 8]);
}

#[test]
fn a_damaged_backup_is_not_brought_and_a_damaged_copy_is_no_reason_to_let_one_go() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to, key) = two_folders(folder.path(), 3);
    let (damaged, _) = from.newest_of(&key).unwrap().unwrap();
    let whole = fs::read(&damaged.path).unwrap();
    let mut bytes = whole.clone();
    bytes[300] ^= 1;
    // Somebody copied it to the drive and pulled that too early; its head is still good
    fs::write(to.0.join("pulled.countersign"), &bytes).unwrap();
    let newest = written(&to, &key);
    to.bring(&key, &from, &newest).unwrap().let_go();
    let kept = fs::read_dir(&to.0).unwrap().filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        fs::read(path).unwrap() == whole
    });
    assert_eq!(kept.count(), 1, "the whole one went along");

    let (from, to, key) = two_folders(&folder.path().join("again"), 3);
    let (damaged, _) = from.newest_of(&key).unwrap().unwrap();
    let mut bytes = fs::read(&damaged.path).unwrap();
    bytes[300] ^= 1;
    fs::write(&damaged.path, bytes).unwrap();
    let newest = written(&to, &key);
    to.bring(&key, &from, &newest).unwrap().let_go();
    assert_eq!(serials(&to), [1, 2, 8]);
    assert_eq!(serials(&from), [3, 9]);
}

#[cfg(unix)]
#[test]
fn a_folder_by_another_name_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to, key) = two_folders(folder.path(), 3);
    fs::remove_dir(&to.0).unwrap();
    std::os::unix::fs::symlink(&from.0, &to.0).unwrap();
    let newest = written(&to, &key);
    to.bring(&key, &from, &newest).unwrap().let_go();
    assert_eq!(serials(&from), [1, 2, 3, 8, 9]);
}

/// Where the old name still shows the folder as it was, as a network share may for a while.
#[test]
fn a_folder_by_another_name_that_shows_it_late_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to, key) = two_folders(folder.path(), 3);
    for file in fs::read_dir(&from.0).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.0.join(file.file_name())).unwrap();
    }
    let newest = written(&to, &key);
    to.bring(&key, &from, &newest).unwrap().let_go();
    assert_eq!(serials(&from), [1, 2, 3, 9]);
}
