//! Writing a backup of ten thousand accounts, its key at hand, beside a bare write of as many bytes.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use countersign_vault::{
    Chosen, KdfProfile, SecretText, Typed, VaultFile,
    backup::{BackupKey, Contents, Folder, Stamp},
};

use super::{
    Extent, app,
    caller::now,
    cost::{median, ms, ratio},
    report::{Report, Row},
    unlock::fill,
};

const ACCOUNTS: usize = 10_000;
const GOAL: Duration = Duration::from_millis(250);

pub(super) fn measure(folder: &Path, extent: Extent, report: &mut Report) -> Result<()> {
    let place = folder.join("vault");
    fill(&place, KdfProfile::FLOOR, ACCOUNTS)?;
    let secret = Typed::Passphrase(SecretText::new(app::secret()));
    let vault = VaultFile::open(&app::place(&place, KdfProfile::FLOOR))?
        .unlock(&secret, now().0)
        .map_err(|refusal| refusal.error)?;
    let chosen = Chosen::passphrase(SecretText::new(app::secret()))
        .map_err(|_| anyhow::anyhow!("a weak passphrase"))?;
    let key = BackupKey::choose(&chosen, KdfProfile::FLOOR)?;
    let backups = Folder(folder.join("backups"));
    backups.make()?;
    let (mut backed_up, mut floors) = (Vec::new(), Vec::new());
    for round in 0..extent.of(20, 5) {
        let start = Instant::now();
        let contents = Contents::of(&vault);
        let stamp = Stamp {
            at_ms: now().0,
            serial: round,
            device: "Bench phone",
        };
        let saved = backups.save(&key, &contents, stamp)?;
        let took = start.elapsed();
        ensure!(contents.accounts() == ACCOUNTS, "every account is in it");
        let bytes = Folder::read(&saved.path)?;
        let start = Instant::now();
        let mut file = File::create(folder.join("bare"))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        let bare = start.elapsed();
        // The first of each warms up
        if round > 0 {
            backed_up.push(took);
            floors.push(bare);
        }
    }
    let (backup, floor) = (median(backed_up), median(floors));
    report.add(Row {
        what: format!("back up {ACCOUNTS} accounts, its key derived"),
        figure: format!("{:.0} ms", ms(backup)),
        beside: format!("{:.0} ms: as many bytes written, fsync", ms(floor)),
        ratio: Some(ratio(backup, floor)),
        goal: format!("≤ {:.0} ms", ms(GOAL)),
        met: Some(backup <= GOAL),
    });
    Ok(())
}
