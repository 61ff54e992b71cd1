//! Confirming and changing the secret while the vault is open, and setting a vault's file aside.

mod common;

use std::fs;

use common::{
    NOW_MS, PASSPHRASE, PIN, chosen_passphrase, chosen_pin, issuers, other, passphrase, pin, place,
    unlock,
};
use countersign_vault::{
    ChangeError, Chosen, SetAsideError, SlotKind, UnlockError, VaultError, VaultFile,
};

#[test]
fn d7_confirming_asks_for_the_secret_again_and_counts_wrong_ones() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    assert_eq!(vault.confirm(&pin(PIN), NOW_MS), Ok(()));
    assert_eq!(
        vault.confirm(&pin("111111"), NOW_MS),
        Err(UnlockError::Refused { tries_left: 4 })
    );
    assert_eq!(
        vault.confirm(&passphrase(PASSPHRASE), NOW_MS),
        Err(UnlockError::NoSuchSlot)
    );
    // The same count as on the lock screen, and taken back by the right one
    let refusal = vault.lock().unlock(&pin("222222"), NOW_MS).err().unwrap();
    assert_eq!(refusal.error, UnlockError::Refused { tries_left: 3 });
    let unlocked = refusal.file.unlock(&pin(PIN), NOW_MS);
    let mut vault = unlocked.map_err(|refusal| refusal.error).unwrap();
    for _ in 0..5 {
        assert!(vault.confirm(&pin("111111"), NOW_MS).is_err());
    }
    assert_eq!(
        vault.confirm(&pin(PIN), NOW_MS),
        Err(UnlockError::MustWait { seconds: 60 })
    );
    assert_eq!(vault.confirm(&pin(PIN), NOW_MS + 60_000), Ok(()));
}

#[test]
fn v1_a_change_of_pin_rewrites_its_slot_alone_and_needs_the_present_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_slot(&chosen_passphrase()).unwrap();
    vault.add(other("kept")).unwrap();
    let new = Chosen::pin("402917".into()).unwrap();
    assert_eq!(
        vault.change_secret(&pin("111111"), &new, NOW_MS),
        Err(ChangeError::Refused(UnlockError::Refused { tries_left: 4 }))
    );
    vault.change_secret(&pin(PIN), &new, NOW_MS).unwrap();
    assert_eq!(
        vault.slot_kinds(),
        Ok(vec![SlotKind::Pin, SlotKind::Passphrase])
    );
    drop(vault);
    assert!(unlock(&place, &pin(PIN), NOW_MS).is_err());
    assert!(unlock(&place, &passphrase(PASSPHRASE), NOW_MS).is_ok());
    let vault = unlock(&place, &pin("402917"), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), ["kept"]);
}

#[test]
fn v1_a_pin_can_be_changed_for_a_passphrase_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault
        .change_secret(&pin(PIN), &chosen_passphrase(), NOW_MS)
        .unwrap();
    assert_eq!(vault.slot_kinds(), Ok(vec![SlotKind::Passphrase]));
    vault
        .change_secret(&passphrase(PASSPHRASE), &chosen_pin(), NOW_MS)
        .unwrap();
    assert_eq!(vault.slot_kinds(), Ok(vec![SlotKind::Pin]));
    assert_eq!(vault.remove_slot(SlotKind::Pin), Err(VaultError::LastSlot));
    drop(vault);
    assert!(unlock(&place, &pin(PIN), NOW_MS).is_ok());
}

#[test]
fn v15_a_vault_is_set_aside_whole_under_a_dated_name_and_makes_room_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    assert_eq!(
        VaultFile::set_aside(&place, NOW_MS).err(),
        Some(SetAsideError::NoVault)
    );
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(other("in the log")).unwrap();
    assert_eq!(
        VaultFile::set_aside(&place, NOW_MS).err(),
        Some(SetAsideError::InUse)
    );
    // As a killed process leaves it: the last change stands in the log alone
    let kept = folder.path().join("kept");
    fs::create_dir(&kept).unwrap();
    let names = ["countersign.vault", "countersign.vault-wal"];
    for name in names {
        fs::copy(place.directory.join(name), kept.join(name)).unwrap();
    }
    drop(vault);
    for name in names {
        fs::copy(kept.join(name), place.directory.join(name)).unwrap();
    }

    let aside = VaultFile::set_aside(&place, NOW_MS).unwrap();
    assert_eq!(
        aside,
        place
            .directory
            .join("countersign.vault.2026-09-21T14-13-20Z")
    );
    assert!(!VaultFile::exists(&place));
    drop(VaultFile::create(&place, &chosen_pin()).unwrap());
    let second = VaultFile::set_aside(&place, NOW_MS).unwrap();
    assert!(second.ends_with("countersign.vault.2026-09-21T14-13-20Z-2"));

    // What was set aside opens where a vault belongs
    fs::rename(&aside, place.vault_path()).unwrap();
    let log = "countersign.vault.2026-09-21T14-13-20Z-wal";
    fs::rename(
        place.directory.join(log),
        place.directory.join("countersign.vault-wal"),
    )
    .unwrap();
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), ["in the log"]);
}

#[test]
fn v15_a_damaged_file_is_set_aside_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    fs::create_dir(&place.directory).unwrap();
    fs::write(place.vault_path(), b"").unwrap();
    let empty = VaultFile::set_aside(&place, i64::MAX).unwrap();
    assert_eq!(fs::read(empty).unwrap(), b"");
    fs::write(place.vault_path(), b"SQLite format 3\0 and then noise").unwrap();
    let noise = VaultFile::set_aside(&place, NOW_MS).unwrap();
    assert_eq!(
        fs::read(noise).unwrap(),
        b"SQLite format 3\0 and then noise"
    );
    assert!(VaultFile::create(&place, &chosen_pin()).is_ok());
}
