//! What only the inside can test: a full disk, the bound on seals, and what is left in memory after a lock.

use std::sync::Arc;

use crate::seal::MOST_SEALS;
use crate::{
    Account, Algorithm, Chosen, DeviceBound, DeviceKeys, Dialect, KdfProfile, MemoryKeystore,
    OrganisationAccount, OrganisationPasscodes, OrganisationState, OtherAccount, OtherPasscodes,
    Place, Registration, Restorable, SecretText, Typed, Vault, VaultError, VaultFile,
};

const NOW_MS: i64 = 1_790_000_000_000;

fn place(folder: &tempfile::TempDir) -> Place {
    Place {
        directory: folder.path().join("vault"),
        keystore: Arc::new(MemoryKeystore::new()),
        kdf: KdfProfile::FLOOR,
    }
}

fn other(issuer: &str, seed: Restorable) -> Account {
    Account::Other(OtherAccount {
        issuer: issuer.to_owned(),
        account: "amira".to_owned(),
        custom_name: None,
        seed,
        algorithm: Algorithm::Sha1,
        digits: 6,
        passcodes: OtherPasscodes::Counted { next_counter: 3 },
    })
}

fn issuers(vault: &Vault) -> Vec<&str> {
    vault
        .accounts()
        .map(|(_, account)| match account {
            Account::Other(account) => account.issuer.as_str(),
            Account::Organisation(account) => account.organisation.as_str(),
        })
        .collect()
}

#[test]
fn a_full_disk_changes_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut vault =
        VaultFile::create(&place(&folder), &Chosen::pin("830521".into()).unwrap()).unwrap();
    let seed = || Restorable::copied_from(b"12345678901234567890");
    let id = vault.add(other("kept", seed())).unwrap();
    let pages: i64 = vault
        .file
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    let full = |vault: &Vault, most: i64| {
        vault
            .file
            .connection
            .pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))
            .unwrap();
    };
    full(&vault, pages);
    let big = "x".repeat(40_000);
    assert_eq!(vault.add(other(&big, seed())), Err(VaultError::NotStored));
    assert_eq!(vault.rename(id, Some(&big)), Err(VaultError::NotStored));
    assert_eq!(
        vault.set_setting("big", Some(&big)),
        Err(VaultError::NotStored)
    );
    assert_eq!(issuers(&vault), ["kept"]);
    assert_eq!(vault.account(id).unwrap().custom_name(), None);
    assert_eq!(vault.setting("big"), None);
    full(&vault, 1_000_000);
    vault.add(other("after", seed())).unwrap();
    let typed = Typed::Pin("830521".into());
    let vault = vault
        .lock()
        .unlock(&typed, NOW_MS)
        .map_err(|refusal| refusal.error)
        .unwrap();
    assert_eq!(issuers(&vault), ["kept", "after"]);
}

#[test]
fn v4_seals_are_counted_over_restarts_and_end_before_two_to_the_32() {
    let folder = tempfile::tempdir().unwrap();
    let mut vault =
        VaultFile::create(&place(&folder), &Chosen::pin("830521".into()).unwrap()).unwrap();
    let at_first = vault.rows.seals();
    let id = vault
        .add(other(
            "one",
            Restorable::copied_from(b"12345678901234567890"),
        ))
        .unwrap();
    // Body, moving cell and header
    assert_eq!(vault.rows.seals(), at_first + 3);
    vault.next_counter(id).unwrap();
    assert_eq!(vault.rows.seals(), at_first + 5);
    let typed = Typed::Pin("830521".into());
    let mut vault = vault
        .lock()
        .unlock(&typed, NOW_MS)
        .map_err(|refusal| refusal.error)
        .unwrap();
    assert_eq!(vault.rows.seals(), at_first + 5);

    const { assert!(MOST_SEALS < 1 << 32) };
    vault.rows.set_seals(MOST_SEALS - 2);
    vault.next_counter(id).unwrap();
    assert_eq!(vault.next_counter(id), Err(VaultError::SealsSpent));
    assert_eq!(vault.account(id).unwrap().next_counter(), Some(5));
    let vault = vault
        .lock()
        .unlock(&typed, NOW_MS)
        .map_err(|refusal| refusal.error)
        .unwrap();
    assert_eq!(vault.account(id).unwrap().next_counter(), Some(5));
}

#[cfg(target_os = "linux")]
mod memory {
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;

    use zeroize::Zeroizing;

    use super::*;

    /// A secret remembered only in disguise, so that looking for it does not put it into memory.
    struct Canary {
        what: &'static str,
        disguised: Vec<u8>,
    }

    const MASK: u8 = 0xa7;

    impl Canary {
        fn of(what: &'static str, secret: &[u8]) -> Self {
            Self {
                what,
                disguised: secret.iter().map(|byte| byte ^ MASK).collect(),
            }
        }

        fn is_in(&self, memory: &[u8]) -> bool {
            memory.windows(self.disguised.len()).any(|window| {
                window[0] ^ MASK == self.disguised[0]
                    && window
                        .iter()
                        .zip(&self.disguised)
                        .all(|(found, disguised)| found ^ MASK == *disguised)
            })
        }
    }

