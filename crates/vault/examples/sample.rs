//! Writes the sealed sample of the present format, and a backup of it, into a folder: `cargo run -p countersign-vault --example sample -- FOLDER`.
//!
//! Run once per format version. The result is committed under `tests/fixtures` and must open for ever.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use countersign_vault::backup::{BackupKey, Contents, Folder, Stamp};
use countersign_vault::{
    Account, Algorithm, Chosen, DeviceBound, DeviceKeys, Dialect, KdfProfile, Keystore,
    KeystoreError, MemoryKeystore, OrganisationAccount, OrganisationPasscodes, OrganisationState,
    OtherAccount, OtherPasscodes, PendingActivation, Place, Registration, Restorable,
    ServiceIdentity, VaultFile,
};
use zeroize::Zeroizing;

/// Remembers what is written, so that the sample's device secret can stand beside the sample.
struct Telling {
    inner: MemoryKeystore,
    told: std::sync::mpsc::Sender<(String, String)>,
}

impl Keystore for Telling {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        self.inner.read(name)
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        let secret_hex = data_encoding::HEXLOWER.encode(secret);
        self.told
            .send((name.to_owned(), secret_hex))
            .map_err(|_| KeystoreError)?;
        self.inner.write(name, secret)
    }

    fn erase(&self, name: &str) -> Result<(), KeystoreError> {
        self.inner.erase(name)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("name a folder")?);
    let (told, telling) = std::sync::mpsc::channel();
    let place = Place {
        directory: folder,
        keystore: Arc::new(Telling {
            inner: MemoryKeystore::new(),
            told,
        }),
        kdf: KdfProfile::FLOOR,
    };
    let mut vault = VaultFile::create(&place, &Chosen::pin("830521".into())?)?;
    vault.set_slot(&Chosen::passphrase("correct horse battery".into())?)?;

    let working = vault.add(Account::Organisation(organisation(
        "Countersign General",
        OrganisationState::Working {
            registration: registration(),
            keys: DeviceKeys {
                device_key: DeviceBound::copied_from(b"not a real key, only its place"),
                seed: DeviceBound::copied_from(b"01234567890123456789"),
                passcodes: OrganisationPasscodes::Timed { period_seconds: 30 },
            },
            stopped: None,
        },
    )))?;
    vault.add(Account::Organisation(organisation(
        "Half activated",
        OrganisationState::Finishing(PendingActivation {
            code: DeviceBound::copied_from(b"AbCdEfGhIjKlMnOpQrSt"),
            device_key: DeviceBound::copied_from(b"another that is none"),
        }),
    )))?;
    vault.add(Account::Organisation(organisation(
        "Forgotten",
        OrganisationState::NeedsReactivating {
            registration: registration(),
        },
    )))?;
    let timed = vault.add(other(
        "Library",
        OtherPasscodes::Timed { period_seconds: 60 },
    ))?;
    let counted = vault.add(other(
        "Büro \u{201c}Süd\u{201d}",
        OtherPasscodes::Counted { next_counter: 41 },
    ))?;
    let removed = vault.add(other(
        "Removed",
        OtherPasscodes::Timed { period_seconds: 30 },
    ))?;
    vault.remove(removed)?;
    let trashed = vault.add(other("Trashed", OtherPasscodes::Steam))?;
    vault.trash(trashed, 1_790_000_000_000)?;
    vault.note(1_790_000_000_000, br#"{"kind":"approved"}"#)?;
    vault.next_counter(counted)?;
    vault.next_sequence(working)?;
    vault.next_sequence(working)?;
    vault.rename(timed, Some("Books"))?;
    vault.reorder(&[counted, working])?;
    vault.set_setting("clock offset", Some("-1500"))?;
    let chosen = Chosen::passphrase("zwei kleine Katzen".into())?;
    Folder(place.directory.clone()).save(
        &BackupKey::choose(&chosen, KdfProfile::FLOOR)?,
        &Contents::of(&vault),
        Stamp {
            at_ms: 1_790_000_000_000,
            serial: vault.generation(),
            device: "Ward tablet 3",
        },
    )?;
    drop(vault.lock());

    for (name, secret_hex) in telling.try_iter() {
        // Counts and generations are in there too; what opens the sample are the secrets
        if name.ends_with("secret") {
            println!("{name}: {secret_hex}");
        }
    }
    Ok(())
}

fn organisation(name: &str, state: OrganisationState) -> OrganisationAccount {
    OrganisationAccount {
        host: "countersign.hospital.example".to_owned(),
        service: Some(ServiceIdentity {
            id: "DSABCDEFGHIJKLMNOPQR".to_owned(),
            public_key: vec![4; 65],
        }),
        organisation: name.to_owned(),
        username: "a.haddad".to_owned(),
        custom_name: None,
        logo: Some(vec![0x89, b'P', b'N', b'G']),
        dialect: Dialect::Countersign1,
        state,
    }
}

fn registration() -> Registration {
    Registration {
        account_key: "DAABCDEFGHIJKLMNOPQR".to_owned(),
        device_id: "DPABCDEFGHIJKLMNOPQR".to_owned(),
        user_id: None,
    }
}

fn other(issuer: &str, passcodes: OtherPasscodes) -> Account {
    Account::Other(OtherAccount {
        issuer: issuer.to_owned(),
        account: "amira".to_owned(),
        custom_name: None,
        seed: Restorable::copied_from(b"12345678901234567890"),
        algorithm: Algorithm::Sha256,
        digits: 8,
        passcodes,
    })
}
