//! Eleven wrong PINs from many processes, with kills, restarts, set clocks and old files between them: at most ten are evaluated,
//! and every delay is kept (row V11).
//!
//! Each try is this test program again, started with its clocks in its environment.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::{
    FolderKeystore, PIN, chosen_passphrase, chosen_pin, hospital, other, passphrase, pin,
};
use countersign_vault::{
    Account, KdfProfile, Moment, OpenError, OrganisationState, Place, VaultFile,
};

const FOLDER: &str = "VAULT_TRY_FOLDER";
const TYPED: &str = "VAULT_TRY_TYPED";
const CLOCKS: &str = "VAULT_TRY_CLOCKS";
const WRONG: &str = "111111";

/// A day's clocks: what a person may set, and what runs from the device's start.
#[derive(Clone, Copy)]
struct Clocks {
    wall_ms: i64,
    boot_ms: u64,
}

fn place(directory: &Path) -> Place {
    Place {
        directory: directory.join("vault"),
        keystore: Arc::new(FolderKeystore(directory.join("keystore"))),
        kdf: KdfProfile::FLOOR,
    }
}

/// One try, in a process of its own. In an ordinary run there is nothing to try, and it is over.
#[test]
fn attempt() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let clocks = env::var(CLOCKS).unwrap();
    let (wall_ms, boot_ms) = clocks.split_once(' ').unwrap();
    let now = Moment {
        wall_ms: wall_ms.parse().unwrap(),
        boot_ms: Some(boot_ms.parse().unwrap()),
    };
    println!("begin");
    let answer = match VaultFile::open(&place(Path::new(&folder))) {
        Ok(file) => match file.unlock(&pin(&env::var(TYPED).unwrap()), now) {
            Ok(_) => "open".to_owned(),
            Err(refusal) => refusal.error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    println!("answer: {answer}");
}

struct Device {
    folder: tempfile::TempDir,
    now: Clocks,
}

impl Device {
    fn start(&self, typed: &str) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "attempt", "--nocapture", "--test-threads=1"])
            .env(FOLDER, self.folder.path())
            .env(TYPED, typed)
            .env(CLOCKS, format!("{} {}", self.now.wall_ms, self.now.boot_ms))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn answer(child: Child) -> String {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("answer: "));
        line.expect("the process answers").to_owned()
    }

    fn try_pin(&self, typed: &str) -> String {
        Self::answer(self.start(typed))
    }

    /// What was counted, by the copy that counted more.
    fn counted(&self) -> u64 {
        let failures = |body: &[u8]| {
            let body: serde_json::Value = serde_json::from_slice(body).unwrap();
            body["failures"].as_u64().unwrap()
        };
        let connection =
            rusqlite::Connection::open(place(self.folder.path()).vault_path()).unwrap();
        let of_pin = "SELECT body FROM tries WHERE kind = 1";
        let here: String = connection.query_row(of_pin, [], |row| row.get(0)).unwrap();
        let names = fs::read_dir(self.folder.path().join("keystore")).unwrap();
        let there = names.map(|entry| entry.unwrap().path()).find(|path| {
            let name = path.to_string_lossy();
            name.ends_with(" tries") && !name.ends_with(" passphrase tries")
        });
        let there = there.map_or(0, |path| failures(&fs::read(path).unwrap()));
        failures(here.as_bytes()).max(there)
    }

    fn pass(&mut self, milliseconds: u32) {
        self.now.wall_ms += i64::from(milliseconds);
        self.now.boot_ms += u64::from(milliseconds);
    }
}

