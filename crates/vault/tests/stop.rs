//! Ten wrong tries: what they destroy, what survives them, and that nothing brings it back (row V11).
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::{
    MemoryBiometric, NOW_MS, PASSPHRASE, PIN, chosen_passphrase, chosen_pin, hospital, issuers,
    other, passphrase, pin, place, unlock,
};
use countersign_vault::{
    Account, DeviceBound, OrganisationState, PendingActivation, Place, SlotKind, Typed,
    UnavailableKeystore, UnlockError, Vault, VaultError, VaultFile,
};

const HOUR_MS: i64 = 3_600_000;

/// One working organisation account, one under way, one of someone else.
fn fill(vault: &mut Vault) {
    let mut under_way = hospital();
    under_way.state = OrganisationState::Finishing(PendingActivation {
        code: DeviceBound::copied_from(b"AbCdEfGhIjKlMnOpQrSt"),
        device_key: DeviceBound::copied_from(&[7; 138]),
    });
    vault.add(Account::Organisation(hospital())).unwrap();
    vault.add(Account::Organisation(under_way)).unwrap();
    vault.add(other("mine")).unwrap();
}

fn wrong_tries(place: &Place, typed: &Typed, count: i64) -> Vec<UnlockError> {
    (0..count)
        .map(|hour| unlock(place, typed, NOW_MS + hour * HOUR_MS).err().unwrap())
        .collect()
}

/// The organisation account needs reactivating, the other one is whole.
fn check_survivors(vault: &mut Vault) {
    assert_eq!(issuers(vault), [hospital().organisation.as_str(), "mine"]);
    let ids: Vec<_> = vault.accounts().map(|(id, _)| id).collect();
    let Some(Account::Organisation(account)) = vault.account(ids[0]) else {
        panic!("an organisation account")
    };
    let OrganisationState::NeedsReactivating { registration } = &account.state else {
        panic!("its keys are gone")
    };
    assert_eq!(registration.device_id, "DPABCDEFGHIJKLMNOPQR");
    assert_eq!(account.custom_name, hospital().custom_name);
    let Some(Account::Other(account)) = vault.account(ids[1]) else {
        panic!("another account")
    };
    assert_eq!(account.seed.expose(), b"12345678901234567890");
    // It can be reactivated, and the new keys stay
    vault
        .replace(ids[0], Account::Organisation(hospital()))
        .unwrap();
    assert_eq!(vault.next_sequence(ids[0]), Ok(1));
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
fn v11_the_tenth_wrong_pin_destroys_its_slot_and_the_device_keys_and_the_passphrase_reads_the_rest()
{
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_slot(&chosen_passphrase()).unwrap();
    fill(&mut vault);
    drop(vault);
    let before = fs::read(place.vault_path()).unwrap();
    let answers = wrong_tries(&place, &pin("111111"), 10);
    assert_eq!(answers.last(), Some(&UnlockError::Stopped));
    let later = NOW_MS + 1000 * HOUR_MS;
    assert_eq!(
        unlock(&place, &pin(PIN), later).err(),
        Some(UnlockError::Stopped)
    );
    assert_eq!(rows_of(&place, "device"), 0);
    let file = VaultFile::open(&place).unwrap();
    assert_eq!(file.slots(), Ok(vec![SlotKind::Passphrase]));
    assert_eq!(file.may_try(later), Ok(()));
    drop(file);

    // The whole file from before brings nothing back: what its keys hung on is gone from the keystore
    fs::write(place.vault_path(), &before).unwrap();
    assert_eq!(
        unlock(&place, &pin(PIN), later).err(),
        Some(UnlockError::Stopped)
    );
    let mut vault = unlock(&place, &passphrase(PASSPHRASE), later).unwrap();
    assert_eq!(vault.slot_kinds(), Ok(vec![SlotKind::Passphrase]));
    check_survivors(&mut vault);
    // A new PIN has all its tries
    vault.set_slot(&chosen_pin()).unwrap();
    drop(vault);
    assert_eq!(
        unlock(&place, &pin("111111"), later).err(),
        Some(UnlockError::Refused { tries_left: 4 })
    );
    let vault = unlock(&place, &pin(PIN), later).unwrap();
    assert_eq!(working(&vault), 1);
}

#[test]
fn v11_after_the_tenth_wrong_pin_the_biometric_slot_reads_the_rest_and_a_new_pin_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let platform = MemoryBiometric::default();
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_biometric(&platform).unwrap();
    fill(&mut vault);
    drop(vault);
    wrong_tries(&place, &pin("111111"), 10);
    let file = VaultFile::open(&place).unwrap();
    assert_eq!(file.slots(), Ok(vec![SlotKind::Biometric]));
    assert_eq!(file.may_try(NOW_MS), Ok(()));
    let unlocked = file.unlock_by_biometric(&platform);
    let mut vault = unlocked.map_err(|refusal| refusal.error).unwrap();
    check_survivors(&mut vault);
    assert_eq!(
        vault.remove_slot(SlotKind::Biometric),
        Err(VaultError::LastSlot)
    );
    vault.set_slot(&chosen_pin()).unwrap();
    drop(vault);
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(working(&vault), 1);
}

