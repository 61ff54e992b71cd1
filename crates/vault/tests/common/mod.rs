//! What the integration tests share: a place, a keystore that outlives its process, sample accounts.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

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
