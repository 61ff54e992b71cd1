//! Kills a writer with SIGKILL at many points: afterwards the vault opens, in the state before or after (rows V9, V10).
//!
//! The writer is this test program again, started with a folder in its environment: it then only runs [`writer`].

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{
    FolderBiometric, FolderKeystore, NOW_MS, PIN, backup_key, by_biometric, chosen_pin, counted,
    issuers, other, pin, unlock,
};
use countersign_vault::backup::{Contents, Folder, Stamp, look};
use countersign_vault::{Account, Chosen, KdfProfile, OpenError, Place, Vault, VaultFile};

const FOLDER: &str = "VAULT_WRITER_FOLDER";
const TASK: &str = "VAULT_WRITER_TASK";
const START: &str = "VAULT_WRITER_START";

fn shared_place(directory: &Path) -> Place {
    Place {
        directory: directory.join("vault"),
        keystore: Arc::new(FolderKeystore(directory.join("keystore"))),
        kdf: KdfProfile::FLOOR,
    }
}

/// A new vault that a platform's key opens too.
fn create(directory: &Path) -> Vault {
    let mut vault = VaultFile::create(&shared_place(directory), &chosen_pin()).unwrap();
    vault.set_biometric(&platform(directory)).unwrap();
    vault
}

fn platform(directory: &Path) -> FolderBiometric {
    FolderBiometric(directory.join("platform"))
}

fn open(directory: &Path) -> Vault {
    by_biometric(&shared_place(directory), &platform(directory)).unwrap()
}

/// The PIN of the `k`th change.
fn pin_of(k: u64) -> &'static str {
    if k.is_multiple_of(2) { PIN } else { "402917" }
}

/// What the list holds: issuer and custom name of each account, in order.
type List = Vec<(String, Option<String>)>;

fn list(vault: &Vault) -> List {
    let names = vault
        .accounts()
        .map(|(_, account)| account.custom_name().map(str::to_owned));
    issuers(vault).into_iter().zip(names).collect()
}

/// Step `k` of the work, on the vault.
fn work(vault: &mut Vault, k: u64) {
    let ids: Vec<_> = vault.accounts().map(|(id, _)| id).collect();
    match k % 5 {
        _ if ids.len() < 3 => drop(vault.add(other(&k.to_string())).unwrap()),
        0 | 1 => drop(vault.add(other(&k.to_string())).unwrap()),
        2 => vault.rename(ids[1], Some(&k.to_string())).unwrap(),
        3 => vault.reorder(&[ids[2], ids[0]]).unwrap(),
        _ => vault.remove(ids[0]).unwrap(),
    }
}

/// The same step, on what the list should be.
fn expected(mut list: List, k: u64) -> List {
    match k % 5 {
        _ if list.len() < 3 => list.push((k.to_string(), None)),
        0 | 1 => list.push((k.to_string(), None)),
        2 => list[1].1 = Some(k.to_string()),
        3 => {
            let third = list.remove(2);
            list.insert(0, third);
        }
        _ => drop(list.remove(0)),
    }
    list
}

