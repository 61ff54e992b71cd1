//! The file itself: one owner, nobody else's to read, and a reason for each file that cannot be used.

mod common;

use std::fs;
use std::sync::Arc;

use common::{
    NOW_MS, PASSPHRASE, PIN, chosen_passphrase, chosen_pin, hospital, issuers, other, passphrase,
    pin, place, unlock,
};
use countersign_vault::{Account, CreateError, OpenError, Place, UnavailableKeystore, VaultFile};

#[test]
fn v14_a_second_opener_is_told_that_the_vault_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    assert_eq!(VaultFile::open(&place).err(), Some(OpenError::InUse));
    assert_eq!(
        VaultFile::create(&place, &chosen_pin()).err(),
        Some(CreateError::InUse)
    );
    let file = vault.lock();
    assert_eq!(VaultFile::open(&place).err(), Some(OpenError::InUse));
    drop(file);
    assert!(VaultFile::open(&place).is_ok());
    assert_eq!(
        VaultFile::create(&place, &chosen_pin()).err(),
        Some(CreateError::Exists)
    );
}

#[test]
fn v14_of_many_openers_at_once_one_has_the_vault() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    drop(VaultFile::create(&place, &chosen_passphrase()).unwrap());
    for round in 0..200 {
        let barrier = std::sync::Barrier::new(2);
        let opened = std::thread::scope(|scope| {
            let open = || {
                barrier.wait();
                VaultFile::open(&place)
            };
            let threads = [scope.spawn(open), scope.spawn(open)];
            threads.map(|thread| thread.join().unwrap())
        });
        let owners = opened.iter().filter(|opened| opened.is_ok()).count();
        assert_eq!(owners, 1, "round {round}");
        assert!(
            opened
                .iter()
                .any(|opened| opened.as_ref().err() == Some(&OpenError::InUse)),
            "round {round}"
        );
    }
}

#[test]
fn each_unusable_file_has_its_own_reason_and_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    assert_eq!(VaultFile::open(&place).err(), Some(OpenError::NoVault));
    drop(VaultFile::create(&place, &chosen_pin()).unwrap());
    let path = place.vault_path();
    let good = fs::read(&path).unwrap();

    let newer = {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "journal_mode", "DELETE")
            .unwrap();
        connection.pragma_update(None, "user_version", 3).unwrap();
        drop(connection);
        fs::read(&path).unwrap()
    };
    let foreign = {
        let other = folder.path().join("other.db");
        rusqlite::Connection::open(&other)
            .unwrap()
            .execute_batch("CREATE TABLE t (x)")
            .unwrap();
        fs::read(other).unwrap()
    };
    let triggered = {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", 2).unwrap();
        connection
            .execute_batch("CREATE TRIGGER undo AFTER UPDATE ON tries BEGIN UPDATE tries SET body = old.body; END")
            .unwrap();
        drop(connection);
        fs::read(&path).unwrap()
    };
    let mut flipped = good.clone();
    for byte in &mut flipped[100..140] {
        *byte ^= 0xff;
    }
    let cases: [(&str, &[u8], OpenError); 7] = [
        ("empty", b"", OpenError::Damaged),
        ("cut in the first line", &good[..9], OpenError::Damaged),
        (
            "a text",
            b"Dear diary, today I lost my phone again.",
            OpenError::NotAVault,
        ),
        ("another database", &foreign, OpenError::NotAVault),
        (
            "a newer vault",
            &newer,
            OpenError::TooNew {
                found: 3,
                supported: 2,
            },
        ),
        ("a foreign trigger", &triggered, OpenError::Damaged),
        ("a flipped first page", &flipped, OpenError::Damaged),
    ];
    for (what, bytes, expected) in cases {
        fs::write(&path, bytes).unwrap();
        assert_eq!(VaultFile::open(&place).err(), Some(expected), "{what}");
        assert!(fs::read(&path).unwrap() == bytes, "{what} was changed");
        assert_eq!(
            VaultFile::create(&place, &chosen_pin()).err(),
            Some(CreateError::Exists),
            "{what}"
        );
    }
}

