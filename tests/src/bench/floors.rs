//! What a signature check and a durable commit cost with nothing around them, on this machine, now.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use countersign_protocol::signing::keys::{PublicKey, SigningKey};
use ring::rand::SystemRandom;
use rusqlite::Connection;

use super::{
    Extent,
    cost::{median, own_cpu},
};

/// The floors that the service's measurements share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Floors {
    /// One P-256 signature checked.
    pub verify: Duration,
    /// Processor time of one durable commit of one row.
    pub commit_cpu: Duration,
    /// The same by the clock, waiting for the disk included.
    pub commit: Duration,
}

pub(super) fn measure(folder: &Path, extent: Extent) -> Result<Floors> {
    let rounds = extent.of(300, 100);
    let mut database = BareDatabase::open(&folder.join("floor.db"), false)?;
    let (mut commits, mut cpu) = (Vec::new(), Duration::ZERO);
    for _ in 0..rounds {
        let before = own_cpu();
        commits.push(database.commit()?);
        cpu += own_cpu().saturating_sub(before);
    }
    Ok(Floors {
        verify: verify(rounds)?,
        commit_cpu: cpu / rounds,
        commit: median(commits),
    })
}

/// One check of a device's signature over a request's text, the key read from its PEM as it lies in a database.
fn verify(rounds: u32) -> Result<Duration> {
    let rng = SystemRandom::new();
    let key = SigningKey::make_p256(&rng)?;
    let message = [0x5a; 600];
    let signature = key.sign(&message, &rng)?;
    let public = PublicKey::from_pem(&key.public(&rng)?.to_pem()?)?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let before = own_cpu();
        anyhow::ensure!(public.verify(&message, &signature), "the signature is good");
        times.push(own_cpu().saturating_sub(before));
    }
    Ok(median(times))
}

/// A database with one table: one row in one durable commit, as little as SQLite can do.
pub(super) struct BareDatabase(Connection);

impl BareDatabase {
    /// Write-ahead log, `synchronous=FULL`, like the vault and the service. `exclusive` as the vault has it.
    pub(super) fn open(path: &Path, exclusive: bool) -> Result<Self> {
        let connection = Connection::open(path)?;
        if exclusive {
            connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE;")?;
        }
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             CREATE TABLE rows (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;",
        )?;
        Ok(Self(connection))
    }

    /// Stores all of `rows` in one commit.
    pub(super) fn insert_all(&mut self, rows: impl Iterator<Item = String>) -> Result<()> {
        let commit = self.0.transaction()?;
        {
            let mut insert = commit.prepare("INSERT INTO rows (sealed) VALUES (?1)")?;
            for row in rows {
                insert.execute([row.as_bytes()])?;
            }
        }
        Ok(commit.commit()?)
    }

    /// Stores a row of 200 bytes and tells how long that took.
    pub(super) fn commit(&mut self) -> Result<Duration> {
        let start = Instant::now();
        self.0
            .prepare_cached("INSERT INTO rows (sealed) VALUES (?1)")?
            .execute([&[0x5a_u8; 200][..]])?;
        Ok(start.elapsed())
    }
}

/// 4 KiB appended to `file` and waited for.
pub(super) fn append(file: &mut File) -> Result<Duration> {
    let start = Instant::now();
    file.write_all(&[0x5a; 4096])?;
    file.sync_data()?;
    Ok(start.elapsed())
}
