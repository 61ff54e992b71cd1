//! A vault's ordinary life: what is written is there after a lock and after a restart.

mod common;

use std::collections::BTreeMap;

use common::{NOW_MS, PIN, chosen_pin, counted, hospital, issuers, other, pin, place, unlock};
use countersign_protocol::wire::stopped::{Stopped, StoppedCause};
use countersign_vault::{
    Account, DeviceBound, OrganisationAccount, OrganisationState, PendingActivation, VaultError,
    VaultFile,
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
            ..
        },
        OrganisationState::Working {
            registration, keys, ..
        },
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
fn accounts_and_the_settings_beside_them_are_one_change() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    for name in ["list a", "list b", "lists"] {
        vault.set_setting(name, Some("old")).unwrap();
    }
    let before = vault.generation();
    let changes = [
        ("list a", None),
        ("list b", Some("new")),
        ("list c", Some("first")),
        ("list d", None),
    ];
    let changes = changes.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
    let ids = vault
        .add_and_set(vec![other("Archive")], BTreeMap::from(changes))
        .unwrap();
    assert_eq!(vault.generation(), before + 1);
    assert_eq!(ids.len(), 1);
    let expected = [("list b", "new"), ("list c", "first")];
    assert!(vault.settings_of("list ").eq(expected));
    drop(vault);

    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), ["Archive"]);
    assert!(vault.settings_of("list ").eq(expected));
    assert_eq!(vault.setting("lists"), Some("old"));
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

/// The activation of [`hospital`].
const KEY: &str = "DAABCDEFGHIJKLMNOPQR";

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
    let told = Stopped {
        cause: StoppedCause::Copied,
        at: None,
        device: None,
    };
    let other = vault.set_stopped(id, "DAAAAAAAAAAAAAAAAAAA", Some(told.clone()));
    assert_eq!(other, Ok(false), "said of earlier keys");
    assert_eq!(vault.set_stopped(id, KEY, Some(told.clone())), Ok(true));
    assert_eq!(vault.set_stopped(id, KEY, Some(told.clone())), Ok(false));
    drop(vault);

    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(matches!(
        vault.account(id),
        Some(Account::Organisation(OrganisationAccount {
            state: OrganisationState::Working { stopped: Some(kept), .. },
            ..
        })) if **kept == told
    ));
    assert_eq!(vault.set_stopped(id, KEY, None), Ok(true));
    vault.needs_reactivating(id).unwrap();
    assert_eq!(
        vault.set_stopped(id, KEY, Some(told)),
        Ok(false),
        "there are no keys left"
    );
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
fn d2_the_bytes_for_a_backup_are_the_third_partys_record() {
    let bytes = countersign_vault::backup::backup_bytes(&common::library(b"12345678901234567890"));
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(
        text.contains("\"seed\":\"3132333435363738393031323334353637383930\""),
        "{text}"
    );
    assert!(text.contains("\"issuer\":\"Library\""), "{text}");
}
