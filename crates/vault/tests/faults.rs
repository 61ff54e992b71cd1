//! Faults of the disk: flipped bytes, cuts, swapped pages. What was written is there, an older state is named so, or the damage
//! is; never a panic, never an empty vault (row V15).
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::fs;

use common::{MemoryBiometric, NOW_MS, chosen_pin, counted, hospital, issuers, other, place};
use countersign_vault::{Account, OpenError, Place, UnlockError, Vault, VaultFile};

const PAGE: usize = 4096;

/// What a damaged file may do.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// Everything is there.
    Whole,
    /// An earlier state, and it says so.
    Older,
    /// It does not open, and says why.
    Refused,
}

struct Bench {
    _folder: tempfile::TempDir,
    place: Place,
    platform: MemoryBiometric,
    names: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        let platform = MemoryBiometric::default();
        let mut vault = VaultFile::create(&place, &chosen_pin()).unwrap();
        vault.set_biometric(&platform).unwrap();
        fill(&mut vault);
        let names = issuers(&vault);
        drop(vault.lock());
        Self {
            _folder: folder,
            place,
            platform,
            names,
        }
    }

    fn read(&self) -> Vec<u8> {
        fs::read(self.place.vault_path()).unwrap()
    }

    /// Puts the file and its log, and opens them with the right key.
    fn try_with(&self, bytes: &[u8], log: Option<&[u8]>) -> Outcome {
        let log_path = self.place.directory.join("countersign.vault-wal");
        fs::write(self.place.vault_path(), bytes).unwrap();
        match log {
            Some(log) => fs::write(log_path, log).unwrap(),
            None => drop(fs::remove_file(log_path)),
        }
        let opened = match VaultFile::open(&self.place) {
            Ok(file) => file.unlock_by_biometric(&self.platform),
            Err(error) => {
                assert!(
                    matches!(
                        error,
                        OpenError::Damaged
                            | OpenError::NotAVault
                            | OpenError::TooNew { .. }
                            | OpenError::Unreadable
                    ),
                    "{error}"
                );
                assert!(self.place.has_vault());
                if log.is_none() {
                    assert!(self.read() == bytes, "the damaged file was changed");
                }
                return Outcome::Refused;
            }
        };
        match opened {
            Ok(vault) if vault.is_older_copy() => {
                assert!(vault.accounts().count() > 0);
                Outcome::Older
            }
            Ok(vault) => {
                assert_eq!(issuers(&vault), self.names);
                assert_eq!(vault.notes().len(), 20);
                Outcome::Whole
            }
            Err(refusal) => {
                assert!(
                    matches!(
                        refusal.error,
                        UnlockError::Damaged(_)
                            | UnlockError::Biometric(_)
                            | UnlockError::NoSuchSlot
                    ),
                    "{}",
                    refusal.error
                );
                Outcome::Refused
            }
        }
    }
}

fn fill(vault: &mut Vault) {
    vault.add(Account::Organisation(hospital())).unwrap();
    for name in ["a", "b", "c", "d", "e", "f"] {
        vault.add(other(name)).unwrap();
    }
    vault.add(counted(b"12345678901234567890", 3)).unwrap();
    for at_ms in 0..20 {
        vault.note(NOW_MS + at_ms, &[b'x'; 300]).unwrap();
    }
}

/// Where the faults fall: the same places in every run (xorshift64, Marsaglia 2003).
struct Places(u64);

impl Places {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }
}

#[test]
fn v15_a_thousand_single_flipped_bytes_leave_everything_or_a_named_damage() {
    let bench = Bench::new();
    let good = bench.read();
    assert_eq!(bench.try_with(&good, None), Outcome::Whole);
    let mut places = Places(0x5eed_0f17_c0de_cafe);
    let mut refused = 0;
    for _ in 0..1_000 {
        let mut bytes = good.clone();
        let at = places.below(bytes.len());
        bytes[at] ^= 1 << places.below(8);
        match bench.try_with(&bytes, None) {
            Outcome::Refused => refused += 1,
            Outcome::Whole => {}
            Outcome::Older => panic!("byte {at}: no flip makes an older state"),
        }
    }
    assert!(refused > 200, "{refused} of a thousand were noticed");
    assert_eq!(bench.try_with(&good, None), Outcome::Whole);
}

#[test]
fn v15_cut_files_and_swapped_doubled_or_emptied_pages_never_open_as_something_else() {
    let bench = Bench::new();
    let good = bench.read();
    let lengths = (0..good.len()).step_by(977);
    for length in lengths.chain((0..good.len()).step_by(PAGE)) {
        let outcome = bench.try_with(&good[..length], None);
        assert_eq!(outcome, Outcome::Refused, "cut to {length}");
    }
    let pages = good.len() / PAGE;
    assert!(pages > 5, "{pages} pages");
    let page = |number: usize| number * PAGE..(number + 1) * PAGE;
    for one in 0..pages {
        let mut empty = good.clone();
        empty[page(one)].fill(0);
        assert_ne!(bench.try_with(&empty, None), Outcome::Older);
        for two in 0..pages {
            let mut doubled = good.clone();
            doubled.copy_within(page(one), page(two).start);
            assert_ne!(bench.try_with(&doubled, None), Outcome::Older);
            let mut swapped = doubled;
            swapped[page(one)].copy_from_slice(&good[page(two)]);
            assert_ne!(bench.try_with(&swapped, None), Outcome::Older);
        }
    }
    assert_eq!(bench.try_with(&good, None), Outcome::Whole);
}

#[test]
fn v15_a_damaged_log_gives_the_last_state_or_an_earlier_one_that_says_so() {
    let mut bench = Bench::new();
    let mut vault = common::by_biometric(&bench.place, &bench.platform).unwrap();
    let (last, _) = vault.accounts().last().unwrap();
    for name in ["g", "h", "i"] {
        vault.add(other(name)).unwrap();
        vault.next_counter(last).unwrap();
    }
    bench.names = issuers(&vault);
    // As a killed process leaves them
    let main = bench.read();
    let log = fs::read(bench.place.directory.join("countersign.vault-wal")).unwrap();
    drop(vault.lock());
    assert_eq!(bench.try_with(&main, Some(&log)), Outcome::Whole);
    assert_eq!(
        bench.try_with(&main, None),
        Outcome::Older,
        "a log taken away"
    );
    let mut places = Places(0x0dd_ba11_5eed);
    let mut older = 0;
    for _ in 0..200 {
        let mut bytes = log.clone();
        let at = places.below(bytes.len());
        bytes[at] ^= 1 << places.below(8);
        older += usize::from(bench.try_with(&main, Some(&bytes)) == Outcome::Older);
    }
    assert!(older > 100, "{older}");
    for length in (0..log.len()).step_by(1_999) {
        let outcome = bench.try_with(&main, Some(&log[..length]));
        assert_ne!(outcome, Outcome::Refused, "the log cut to {length}");
    }
}
