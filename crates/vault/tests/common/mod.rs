//! What the integration tests share: a place, a keystore that outlives its process, sample accounts.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use countersign_vault::backup::{BackupKey, Stamp};
use countersign_vault::{
    Account, Algorithm, BiometricError, BiometricKey, BiometricSecret, Chosen, DeviceBound,
    DeviceKeys, Dialect, KdfProfile, Keystore, KeystoreError, MemoryKeystore, OrganisationAccount,
    OrganisationPasscodes, OrganisationState, OtherAccount, OtherPasscodes, Place, Registration,
    Restorable, SecretText, ServiceIdentity, Typed, UnlockError, Vault, VaultFile,
};
use zeroize::Zeroizing;

pub(crate) const PIN: &str = "830521";
pub(crate) const PASSPHRASE: &str = "correct horse battery";
pub(crate) const NOW_MS: i64 = 1_790_000_000_000;

pub(crate) fn place(directory: &Path) -> Place {
    Place {
        directory: directory.join("vault"),
        keystore: Arc::new(MemoryKeystore::new()),
        kdf: KdfProfile::FLOOR,
    }
}

pub(crate) fn chosen_pin() -> Chosen {
    Chosen::pin(SecretText::from(PIN)).expect("a fair PIN")
}

pub(crate) fn chosen_passphrase() -> Chosen {
    Chosen::passphrase(SecretText::from(PASSPHRASE)).expect("a fair passphrase")
}

pub(crate) fn pin(text: &str) -> Typed {
    Typed::Pin(SecretText::from(text))
}

pub(crate) fn passphrase(text: &str) -> Typed {
    Typed::Passphrase(SecretText::from(text))
}

/// Opens and unlocks, or says why not.
pub(crate) fn unlock(place: &Place, typed: &Typed, now_ms: i64) -> Result<Vault, UnlockError> {
    let file = VaultFile::open(place).expect("the file opens");
    file.unlock(typed, now_ms).map_err(|refusal| refusal.error)
}

pub(crate) fn library(seed: &[u8]) -> OtherAccount {
    OtherAccount {
        issuer: "Library".to_owned(),
        account: "amira".to_owned(),
        custom_name: None,
        seed: Restorable::copied_from(seed),
        algorithm: Algorithm::Sha256,
        digits: 8,
        passcodes: OtherPasscodes::Timed { period_seconds: 60 },
    }
}

pub(crate) fn counted(seed: &[u8], next_counter: u64) -> Account {
    Account::Other(OtherAccount {
        passcodes: OtherPasscodes::Counted { next_counter },
        ..library(seed)
    })
}

pub(crate) fn other(issuer: &str) -> Account {
    Account::Other(OtherAccount {
        issuer: issuer.to_owned(),
        ..library(b"12345678901234567890")
    })
}

pub(crate) fn hospital() -> OrganisationAccount {
    OrganisationAccount {
        host: "countersign.hospital.example".to_owned(),
        service: Some(ServiceIdentity {
            id: "DSABCDEFGHIJKLMNOPQR".to_owned(),
            public_key: vec![4; 65],
        }),
        organisation: "St. Ansgar \u{201c}Teaching\u{201d} Hospital".to_owned(),
        username: "a.haddad".to_owned(),
        custom_name: Some("Ward 7\nnights".to_owned()),
        logo: Some(vec![0x89, b'P', b'N', b'G', 0, 255]),
        dialect: Dialect::Countersign1,
        state: OrganisationState::Working {
            registration: Registration {
                account_key: "DAABCDEFGHIJKLMNOPQR".to_owned(),
                device_id: "DPABCDEFGHIJKLMNOPQR".to_owned(),
                user_id: Some("DUABCDEFGHIJKLMNOPQR".to_owned()),
            },
            keys: DeviceKeys {
                device_key: DeviceBound::copied_from(&[0x30; 138]),
                seed: DeviceBound::copied_from(&[0x5e; 20]),
                passcodes: OrganisationPasscodes::Timed { period_seconds: 30 },
            },
            stopped: None,
        },
    }
}

