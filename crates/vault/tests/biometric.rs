//! Unlocking by fingerprint or face: the platform's key opens the vault, its word does not (row V12).

mod common;

use common::{MemoryBiometric, NOW_MS, PIN, chosen_pin, issuers, other, pin, place, unlock};
use countersign_vault::{
    BiometricError, BiometricKey, BiometricSecret, BiometricSlotError, Place, SlotKind,
    UnlockError, Vault, VaultError, VaultFile,
};

fn by_biometric(place: &Place, platform: &dyn BiometricKey) -> Result<Vault, UnlockError> {
    let file = VaultFile::open(place).expect("the file opens");
    file.unlock_by_biometric(platform)
        .map_err(|refusal| refusal.error)
}

/// A platform, or what hooked it, that always agrees and has no key: it makes one up.
struct SaysYes;

impl BiometricKey for SaysYes {
    fn make(&self, _: &str) -> Result<BiometricSecret, BiometricError> {
        Ok(BiometricSecret::copied_from(&[0; 32]).expect("32 bytes"))
    }

    fn release(&self, name: &str) -> Result<BiometricSecret, BiometricError> {
        self.make(name)
    }

    fn erase(&self, _: &str) -> Result<(), BiometricError> {
        Ok(())
    }
}

#[test]
fn v12_the_platforms_key_opens_the_vault_beside_the_pin() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let platform = MemoryBiometric::default();
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(other("kept")).unwrap();
    drop(vault);
    assert_eq!(
        by_biometric(&place, &platform).err(),
        Some(UnlockError::NoSuchSlot)
    );
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    vault.set_biometric(&platform).unwrap();
    let kinds = vec![SlotKind::Pin, SlotKind::Biometric];
    assert_eq!(vault.slot_kinds(), Ok(kinds.clone()));
    drop(vault);
    assert_eq!(VaultFile::open(&place).unwrap().slots(), Ok(kinds));
    let vault = by_biometric(&place, &platform).unwrap();
    assert_eq!(issuers(&vault), ["kept"]);
    drop(vault);

    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    vault.remove_biometric(&platform).unwrap();
    assert!(platform.is_empty());
    assert_eq!(
        vault.remove_biometric(&platform),
        Err(BiometricSlotError::NotStored(VaultError::Gone))
    );
}

#[test]
fn v12_a_platform_that_says_ok_without_the_key_leaves_the_vault_shut() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let platform = MemoryBiometric::default();
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_biometric(&platform).unwrap();
    drop(vault);
    assert_eq!(
        by_biometric(&place, &SaysYes).err(),
        Some(UnlockError::Biometric(BiometricError::NotRecognised))
    );
    // Another device's or another vault's key is no better
    let elsewhere = MemoryBiometric::default();
    let other_folder = tempfile::tempdir().unwrap();
    let mut vault = VaultFile::create(&common::place(other_folder.path()), &chosen_pin()).unwrap();
    vault.set_biometric(&elsewhere).unwrap();
    assert_eq!(
        by_biometric(&place, &elsewhere.renamed_to(&platform)).err(),
        Some(UnlockError::Biometric(BiometricError::NotRecognised))
    );
    assert!(by_biometric(&place, &platform).is_ok());
}

#[test]
fn v12_a_key_destroyed_by_a_new_enrolment_and_a_refusal_are_told_apart_and_count_as_no_try() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let platform = MemoryBiometric::default();
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_biometric(&platform).unwrap();
    drop(vault);
    for error in [
        BiometricError::NotRecognised,
        BiometricError::Cancelled,
        BiometricError::Unavailable,
    ] {
        platform.refuse(Some(error));
        for _ in 0..4 {
            assert_eq!(
                by_biometric(&place, &platform).err(),
                Some(UnlockError::Biometric(error))
            );
        }
    }
    platform.refuse(None);
    platform.enrol_another_finger();
    assert_eq!(
        by_biometric(&place, &platform).err(),
        Some(UnlockError::Biometric(BiometricError::Destroyed))
    );
    assert_eq!(
        unlock(&place, &pin("111111"), NOW_MS).err(),
        Some(UnlockError::Refused { tries_left: 4 })
    );
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    vault.set_biometric(&platform).unwrap();
    drop(vault);
    assert!(by_biometric(&place, &platform).is_ok());
}

#[test]
fn v12_the_biometric_slot_is_bound_to_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let platform = MemoryBiometric::default();
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_biometric(&platform).unwrap();
    drop(vault);
    let connection = rusqlite::Connection::open(place.vault_path()).unwrap();
    connection
        .execute_batch("UPDATE slot SET memory_kib = 47104, passes = 1, lanes = 1 WHERE kind = 3")
        .unwrap();
    drop(connection);
    assert_eq!(
        by_biometric(&place, &platform).err(),
        Some(UnlockError::Biometric(BiometricError::NotRecognised))
    );
}
