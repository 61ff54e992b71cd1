//! Storing one account, durably, beside one bare durable commit and one bare durable append.

use std::{fs::File, path::Path, time::Instant};

use anyhow::Result;
use countersign_vault::{KdfProfile, SecretText, Typed, VaultFile};

use super::{
    Extent, app,
    caller::now,
    cost::{median, ms, ratio},
    floors::{BareDatabase, append},
    report::{Report, Row},
    unlock::{account, fill},
};

const GOAL: f64 = 1.3;
/// Accounts that are there before.
const BEFORE: usize = 100;

pub(super) fn measure(folder: &Path, extent: Extent, report: &mut Report) -> Result<()> {
    let vault = folder.join("vault");
    fill(&vault, KdfProfile::FLOOR, BEFORE)?;
    let secret = Typed::Passphrase(SecretText::new(app::secret()));
    let mut vault = VaultFile::open(&app::place(&vault, KdfProfile::FLOOR))?
        .unlock(&secret, now().0)
        .map_err(|refusal| refusal.error)?;
    let mut database = BareDatabase::open(&folder.join("bare.db"), true)?;
    let mut file = File::create(folder.join("bare"))?;
    let (mut stores, mut commits, mut appends) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..extent.of(500, 100) {
        let account = account(BEFORE + number);
        let start = Instant::now();
        vault.add(account)?;
        stores.push(start.elapsed());
        commits.push(database.commit()?);
        appends.push(append(&mut file)?);
    }
    let (store, commit, append) = (median(stores), median(commits), median(appends));
    report.add(Row {
        what: "store one account durably".to_owned(),
        figure: format!("{:.3} ms", ms(store)),
        beside: format!(
            "{:.3} ms: a bare SQLite commit, WAL, synchronous=FULL",
            ms(commit)
        ),
        ratio: Some(ratio(store, commit)),
        goal: "≤ 1.3 ×".to_owned(),
        met: Some(ratio(store, commit) <= GOAL),
    });
    report.add(Row {
        what: "store one account durably".to_owned(),
        figure: format!("{:.3} ms", ms(store)),
        beside: format!("{:.3} ms: 4 KiB appended, fdatasync", ms(append)),
        ratio: Some(ratio(store, append)),
        ..Row::default()
    });
    Ok(())
}
