//! The trash and the notes: what leaves the list comes back or goes for good, and what happened is kept within bounds.

mod common;

use common::{NOW_MS, PIN, chosen_pin, counted, hospital, issuers, other, pin, place, unlock};
use countersign_vault::{
    Account, OtherAccount, OtherPasscodes, RecordId, Vault, VaultError, VaultFile,
};

const DAY_MS: i64 = 86_400_000;

fn trashed(vault: &Vault) -> Vec<(RecordId, i64)> {
    vault.trashed().map(|(id, _, at_ms)| (id, at_ms)).collect()
}

#[test]
fn an_account_in_the_trash_is_out_of_the_list_and_comes_back_to_its_place_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    let [first, second] = ["a", "b"].map(|name| vault.add(other(name)).unwrap());
    let last = vault.add(counted(b"12345678901234567890", 7)).unwrap();
    vault.trash(second, NOW_MS).unwrap();
    vault.trash(last, NOW_MS + 1).unwrap();
    let added = vault.add(other("c")).unwrap();
    assert_eq!(issuers(&vault), ["a", "c"]);
    drop(vault);

    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), ["a", "c"]);
    assert_eq!(trashed(&vault), [(last, NOW_MS + 1), (second, NOW_MS)]);
    assert!(vault.account(second).is_none());
    assert_eq!(vault.rename(second, Some("x")), Err(VaultError::Gone));
    assert_eq!(vault.next_counter(last), Err(VaultError::Gone));
    assert_eq!(vault.trash(second, NOW_MS), Err(VaultError::Gone));
    assert_eq!(vault.reorder(&[second, first]), Err(VaultError::Gone));
    vault.reorder(&[added]).unwrap();
    vault.untrash(second).unwrap();
    vault.untrash(last).unwrap();
    vault.untrash(last).unwrap();
    assert_eq!(vault.next_counter(last), Ok(7));
    let listed = issuers(&vault);
    drop(vault);
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), listed);
    assert_eq!(listed.len(), 4);
    assert_eq!(trashed(&vault), []);
}

#[test]
fn the_trash_is_emptied_of_others_after_30_days_and_of_organisations_after_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    let theirs = vault.add(Account::Organisation(hospital())).unwrap();
    let mine = vault.add(other("a")).unwrap();
    let kept = vault.add(other("b")).unwrap();
    assert_eq!(vault.purged_at_ms(mine), None);
    vault.trash(theirs, NOW_MS).unwrap();
    vault.trash(mine, NOW_MS).unwrap();
    assert_eq!(vault.purged_at_ms(theirs), Some(NOW_MS + DAY_MS));
    assert_eq!(vault.purge_trash(NOW_MS + DAY_MS - 1), Ok(vec![]));
    assert_eq!(vault.purge_trash(NOW_MS + DAY_MS), Ok(vec![theirs]));
    assert_eq!(vault.untrash(theirs), Err(VaultError::Gone));
    assert_eq!(vault.purge_trash(NOW_MS + 30 * DAY_MS - 1), Ok(vec![]));
    assert_eq!(vault.purge_trash(NOW_MS + 30 * DAY_MS), Ok(vec![mine]));
    drop(vault);
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(trashed(&vault), []);
    vault.trash(kept, NOW_MS).unwrap();
    vault.remove(kept).unwrap();
    assert_eq!(trashed(&vault), []);
    assert_eq!(issuers(&vault), Vec::<String>::new());
}

#[test]
fn notes_are_kept_newest_first_and_forgotten_by_age() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.note(NOW_MS, br#"{"kind":"approved"}"#).unwrap();
    vault.note(NOW_MS + 5, b"later").unwrap();
    let same_time = vault.note(NOW_MS, b"second of its time").unwrap();
    vault.note(NOW_MS - DAY_MS, b"yesterday").unwrap();
    assert_eq!(vault.note(NOW_MS, &[0; 4097]), Err(VaultError::TooLong));
    drop(vault);

    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    let bodies = |vault: &Vault| -> Vec<String> {
        let notes = vault.notes().into_iter();
        notes
            .map(|note| String::from_utf8(note.body.to_vec()).unwrap())
            .collect()
    };
    assert_eq!(
        bodies(&vault),
        [
            "later",
            "second of its time",
            r#"{"kind":"approved"}"#,
            "yesterday"
        ]
    );
    let note = &vault.notes()[1];
    assert_eq!((note.id, note.at_ms), (same_time, NOW_MS));
    vault.forget_notes_before(NOW_MS).unwrap();
    assert_eq!(bodies(&vault).len(), 3);
    assert_eq!(issuers(&vault), Vec::<String>::new());
    drop(vault);
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    vault.forget_notes_before(NOW_MS + 6).unwrap();
    assert_eq!(bodies(&vault), Vec::<String>::new());
}

#[test]
fn the_newest_thousand_notes_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    for at_ms in 0..1_003 {
        vault.note(at_ms, b"").unwrap();
    }
    assert_eq!(vault.notes().len(), 1_000);
    drop(vault);
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    let notes = vault.notes();
    assert_eq!(notes.len(), 1_000);
    assert_eq!((notes[0].at_ms, notes[999].at_ms), (1_002, 3));
}

#[test]
fn a_steam_account_is_kept_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    let steam = OtherAccount {
        passcodes: OtherPasscodes::Steam,
        ..common::library(b"12345678901234567890")
    };
    let id = vault.add(Account::Other(steam)).unwrap();
    assert_eq!(vault.next_counter(id), Err(VaultError::NotCounted));
    drop(vault);
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    let Some(Account::Other(account)) = vault.account(id) else {
        panic!("it is there")
    };
    assert_eq!(account.passcodes, OtherPasscodes::Steam);
}
