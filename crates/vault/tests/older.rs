//! An older file put back is noticed, is for reading only, and can be taken for the present one without its keys (row V7).
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::fs;
use std::sync::{Arc, Mutex};

use common::{
    NOW_MS, PIN, chosen_passphrase, chosen_pin, counted, hospital, issuers, other, pin, place,
    unlock,
};
use countersign_vault::{
    Account, Chosen, Keystore, KeystoreError, MemoryKeystore, OrganisationState, PendingActivation,
    Place, UnavailableKeystore, UnlockError, Vault, VaultError, VaultFile,
};
use zeroize::Zeroizing;

fn state(vault: &Vault) -> &OrganisationState {
    let found = vault.accounts().find_map(|(_, account)| match account {
        Account::Organisation(account) => Some(&account.state),
        Account::Other(_) => None,
    });
    found.expect("an organisation account is listed")
}

#[test]
fn v7_yesterdays_file_opens_for_reading_only_and_signs_nothing_until_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    let theirs = vault.add(Account::Organisation(hospital())).unwrap();
    let mut draft = hospital();
    draft.state = OrganisationState::Finishing(PendingActivation {
        code: countersign_vault::DeviceBound::copied_from(b"AbCdEfGhIjKlMnOpQrSt"),
        device_key: countersign_vault::DeviceBound::copied_from(&[7; 138]),
    });
    let under_way = vault.add(Account::Organisation(draft)).unwrap();
    let mine = vault.add(counted(b"12345678901234567890", 5)).unwrap();
    drop(vault);
    let yesterday = fs::read(place.vault_path()).unwrap();

    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(!vault.is_older_copy());
    assert_eq!(vault.next_counter(mine), Ok(5));
    assert_eq!(vault.next_sequence(theirs), Ok(1));
    drop(vault);
    fs::write(place.vault_path(), &yesterday).unwrap();

    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(vault.is_older_copy());
    assert!(matches!(state(&vault), OrganisationState::Working { .. }));
    assert_eq!(vault.next_sequence(theirs), Err(VaultError::OlderCopy));
    assert_eq!(vault.next_counter(mine), Err(VaultError::OlderCopy));
    assert_eq!(vault.add(other("new")), Err(VaultError::OlderCopy));
    assert_eq!(vault.remove(mine), Err(VaultError::OlderCopy));
    assert_eq!(vault.trash(mine, NOW_MS), Err(VaultError::OlderCopy));
    assert_eq!(vault.note(NOW_MS, b""), Err(VaultError::OlderCopy));
    assert_eq!(
        vault.set_setting("a", Some("b")),
        Err(VaultError::OlderCopy)
    );
    assert_eq!(
        vault.set_slot(&chosen_passphrase()),
        Err(VaultError::OlderCopy)
    );
    assert_eq!(vault.confirm(&pin(PIN), NOW_MS), Ok(()));
    drop(vault);
    // It stays an older copy however often it is opened
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(vault.is_older_copy());

    vault.use_older_copy().unwrap();
    assert!(!vault.is_older_copy());
    assert!(matches!(
        state(&vault),
        OrganisationState::NeedsReactivating { .. }
    ));
    assert!(vault.account(under_way).is_none());
    assert_eq!(vault.accounts().count(), 2);
    assert_eq!(vault.next_counter(mine), Ok(5));
    drop(vault);
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(!vault.is_older_copy());
    assert!(matches!(
        state(&vault),
        OrganisationState::NeedsReactivating { .. }
    ));
    assert_eq!(vault.use_older_copy(), Ok(()));
    assert_eq!(vault.accounts().count(), 2);
    drop(vault);

    fs::write(place.vault_path(), &yesterday).unwrap();
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(vault.is_older_copy(), "the same old file put back again");
}

/// A keystore whose writes can be made to fail, as they do when a process is killed before them.
struct Failing {
    inner: MemoryKeystore,
    refused: Mutex<Option<&'static str>>,
    writes: Mutex<Vec<String>>,
    refusals: Mutex<usize>,
}

impl Failing {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryKeystore::new(),
            refused: Mutex::new(None),
            writes: Mutex::new(Vec::new()),
            refusals: Mutex::new(0),
        })
    }

    fn writes_of(&self, word: &str) -> usize {
        let writes = self.writes.lock().unwrap();
        writes.iter().filter(|name| name.ends_with(word)).count()
    }
}

impl Keystore for Failing {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        self.inner.read(name)
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        let refused = *self.refused.lock().unwrap();
        if refused.is_some_and(|word| name.ends_with(word)) {
            *self.refusals.lock().unwrap() += 1;
            return Err(KeystoreError);
        }
        self.writes.lock().unwrap().push(name.to_owned());
        self.inner.write(name, secret)
    }

    fn erase(&self, name: &str) -> Result<(), KeystoreError> {
        self.inner.erase(name)
    }
}

