//! Measures the vault against its floors: `cargo run --release -p countersign-vault --example measure`.
//!
//! Prints one JSON object. Times in milliseconds, the median of several runs.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use countersign_vault::{
    Account, Algorithm, Chosen, KdfProfile, OtherAccount, OtherPasscodes, Place, Restorable, Typed,
    UnavailableKeystore, Vault, VaultFile,
};

const PASSPHRASE: &str = "measured, not kept";
const NOW_MS: i64 = 1_790_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let cheap = KdfProfile::FLOOR;
    let standard = unlock_ms(&folder.path().join("standard"), 0, KdfProfile::STANDARD)?;
    let floor = unlock_ms(&folder.path().join("floor"), 0, cheap)?;
    let thousand = unlock_ms(&folder.path().join("thousand"), 1_000, cheap)?;
    let ten_thousand = unlock_ms(&folder.path().join("ten thousand"), 10_000, cheap)?;
    let (store, count) = write_ms(&folder.path().join("ten thousand"))?;
    let bare = bare_commit_ms(&folder.path().join("bare"))?;
    println!(
        "{{\"unlock_standard_kdf_ms\":{standard:.1},\"unlock_floor_kdf_ms\":{floor:.1},\
          \"beyond_kdf_1000_ms\":{:.2},\"beyond_kdf_10000_ms\":{:.2},\
          \"store_account_ms\":{store:.3},\"next_counter_ms\":{count:.3},\"bare_commit_ms\":{bare:.3},\
          \"store_to_bare\":{:.2}}}",
        thousand - floor,
        ten_thousand - floor,
        store / bare,
    );
    Ok(())
}

fn place(directory: &Path, kdf: KdfProfile) -> Place {
    Place {
        directory: directory.to_owned(),
        keystore: Arc::new(UnavailableKeystore),
        kdf,
    }
}

fn account(index: usize) -> Account {
    Account::Other(OtherAccount {
        issuer: format!("Issuer {index}"),
        account: format!("person{index}@hospital.example"),
        custom_name: None,
        seed: Restorable::copied_from(b"12345678901234567890"),
        algorithm: Algorithm::Sha1,
        digits: 6,
        passcodes: OtherPasscodes::Counted { next_counter: 0 },
    })
}

fn open(place: &Place) -> Result<Vault, Box<dyn Error>> {
    let vault = VaultFile::open(place)?.unlock(&Typed::Passphrase(PASSPHRASE.into()), NOW_MS);
    Ok(vault.map_err(|refusal| refusal.error)?)
}

/// From nothing in memory to every account readable.
fn unlock_ms(directory: &Path, accounts: usize, kdf: KdfProfile) -> Result<f64, Box<dyn Error>> {
    let place = place(directory, kdf);
    let mut vault = VaultFile::create(&place, &Chosen::passphrase(PASSPHRASE.into())?)?;
    for index in 0..accounts {
        vault.add(account(index))?;
    }
    drop(vault);
    let mut runs = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        let vault = open(&place)?;
        let found = vault.accounts().count();
        runs.push(start.elapsed().as_secs_f64() * 1e3);
        assert_eq!(found, accounts, "every account is there");
    }
    Ok(median(runs))
}

/// One account stored, and one counter moved, in a vault that holds many.
fn write_ms(directory: &Path) -> Result<(f64, f64), Box<dyn Error>> {
    let mut vault = open(&place(directory, KdfProfile::FLOOR))?;
    let (mut stores, mut counts) = (Vec::new(), Vec::new());
    for index in 0..300 {
        let new = account(index);
        let start = Instant::now();
        let id = vault.add(new)?;
        stores.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        vault.next_counter(id)?;
        counts.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok((median(stores), median(counts)))
}

/// The floor of a durable write: 4 KiB appended and synchronised.
fn bare_commit_ms(path: &Path) -> Result<f64, Box<dyn Error>> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let mut runs = Vec::new();
    for _ in 0..300 {
        let start = Instant::now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        runs.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(runs))
}

fn median(mut runs: Vec<f64>) -> f64 {
    runs.sort_by(f64::total_cmp);
    runs.get(runs.len() / 2).copied().unwrap_or(f64::NAN)
}
