//! Real exports of other apps with their manifest, where `COUNTERSIGN_SAMPLES` names a folder of them.

#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod exports;

use std::{env, fs, path::Path};

use countersign_vault::{
    Algorithm, OtherPasscodes, SecretText,
    import::{self, Entry},
};
use data_encoding::HEXLOWER;
use serde_json::Value;

use exports::refused;

/// Links one by one, each with an expectation of its own.
const LINKS: &str = "otpauth-uri-cases";

/// Every sample gives what its manifest says: the accounts, those that are refused, and the whole files that are.
#[test]
fn real_exports_give_what_their_manifest_says() {
    let Ok(folder) = env::var("COUNTERSIGN_SAMPLES") else {
        eprintln!("COUNTERSIGN_SAMPLES names no folder: only the project's own exports were read");
        return;
    };
    let folder = Path::new(&folder);
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let mut looked_at = 0;
    for sample in manifest["files"].as_array().unwrap() {
        let (name, format) = (text(&sample["file"]), text(&sample["format"]));
        // Pictures are read by whoever has a decoder
        if format.ends_with("-image") {
            continue;
        }
        if format == LINKS {
            links_one_by_one(&folder.join(name));
            continue;
        }
        looked_at += 1;
        let password = sample["password"].as_str().map(SecretText::from);
        let read = import::read(&fs::read(folder.join(name)).unwrap(), password.as_ref());
        let read = match read {
            Ok(read) => read,
            Err(unreadable) => {
                assert!(
                    sample["expected_failure"].is_string(),
                    "{name}: {unreadable}"
                );
                continue;
            }
        };
        let expected = sample["expected"].as_array().unwrap();
        assert_eq!(read.entries.len(), expected.len(), "{name}");
        // Of a map the manifest has the accounts in an order of its own
        let in_order = format != "freeotp2-backup";
        for (at, entry) in read.entries.iter().enumerate() {
            let expected = expected.iter().enumerate().find(|(place, expected)| {
                if in_order {
                    *place == at
                } else {
                    expected["secret_hex"] == HEXLOWER.encode(entry.account.seed.expose())
                }
            });
            is_as_expected(entry, expected.unwrap().1, name);
        }
        let errors = sample["expected_errors"].as_array().into_iter().flatten();
        let errors: Vec<_> = errors.map(|error| error["index"].as_u64()).collect();
        let places = read.refused.iter();
        let places: Vec<_> = places
            .map(|entry| u64::try_from(entry.position).ok())
            .collect();
        assert_eq!(places, errors, "{name}: {:?}", refused(&read));
    }
    assert!(looked_at > 41, "{looked_at} samples were looked at");
}

/// Each link gives the one account that it should, or none.
fn links_one_by_one(file: &Path) {
    let cases: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let (uri, expected) = (text(&case["uri"]), &case["expect"]);
        match import::read(uri.as_bytes(), None) {
            Ok(read) if expected.is_object() => {
                assert_eq!((read.entries.len(), read.refused.len()), (1, 0), "{case}");
                is_as_expected(&read.entries[0], expected, uri);
            }
            Ok(read) => assert!(read.entries.is_empty(), "{case}"),
            Err(unreadable) => assert!(expected.is_null(), "{case}: {unreadable}"),
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn is_as_expected(entry: &Entry, expected: &Value, name: &str) {
    let account = &entry.account;
    let what = format!("{name}: {expected}");
    let also = |field: &str, found: &Value| {
        let also = expected[format!("{field}_also_ok")].as_array();
        expected[field] == *found || also.is_some_and(|also| also.contains(found))
    };
    let (kind, moves) = match account.passcodes {
        OtherPasscodes::Timed { period_seconds } => ("totp", ("period", u64::from(period_seconds))),
        OtherPasscodes::Counted { next_counter } => ("hotp", ("counter", next_counter)),
        OtherPasscodes::Steam => ("steam", ("period", 30)),
    };
    let algorithm = match account.algorithm {
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    };
    assert_eq!(text(&expected["type"]), kind, "{what}");
    assert_eq!(
        text(&expected["secret_hex"]),
        HEXLOWER.encode(account.seed.expose()),
        "{what}"
    );
    assert_eq!(text(&expected["algo"]), algorithm, "{what}");
    assert_eq!(expected["digits"], account.digits, "{what}");
    assert!(also(moves.0, &moves.1.into()), "{what}: {}", moves.1);
    assert!(
        also("issuer", &account.issuer.as_str().into()),
        "{what}: {}",
        account.issuer
    );
    assert!(
        also("name", &account.account.as_str().into()),
        "{what}: {}",
        account.account
    );
}
