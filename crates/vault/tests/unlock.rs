//! Who gets in: slots, wrong tries, waits, the keystore's part, and the cost of a guess.

mod common;

use std::fs;
use std::sync::Arc;

use common::{
    NOW_MS, PASSPHRASE, PIN, chosen_passphrase, chosen_pin, issuers, other, passphrase, pin, place,
    unlock,
};
use countersign_vault::{
    CreateError, KdfProfile, MemoryKeystore, Place, SlotKind, UnavailableKeystore, UnlockError,
    VaultError, VaultFile,
};

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
