//! Backups: what is in one, what opens it, and what a damaged, cut or foreign one does (rows D2, D5, V2 and V3).
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{
    DEVICE, NOW_MS, PASSPHRASE, backup_key, chosen_pin, counted, hospital, issuers, library, other,
    place, python_with_its_packages, stamp, with_its_sum,
};
use countersign_vault::backup::{
    BackupKey, Contents, Folder, Made, Restored, Unopened, look, open,
};
use countersign_vault::{
    Account, Chosen, KdfProfile, OrganisationState, OtherAccount, OtherPasscodes, SecretText,
    Vault, VaultFile,
};

const SAMPLE: &str = "tests/fixtures/v1.countersign";

fn typed(text: &str) -> SecretText {
    SecretText::from(text)
}

/// A vault with an organisation's account between two of third parties.
fn vault(folder: &Path) -> Vault {
    let mut vault = VaultFile::create(&place(folder), &chosen_pin()).unwrap();
    vault.add(counted(b"counted-seed-20-byte", 41)).unwrap();
    vault.add(Account::Organisation(hospital())).unwrap();
    vault.add(Account::Other(mail())).unwrap();
    vault
}

fn mail() -> OtherAccount {
    OtherAccount {
        issuer: "Personal mail".to_owned(),
        account: "amara@example.org".to_owned(),
        custom_name: Some("Mail \u{2709}\nat home".to_owned()),
        ..library(b"third-party-seed-123")
    }
}

fn saved(folder: &Path, vault: &Vault) -> Vec<u8> {
    let backups = Folder(folder.join("backups"));
    backups.make().unwrap();
    let saved = backups
        .save(&backup_key(), &Contents::of(vault), stamp(7))
        .unwrap();
    fs::read(saved.path).unwrap()
}

fn refusal(bytes: &[u8]) -> Unopened {
    open(bytes, typed(PASSPHRASE)).err().expect("it is refused")
}

#[test]
fn a_backup_brings_back_the_accounts_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    let bytes = saved(folder.path(), &vault);
    let made = Made {
        at_ms: NOW_MS,
        serial: 7,
        device: DEVICE.to_owned(),
        accounts: 2,
        organisations: 1,
    };
    assert_eq!(look(&bytes), Ok(made));
    let restored = open(&bytes, typed(PASSPHRASE)).unwrap();
    let [
        Restored::Account(first),
        Restored::Organisation(second),
        Restored::Account(third),
    ] = restored.as_slice()
    else {
        panic!("another order")
    };
    assert_eq!(
        first.passcodes,
        OtherPasscodes::Counted { next_counter: 41 }
    );
    assert_eq!(first.seed.expose(), b"counted-seed-20-byte");
    assert_eq!(second.host, hospital().host);
    assert_eq!(third.custom_name, mail().custom_name);
    assert_eq!(
        (third.digits, third.algorithm),
        (mail().digits, mail().algorithm)
    );
    assert_eq!(third.seed.expose(), mail().seed.expose());
}

#[test]
fn d2_what_is_restored_elsewhere_holds_no_key_of_a_device() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let here = vault(folder.path());
    let bytes = saved(folder.path(), &here);
    let there = place(elsewhere.path());
    let mut restored_to = VaultFile::create(&there, &chosen_pin()).unwrap();
    let accounts = open(&bytes, typed(PASSPHRASE)).unwrap().into_iter();
    let accounts = accounts.map(|restored| match restored {
        Restored::Account(account) => Account::Other(account),
        Restored::Organisation(pointer) => pointer.into_account(),
    });
    let ids = restored_to.add_all(accounts.collect()).unwrap();
    assert_eq!(ids.len(), 3);
    let Some(Account::Organisation(account)) = restored_to.account(ids[1]) else {
        panic!("the hospital's account is in its place")
    };
    let OrganisationState::NeedsReactivating { registration } = &account.state else {
        panic!("it needs reactivating")
    };
    assert_eq!(registration.device_id, "DPABCDEFGHIJKLMNOPQR");
    assert_eq!(account.custom_name, hospital().custom_name);
    drop(restored_to.lock());
    let again = common::unlock(&there, &common::pin(common::PIN), NOW_MS).unwrap();
    assert_eq!(
        issuers(&again),
        issuers(&here),
        "it is there after a restart"
    );
}