#[test]
fn v15_flipped_bytes_and_cuts_give_a_reason_or_everything_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    // Without a keystore, so that the refusals of one damaged copy do not make the next wait
    let place = Place {
        keystore: Arc::new(UnavailableKeystore),
        ..place(folder.path())
    };
    let mut vault = VaultFile::create(&place, &chosen_passphrase()).unwrap();
    for name in ["a", "b", "c"] {
        vault.add(other(name)).unwrap();
    }
    drop(vault);
    let good = fs::read(place.vault_path()).unwrap();
    let opens_whole = |bytes: &[u8]| {
        fs::write(place.vault_path(), bytes).unwrap();
        let Ok(file) = VaultFile::open(&place) else {
            return false;
        };
        let Ok(vault) = file.unlock(&passphrase(PASSPHRASE), NOW_MS) else {
            return false;
        };
        assert_eq!(issuers(&vault), ["a", "b", "c"]);
        true
    };
    assert!(opens_whole(&good));
    let mut noticed = 0;
    for offset in (0..good.len()).step_by(211) {
        let mut bytes = good.clone();
        bytes[offset] ^= 0x5a;
        noticed += usize::from(!opens_whole(&bytes));
    }
    assert!(noticed > 5, "{noticed}");
    for length in (0..good.len()).step_by(997) {
        assert!(!opens_whole(&good[..length]), "cut to {length} bytes");
    }
}

#[cfg(unix)]
#[test]
fn v9_the_folder_and_every_file_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(other("a")).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.directory), 0o700);
    let names: Vec<_> = fs::read_dir(&place.directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(
        names
            .iter()
            .any(|path| path.ends_with("countersign.vault-wal")),
        "{names:?}"
    );
    for path in &names {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
    drop(vault);
    fs::set_permissions(place.vault_path(), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&place.directory, fs::Permissions::from_mode(0o755)).unwrap();
    drop(VaultFile::open(&place).unwrap());
    assert_eq!(mode(&place.vault_path()), 0o600);
    assert_eq!(mode(&place.directory), 0o700);
}

#[test]
fn v5_names_issuers_and_hosts_are_nowhere_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(Account::Organisation(hospital())).unwrap();
    vault.add(other("Library of Alexandria")).unwrap();
    vault.set_setting("clock offset", Some("-1500")).unwrap();
    let mut bytes = fs::read(place.vault_path()).unwrap();
    bytes.extend(fs::read(place.directory.join("countersign.vault-wal")).unwrap());
    for word in [
        "Alexandria",
        "amira",
        "haddad",
        "hospital.example",
        "DPABC",
        "clock offset",
        "Ward 7",
    ] {
        assert!(
            !bytes
                .windows(word.len())
                .any(|window| window == word.as_bytes()),
            "{word}"
        );
    }
}

#[test]
fn a_creation_that_fails_leaves_no_secret_behind_and_an_old_log_is_no_part_of_a_new_vault() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let keystore = Arc::new(common::FolderKeystore(keys.clone()));
    let place = Place {
        keystore,
        ..place(folder.path())
    };
    fs::create_dir_all(place.directory.join("countersign.vault.new")).unwrap();
    assert_eq!(
        VaultFile::create(&place, &chosen_pin()).err(),
        Some(CreateError::NotStored)
    );
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 0);
    fs::remove_dir(place.directory.join("countersign.vault.new")).unwrap();

    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(other("old")).unwrap();
    let log = place.directory.join("countersign.vault-wal");
    let old_log = fs::read(&log).unwrap();
    drop(vault);
    fs::remove_file(place.vault_path()).unwrap();
    fs::write(&log, old_log).unwrap();
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(other("new")).unwrap();
    drop(vault);
    assert_eq!(
        issuers(&unlock(&place, &pin(PIN), NOW_MS).unwrap()),
        ["new"]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn v8_a_process_that_opens_a_vault_writes_no_core_dump() {
    let folder = tempfile::tempdir().unwrap();
    drop(VaultFile::create(&place(folder.path()), &chosen_pin()).unwrap());
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let limit = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"))
        .unwrap();
    assert!(
        matches!(limit.split_whitespace().next(), Some("0" | "1")),
        "{limit}"
    );
}
