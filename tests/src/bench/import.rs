//! Importing ten thousand accounts of another app's export, beside a bare parse of it and a bare insert of its entries.

use std::{fmt::Write as _, path::Path, time::Instant};

use anyhow::{Result, ensure};
use countersign_vault::{Account, Chosen, KdfProfile, SecretText, VaultFile, import};
use serde_json::Value;

use super::{
    Extent, app,
    cost::{median, ms, ratio},
    floors::BareDatabase,
    report::{Report, Row},
};

const ACCOUNTS: usize = 10_000;
const GOAL: f64 = 2.0;

pub(super) fn measure(folder: &Path, extent: Extent, report: &mut Report) -> Result<()> {
    let export = export();
    let (mut imports, mut floors) = (Vec::new(), Vec::new());
    for round in 0..extent.of(12, 4) {
        let folder = folder.join(round.to_string());
        let secret = Chosen::passphrase(SecretText::new(app::secret()))
            .map_err(|_| anyhow::anyhow!("a weak passphrase"))?;
        let mut vault = VaultFile::create(&app::place(&folder, KdfProfile::FLOOR), &secret)?;
        let start = Instant::now();
        let read = import::read(&export, None)?;
        ensure!(read.entries.len() == ACCOUNTS, "every entry is read");
        let accounts = read.entries.into_iter();
        vault.add_all(
            accounts
                .map(|entry| Account::Other(entry.account))
                .collect(),
        )?;
        let imported = start.elapsed();

        let mut database = BareDatabase::open(&folder.join("bare.db"), true)?;
        let start = Instant::now();
        let parsed: Value = serde_json::from_slice(&export)?;
        let entries = parsed["db"]["entries"].as_array();
        let entries = entries.into_iter().flatten().map(Value::to_string);
        database.insert_all(entries)?;
        let bare = start.elapsed();
        // The first of each warms up
        if round > 0 {
            imports.push(imported);
            floors.push(bare);
        }
    }
    let (import, floor) = (median(imports), median(floors));
    report.add(Row {
        what: format!("import {ACCOUNTS} accounts of an Aegis export"),
        figure: format!("{:.0} ms", ms(import)),
        beside: format!(
            "{:.0} ms: serde_json's parse, and its entries in one bare SQLite commit",
            ms(floor)
        ),
        ratio: Some(ratio(import, floor)),
        goal: "≤ 2 ×".to_owned(),
        met: Some(ratio(import, floor) <= GOAL),
    });
    Ok(())
}

/// A plain export: of the plain formats the one with the most bytes for an account.
fn export() -> Vec<u8> {
    let mut text =
        r#"{"version":1,"header":{"slots":null,"params":null},"db":{"version":3,"entries":["#
            .to_owned();
    for number in 0..ACCOUNTS {
        let comma = if number == 0 { "" } else { "," };
        // Writing to a text does not fail
        let _ = write!(
            text,
            r#"{comma}{{"type":"totp","uuid":"21f62e25-53a0-426e-b86f-{number:012}","name":"person{number}@hospital.example","issuer":"Issuer {number}","note":"","icon":null,"info":{{"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","algo":"SHA1","digits":6,"period":30}}}}"#
        );
    }
    text.push_str("]}}");
    text.into_bytes()
}