#[test]
fn v11_the_tenth_wrong_passphrase_without_a_keystore_wipes_the_device_keys_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place {
        keystore: Arc::new(UnavailableKeystore),
        ..place(folder.path())
    };
    let platform = MemoryBiometric::default();
    let mut vault = VaultFile::create(&place, &chosen_passphrase()).unwrap();
    vault.set_biometric(&platform).unwrap();
    fill(&mut vault);
    drop(vault);
    let cell = cell_of(&place);
    assert!(is_in(&place, &cell));
    let answers = wrong_tries(&place, &passphrase("wrong horse battery"), 10);
    assert_eq!(answers.last(), Some(&UnlockError::Stopped));
    let later = NOW_MS + 1000 * HOUR_MS;
    assert_eq!(
        unlock(&place, &passphrase(PASSPHRASE), later).err(),
        Some(UnlockError::Stopped)
    );
    assert_eq!(
        (rows_of(&place, "device"), rows_of(&place, "erasable")),
        (0, 0)
    );
    assert!(!is_in(&place, &cell), "overwritten, not only unlinked");
    let file = VaultFile::open(&place).unwrap();
    let unlocked = file.unlock_by_biometric(&platform);
    let mut vault = unlocked.map_err(|refusal| refusal.error).unwrap();
    check_survivors(&mut vault);
    drop(vault);
    // The one who opened it otherwise has the tries of the passphrase back
    assert!(unlock(&place, &passphrase(PASSPHRASE), later).is_ok());
}

#[test]
fn v11_ten_wrong_pins_while_the_vault_is_open_take_the_keys_from_memory_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    fill(&mut vault);
    for hour in 0..9 {
        let now = NOW_MS + hour * HOUR_MS;
        assert_ne!(
            vault.confirm(&pin("111111"), now),
            Err(UnlockError::Stopped)
        );
    }
    let later = NOW_MS + 100 * HOUR_MS;
    assert_eq!(
        vault.confirm(&pin("111111"), later),
        Err(UnlockError::Stopped)
    );
    assert_eq!(working(&vault), 0);
    assert_eq!(issuers(&vault), [hospital().organisation.as_str(), "mine"]);
    drop(vault);
    assert_eq!(
        unlock(&place, &pin(PIN), later).err(),
        Some(UnlockError::Stopped)
    );
}