/// The writer's own life. In an ordinary run there is nothing to write, and it is over.
#[test]
fn writer() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let place = shared_place(folder);
    let start = || -> u64 { env::var(START).unwrap().parse().unwrap() };
    let mut out = std::io::stdout();
    let mut say = |word: &str| writeln!(out, "{word}").and_then(|()| out.flush()).unwrap();
    match env::var(TASK).unwrap().as_str() {
        "create" => {
            say("begin");
            drop(VaultFile::create(&place, &chosen_pin()).unwrap());
        }
        "change" => {
            let mut vault = open(folder);
            for k in start().. {
                say("begin");
                work(&mut vault, k);
                say("done");
            }
        }
        "count" => {
            let mut vault = open(folder);
            let (id, _) = vault.accounts().next().unwrap();
            loop {
                say("begin");
                let counter = vault.next_counter(id).unwrap();
                say(&format!("shown {counter}"));
            }
        }
        "secret" => {
            let k = start();
            let mut vault = open(folder);
            let new = Chosen::pin(pin_of(k + 1).into()).unwrap();
            say("begin");
            vault.change_secret(&pin(pin_of(k)), &new, NOW_MS).unwrap();
            say("done");
        }
        "backup" => {
            let vault = open(folder);
            let key = vault.backup_key().unwrap();
            for k in start().. {
                say("begin");
                let stamp = Stamp {
                    at_ms: NOW_MS,
                    serial: k,
                    device: "",
                };
                backups(folder)
                    .save(&key, &Contents::of(&vault), stamp)
                    .unwrap();
                say("done");
            }
        }
        "restore" => {
            let mut vault = open(folder);
            say("begin");
            let accounts = (0..RESTORED).map(|k| other(&k.to_string()));
            let round = start();
            let refused =
                (0..REFUSED).map(|k| (format!("refused {round} {k}"), Some(k.to_string())));
            vault
                .add_and_set(accounts.collect(), refused.collect())
                .unwrap();
            say("done");
        }
        "migrate" => {
            say("begin");
            drop(unlock(&place, &pin(PIN), NOW_MS).unwrap());
            say("done");
        }
        task => panic!("no such task: {task}"),
    }
}

/// How many accounts one restore, or one import, brings.
const RESTORED: usize = 300;
/// How many entries an import keeps that it could not take.
const REFUSED: usize = 20;

fn backups(folder: &Path) -> Folder {
    Folder(folder.join("backups"))
}

struct Writer {
    child: Child,
    lines: BufReader<ChildStdout>,
    heard: Vec<String>,
}

impl Writer {
    fn start(folder: &Path, task: &str, start: u64) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "writer", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .env(TASK, task)
            .env(START, start.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            lines,
            heard: Vec::new(),
        }
    }

    /// Waits for the writer's `count`th "begin".
    fn hear_begins(&mut self, count: usize) {
        let mut begins = 0;
        while begins < count {
            let mut line = String::new();
            assert_ne!(
                self.lines.read_line(&mut line).unwrap(),
                0,
                "the writer ended early: {:?}",
                self.heard
            );
            begins += usize::from(line.trim_end().ends_with("begin"));
            self.heard.push(line.trim().to_owned());
        }
    }

    /// Kills it and gives every line that it got out.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.heard
            .extend(self.lines.lines().map(|line| line.unwrap()));
        self.heard
    }
}

/// Lets `delay` pass without giving up the processor: the points to hit are microseconds apart.
fn spin(delay: Duration) {
    let start = Instant::now();
    while start.elapsed() < delay {
        std::hint::spin_loop();
    }
}

#[test]
fn v9_killed_at_60_points_of_changes_the_vault_opens_in_the_old_or_the_new_state() {
    let folder = tempfile::tempdir().unwrap();
    drop(create(folder.path()));
    let mut now = List::new();
    let mut k = 0;
    let mut caught = 0;
    for round in 0..60 {
        let mut writer = Writer::start(folder.path(), "change", k);
        writer.hear_begins(1 + usize::try_from(round % 3).unwrap());
        spin(Duration::from_micros(round * 37 % 1200));
        let heard = writer.kill();

        let done = heard.iter().filter(|line| *line == "done").count();
        for _ in 0..done {
            now = expected(now, k);
            k += 1;
        }
        let found = list(&open(folder.path()));
        caught += usize::from(heard.last().is_some_and(|line| line.ends_with("begin")));
        if found != now {
            assert_eq!(
                found,
                expected(now, k),
                "round {round}: neither the old nor the new state"
            );
            now = found;
            k += 1;
        }
    }
    assert!(
        caught > 0,
        "no kill fell between the begin and the end of a change"
    );
}

