//! The sealed sample of each format version opens for ever: here, and in an independent script (row V1).
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{
    NOW_MS, PASSPHRASE, PIN, Sample, V1, V1_NAMES, V2, issuers, passphrase, pin, place,
    python_with_its_packages, unlock,
};
use countersign_vault::{Account, OrganisationState, Place, Typed};
use serde_json::Value;

#[test]
fn v1_v13_the_sample_of_every_format_opens_by_pin_and_by_passphrase() {
    for sample in [V1, V2] {
        for typed in [pin(PIN), passphrase(PASSPHRASE)] {
            let folder = tempfile::tempdir().unwrap();
            check_sample(&placed(&sample, folder.path()), &typed);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let vault = unlock(&placed(&V2, folder.path()), &pin(PIN), NOW_MS).unwrap();
    let trashed: Vec<_> = vault.trashed().map(|(_, _, at_ms)| at_ms).collect();
    assert_eq!(trashed, [NOW_MS]);
    assert_eq!(vault.notes()[0].body.as_slice(), br#"{"kind":"approved"}"#);
}

fn placed(sample: &Sample, folder: &Path) -> Place {
    let place = place(folder);
    sample.put(&place);
    place
}

fn check_sample(place: &Place, typed: &Typed) {
    let mut vault = unlock(place, typed, NOW_MS).unwrap();
    assert_eq!(issuers(&vault), V1_NAMES);
    let ids: Vec<_> = vault.accounts().map(|(id, _)| id).collect();
    let Some(Account::Organisation(working)) = vault.account(ids[1]) else {
        panic!("an organisation account")
    };
    let OrganisationState::Working {
        keys, registration, ..
    } = &working.state
    else {
        panic!("a working one")
    };
    assert_eq!(keys.seed.expose(), b"01234567890123456789");
    assert_eq!(registration.device_id, "DPABCDEFGHIJKLMNOPQR");
    assert_eq!(vault.account(ids[4]).unwrap().custom_name(), Some("Books"));
    assert_eq!(vault.setting("clock offset"), Some("-1500"));
    assert_eq!(vault.next_counter(ids[0]), Ok(42));
    assert_eq!(vault.next_sequence(ids[1]), Ok(3));
}

#[test]
fn v1_an_independent_script_opens_the_sample_of_every_format() {
    let python = python_with_its_packages();
    let run = |arguments: &[&str]| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decrypt.py");
        let output = Command::new(&python)
            .arg(script)
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for sample in [V1, V2] {
        let path = sample.path();
        let path = path.to_str().unwrap();
        let erasable = ["--erasable-secret", sample.erasable_secret];
        let by_pin = [path, "--pin", PIN, "--device-secret", sample.device_secret];
        let by_passphrase = [path, "--passphrase", PASSPHRASE];
        let (opened, by_pin, complaint) = run(&[&by_pin[..], &erasable[..]].concat());
        assert!(opened, "{complaint}");
        let (opened, by_passphrase, complaint) = run(&[&by_passphrase[..], &erasable[..]].concat());
        assert!(opened, "{complaint}");
        assert_eq!(by_pin, by_passphrase);
        check_told(&serde_json::from_str(&by_pin).unwrap());

        let wrong = [
            path,
            "--pin",
            "830522",
            "--device-secret",
            sample.device_secret,
        ];
        let (opened, _, complaint) = run(&wrong);
        assert!(!opened && complaint.starts_with("refused"), "{complaint}");
        let without_secret = "00".repeat(32);
        let (opened, _, complaint) = run(&[path, "--pin", PIN, "--device-secret", &without_secret]);
        assert!(!opened && complaint.starts_with("refused"), "{complaint}");
    }
    // Without the erasable secret everything opens but what is bound to the device
    let path = V2.path();
    let (opened, told, complaint) = run(&[path.to_str().unwrap(), "--passphrase", PASSPHRASE]);
    assert!(opened, "{complaint}");
    assert!(
        told.contains("Countersign General") && !told.contains("device_key"),
        "{told}"
    );
}

/// What the script read, by name rather than by place: the formats list other kinds first.
fn check_told(told: &Value) {
    let records = told["records"].as_array().unwrap();
    let find = |field: &str, value: &str| {
        let found = records.iter().find(|record| record["body"][field] == value);
        found.unwrap_or_else(|| panic!("{field} {value} in {told}"))
    };
    let secrets = |record: &Value, state: &str| match &record["device"] {
        Value::Null => record["body"]["state"][state].clone(),
        device => device[state].clone(),
    };
    assert_eq!(find("name", "clock offset")["body"]["value"], "-1500");
    assert_eq!(
        find("issuer", "Büro \u{201c}Süd\u{201d}")["moving"]["counter"],
        42
    );
    let working = find("organisation", "Countersign General");
    assert_eq!(
        secrets(working, "working")["seed"],
        "3031323334353637383930313233343536373839"
    );
    assert_eq!(working["moving"]["sequence"], 2);
    assert_eq!(
        secrets(find("organisation", "Half activated"), "finishing")["code"],
        "4162436445664768496a4b6c4d6e4f7051725374"
    );
    assert_eq!(
        find("organisation", "Forgotten")["body"]["state"]["needs_reactivating"]["registration"]["account_key"],
        "DAABCDEFGHIJKLMNOPQR"
    );
    assert_eq!(find("issuer", "Library")["body"]["custom_name"], "Books");
    let is_format_1 = records.iter().all(|record| record["kind"] != "note");
    assert_eq!(records.len(), if is_format_1 { 6 } else { 8 });
}