#[test]
fn v11_a_process_killed_between_the_tenth_count_and_the_erasing_is_caught_up_with() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    fill(&mut vault);
    drop(vault);
    let before = fs::read(place.vault_path()).unwrap();
    wrong_tries(&place, &pin("111111"), 9);
    // As the count of the tenth leaves it: nothing erased yet
    let count = |sql: &str| {
        let connection = rusqlite::Connection::open(place.vault_path()).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    count(r#"UPDATE tries SET body = '{"failures":10,"last_at_ms":0}' WHERE kind = 1"#);
    assert_eq!(rows_of(&place, "device"), 2);
    let file = VaultFile::open(&place).unwrap();
    assert_eq!(file.may_try(NOW_MS), Err(UnlockError::Stopped));
    drop(file);
    assert_eq!(rows_of(&place, "device"), 0);
    // And the keystore's part: the old file, with its count of nought, has a PIN no more
    fs::write(place.vault_path(), before).unwrap();
    let later = NOW_MS + 1000 * HOUR_MS;
    assert_eq!(
        unlock(&place, &pin(PIN), later).err(),
        Some(UnlockError::KeystoreLost)
    );
}

#[test]
fn v11_a_device_cell_taken_away_or_from_another_time_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    fill(&mut vault);
    let (id, _) = vault.accounts().next().unwrap();
    drop(vault);
    let old = folder.path().join("old");
    fs::copy(place.vault_path(), &old).unwrap();
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    vault.rename(id, Some("x")).unwrap();
    drop(vault);
    let new = fs::read(place.vault_path()).unwrap();
    let from_old = format!(
        "ATTACH '{}' AS old; UPDATE device SET cell = (SELECT cell FROM old.device WHERE id = x'{id}') WHERE id = x'{id}'",
        old.display()
    );
    let foreign = format!("INSERT INTO device SELECT x'00', cell FROM device WHERE id = x'{id}'");
    for sql in [
        from_old.as_str(),
        "DELETE FROM device",
        "UPDATE device SET cell = x'00'",
        "INSERT INTO device VALUES (x'00000000000000000000000000000000', x'00')",
        foreign.as_str(),
    ] {
        fs::write(place.vault_path(), &new).unwrap();
        let connection = rusqlite::Connection::open(place.vault_path()).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        assert!(
            matches!(
                unlock(&place, &pin(PIN), NOW_MS).err(),
                Some(UnlockError::Damaged(_))
            ),
            "{sql}"
        );
    }
}

#[test]
fn v11_the_erasable_secret_moves_with_the_pin_into_the_keystore_and_out_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_passphrase()).unwrap();
    fill(&mut vault);
    vault
        .change_secret(&passphrase(PASSPHRASE), &chosen_pin(), NOW_MS)
        .unwrap();
    drop(vault);
    assert_eq!(
        (rows_of(&place, "device"), rows_of(&place, "erasable")),
        (2, 0)
    );
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(working(&vault), 1);
    vault
        .change_secret(&pin(PIN), &chosen_passphrase(), NOW_MS)
        .unwrap();
    drop(vault);
    assert_eq!(
        (rows_of(&place, "device"), rows_of(&place, "erasable")),
        (2, 1)
    );
    // By passphrase alone no keystore is needed
    let none = Place {
        keystore: Arc::new(UnavailableKeystore),
        ..place.clone()
    };
    let vault = unlock(&none, &passphrase(PASSPHRASE), NOW_MS).unwrap();
    assert_eq!(working(&vault), 1);
}

#[test]
fn v11_a_keystore_that_cannot_be_read_just_now_is_not_taken_for_erased_keys() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_slot(&chosen_passphrase()).unwrap();
    fill(&mut vault);
    drop(vault);
    let none = Place {
        keystore: Arc::new(UnavailableKeystore),
        ..place.clone()
    };
    assert_eq!(
        unlock(&none, &passphrase(PASSPHRASE), NOW_MS).err(),
        Some(UnlockError::KeystoreUnavailable)
    );
    let vault = unlock(&place, &passphrase(PASSPHRASE), NOW_MS).unwrap();
    assert_eq!(working(&vault), 1);
}

fn rows_of(place: &Place, table: &str) -> i64 {
    let connection = rusqlite::Connection::open(place.vault_path()).unwrap();
    let count = format!("SELECT count(*) FROM {table}");
    connection.query_row(&count, [], |row| row.get(0)).unwrap()
}

fn cell_of(place: &Place) -> Vec<u8> {
    let connection = rusqlite::Connection::open(place.vault_path()).unwrap();
    let longest = "SELECT cell FROM device ORDER BY length(cell) DESC LIMIT 1";
    let cell: Vec<u8> = connection.query_row(longest, [], |row| row.get(0)).unwrap();
    cell[20..52].to_vec()
}

fn is_in(place: &Place, part: &[u8]) -> bool {
    let found = |path: &Path| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(part.len()).any(|window| window == part)
    };
    found(&place.vault_path()) || found(&place.directory.join("countersign.vault-wal"))
}