#[test]
fn v9_killed_while_it_is_made_there_is_a_whole_vault_or_none() {
    let (mut none, mut whole) = (0, 0);
    // How long the making takes depends on the machine: the delay closes in on the moment where a vault begins to exist
    let mut delay = Duration::from_millis(30);
    for round in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        let place = shared_place(folder.path());
        let mut writer = Writer::start(folder.path(), "create", 0);
        writer.hear_begins(1);
        std::thread::sleep(delay);
        writer.kill();
        match VaultFile::open(&place) {
            Err(error) => {
                assert_eq!(error, OpenError::NoVault, "round {round}");
                none += 1;
                delay = delay.mul_f64(1.2);
                drop(VaultFile::create(&place, &chosen_pin()).expect("leftovers are no obstacle"));
            }
            Ok(file) => {
                whole += 1;
                delay = delay.mul_f64(0.85);
                assert!(file.unlock(&pin(PIN), NOW_MS).is_ok(), "round {round}");
            }
        }
    }
    assert!(
        none > 0 && whole > 0,
        "the kills hit both sides: {none} without a vault, {whole} with one"
    );
}

#[test]
fn d5_killed_at_50_points_of_writing_a_backup_every_backup_that_is_there_opens() {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = create(folder.path());
    let accounts = (0..50).map(|k| other(&k.to_string()));
    vault.add_all(accounts.collect()).unwrap();
    let key = backup_key();
    vault.keep_backup_key(Some(&key)).unwrap();
    drop(vault);
    let backups = backups(folder.path());
    backups.make().unwrap();
    let (mut written, mut caught) = (0, 0);
    for round in 0..50 {
        let mut writer = Writer::start(folder.path(), "backup", round * 1000);
        writer.hear_begins(1 + usize::try_from(round % 3).unwrap());
        spin(Duration::from_micros(round * 97 % 9000));
        let heard = writer.kill();
        written += heard.iter().filter(|line| *line == "done").count();
        caught += usize::from(heard.last().is_some_and(|line| line.ends_with("begin")));
        let all = backups.list(NOW_MS).unwrap();
        assert!(all.len() >= written.min(5), "round {round}: {all:?}");
        // One more may be there where a kill fell between the new name and the oldest's end
        assert!(all.len() <= 6, "round {round}: {all:?}");
        for saved in &all {
            let bytes = Folder::read(&saved.path).unwrap();
            assert_eq!(look(&bytes).as_ref(), Ok(&saved.made), "round {round}");
        }
        if !all.is_empty() {
            let (_, opened) = backups.newest_of(&key).unwrap().unwrap();
            assert_eq!(opened.unwrap().len(), 50, "round {round}");
        }
    }
    assert!(caught > 0, "no kill fell into the writing of a backup");
    let files = fs::read_dir(&backups.0).unwrap().count();
    assert!(
        files <= 7,
        "{files} files: what kills leave behind is taken the place of"
    );
}

/// An import and a restore are one and the same write.
#[test]
fn d5_killed_at_50_points_of_a_restore_or_an_import_all_accounts_are_there_or_none() {
    let folder = tempfile::tempdir().unwrap();
    drop(create(folder.path()));
    let (mut none, mut all) = (0, 0);
    let mut known = 0;
    // Closes in on the moment of the commit, whatever the machine's speed
    let mut delay = Duration::from_millis(5);
    for round in 0..50 {
        let mut writer = Writer::start(folder.path(), "restore", round);
        writer.hear_begins(1);
        spin(delay);
        let is_done = writer.kill().iter().any(|line| line == "done");
        let vault = open(folder.path());
        let found = vault.accounts().count();
        let kept = vault.settings_of("refused ").count();
        assert_eq!(kept * RESTORED, found * REFUSED, "round {round}");
        drop(vault);
        if found == known {
            assert!(!is_done, "round {round}: it said that it was done");
            none += 1;
            delay = delay.mul_f64(1.15);
        } else {
            assert_eq!(found, known + RESTORED, "round {round}: some and not all");
            all += 1;
            delay = delay.mul_f64(0.9);
        }
        known = found;
    }
    assert!(none > 0 && all > 0, "{none} with none, {all} with all");
}

