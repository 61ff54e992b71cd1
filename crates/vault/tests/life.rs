//! A vault's ordinary life: made, written, locked, opened again, and refused with the right reason.

mod common;

use std::fs;
use std::sync::Arc;

use common::{
    NOW_MS, PASSPHRASE, PIN, chosen_passphrase, chosen_pin, counted, hospital, issuers, other,
    passphrase, pin, place, unlock,
};
use countersign_vault::{
    Account, CreateError, DeviceBound, KdfProfile, MemoryKeystore, OpenError, OrganisationState,
    PendingActivation, Place, SlotKind, UnavailableKeystore, UnlockError, VaultError, VaultFile,
};

#[test]
fn what_was_stored_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    assert!(!VaultFile::exists(&place));
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    let hospital_id = vault.add(Account::Organisation(hospital())).unwrap();
    let counted_id = vault.add(counted(b"12345678901234567890", 7)).unwrap();
    vault.add(other("Third")).unwrap();
    assert_eq!(vault.next_counter(counted_id), Ok(7));
    assert_eq!(vault.next_sequence(hospital_id), Ok(1));
    assert_eq!(vault.next_sequence(hospital_id), Ok(2));
    vault.set_setting("clock offset", Some("-1500")).unwrap();
    vault.set_setting("gone", Some("soon")).unwrap();
    vault.set_setting("gone", None).unwrap();
    vault.rename(counted_id, Some("Reading room")).unwrap();
    drop(vault);

    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(
        issuers(&vault),
        [hospital().organisation.as_str(), "Library", "Third"]
    );
    let Some(Account::Organisation(read)) = vault.account(hospital_id) else {
        panic!("an organisation account")
    };
    let written = hospital();
    assert_eq!(read.host, written.host);
    assert_eq!(read.service, written.service);
    assert_eq!(read.username, written.username);
    assert_eq!(read.custom_name, written.custom_name);
    assert_eq!(read.logo, written.logo);
    assert_eq!(read.dialect, written.dialect);
    let (
        OrganisationState::Working {
            registration: read_names,
            keys: read_keys,
        },
        OrganisationState::Working { registration, keys },
    ) = (&read.state, &written.state)
    else {
        panic!("a working account")
    };
    assert_eq!(read_names, registration);
    assert_eq!(read_keys.device_key.expose(), keys.device_key.expose());
    assert_eq!(read_keys.seed.expose(), keys.seed.expose());
    assert_eq!(read_keys.passcodes, keys.passcodes);
    assert_eq!(
        vault.account(counted_id).unwrap().custom_name(),
        Some("Reading room")
    );
    assert_eq!(vault.next_counter(counted_id), Ok(8));
    assert_eq!(vault.next_sequence(hospital_id), Ok(3));
    assert_eq!(vault.last_sequence(hospital_id), Some(3));
    assert_eq!(vault.setting("clock offset"), Some("-1500"));
    assert_eq!(vault.setting("gone"), None);
}

#[test]
fn order_names_and_removals_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    let [first, second, third, fourth] =
        ["a", "b", "c", "d"].map(|name| vault.add(other(name)).unwrap());
    vault.reorder(&[fourth, second]).unwrap();
    vault.remove(first).unwrap();
    assert_eq!(vault.remove(first), Err(VaultError::Gone));
    assert_eq!(vault.reorder(&[first]), Err(VaultError::Gone));
    let fifth = vault.add(other("e")).unwrap();
    vault.rename(third, Some("mine")).unwrap();
    vault.rename(third, None).unwrap();
    assert_eq!(issuers(&vault), ["d", "b", "c", "e"]);
    let vault = vault
        .lock()
        .unlock(&pin(PIN), NOW_MS)
        .map_err(|refusal| refusal.error)
        .unwrap();
    assert_eq!(issuers(&vault), ["d", "b", "c", "e"]);
    assert!(vault.account(fifth).is_some());
    assert_eq!(vault.account(third).unwrap().custom_name(), None);
}

#[test]
fn an_activation_waits_in_the_list_until_it_finishes_and_loses_its_keys_when_the_service_forgets_it()
 {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    let pending = PendingActivation {
        code: DeviceBound::copied_from(b"AbCdEfGhIjKlMnOpQrSt"),
        device_key: DeviceBound::copied_from(&[7; 138]),
    };
    let mut draft = hospital();
    draft.state = OrganisationState::Finishing(pending);
    let id = vault.add(Account::Organisation(draft)).unwrap();
    vault.add(other("after")).unwrap();
    drop(vault);

    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    let Some(Account::Organisation(account)) = vault.account(id) else {
        panic!("it is still there")
    };
    let OrganisationState::Finishing(pending) = &account.state else {
        panic!("still finishing")
    };
    assert_eq!(pending.code.expose(), b"AbCdEfGhIjKlMnOpQrSt");
    assert_eq!(pending.device_key.expose(), [7; 138]);
    vault
        .replace(id, Account::Organisation(hospital()))
        .unwrap();
    assert_eq!(issuers(&vault)[0], hospital().organisation);
    vault.needs_reactivating(id).unwrap();
    drop(vault);

    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    let Some(Account::Organisation(account)) = vault.account(id) else {
        panic!("it is still there")
    };
    assert!(matches!(
        account.state,
        OrganisationState::NeedsReactivating { .. }
    ));
}

