//! From format 1 to the present one: everything comes along, the old file stays a while, and a full disk is no loss (row V13).
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::{
    NOW_MS, PASSPHRASE, PIN, V1, V1_NAMES, issuers, other, passphrase, pin, place, unlock,
};
use countersign_vault::{
    Account, MemoryKeystore, OrganisationState, Place, UnavailableKeystore, UnlockError, Vault,
    VaultError,
};

fn format_of(path: &Path) -> u32 {
    let bytes = fs::read(path).unwrap();
    u32::from_be_bytes(bytes[60..64].try_into().unwrap())
}

fn working(vault: &Vault) -> usize {
    let accounts = vault.accounts();
    accounts
        .filter(|(_, account)| {
            matches!(account, Account::Organisation(account) if matches!(account.state, OrganisationState::Working { .. }))
        })
        .count()
}

#[test]
fn v13_the_old_file_is_kept_as_it_was_until_the_new_one_was_unlocked_from_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    V1.put(&place);
    let kept = place.directory.join("countersign.vault.format-1");
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(format_of(&place.vault_path()), 2);
    assert_eq!(format_of(&kept), 1);
    vault.add(other("new")).unwrap();
    drop(vault);
    assert!(kept.exists());
    assert!(unlock(&place, &pin("111111"), NOW_MS).is_err());
    assert!(kept.exists(), "a refused try proves nothing");

    // The kept one is whole: put back, it opens, as the older copy that it is
    let elsewhere = tempfile::tempdir().unwrap();
    let again = Place {
        directory: elsewhere.path().join("vault"),
        ..place.clone()
    };
    fs::create_dir(&again.directory).unwrap();
    fs::copy(&kept, again.vault_path()).unwrap();
    let vault = unlock(&again, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), V1_NAMES);
    drop(vault);

    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(vault.accounts().count(), 6);
    assert!(!kept.exists());
}

#[test]
fn v7_v13_an_old_format_put_back_is_an_older_copy_and_is_migrated_without_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    V1.put(&place);
    drop(unlock(&place, &pin(PIN), NOW_MS).unwrap());
    fs::copy(V1.path(), place.vault_path()).unwrap();
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(vault.is_older_copy());
    assert_eq!(issuers(&vault), V1_NAMES);
    assert_eq!(vault.add(other("new")), Err(VaultError::OlderCopy));
    assert_eq!(format_of(&place.vault_path()), 1);
    vault.use_older_copy().unwrap();
    assert_eq!(format_of(&place.vault_path()), 2);
    vault.add(other("new")).unwrap();
    drop(vault);
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(!vault.is_older_copy());
    assert_eq!(working(&vault), 0);
    // The activation under way is gone with its key
    assert_eq!(vault.accounts().count(), 5);
}

#[test]
fn v13_where_the_new_file_cannot_be_written_the_old_one_is_read_and_migrated_later() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    V1.put(&place);
    // The name is taken by something that cannot be removed
    let obstacle = place.directory.join("countersign.vault.new");
    fs::create_dir_all(obstacle.join("in the way")).unwrap();
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), V1_NAMES);
    assert!(!vault.is_older_copy());
    assert_eq!(vault.add(other("new")), Err(VaultError::NotStored));
    let (counted, _) = vault.accounts().next().unwrap();
    assert_eq!(vault.next_counter(counted), Err(VaultError::NotStored));
    drop(vault);
    assert_eq!(format_of(&place.vault_path()), 1);
    fs::remove_dir_all(obstacle).unwrap();
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(vault.next_counter(counted), Ok(42));
    assert_eq!(working(&vault), 1);
}

#[test]
fn v13_a_vault_with_a_pin_waits_for_its_keystore_and_its_passphrase_reads_it_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    V1.put(&place);
    let none = Place {
        keystore: Arc::new(UnavailableKeystore),
        ..place.clone()
    };
    let vault = unlock(&none, &passphrase(PASSPHRASE), NOW_MS).unwrap();
    assert_eq!(working(&vault), 1);
    drop(vault);
    assert_eq!(format_of(&place.vault_path()), 1);
    drop(unlock(&place, &passphrase(PASSPHRASE), NOW_MS).unwrap());
    assert_eq!(format_of(&place.vault_path()), 2);
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(working(&vault), 1);
}

#[test]
fn v11_v13_ten_wrong_pins_on_an_old_format_cost_the_keys_when_it_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    V1.put(&place);
    for hour in 0..10 {
        let now = NOW_MS + hour * 3_600_000;
        assert!(unlock(&place, &pin("111111"), now).is_err());
    }
    let later = NOW_MS + 1_000 * 3_600_000;
    assert_eq!(
        unlock(&place, &pin(PIN), later).err(),
        Some(UnlockError::Stopped)
    );
    // In format 1 all ways of unlocking share one count
    assert_eq!(
        unlock(&place, &passphrase(PASSPHRASE), later).err(),
        Some(UnlockError::Stopped)
    );
}

#[test]
fn v13_wrong_tries_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    V1.put(&place);
    assert_eq!(
        unlock(&place, &pin("111111"), NOW_MS).err(),
        Some(UnlockError::Refused { tries_left: 4 })
    );
    // Another keystore, so that only the file's count can be meant
    let elsewhere = Place {
        keystore: Arc::new(MemoryKeystore::new()),
        ..place.clone()
    };
    V1.put(&Place {
        directory: folder.path().join("unused"),
        ..elsewhere.clone()
    });
    assert_eq!(
        unlock(&elsewhere, &pin("111111"), NOW_MS).err(),
        Some(UnlockError::Refused { tries_left: 3 })
    );
    assert!(unlock(&elsewhere, &pin(PIN), NOW_MS).is_ok());
    assert_eq!(
        unlock(&elsewhere, &pin("111111"), NOW_MS).err(),
        Some(UnlockError::Refused { tries_left: 4 })
    );
}
