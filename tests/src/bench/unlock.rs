//! From the passphrase to the first passcode, in the engine, beside the key derivation alone.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use argon2::{Argon2, Params, Version};
use countersign_authenticator::{Authenticator, view::AppView};
use countersign_vault::{
    Account, Algorithm, Chosen, KdfProfile, OtherAccount, OtherPasscodes, Restorable, SecretText,
    VaultFile,
};

use super::{
    Extent, app,
    cost::{median, ms, own_cpu, ratio},
    report::{Report, Row},
};
use crate::headless::PASSPHRASE;

/// Accounts, and how much longer than the derivation it may take.
const SIZES: [(usize, Option<Duration>); 3] = [
    (10, None),
    (1_000, Some(Duration::from_millis(5))),
    (10_000, Some(Duration::from_millis(40))),
];

pub(super) async fn measure(folder: &Path, extent: Extent, report: &mut Report) -> Result<()> {
    for (accounts, goal) in SIZES {
        let folder = folder.join(accounts.to_string());
        fill(&folder, KdfProfile::STANDARD, accounts)?;
        let app = app::new(&folder, KdfProfile::STANDARD, &[])?;
        let (mut unlocks, mut derivations) = (Vec::new(), Vec::new());
        for round in 0..extent.of(16, 4) {
            let pair = (
                Cost::of(async || derive(KdfProfile::STANDARD)).await?,
                unlock(&app, accounts).await?,
            );
            // The first of each warms up
            if round > 0 {
                derivations.push(pair.0);
                unlocks.push(pair.1);
            }
        }
        let (whole, derivation) = (Cost::median(&unlocks), Cost::median(&derivations));
        let beyond = whole.clock.saturating_sub(derivation.clock);
        let beyond_cpu = whole.cpu.saturating_sub(derivation.cpu);
        report.add(Row {
            what: format!("unlock to first code, {accounts} accounts"),
            figure: format!(
                "{:.1} ms; beyond the derivation {:.1}, of CPU {:.1}",
                ms(whole.clock),
                ms(beyond),
                ms(beyond_cpu)
            ),
            beside: format!(
                "{:.1} ms: the derivation, of CPU {:.1}",
                ms(derivation.clock),
                ms(derivation.cpu)
            ),
            ratio: Some(ratio(whole.clock, derivation.clock)),
            goal: goal.map_or_else(String::new, |goal| format!("≤ {:.0} ms beyond", ms(goal))),
            met: goal.map(|goal| beyond <= goal),
        });
    }
    Ok(())
}

/// Makes a vault with so many accounts of third parties.
pub(super) fn fill(folder: &Path, kdf: KdfProfile, accounts: usize) -> Result<()> {
    let secret = Chosen::passphrase(SecretText::new(app::secret()))
        .map_err(|_| anyhow::anyhow!("a weak passphrase"))?;
    let mut vault = VaultFile::create(&app::place(folder, kdf), &secret)?;
    for number in 0..accounts {
        vault.add(account(number))?;
    }
    Ok(())
}

/// An account as a person might have.
pub(super) fn account(number: usize) -> Account {
    Account::Other(OtherAccount {
        issuer: format!("Issuer {number}"),
        account: format!("person{number}@hospital.example"),
        custom_name: None,
        seed: Restorable::copied_from(b"12345678901234567890"),
        algorithm: Algorithm::Sha1,
        digits: 6,
        passcodes: OtherPasscodes::Timed { period_seconds: 30 },
    })
}

/// Unlocks, takes the first account's passcode, and locks again.
async fn unlock(app: &Authenticator, accounts: usize) -> Result<Cost> {
    let cost = Cost::of(async || {
        let AppView::Open(view) = app.unlock(app::secret()).await.map_err(app::of_problem)? else {
            bail!("the app did not open");
        };
        ensure!(view.accounts.len() == accounts, "every account is there");
        let first = view.accounts.first().context("there is one")?.id.clone();
        let codes = app.passcodes(vec![first]).await.map_err(app::of_problem)?;
        ensure!(codes.len() == 1, "it has a passcode");
        Ok(())
    })
    .await?;
    app.lock().await;
    Ok(cost)
}

/// The derivation that a slot asks for, and nothing else.
fn derive(profile: KdfProfile) -> Result<()> {
    let params = Params::new(
        profile.memory_kib(),
        profile.passes(),
        profile.lanes(),
        Some(32),
    );
    let argon2 = Argon2::new(
        argon2::Algorithm::Argon2id,
        Version::V0x13,
        params.map_err(|error| anyhow::anyhow!("{error}"))?,
    );
    let mut key = [0; 32];
    argon2
        .hash_password_into(PASSPHRASE.as_bytes(), &[7; 16], &mut key)
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// By the clock, and of this process's processor time.
#[derive(Clone, Copy, Debug)]
struct Cost {
    clock: Duration,
    cpu: Duration,
}

impl Cost {
    async fn of(work: impl AsyncFnOnce() -> Result<()>) -> Result<Self> {
        let (start, before) = (Instant::now(), own_cpu());
        work().await?;
        Ok(Self {
            clock: start.elapsed(),
            cpu: own_cpu().saturating_sub(before),
        })
    }

    fn median(costs: &[Self]) -> Self {
        Self {
            clock: median(costs.iter().map(|cost| cost.clock)),
            cpu: median(costs.iter().map(|cost| cost.cpu)),
        }
    }
}