/// The seed (twenty times 0x5e) and the key (0x30) of the organisation's account, however a program might write them.
#[test]
fn d2_the_opened_bytes_hold_no_key_of_an_organisation() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    let path = folder.path().join("one.countersign");
    fs::write(&path, saved(folder.path(), &vault)).unwrap();
    let opened = opened_elsewhere(&path, PASSPHRASE);
    let lines = opened["lines"].to_string();
    assert!(lines.contains("Personal mail"), "the bytes are looked at");
    assert!(
        lines.contains("74686972642d70617274792d736565642d313233"),
        "a third party's seed is in it"
    );
    for secret in [
        "5e5e5e5e", "30303030", "Xl5eXl", "MDAwMD", "LZPF4XS6", "GAYDAMBQ",
    ] {
        assert!(!lines.contains(secret), "{secret}");
    }
}

/// What a program that is not ours reads.
fn opened_elsewhere(path: &Path, passphrase: &str) -> serde_json::Value {
    let output = Command::new(python_with_its_packages())
        .arg("tests/open-backup.py")
        .arg(path)
        .arg(passphrase)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Written once, by `sample backup`; whoever changes the format makes a new one and keeps this.
#[test]
fn the_sample_of_version_1_opens_for_ever_and_by_another_program() {
    let sample = fs::read(SAMPLE).unwrap();
    let restored = open(&sample, typed("zwei kleine Katzen")).unwrap();
    assert_eq!(restored.len(), 4);
    let opened = opened_elsewhere(Path::new(SAMPLE), "zwei kleine Katzen");
    let made = look(&sample).unwrap();
    assert_eq!(opened["at_ms"], made.at_ms);
    assert_eq!(opened["device"], made.device.as_str());
    assert_eq!(
        (&opened["accounts"], &opened["organisations"]),
        (&2.into(), &2.into())
    );
    let kinds: Vec<_> = opened["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line[0])
        .collect();
    assert_eq!(
        kinds,
        ["account", "organisation", "organisation", "account"]
    );
    assert_eq!(
        opened["lines"][1][1]["host"],
        "countersign.hospital.example"
    );
}

#[test]
fn d5_no_name_is_in_the_bytes_and_two_backups_share_none() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    let (one, other) = (saved(folder.path(), &vault), saved(folder.path(), &vault));
    for name in [
        "Library", "amira", "Personal", "amara", "hospital", "Ansgar", "haddad", "DPABC",
    ] {
        let found = one
            .windows(name.len())
            .any(|bytes| bytes.eq_ignore_ascii_case(name.as_bytes()));
        assert!(!found, "{name}");
    }
    assert_ne!(one[192..224], other[192..224]);
    assert_eq!(one.len(), other.len());
    assert_eq!((one.len() - 160 - 32 - 16 - 32) % 4096, 0);
}

#[test]
fn d5_one_flipped_bit_anywhere_is_damage_and_never_a_wrong_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = saved(folder.path(), &vault(folder.path()));
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let refused = look(&flipped).unwrap_err();
        let is_told = match at {
            0..16 => refused == Unopened::NotABackup,
            16..20 => matches!(refused, Unopened::TooNew { .. } | Unopened::Damaged),
            _ => refused == Unopened::Damaged,
        };
        assert!(is_told, "byte {at}: {refused}");
    }
    for length in 0..bytes.len() {
        let refused = look(&bytes[..length]).unwrap_err();
        let expected = if length == 0 {
            Unopened::NotABackup
        } else {
            Unopened::Damaged
        };
        assert_eq!(refused, expected, "cut to {length}");
    }
}

#[test]
fn d5_what_was_altered_on_purpose_does_not_open_either() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = saved(folder.path(), &vault(folder.path()));
    // The two salts, time, counts, serial, name, the head's mark, what is sealed, its tag
    let places = [32, 50, 85, 91, 95, 103, 105, 150, 165, 192, 2000];
    for at in places.into_iter().chain([bytes.len() - 40]) {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let refused = refusal(&with_its_sum(altered));
        assert!(
            matches!(refused, Unopened::WrongPassphrase | Unopened::Damaged),
            "byte {at}: {refused}"
        );
    }
    // A block that was cut out whole
    let mut shorter = bytes.clone();
    shorter.drain(192..192 + 4096);
    assert_eq!(refusal(&with_its_sum(shorter)), Unopened::Damaged);
}