#[test]
fn a_counter_never_falls_while_the_seed_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = VaultFile::create(&place(folder.path()), &chosen_pin()).unwrap();
    let id = vault.add(counted(b"12345678901234567890", 5)).unwrap();
    assert_eq!(vault.next_counter(id), Ok(5));
    vault
        .replace(id, counted(b"12345678901234567890", 0))
        .unwrap();
    assert_eq!(vault.next_counter(id), Ok(6));
    vault
        .replace(id, counted(b"another seed........", 0))
        .unwrap();
    assert_eq!(vault.next_counter(id), Ok(0));
    let timed = vault.add(other("timed")).unwrap();
    assert_eq!(vault.next_counter(timed), Err(VaultError::NotCounted));
    assert_eq!(vault.next_sequence(timed), Err(VaultError::WrongKind));
    let last = vault
        .add(counted(b"12345678901234567890", u64::MAX))
        .unwrap();
    assert_eq!(vault.next_counter(last), Err(VaultError::CounterSpent));
}

#[test]
fn wrong_pins_count_down_then_wait_then_stop_and_a_restart_does_not_help() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    drop(VaultFile::create(&place, &chosen_pin()).unwrap());
    for left in [4, 3, 2, 1] {
        assert_eq!(
            unlock(&place, &pin("111111"), NOW_MS).err(),
            Some(UnlockError::Refused { tries_left: left })
        );
    }
    assert_eq!(
        unlock(&place, &pin("111111"), NOW_MS).err(),
        Some(UnlockError::MustWait { seconds: 60 })
    );
    assert_eq!(
        unlock(&place, &pin(PIN), NOW_MS + 1).err(),
        Some(UnlockError::MustWait { seconds: 60 })
    );
    // Set back by a day: the whole wait again, and it ends
    let earlier = NOW_MS - 86_400_000;
    assert_eq!(
        unlock(&place, &pin(PIN), earlier).err(),
        Some(UnlockError::MustWait { seconds: 60 })
    );
    assert!(unlock(&place, &pin(PIN), earlier + 60_000).is_ok());

    let mut now = NOW_MS;
    for _ in 0..9 {
        assert!(unlock(&place, &pin("111111"), now).is_err());
        now += 3_600_000;
    }
    assert_eq!(
        unlock(&place, &pin("111111"), now).err(),
        Some(UnlockError::Stopped)
    );
    assert_eq!(
        unlock(&place, &pin(PIN), now + 86_400_000).err(),
        Some(UnlockError::Stopped)
    );
    assert_eq!(
        VaultFile::open(&place).unwrap().may_try(now),
        Err(UnlockError::Stopped)
    );
}

#[test]
fn v11_a_copied_file_does_not_bring_tries_back_because_the_keystore_counts_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    drop(VaultFile::create(&place, &chosen_pin()).unwrap());
    let fresh = fs::read(place.vault_path()).unwrap();
    let mut now = NOW_MS;
    for _ in 0..10 {
        fs::write(place.vault_path(), &fresh).unwrap();
        assert!(unlock(&place, &pin("111111"), now).is_err());
        now += 3_600_000;
    }
    fs::write(place.vault_path(), &fresh).unwrap();
    assert_eq!(
        unlock(&place, &pin(PIN), now).err(),
        Some(UnlockError::Stopped)
    );
}

#[test]
fn v2_a_right_pin_opens_nothing_without_this_devices_secret() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    drop(VaultFile::create(&place, &chosen_pin()).unwrap());
    let elsewhere = Place {
        keystore: Arc::new(MemoryKeystore::new()),
        ..place.clone()
    };
    assert_eq!(
        unlock(&elsewhere, &pin(PIN), NOW_MS).err(),
        Some(UnlockError::KeystoreLost)
    );
    let none = Place {
        keystore: Arc::new(UnavailableKeystore),
        ..place.clone()
    };
    assert_eq!(
        unlock(&none, &pin(PIN), NOW_MS).err(),
        Some(UnlockError::KeystoreUnavailable)
    );
    // Neither was held against the person
    assert_eq!(
        unlock(&place, &pin("111111"), NOW_MS).err(),
        Some(UnlockError::Refused { tries_left: 4 })
    );
    assert!(unlock(&place, &pin(PIN), NOW_MS).is_ok());
}