#[test]
fn v11_eleven_wrong_pins_with_restarts_clock_changes_and_two_processes_evaluate_ten_at_most() {
    const HOUR_MS: i64 = 3_600_000;
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
    vault.set_slot(&chosen_passphrase()).unwrap();
    vault.add(Account::Organisation(hospital())).unwrap();
    vault.add(other("mine")).unwrap();
    drop(vault.lock());
    let fresh = fs::read(place.vault_path()).unwrap();
    let mut device = Device {
        folder,
        now: Clocks {
            wall_ms: common::NOW_MS,
            boot_ms: 5_000_000,
        },
    };

    // 1 and 2, each with a restart of the app and the old file copied back
    for left in [4, 3] {
        assert_eq!(device.try_pin(WRONG), format!("refused, {left} tries left"));
        fs::write(place.vault_path(), &fresh).unwrap();
    }
    // 3: killed while it is checked. It counts, as nobody knows what it would have said
    for _ in 0..100 {
        if device.counted() == 3 {
            break;
        }
        let mut child = device.start(WRONG);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !lines.next().unwrap().unwrap().ends_with("begin") {}
        std::thread::sleep(Duration::from_millis(8));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let before = device.counted();
    assert_eq!(before, 3);
    // 4 and perhaps 5: two processes at once. One has the vault at a time, and each counts what it evaluates
    let both = [device.start(WRONG), device.start(WRONG)].map(Device::answer);
    let in_use = OpenError::InUse.to_string();
    let had_it = both.iter().filter(|answer| **answer != in_use).count();
    let counted = device.counted() - before;
    assert!((1..=2).contains(&counted) && counted <= u64::try_from(had_it).unwrap());
    while device.counted() < 5 {
        device.try_pin(WRONG);
    }

    // From the fifth on there is a wait, whatever is done to the clock that can be set, and whatever file is put back
    for (count, seconds) in [(5, 60), (6, 120), (7, 240), (8, 480), (9, 960)] {
        assert_eq!(device.counted(), count);
        let started = device.now;
        for set_by in [0, 24 * HOUR_MS, 9_000 * HOUR_MS, -24 * HOUR_MS] {
            device.now.wall_ms = started.wall_ms + set_by;
            if count % 2 == 1 {
                fs::write(place.vault_path(), &fresh).unwrap();
            }
            assert_eq!(device.try_pin(PIN), format!("wait {seconds} seconds"));
        }
        // A restart of the device begins its own clock anew, and the wait with it
        device.now = Clocks {
            wall_ms: started.wall_ms + 24 * HOUR_MS,
            boot_ms: 1_000,
        };
        assert_eq!(device.try_pin(PIN), format!("wait {} seconds", seconds - 1));
        device.pass(seconds * 1_000 - 2_000);
        assert_eq!(device.try_pin(PIN), "wait 1 seconds");
        device.pass(1_000);
        let answer = device.try_pin(WRONG);
        let expected = match count {
            9 => "too many wrong tries".to_owned(),
            _ => format!("wait {} seconds", seconds * 2),
        };
        assert_eq!(answer, expected);
    }

    // The eleventh is evaluated by nobody, not even the right one, at no time, from no file
    assert_eq!(device.counted(), 10);
    for hours in [0, 1, 100_000] {
        device.now.wall_ms += hours * HOUR_MS;
        device.now.boot_ms += 10_000_000_000;
        assert_eq!(device.try_pin(PIN), "too many wrong tries");
        assert_eq!(device.try_pin(WRONG), "too many wrong tries");
        fs::write(place.vault_path(), &fresh).unwrap();
    }
    assert_eq!(device.counted(), 10);
    let names: Vec<String> = fs::read_dir(device.folder.path().join("keystore"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !names.iter().any(|name| name.ends_with("secret")),
        "what the PIN and the device's keys hung on is gone: {names:?}"
    );

    // The other accounts are there for another way of unlocking, the organisation's need reactivating
    let vault = common::unlock(&place, &passphrase(common::PASSPHRASE), common::NOW_MS).unwrap();
    let states: Vec<bool> = vault
        .accounts()
        .map(|(_, account)| match account {
            Account::Organisation(account) => {
                matches!(account.state, OrganisationState::NeedsReactivating { .. })
            }
            Account::Other(account) => account.seed.expose() == b"12345678901234567890",
        })
        .collect();
    assert_eq!(states, [true, true]);
}