#[test]
fn v10_killed_between_commit_and_display_or_before_no_passcode_is_shown_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = create(folder.path());
    let id = vault.add(counted(b"12345678901234567890", 0)).unwrap();
    drop(vault);
    let mut shown = BTreeSet::new();
    let mut skipped = 0;
    for round in 0..50 {
        let mut writer = Writer::start(folder.path(), "count", 0);
        writer.hear_begins(1 + usize::try_from(round % 3).unwrap());
        spin(Duration::from_micros(round * 41 % 900));
        for line in writer.kill() {
            let Some(counter) = line.strip_prefix("shown ") else {
                continue;
            };
            let counter: u64 = counter.parse().unwrap();
            assert!(
                shown.last().is_none_or(|last| counter > *last),
                "round {round}: {counter} after {shown:?}"
            );
            shown.insert(counter);
        }
        let vault = open(folder.path());
        let next = vault.account(id).and_then(Account::next_counter).unwrap();
        let last = shown.last().copied();
        assert!(
            last.is_none_or(|last| next > last),
            "round {round}: {next} would be shown again"
        );
        skipped = next - u64::try_from(shown.len()).unwrap();
    }
    assert!(!shown.is_empty());
    assert!(
        skipped <= 50,
        "at most the one in flight is lost to a kill: {skipped}"
    );
}

#[test]
fn v9_killed_at_50_points_of_a_change_of_pin_the_old_one_opens_the_vault_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = shared_place(folder.path());
    let mut vault = create(folder.path());
    vault.add(other("kept")).unwrap();
    drop(vault);
    let mut k = 0;
    let (mut old, mut new) = (0, 0);
    // Closes in on the moment of the commit, whatever the machine's speed
    let mut delay = Duration::from_millis(60);
    for round in 0..50 {
        let mut writer = Writer::start(folder.path(), "secret", k);
        writer.hear_begins(1);
        std::thread::sleep(delay);
        let is_done = writer.kill().iter().any(|line| line == "done");
        let by_new = unlock(&place, &pin(pin_of(k + 1)), NOW_MS);
        let vault = if let Ok(vault) = by_new {
            k += 1;
            new += 1;
            delay = delay.mul_f64(0.93);
            vault
        } else {
            assert!(
                !is_done,
                "round {round}: done, and the new PIN does not open it"
            );
            old += 1;
            delay = delay.mul_f64(1.07);
            unlock(&place, &pin(pin_of(k)), NOW_MS).expect("the old PIN opens it")
        };
        assert_eq!(issuers(&vault), ["kept"], "round {round}");
        assert!(!vault.is_older_copy(), "round {round}");
    }
    assert!(
        old > 0 && new > 0,
        "the kills hit both sides: {old} old, {new} new"
    );
}

#[test]
fn v13_killed_at_50_points_of_a_migration_the_vault_opens_with_everything_in_it() {
    let (mut before, mut after) = (0, 0);
    let mut delay = Duration::from_millis(60);
    for round in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        let place = shared_place(folder.path());
        common::V1.put(&place);
        let mut writer = Writer::start(folder.path(), "migrate", 0);
        writer.hear_begins(1);
        std::thread::sleep(delay);
        let is_done = writer.kill().iter().any(|line| line == "done");
        if format_of(&place) == 1 {
            assert!(!is_done, "round {round}");
            before += 1;
            delay = delay.mul_f64(1.07);
        } else {
            after += 1;
            delay = delay.mul_f64(0.93);
        }
        let mut vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
        assert!(!vault.is_older_copy(), "round {round}");
        assert_eq!(issuers(&vault), common::V1_NAMES, "round {round}");
        let (counted, _) = vault.accounts().next().unwrap();
        assert_eq!(vault.next_counter(counted), Ok(42), "round {round}");
        drop(vault);
        assert_eq!(format_of(&place), 2);
        let vault = unlock(&place, &pin(PIN), NOW_MS).unwrap();
        assert_eq!(vault.accounts().count(), 5, "round {round}");
        assert!(!place.directory.join("countersign.vault.format-1").exists());
        assert!(!place.directory.join("countersign.vault.new").exists());
    }
    assert!(
        before > 0 && after > 0,
        "the kills hit both sides: {before} before the switch, {after} after it"
    );
}

/// The format that the file claims, read without SQLite (the file's format, offset 60, is `PRAGMA user_version`).
fn format_of(place: &Place) -> u32 {
    let bytes = fs::read(place.vault_path()).unwrap();
    u32::from_be_bytes(bytes[60..64].try_into().unwrap())
}