pub(crate) fn issuers(vault: &Vault) -> Vec<String> {
    vault
        .accounts()
        .map(|(_, account)| match account {
            Account::Organisation(account) => account.organisation.clone(),
            Account::Other(account) => account.issuer.clone(),
        })
        .collect()
}

/// A keystore in a folder, for tests in which a second process opens the vault.
pub(crate) struct FolderKeystore(pub(crate) PathBuf);

impl Keystore for FolderKeystore {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(_) => Err(KeystoreError),
        }
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        // Renamed into place, so that a killed process leaves the old or the new one, as a real keystore does
        let draft = self.0.join(format!("{name}.new"));
        fs::create_dir_all(&self.0)
            .and_then(|()| fs::write(&draft, secret))
            .and_then(|()| fs::rename(&draft, self.0.join(name)))
            .map_err(|_| KeystoreError)
    }

    fn erase(&self, name: &str) -> Result<(), KeystoreError> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KeystoreError),
            _ => Ok(()),
        }
    }
}

/// A platform's keys in memory: the operation the person takes part in is always a yes, unless told otherwise.
#[derive(Default)]
pub(crate) struct MemoryBiometric {
    keys: Mutex<HashMap<String, [u8; 32]>>,
    destroyed: Mutex<bool>,
    refusal: Mutex<Option<BiometricError>>,
}

impl MemoryBiometric {
    pub(crate) fn refuse(&self, error: Option<BiometricError>) {
        *self.refusal.lock().unwrap() = error;
    }

    pub(crate) fn enrol_another_finger(&self) {
        self.keys.lock().unwrap().clear();
        *self.destroyed.lock().unwrap() = true;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.lock().unwrap().is_empty()
    }

    /// These keys under the names that `other` has for its own.
    pub(crate) fn renamed_to(&self, other: &Self) -> Self {
        let names: Vec<String> = other.keys.lock().unwrap().keys().cloned().collect();
        let keys = self.keys.lock().unwrap();
        Self {
            keys: Mutex::new(names.into_iter().zip(keys.values().copied()).collect()),
            ..Self::default()
        }
    }
}

impl BiometricKey for MemoryBiometric {
    fn make(&self, name: &str) -> Result<BiometricSecret, BiometricError> {
        let mut bytes = [0; 32];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes).unwrap();
        self.keys.lock().unwrap().insert(name.to_owned(), bytes);
        *self.destroyed.lock().unwrap() = false;
        self.release(name)
    }

    fn release(&self, name: &str) -> Result<BiometricSecret, BiometricError> {
        if let Some(error) = *self.refusal.lock().unwrap() {
            return Err(error);
        }
        if *self.destroyed.lock().unwrap() {
            return Err(BiometricError::Destroyed);
        }
        let keys = self.keys.lock().unwrap();
        let bytes = keys.get(name).ok_or(BiometricError::Unavailable)?;
        Ok(BiometricSecret::copied_from(bytes).expect("32 bytes"))
    }

    fn erase(&self, name: &str) -> Result<(), BiometricError> {
        self.keys.lock().unwrap().remove(name);
        Ok(())
    }
}

/// A platform's keys in a folder, for tests in which a second process opens the vault. It needs no key derivation,
/// which tests of the file's fate need not pay for.
pub(crate) struct FolderBiometric(pub(crate) PathBuf);

impl BiometricKey for FolderBiometric {
    fn make(&self, name: &str) -> Result<BiometricSecret, BiometricError> {
        let mut bytes = [0; 32];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes).unwrap();
        fs::create_dir_all(&self.0).unwrap();
        fs::write(self.0.join(name), bytes).unwrap();
        self.release(name)
    }

    fn release(&self, name: &str) -> Result<BiometricSecret, BiometricError> {
        let bytes = fs::read(self.0.join(name)).map_err(|_| BiometricError::Unavailable)?;
        BiometricSecret::copied_from(&bytes).ok_or(BiometricError::Destroyed)
    }

    fn erase(&self, name: &str) -> Result<(), BiometricError> {
        fs::remove_file(self.0.join(name)).map_err(|_| BiometricError::Unavailable)
    }
}