    /// Which canaries are anywhere in this process's writable memory.
    fn found(canaries: &[Canary]) -> Vec<&'static str> {
        const PIECE: usize = 1 << 20;
        let overlap = canaries
            .iter()
            .map(|canary| canary.disguised.len())
            .max()
            .unwrap();
        let memory = File::open("/proc/self/mem").unwrap();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let mut found = Vec::new();
        // One buffer of one size: a buffer that grows would leave copies of what it read behind
        let mut buffer = Zeroizing::new(vec![0; PIECE + overlap]);
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else {
                continue;
            };
            if !rights.starts_with("rw") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let [from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
            for piece in (from..to).step_by(PIECE) {
                let wanted = usize::try_from(to - piece).unwrap().min(buffer.len());
                // Another thread may have given the region back meanwhile
                let Ok(length) = memory.read_at(&mut buffer[..wanted], piece) else {
                    continue;
                };
                for canary in canaries {
                    if canary.is_in(&buffer[..length]) && !found.contains(&canary.what) {
                        found.push(canary.what);
                    }
                }
            }
        }
        found
    }

    fn working(seed: DeviceBound) -> OrganisationAccount {
        OrganisationAccount {
            host: "countersign.hospital.example".to_owned(),
            service: None,
            organisation: "St. Ansgar".to_owned(),
            username: "a.haddad".to_owned(),
            custom_name: None,
            logo: None,
            dialect: Dialect::Countersign1,
            state: OrganisationState::Working {
                registration: Registration {
                    account_key: "DA".to_owned(),
                    device_id: "DP".to_owned(),
                    user_id: None,
                },
                keys: DeviceKeys {
                    device_key: DeviceBound::copied_from(b"none"),
                    seed,
                    passcodes: OrganisationPasscodes::Timed { period_seconds: 30 },
                },
                stopped: None,
            },
        }
    }

    fn random(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn v8_after_a_lock_no_seed_key_or_passphrase_is_left_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder);
        // Disguised from the start: the bytes themselves exist only in the vault's own types
        let seed = Canary {
            what: "seed",
            disguised: random(20),
        };
        let seed_hex = Canary {
            what: "seed as hex",
            disguised: seed
                .disguised
                .iter()
                .flat_map(|byte| {
                    let byte = byte ^ MASK;
                    [byte >> 4, byte & 15]
                        .map(|digit| b"0123456789abcdef"[usize::from(digit)] ^ MASK)
                })
                .collect(),
        };
        let passphrase = Canary {
            what: "passphrase",
            disguised: random(24)
                .iter()
                .map(|byte| (b'a' + byte % 26) ^ MASK)
                .collect(),
        };
        let bytes = |canary: &Canary| {
            Zeroizing::new(
                canary
                    .disguised
                    .iter()
                    .map(|byte| byte ^ MASK)
                    .collect::<Vec<u8>>(),
            )
        };
        let disguised = passphrase.disguised.clone();
        let text = || {
            let mut text = Zeroizing::new(String::with_capacity(24));
            text.extend(disguised.iter().map(|byte| char::from(byte ^ MASK)));
            SecretText::new(text)
        };

        let mut vault = VaultFile::create(&place, &Chosen::passphrase(text()).unwrap()).unwrap();
        let id = vault
            .add(other("canary", Restorable::new(bytes(&seed))))
            .unwrap();
        vault.next_counter(id).unwrap();
        let device_seed = Canary {
            what: "device seed",
            disguised: random(20),
        };
        let bound = DeviceBound::new(bytes(&device_seed));
        vault.add(Account::Organisation(working(bound))).unwrap();
        let mut vault = vault
            .lock()
            .unlock(&Typed::Passphrase(text()), NOW_MS)
            .map_err(|refusal| refusal.error)
            .unwrap();
        vault.rename(id, Some("renamed")).unwrap();
        let records_key = crate::stack::wiped(|| {
            let (id, key) = (vault.file.id, vault.rows.key().expose());
            let derived = crate::keys::derive(id, key, b"countersign vault 2 records");
            Canary::of(
                "records key",
                secrecy::ExposeSecret::expose_secret(&derived),
            )
        });
        let key = Canary::of("vault key", vault.rows.key().expose());
        let device_key = crate::stack::wiped(|| {
            let erasable = vault.rows.erasable().unwrap();
            let both = Zeroizing::new([*vault.rows.key().expose(), *erasable.expose()].concat());
            let derived = crate::keys::derive(vault.file.id, &both, b"countersign vault 2 device");
            Canary::of("device key", secrecy::ExposeSecret::expose_secret(&derived))
        });
        let canaries = [
            seed,
            seed_hex,
            device_seed,
            passphrase,
            key,
            records_key,
            device_key,
        ];
        let unlocked = found(&canaries);
        assert!(
            ["seed", "device seed", "vault key"]
                .iter()
                .all(|what| unlocked.contains(what)),
            "the search finds what is there: {unlocked:?}"
        );

        let file = vault.lock();
        assert_eq!(found(&canaries), Vec::<&str>::new(), "after a lock");
        let refusal = file
            .unlock(&Typed::Passphrase("wrong passphrase".into()), NOW_MS)
            .err()
            .unwrap();
        assert_eq!(found(&canaries), Vec::<&str>::new(), "after a refusal");
        drop(
            refusal
                .file
                .unlock(&Typed::Passphrase(text()), NOW_MS)
                .map_err(|refusal| refusal.error)
                .unwrap(),
        );
        assert_eq!(found(&canaries), Vec::<&str>::new(), "after a drop");
    }
}