#[test]
fn v2_without_a_keystore_there_is_a_passphrase_and_no_pin() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place {
        keystore: Arc::new(UnavailableKeystore),
        ..place(folder.path())
    };
    assert_eq!(
        VaultFile::create(&place, &chosen_pin()).err(),
        Some(CreateError::KeystoreUnavailable)
    );
    assert!(!VaultFile::exists(&place));
    drop(VaultFile::create(&place, &chosen_passphrase()).unwrap());
    let file = VaultFile::open(&place).unwrap();
    assert_eq!(file.slots(), Ok(vec![SlotKind::Passphrase]));
    let refusal = file
        .unlock(&passphrase("wrong horse battery"), NOW_MS)
        .err()
        .unwrap();
    assert_eq!(refusal.error, UnlockError::Refused { tries_left: 4 });
    let refusal = refusal.file.unlock(&pin(PIN), NOW_MS).err().unwrap();
    assert_eq!(refusal.error, UnlockError::NoSuchSlot);
    assert!(refusal.file.unlock(&passphrase(PASSPHRASE), NOW_MS).is_ok());
}

#[test]
fn v1_each_way_to_open_is_a_slot_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(other("kept")).unwrap();
    assert_eq!(vault.remove_slot(SlotKind::Pin), Err(VaultError::LastSlot));
    vault.set_slot(&chosen_passphrase()).unwrap();
    vault
        .set_slot(&countersign_vault::Chosen::pin("402917".into()).unwrap())
        .unwrap();
    let file = vault.lock();
    assert_eq!(file.slots(), Ok(vec![SlotKind::Pin, SlotKind::Passphrase]));
    let refusal = file.unlock(&pin(PIN), NOW_MS).err().unwrap();
    assert_eq!(refusal.error, UnlockError::Refused { tries_left: 4 });
    let vault = refusal
        .file
        .unlock(&pin("402917"), NOW_MS)
        .map_err(|refusal| refusal.error)
        .unwrap();
    let mut vault = vault
        .lock()
        .unlock(&passphrase(PASSPHRASE), NOW_MS)
        .map_err(|refusal| refusal.error)
        .unwrap();
    assert_eq!(issuers(&vault), ["kept"]);
    vault.remove_slot(SlotKind::Pin).unwrap();
    let refusal = vault.lock().unlock(&pin("402917"), NOW_MS).err().unwrap();
    assert_eq!(refusal.error, UnlockError::NoSuchSlot);
}

#[test]
fn v3_a_slot_is_raised_at_the_next_unlock_when_the_defaults_rose() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    drop(VaultFile::create(&place, &chosen_pin()).unwrap());
    let raised = Place {
        kdf: KdfProfile::new(48 * 1024, 2, 1).unwrap(),
        ..place.clone()
    };
    let costs = || {
        let connection = rusqlite::Connection::open(place.vault_path()).unwrap();
        connection
            .query_row("SELECT memory_kib, passes FROM slot", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map(|costs: (u32, u32)| costs)
            .unwrap()
    };
    assert_eq!(costs(), (46 * 1024, 1));
    drop(unlock(&raised, &pin(PIN), NOW_MS).unwrap());
    assert_eq!(costs(), (48 * 1024, 2));
    assert!(unlock(&raised, &pin(PIN), NOW_MS).is_ok());
    // Lower defaults never weaken a slot
    drop(unlock(&place, &pin(PIN), NOW_MS).unwrap());
    assert_eq!(costs(), (48 * 1024, 2));
}

#[test]
fn v3_parameters_outside_the_bounds_cannot_be_named() {
    for (memory_kib, passes, lanes) in [
        (46 * 1024 - 1, 1, 1),
        (512 * 1024 + 1, 1, 1),
        (64 * 1024, 0, 1),
        (64 * 1024, 17, 1),
        (64 * 1024, 3, 0),
        (64 * 1024, 3, 17),
    ] {
        assert_eq!(
            KdfProfile::new(memory_kib, passes, lanes),
            None,
            "{memory_kib} {passes} {lanes}"
        );
    }
    assert_eq!(KdfProfile::new(64 * 1024, 3, 4), Some(KdfProfile::STANDARD));
}

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
        connection.pragma_update(None, "user_version", 2).unwrap();
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
        connection.pragma_update(None, "user_version", 1).unwrap();
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
                found: 2,
                supported: 1,
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
fn d2_the_bytes_for_a_backup_are_the_third_partys_record() {
    let bytes = countersign_vault::backup::backup_bytes(&common::library(b"12345678901234567890"));
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(
        text.contains("\"seed\":\"3132333435363738393031323334353637383930\""),
        "{text}"
    );
    assert!(text.contains("\"issuer\":\"Library\""), "{text}");
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
