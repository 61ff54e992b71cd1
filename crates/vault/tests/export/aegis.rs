//! What Python makes of a file for Aegis.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::process::Output;

use countersign_vault::export::Form;
use countersign_vault::import::{self, Unreadable};
use countersign_vault::{OtherAccount, OtherPasscodes, SecretText};
use serde_json::Value;

use crate::accounts::{counted, named, steam};
use crate::common::python_with_its_packages;
use crate::programs::{all_kinds, run, said};
use crate::{PASSWORD, written};

fn opened_elsewhere(file: &str, password: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aegis.json");
    fs::write(&path, file).unwrap();
    let arguments = [
        OsStr::new("tests/open-aegis.py"),
        path.as_os_str(),
        OsStr::new(password),
    ];
    run(python_with_its_packages(), arguments)
}

#[test]
fn python_opens_the_file_for_aegis_and_finds_all_that_the_schema_asks_for() {
    let own = OtherAccount {
        custom_name: Some("Büro „Süd“".to_owned()),
        ..named("", "a:b%#\n\"")
    };
    let mut given = all_kinds();
    given.retain(|account| account.passcodes != counted(u64::MAX).passcodes);
    given.extend([own, steam("bob"), counted(i64::MAX.unsigned_abs())]);
    let password = SecretText::from(PASSWORD);
    let form = Form::Aegis {
        password: &password,
    };
    let exported = written(&given, form);
    let file = exported.texts[0].expose();
    let content: Value = serde_json::from_str(&said(&opened_elsewhere(file, PASSWORD))).unwrap();
    let entries = content["entries"].as_array().unwrap();
    assert_eq!(entries.len(), given.len());
    for (account, entry) in given.iter().zip(entries) {
        let (kind, moves, amount) = match account.passcodes {
            OtherPasscodes::Timed { period_seconds } => {
                ("totp", "period", u64::from(period_seconds))
            }
            OtherPasscodes::Counted { next_counter } => ("hotp", "counter", next_counter),
            OtherPasscodes::Steam => ("steam", "period", 30),
        };
        let expected = serde_json::json!({
            "type": kind,
            "uuid": entry["uuid"],
            "name": account.account,
            "issuer": account.issuer,
            "note": account.custom_name.as_deref().unwrap_or(""),
            "favorite": false,
            "icon": null,
            "info": {
                "secret": data_encoding::BASE32_NOPAD.encode(account.seed.expose()),
                "algo": format!("{:?}", account.algorithm).to_uppercase(),
                "digits": account.digits,
                moves: amount,
            },
            "groups": [],
        });
        assert_eq!(*entry, expected);
    }

    let other = opened_elsewhere(file, "päss word");
    assert_eq!(
        String::from_utf8(other.stderr).unwrap().trim(),
        "another password"
    );
    let other = import::read(file.as_bytes(), Some(&SecretText::from("päss word")));
    assert_eq!(other.err(), Some(Unreadable::WrongPassword));
    assert_eq!(
        import::read(file.as_bytes(), None).err(),
        Some(Unreadable::Locked)
    );

    // Nothing random is ever the same, in one file or in two
    let again = written(&given, form);
    let again = again.texts[0].expose();
    let content_again: Value =
        serde_json::from_str(&said(&opened_elsewhere(again, PASSWORD))).unwrap();
    let mut all = Vec::new();
    for (file, content) in [(file, &content), (again, &content_again)] {
        let file: Value = serde_json::from_str(file).unwrap();
        let slot = &file["header"]["slots"][0];
        let params = &file["header"]["params"];
        let random = [
            &slot["uuid"],
            &slot["salt"],
            &slot["key"],
            &slot["key_params"]["nonce"],
            &params["nonce"],
        ];
        all.extend(random.map(Value::to_string));
        let entries = content["entries"].as_array().unwrap().iter();
        all.extend(entries.map(|entry| entry["uuid"].to_string()));
    }
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
}
