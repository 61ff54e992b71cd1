//! Accounts out of other apps' exports, in the engine: parts in any order, nothing twice, and a receipt that adds up.

use std::path::Path;

use anyhow::{Result, ensure};
use countersign_tests::headless::{Headless, Start};
use serde_json::{Value, json};

fn export(name: &str) -> String {
    let exports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/vault/tests/exports");
    exports.join(name).display().to_string()
}

fn app(folder: &Path) -> Result<Headless> {
    Headless::open(folder, Start::default())
}

fn read(app: &mut Headless, name: &str) -> Result<Value> {
    app.ask("read_import", json!({ "path": export(name) }))
}

fn positions(found: &Value, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let accounts = found["accounts"].as_array().into_iter().flatten();
    accounts
        .filter(|account| wanted(account))
        .map(|account| account["position"].clone())
        .collect()
}

fn listed(app: &mut Headless) -> Result<Vec<String>> {
    let view = app.ask("view", json!({}))?;
    let accounts = view["accounts"].as_array().into_iter().flatten();
    Ok(accounts
        .map(|account| account["title"].as_str().unwrap_or_default().to_owned())
        .collect())
}

#[test]
fn the_codes_of_an_export_are_read_in_any_order_and_added_together() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path())?;
    for (name, parts, accounts) in [
        ("migration-2.txt", 1, 2),
        ("migration-2.txt", 1, 2),
        ("migration-1.txt", 2, 3),
    ] {
        let text = std::fs::read_to_string(export(name))?;
        let found = app.ask("read_text", json!({ "text": text }))?;
        ensure!(
            found["kind"] == "import" && found["app"] == "google",
            "{found}"
        );
        ensure!(found["parts"] == parts && found["parts_of"] == 2, "{found}");
        ensure!(
            found["accounts"].as_array().map(Vec::len) == Some(accounts),
            "{found}"
        );
        if parts == 2 {
            let all = positions(&found, |_| true);
            let receipt = app.ask(
                "import",
                json!({ "draft": found["draft"], "positions": all }),
            )?;
            ensure!(receipt["imported"] == 3, "{receipt}");
            let used = json!({ "draft": found["draft"], "positions": [] });
            ensure!(app.problem("import", used)?["code"] == "draft_gone");
        }
    }
    ensure!(
        listed(&mut app)? == ["Library", "Ward Café", "Lab"],
        "in the export's order"
    );
    Ok(())
}

#[test]
fn an_export_read_again_adds_nothing_and_every_receipt_adds_up() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path())?;
    let found = read(&mut app, "aegis.json")?;
    ensure!(listed(&mut app)?.is_empty(), "nothing is added by reading");
    let chosen = positions(&found, |account| account["issuer"] != "Lab");
    let receipt = app.ask(
        "import",
        json!({ "draft": found["draft"], "positions": chosen }),
    )?;
    let expected = json!({ "imported": 3, "here": 0, "refused": 1, "unkept": 0, "left_out": 1 });
    ensure!(receipt == expected, "{receipt}");
    ensure!(listed(&mut app)? == ["Library", "Ward Café", "Steam"]);

    // The same accounts in another app's words are the same accounts
    for name in ["aegis.json", "2fas.2fas", "stratum.authpro", "andotp.json"] {
        let found = read(&mut app, name)?;
        let new = positions(&found, |account| account["here"] == false);
        ensure!(new.len() == 1, "{name}: {found}");
    }
    let found = read(&mut app, "2fas.2fas")?;
    let new = positions(&found, |account| account["here"] == false);
    let receipt = app.ask(
        "import",
        json!({ "draft": found["draft"], "positions": new }),
    )?;
    let expected = json!({ "imported": 1, "here": 3, "refused": 0, "unkept": 0, "left_out": 0 });
    ensure!(receipt == expected, "{receipt}");
    let found = read(&mut app, "aegis.json")?;
    ensure!(
        positions(&found, |account| account["here"] == false).is_empty(),
        "{found}"
    );

    // A counter that moved on here is no other account; a label that differs is
    let counted = listed(&mut app)?;
    ensure!(counted.len() == 4, "{counted:?}");
    Ok(())
}

#[test]
fn a_locked_export_waits_for_its_password_and_goes_with_the_lock() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path())?;
    let locked = read(&mut app, "bitwarden-argon2.json")?;
    ensure!(locked["is"] == "locked", "{locked}");
    let draft = &locked["draft"];
    let wrong = json!({ "draft": draft, "password": "another" });
    ensure!(app.problem("unlock_import", wrong)?["code"] == "export_password");
    let right = json!({ "draft": draft, "password": "päss word " });
    let found = app.ask("unlock_import", right.clone())?;
    ensure!(
        found["accounts"].as_array().map(Vec::len) == Some(4),
        "{found}"
    );
    ensure!(app.problem("unlock_import", right)?["code"] == "draft_gone");
    app.ask("lock", json!({}))?;
    app.ask(
        "unlock",
        json!({ "secret": countersign_tests::headless::PASSPHRASE }),
    )?;
    let gone = json!({ "draft": found["draft"], "positions": [0] });
    ensure!(app.problem("import", gone)?["code"] == "draft_gone");
    ensure!(listed(&mut app)?.is_empty());
    Ok(())
}
