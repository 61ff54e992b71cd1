//! The vault's file: a good one with bytes changed, or any bytes at all. It opens whole, or says in a typed error what
//! is wrong; it never comes up empty (row V5).
//!
//! An input that begins as an SQLite file does is the file. Any other is a list of changes to a good one: two bytes say
//! where, one says how many bytes follow to be put there.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use anyhow::Result;
use countersign_vault::{
    Account, Algorithm, BiometricError, BiometricKey, BiometricSecret, Chosen, KdfProfile,
    Keystore, KeystoreError, OtherAccount, OtherPasscodes, Place, Restorable, SecretText,
    VaultFile,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// Accounts in the good file.
const ACCOUNTS: usize = 3;
const NOW_MS: i64 = 1_790_000_000_000;
const SQLITE: &[u8] = b"SQLite format 3\0";

pub(crate) fn run(input: &[u8]) {
    let good = good();
    let bytes = if input.starts_with(SQLITE) {
        input.to_vec()
    } else {
        changed(&good.bytes, input)
    };
    let keystore = KnownKeystore(Mutex::new(good.secrets.clone()));
    let place = Place {
        directory: good.folder.path().join("try"),
        keystore: Arc::new(keystore),
        kdf: KdfProfile::FLOOR,
    };
    let _ = fs::remove_dir_all(&place.directory);
    let written =
        fs::create_dir(&place.directory).and_then(|()| fs::write(place.vault_path(), &bytes));
    written.unwrap_or_else(|error| panic!("no room to write a file: {error}"));
    let Ok(file) = VaultFile::open(&place) else {
        return;
    };
    let _ = file.slots();
    let _ = file.may_try(NOW_MS);
    let Ok(vault) = file.unlock_by_biometric(&FixedKey) else {
        return;
    };
    // Every account is there, or it would not have opened
    assert_eq!(vault.accounts().count(), ACCOUNTS);
    for (_, account) in vault.accounts() {
        let Account::Other(account) = account else {
            panic!("an account of another kind")
        };
        assert_eq!(account.seed.expose(), SEED);
    }
}

const SEED: &[u8] = b"12345678901234567890";

/// A file with bytes changed as `input` says.
fn changed(good: &[u8], input: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let mut rest = input;
    while let [high, low, count, tail @ ..] = rest {
        let wanted = usize::from(u16::from_be_bytes([*high, *low]));
        let at = wanted % bytes.len().max(1);
        let (new, after) = tail.split_at(usize::from(*count).min(tail.len()));
        for (old, new) in bytes.iter_mut().skip(at).zip(new) {
            *old = *new;
        }
        rest = after;
    }
    bytes
}

struct Good {
    folder: TempDir,
    bytes: Vec<u8>,
    secrets: Secrets,
}

type Secrets = HashMap<String, Zeroizing<Vec<u8>>>;

/// A file with a few accounts, made once in each process.
fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| make().unwrap_or_else(|error| panic!("no vault was made: {error}")))
}

fn make() -> Result<Good> {
    let folder = tempfile::tempdir()?;
    let keystore = Arc::new(KnownKeystore::default());
    let place = Place {
        directory: folder.path().join("good"),
        keystore: keystore.clone(),
        kdf: KdfProfile::FLOOR,
    };
    let mut vault = VaultFile::create(&place, &Chosen::pin(SecretText::from("830521"))?)?;
    vault.set_biometric(&FixedKey)?;
    for number in 0..ACCOUNTS {
        vault.add(Account::Other(OtherAccount {
            issuer: format!("Library {number}"),
            account: "amira".to_owned(),
            custom_name: None,
            seed: Restorable::copied_from(SEED),
            algorithm: Algorithm::Sha1,
            digits: 6,
            passcodes: OtherPasscodes::Counted { next_counter: 7 },
        }))?;
    }
    vault.set_setting("clock offset", Some("12"))?;
    drop(vault);
    let path: PathBuf = place.vault_path();
    let secrets = keystore.held().clone();
    Ok(Good {
        bytes: fs::read(path)?,
        folder,
        secrets,
    })
}

/// A keystore whose content can be taken out and put into another.
#[derive(Default)]
struct KnownKeystore(Mutex<Secrets>);

impl KnownKeystore {
    fn held(&self) -> std::sync::MutexGuard<'_, Secrets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keystore for KnownKeystore {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        Ok(self.held().get(name).cloned())
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        self.held()
            .insert(name.to_owned(), Zeroizing::new(secret.to_vec()));
        Ok(())
    }

    fn erase(&self, name: &str) -> Result<(), KeystoreError> {
        self.held().remove(name);
        Ok(())
    }
}

/// A sensor that knows everybody, so that no key is stretched for each input.
struct FixedKey;

impl FixedKey {
    fn key() -> Result<BiometricSecret, BiometricError> {
        BiometricSecret::copied_from(&[7; 32]).ok_or(BiometricError::Unavailable)
    }
}

impl BiometricKey for FixedKey {
    fn make(&self, _: &str) -> Result<BiometricSecret, BiometricError> {
        Self::key()
    }

    fn release(&self, _: &str) -> Result<BiometricSecret, BiometricError> {
        Self::key()
    }

    fn erase(&self, _: &str) -> Result<(), BiometricError> {
        Ok(())
    }
}