/// Opens and unlocks with a platform's key, or says why not.
pub(crate) fn by_biometric(
    place: &Place,
    platform: &dyn BiometricKey,
) -> Result<Vault, UnlockError> {
    let file = VaultFile::open(place).expect("the file opens");
    file.unlock_by_biometric(platform)
        .map_err(|refusal| refusal.error)
}

/// A sample, with what the keystore held when `examples/sample.rs` wrote it; of no use anywhere else.
pub(crate) struct Sample {
    pub(crate) file: &'static str,
    pub(crate) id: &'static str,
    pub(crate) device_secret: &'static str,
    pub(crate) erasable_secret: &'static str,
}

pub(crate) const V1: Sample = Sample {
    file: "v1.vault",
    id: "725afbc658c6cfad9bb6ea986bee0a1e",
    device_secret: "cb4f36b6b8b87a360dbfae693c341d817412e7cf9e5163cff6a537bfdd40e6c1",
    erasable_secret: "",
};

pub(crate) const V2: Sample = Sample {
    file: "v2.vault",
    id: "3f5b7a990c3cb7a8ececf4ac0c149581",
    device_secret: "d60a506a99132874caca782080bc7038ce4e36457e95aee0319b3dae88438700",
    erasable_secret: "69542a0e5a8c94240a3e4c17d1e1039eb438c5fd5705afeac81c6bfdab1acfff",
};

impl Sample {
    pub(crate) fn path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(self.file)
    }

    /// Puts the sample where a vault belongs, and what it hangs on into the keystore.
    pub(crate) fn put(&self, place: &Place) {
        for (name, secret) in [
            ("device secret", self.device_secret),
            ("erasable secret", self.erasable_secret),
        ] {
            if !secret.is_empty() {
                let secret = data_encoding::HEXLOWER.decode(secret.as_bytes()).unwrap();
                let name = format!("vault {} {name}", self.id);
                place.keystore.write(&name, &secret).unwrap();
            }
        }
        fs::create_dir_all(&place.directory).unwrap();
        fs::copy(self.path(), place.vault_path()).unwrap();
    }
}

/// Whom the accounts of the samples are with, in the list's order.
pub(crate) const V1_NAMES: [&str; 5] = [
    "Büro \u{201c}Süd\u{201d}",
    "Countersign General",
    "Half activated",
    "Forgotten",
    "Library",
];

/// A virtual environment that is made once, with the packages that the scripts need.
pub(crate) fn python_with_its_packages() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("decrypt-python");
    let python = folder.join("bin/python");
    // Tests are processes of their own: one makes it, the others wait
    let turn = fs::File::create(folder.with_extension("lock")).unwrap();
    turn.lock().unwrap();
    let ready = || {
        Command::new(&python)
            .args(["-c", "import argon2, cryptography, jsonschema"])
            .output()
    };
    if ready().is_ok_and(|output| output.status.success()) {
        return python;
    }
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder));
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args([
            "argon2-cffi==25.1.0",
            "cryptography==45.0.7",
            "jsonschema==4.25.1",
        ]));
    python
}

/// The device that backups are stamped with.
pub(crate) const DEVICE: &str = "Ward tablet 3";

/// The stamp of a backup of that serial.
pub(crate) fn stamp(serial: u64) -> Stamp<'static> {
    Stamp {
        at_ms: NOW_MS,
        serial,
        device: DEVICE,
    }
}

/// A backup key of its own salt.
pub(crate) fn backup_key() -> BackupKey {
    BackupKey::choose(&chosen_passphrase(), KdfProfile::FLOOR).unwrap()
}

/// Puts the sum right, as whoever alters a file on purpose does.
pub(crate) fn with_its_sum(mut bytes: Vec<u8>) -> Vec<u8> {
    let at = bytes.len() - 32;
    let sum = ring::digest::digest(&ring::digest::SHA256, &bytes[..at]);
    bytes[at..].copy_from_slice(sum.as_ref());
    bytes
}
