//! The sealed sample of each format version opens for ever: here, and in an independent script (row V1).
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use common::{NOW_MS, PASSPHRASE, PIN, issuers, passphrase, pin, unlock};
use countersign_vault::{
    Account, KdfProfile, Keystore, MemoryKeystore, OrganisationState, Place, Typed,
};
use serde_json::Value;

/// What the keystore held when `examples/sample.rs` wrote `v1.vault`; of no use anywhere else.
const V1_SECRET_NAME: &str = "vault 725afbc658c6cfad9bb6ea986bee0a1e device secret";
const V1_SECRET: &str = "cb4f36b6b8b87a360dbfae693c341d817412e7cf9e5163cff6a537bfdd40e6c1";

fn v1() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1.vault")
}

#[test]
fn v1_the_sample_of_format_1_opens_by_pin_and_by_passphrase() {
    for typed in [pin(PIN), passphrase(PASSPHRASE)] {
        let folder = tempfile::tempdir().unwrap();
        let keystore = MemoryKeystore::new();
        let secret = data_encoding::HEXLOWER
            .decode(V1_SECRET.as_bytes())
            .unwrap();
        keystore.write(V1_SECRET_NAME, &secret).unwrap();
        let place = Place {
            directory: folder.path().join("vault"),
            keystore: Arc::new(keystore),
            kdf: KdfProfile::FLOOR,
        };
        fs::create_dir(&place.directory).unwrap();
        fs::copy(v1(), place.vault_path()).unwrap();
        check_sample(&place, &typed);
    }
}

fn check_sample(place: &Place, typed: &Typed) {
    let mut vault = unlock(place, typed, NOW_MS).unwrap();
    assert_eq!(
        issuers(&vault),
        [
            "Büro \u{201c}Süd\u{201d}",
            "Countersign General",
            "Half activated",
            "Forgotten",
            "Library"
        ]
    );
    let ids: Vec<_> = vault.accounts().map(|(id, _)| id).collect();
    let Some(Account::Organisation(working)) = vault.account(ids[1]) else {
        panic!("an organisation account")
    };
    let OrganisationState::Working { keys, registration } = &working.state else {
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
fn v1_an_independent_script_opens_the_sample() {
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
    let v1 = v1();
    let v1 = v1.to_str().unwrap();
    let (opened, by_pin, complaint) = run(&[v1, "--pin", PIN, "--device-secret", V1_SECRET]);
    assert!(opened, "{complaint}");
    let (opened, by_passphrase, complaint) = run(&[v1, "--passphrase", PASSPHRASE]);
    assert!(opened, "{complaint}");
    assert_eq!(by_pin, by_passphrase);

    let told: Value = serde_json::from_str(&by_pin).unwrap();
    let records = told["records"].as_array().unwrap();
    let bodies: Vec<&Value> = records.iter().map(|record| &record["body"]).collect();
    assert_eq!(bodies[0]["value"], "-1500");
    assert_eq!(bodies[1]["issuer"], "Büro \u{201c}Süd\u{201d}");
    assert_eq!(records[1]["moving"]["counter"], 42);
    assert_eq!(
        bodies[2]["state"]["working"]["seed"],
        "3031323334353637383930313233343536373839"
    );
    assert_eq!(records[2]["moving"]["sequence"], 2);
    assert_eq!(
        bodies[3]["state"]["finishing"]["code"],
        "4162436445664768496a4b6c4d6e4f7051725374"
    );
    assert_eq!(
        bodies[4]["state"]["needs_reactivating"]["registration"]["account_key"],
        "DAABCDEFGHIJKLMNOPQR"
    );
    assert_eq!(bodies[5]["custom_name"], "Books");
    assert_eq!(records.len(), 6);

    let (opened, _, complaint) = run(&[v1, "--pin", "830522", "--device-secret", V1_SECRET]);
    assert!(!opened && complaint.starts_with("refused"), "{complaint}");
    let without_secret = "00".repeat(32);
    let (opened, _, complaint) = run(&[v1, "--pin", PIN, "--device-secret", &without_secret]);
    assert!(!opened && complaint.starts_with("refused"), "{complaint}");
}

/// A virtual environment that this test makes once, with the two packages that the script needs.
fn python_with_its_packages() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("decrypt-python");
    let python = folder.join("bin/python");
    let ready = || {
        Command::new(&python)
            .args(["-c", "import argon2, cryptography"])
            .output()
    };
    if ready().is_ok_and(|output| output.status.success()) {
        return python;
    }
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder));
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["argon2-cffi==25.1.0", "cryptography==45.0.7"]));
    python
}