#[test]
fn v3_key_derivation_out_of_bounds_is_refused_before_anything_is_allocated() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = saved(folder.path(), &vault(folder.path()));
    for (at, value) in [
        (20, u32::MAX),
        (20, 1024),
        (20, 0),
        (24, u32::MAX),
        (24, 0),
        (28, 0),
        (28, 1 << 24),
    ] {
        let mut altered = bytes.clone();
        altered[at..at + 4].copy_from_slice(&value.to_be_bytes());
        assert_eq!(
            refusal(&with_its_sum(altered)),
            Unopened::Damaged,
            "{at}: {value}"
        );
    }
}

#[test]
fn another_passphrase_is_told_from_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = saved(folder.path(), &vault(folder.path()));
    for wrong in [
        "Correct horse battery",
        "correct horse battery ",
        "",
        "correct",
    ] {
        let refused = open(&bytes, typed(wrong)).err();
        assert_eq!(refused, Some(Unopened::WrongPassphrase), "{wrong}");
    }
    // The same letters, composed otherwise by another keyboard
    let chosen =
        Chosen::passphrase(SecretText::from("drei gr\u{fc}ne W\u{e4}lder im Mai")).unwrap();
    let key = BackupKey::choose(&chosen, KdfProfile::FLOOR).unwrap();
    let backups = Folder(folder.path().to_owned());
    let saved = backups.save(&key, &Contents::default(), stamp(7)).unwrap();
    let bytes = fs::read(saved.path).unwrap();
    let opened = open(&bytes, typed("drei gru\u{308}ne Wa\u{308}lder im Mai")).unwrap();
    assert!(opened.is_empty(), "a backup of nothing holds nothing");
}

#[test]
fn what_is_no_backup_and_what_a_newer_release_wrote_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = saved(folder.path(), &vault(folder.path()));
    for foreign in [
        b"".as_slice(),
        b"{}",
        b"PK\x03\x04",
        &[0; 5000],
        b"countersign vault",
    ] {
        assert_eq!(look(foreign), Err(Unopened::NotABackup));
    }
    bytes[19] = 2;
    assert_eq!(look(&bytes), Err(Unopened::TooNew { found: 2 }));
    // A time that no calendar has
    bytes[19] = 1;
    bytes[80] = 0x7f;
    assert_eq!(look(&with_its_sum(bytes)), Err(Unopened::Damaged));
}

#[test]
fn the_key_is_kept_in_the_vault_until_the_backup_is_turned_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = vault(folder.path());
    assert!(vault.backup_key().is_none());
    vault.keep_backup_key(Some(&backup_key())).unwrap();
    let backups = Folder(folder.path().to_owned());
    let contents = Contents::of(&vault);
    let kept = vault.backup_key().unwrap();
    backups.save(&kept, &contents, stamp(7)).unwrap();
    let (_, restored) = backups.newest_of(&kept).unwrap().unwrap();
    assert_eq!(restored.unwrap().len(), 3);
    vault.keep_backup_key(None).unwrap();
    assert!(vault.backup_key().is_none());
    assert!(
        backups.newest_of(&backup_key()).unwrap().is_none(),
        "another key's"
    );
}

#[test]
fn a_print_is_another_where_anything_but_a_counter_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = vault(folder.path());
    let ids: Vec<_> = vault.accounts().map(|(id, _)| id).collect();
    let before = Contents::of(&vault).print();
    vault.next_counter(ids[0]).unwrap();
    assert_eq!(Contents::of(&vault).print(), before);
    let mut seen = BTreeSet::from([before]);
    vault.rename(ids[0], Some("Books")).unwrap();
    assert!(seen.insert(Contents::of(&vault).print()));
    vault.reorder(&[ids[2]]).unwrap();
    assert!(seen.insert(Contents::of(&vault).print()));
    vault.add(other("Garden")).unwrap();
    assert!(seen.insert(Contents::of(&vault).print()));
    vault.remove(ids[1]).unwrap();
    assert!(seen.insert(Contents::of(&vault).print()));
    assert_eq!(issuers(&vault).len(), 3);
}