#[test]
fn v7_a_process_killed_before_the_keystore_is_told_never_leaves_what_looks_like_an_older_copy() {
    let folder = tempfile::tempdir().unwrap();
    let keystore = Failing::new();
    let place = Place {
        keystore: keystore.clone(),
        ..place(folder.path())
    };
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    *keystore.refused.lock().unwrap() = Some("generation");
    for name in ["a", "b", "c"] {
        vault.add(Account::Organisation(hospital())).unwrap();
        vault.add(other(name)).unwrap();
    }
    drop(vault);
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert!(!vault.is_older_copy());
    // A keystore that does not work is not asked at every change
    let mine = vault.add(counted(b"12345678901234567890", 0)).unwrap();
    let refusals = || *keystore.refusals.lock().unwrap();
    let before = refusals();
    for _ in 0..100 {
        vault.next_counter(mine).unwrap();
    }
    assert!(refusals() - before <= 4, "{}", refusals() - before);
    *keystore.refused.lock().unwrap() = None;
    drop(vault);
    let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    assert_eq!(vault.accounts().count(), 7);
}

#[test]
fn v7_the_keystore_is_told_of_weighty_changes_at_once_of_others_now_and_then_and_of_all_at_the_end()
{
    let folder = tempfile::tempdir().unwrap();
    let keystore = Failing::new();
    let place = Place {
        keystore: keystore.clone(),
        ..place(folder.path())
    };
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    let mine = vault.add(counted(b"12345678901234567890", 5)).unwrap();
    let told = |work: &mut dyn FnMut()| {
        let before = keystore.writes_of("generation");
        work();
        keystore.writes_of("generation") - before
    };
    let mut theirs = None;
    let add = &mut || theirs = vault.add(Account::Organisation(hospital())).ok();
    assert_eq!(told(add), 1);
    assert_eq!(told(&mut || vault.remove(theirs.unwrap()).unwrap()), 1);
    let fair = Chosen::pin("402917".into()).unwrap();
    assert_eq!(told(&mut || vault.set_slot(&fair).unwrap()), 1);
    assert_eq!(told(&mut || assert!(vault.next_counter(mine).is_ok())), 0);
    assert_eq!(told(&mut || assert!(vault.note(NOW_MS, b"").is_ok())), 0);
    let many = &mut || {
        for _ in 0..64 {
            vault.next_counter(mine).unwrap();
        }
    };
    assert_eq!(told(many), 2);
    vault.next_counter(mine).unwrap();
    let mut vault = Some(vault);
    assert_eq!(told(&mut || drop(vault.take().map(Vault::lock))), 1);
}

#[test]
fn v2_v7_a_vault_copied_to_another_home_and_keystore_does_not_open_by_pin() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_slot(&chosen_passphrase()).unwrap();
    vault.add(other("kept")).unwrap();
    drop(vault);
    let elsewhere = tempfile::tempdir().unwrap();
    let copied = common::place(elsewhere.path());
    fs::create_dir(&copied.directory).unwrap();
    fs::copy(place.vault_path(), copied.vault_path()).unwrap();
    assert_eq!(
        unlock(&copied, &pin(PIN), NOW_MS).err(),
        Some(UnlockError::KeystoreLost)
    );
    let none = Place {
        keystore: Arc::new(UnavailableKeystore),
        ..copied.clone()
    };
    assert_eq!(
        unlock(&none, &pin(PIN), NOW_MS).err(),
        Some(UnlockError::KeystoreUnavailable)
    );
    // Whoever knows the passphrase has what it protects; this keystore has seen no newer file
    let vault = unlock(&copied, &common::passphrase(common::PASSPHRASE), NOW_MS).unwrap();
    assert_eq!(issuers(&vault), ["kept"]);
    assert!(!vault.is_older_copy());
}

#[test]
fn v7_v11_an_older_copy_whose_keys_were_erased_is_taken_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.add(Account::Organisation(hospital())).unwrap();
    vault.set_slot(&chosen_passphrase()).unwrap();
    drop(vault);
    let yesterday = fs::read(place.vault_path()).unwrap();
    let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
    vault.add(other("Post")).unwrap();
    drop(vault);
    // Ten wrong PINs destroy the keys' other half, which is in the keystore
    for hour in 0..10 {
        let later = NOW_MS + hour * 3_600_000 * 24;
        assert!(unlock(&place, &pin("111111"), later).is_err());
    }
    fs::write(place.vault_path(), yesterday).unwrap();

    let typed = common::passphrase(common::PASSPHRASE);
    let later = NOW_MS + 20 * 24 * 3_600_000;
    let mut vault = unlock(&place, &typed, later).unwrap();
    assert!(vault.is_older_copy());
    assert!(matches!(
        state(&vault),
        OrganisationState::NeedsReactivating { .. }
    ));
    vault.use_older_copy().unwrap();
    drop(vault);
    let vault = unlock(&place, &typed, later).unwrap();
    assert!(!vault.is_older_copy());
    assert!(matches!(
        state(&vault),
        OrganisationState::NeedsReactivating { .. }
    ));
}
