//! What the app finds when it starts: the same device, a file from elsewhere, nothing after a reinstall, a copy (`src/start`).
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::{
    fs,
    sync::{Arc, Mutex},
};

use common::{Device, PIN, add, end, listed, open, secret};
use countersign_authenticator::{
    Authenticator,
    view::{AccountState, AppView, CheckKind, Connection, CopyView, ProblemCode},
};
use countersign_protocol::signing::keys::SigningKey;
use countersign_vault::{
    Account, Chosen, DeviceBound, DeviceKeys, Dialect, Keystore, KeystoreError,
    OrganisationAccount, OrganisationPasscodes, OrganisationState, Registration, SecretText,
    VaultFile,
};
use zeroize::Zeroizing;

/// A keystore that knows nothing until it is told to remember.
struct Fickle(Mutex<bool>, Arc<dyn Keystore>);

impl Keystore for Fickle {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeystoreError> {
        if *self.0.lock().unwrap() {
            self.1.read(name)
        } else {
            Ok(None)
        }
    }

    fn write(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        self.1.write(name, secret)
    }

    fn erase(&self, name: &str) -> Result<(), KeystoreError> {
        self.1.erase(name)
    }
}

/// Whether it says that its accounts are gone; `None` where they are not.
async fn reinstalled(app: &Authenticator) -> Option<bool> {
    match app.view().await {
        AppView::First { reinstalled, .. } => Some(reinstalled),
        _ => None,
    }
}

/// Whether the account has keys here. Its state says less: nobody answers at its host.
async fn has_keys(app: &Authenticator, id: &str) -> bool {
    let accounts = open(app).await.accounts;
    accounts.iter().find(|each| each.id == id).unwrap().push
}

#[tokio::test(start_paused = true)]
async fn the_same_device_says_nothing() {
    let device = Device::new();
    let app = device.app();
    assert_eq!(reinstalled(&app).await, Some(false));
    app.create_vault(secret(PIN)).await.unwrap();
    add(&app, "Library").await;
    let app = device.restarted(app).await;
    let view = open(&app).await;
    assert_eq!((view.copy, view.accounts.len()), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn a_file_without_its_key_came_from_elsewhere() {
    let device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    end(app).await;
    let restored = fs::read(device.vault_file()).unwrap();

    let other = Device::new();
    fs::create_dir_all(other.vault_file().parent().unwrap()).unwrap();
    fs::write(other.vault_file(), &restored).unwrap();
    let app = other.app();
    let AppView::Elsewhere { path } = app.view().await else {
        panic!("no PIN opens it here: {:?}", app.view().await);
    };
    assert_eq!(path, other.vault_file().display().to_string());
    let refused = app.create_vault(secret(PIN)).await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::AlreadyHere);
    assert_eq!(fs::read(other.vault_file()).unwrap(), restored);

    // Beginning anew keeps the file, and is no coming back after a reinstall
    app.start_again().await.unwrap();
    assert_eq!(reinstalled(&app).await, Some(false));
    let kept = fs::read_dir(other.vault_file().parent().unwrap()).unwrap();
    let mut kept = kept.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    assert!(kept.any(|bytes| bytes == restored));
    app.create_vault(secret(PIN)).await.unwrap();
    assert_eq!(open(&app).await.copy, None);
}

/// A keystore that is locked may hold the key still: to go on as if it did not would cost the person every account.
#[tokio::test(start_paused = true)]
async fn a_keystore_that_cannot_be_read_is_an_error_and_no_reason_to_begin_anew() {
    let mut device = Device::new();
    let app = device.opened().await;
    add(&app, "Library").await;
    end(app).await;
    let before = fs::read(device.vault_file()).unwrap();

    let keystore = device.lock_keystore();
    let app = device.app();
    assert!(matches!(app.view().await, AppView::Locked { .. }));
    let refused = app.unlock(secret(PIN)).await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::KeystoreUnavailable);
    assert!(matches!(app.view().await, AppView::Locked { .. }));
    end(app).await;
    assert_eq!(fs::read(device.vault_file()).unwrap(), before);

    device.keystore = keystore;
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    assert_eq!(listed(&app).await, ["Library"]);
}

#[tokio::test(start_paused = true)]
async fn a_keystore_that_comes_back_is_found_by_asking_again() {
    let mut device = Device::new();
    let app = device.opened().await;
    end(app).await;
    // Another user's keyring, say: it works, and holds nothing of this vault
    let keystore = std::mem::replace(&mut device.keystore, Arc::clone(&Device::new().keystore));
    assert!(matches!(
        device.app().view().await,
        AppView::Elsewhere { .. }
    ));
    device.keystore = keystore;
    let app = device.app();
    assert!(matches!(app.view().await, AppView::Locked { .. }));
    app.unlock(secret(PIN)).await.unwrap();
    assert_eq!(open(&app).await.copy, None);
}

#[tokio::test(start_paused = true)]
async fn without_its_file_it_was_reinstalled_as_the_mark_or_the_keystore_tells() {
    for told_by in ["both", "the mark", "the keystore"] {
        let mut device = Device::new();
        let app = device.opened().await;
        end(app).await;
        fs::remove_dir_all(device.vault_file().parent().unwrap()).unwrap();
        match told_by {
            "the mark" => device.keystore = Arc::clone(&Device::new().keystore),
            "the keystore" => fs::remove_dir_all(device.mark().folder).unwrap(),
            _ => {}
        }
        let app = device.app();
        assert_eq!(reinstalled(&app).await, Some(true), "{told_by}");
        app.create_vault(secret(PIN)).await.unwrap();
        let app = device.restarted(app).await;
        assert_eq!(open(&app).await.copy, None, "{told_by}");
    }
    let mut device = Device::new();
    end(device.opened().await).await;
    fs::remove_dir_all(device.vault_file().parent().unwrap()).unwrap();
    fs::remove_dir_all(device.mark().folder).unwrap();
    device.keystore = Arc::clone(&Device::new().keystore);
    assert_eq!(reinstalled(&device.app()).await, Some(false));
}

#[tokio::test(start_paused = true)]
async fn v7_a_copy_on_another_machine_answers_nothing_until_it_is_told_to_go_on() {
    let device = Device::new();
    let hospital = vault_with_an_organisation(&device);
    // Made before there were marks: it gets its own at the next unlock, and loses nothing by it
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    let library = add(&app, "Library").await;
    assert_eq!(open(&app).await.copy, None);
    assert!(has_keys(&app, &hospital).await);
    end(app).await;

    // A disk copied whole, keystore and all: only what the machine is called differs
    let copied = device.on_another_machine();
    let app = copied.app();
    app.unlock(secret(PIN)).await.unwrap();
    let view = open(&app).await;
    assert_eq!(view.copy, Some(CopyView::Another));
    assert_eq!(view.connection, Connection::Unneeded);
    assert_eq!(app.check_up().await.unwrap()[0].kind, CheckKind::OlderCopy);
    for refused in [
        app.send_test(&hospital).await.unwrap_err(),
        app.rename(&hospital, "Work").await.unwrap_err(),
    ] {
        assert_eq!(refused.code, ProblemCode::OlderCopy);
    }
    assert_eq!(app.passcodes(vec![library]).await.unwrap().len(), 1);
    // It is one still after a restart
    let app = copied.restarted(app).await;
    assert_eq!(open(&app).await.copy, Some(CopyView::Another));

    app.use_older_copy().await.unwrap();
    assert_eq!(open(&app).await.copy, None);
    assert!(!has_keys(&app, &hospital).await);
    let app = copied.restarted(app).await;
    assert_eq!(open(&app).await.copy, None);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_got_another_name_keeps_its_keys_when_the_person_says_so() {
    let device = Device::new();
    let hospital = vault_with_an_organisation(&device);
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    end(app).await;
    let renamed = device.on_another_machine();
    let app = renamed.app();
    app.unlock(secret(PIN)).await.unwrap();
    assert_eq!(open(&app).await.copy, Some(CopyView::Another));
    app.keep_copy().await.unwrap();
    assert_eq!(open(&app).await.copy, None);
    assert!(has_keys(&app, &hospital).await);
    add(&app, "Library").await;
    let app = renamed.restarted(app).await;
    assert_eq!(open(&app).await.copy, None);
    assert!(has_keys(&app, &hospital).await);
}

#[tokio::test(start_paused = true)]
async fn v7_yesterdays_file_is_kept_as_it_is_by_nobodys_word() {
    let device = Device::new();
    let hospital = vault_with_an_organisation(&device);
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    end(app).await;
    let yesterday = fs::read(device.vault_file()).unwrap();
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    add(&app, "Library").await;
    end(app).await;
    fs::write(device.vault_file(), yesterday).unwrap();
    // On another machine too: older is worse than copied
    for place in [device.on_another_machine(), device] {
        let app = place.app();
        app.unlock(secret(PIN)).await.unwrap();
        assert_eq!(open(&app).await.copy, Some(CopyView::Older));
        let refused = app.keep_copy().await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::OlderCopy);
        assert!(has_keys(&app, &hospital).await, "nothing was decided yet");
        let refused = app.rename(&hospital, "Work").await.unwrap_err();
        assert_eq!(refused.code, ProblemCode::OlderCopy);
        end(app).await;
    }
}

/// A keystore that was locked for a moment looks like one that knows nothing.
#[tokio::test(start_paused = true)]
async fn a_vault_that_opens_again_is_not_set_aside() {
    let mut device = Device::new();
    end(device.opened().await).await;
    let fickle = Arc::new(Fickle(Mutex::new(false), Arc::clone(&device.keystore)));
    device.keystore = fickle.clone();
    let app = device.app();
    assert!(matches!(app.view().await, AppView::Elsewhere { .. }));
    *fickle.0.lock().unwrap() = true;
    let view = app.start_again().await.unwrap();
    assert!(matches!(view, AppView::Locked { .. }));
    app.unlock(secret(PIN)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_was_set_aside_and_is_put_back_has_its_keys_still() {
    let device = Device::new();
    let hospital = vault_with_an_organisation(&device);
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    end(app).await;
    let file = fs::read(device.vault_file()).unwrap();
    let app = device.app();
    app.start_again().await.unwrap();
    assert_eq!(reinstalled(&app).await, Some(false));
    app.create_vault(secret(PIN)).await.unwrap();
    end(app).await;
    fs::write(device.vault_file(), file).unwrap();
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    assert_eq!(open(&app).await.copy, None);
    assert!(has_keys(&app, &hospital).await);
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_not_taken_over_where_it_would_be_one_again() {
    let device = Device::new();
    let hospital = vault_with_an_organisation(&device);
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    end(app).await;
    let copied = device.on_another_machine();
    let app = copied.app();
    app.unlock(secret(PIN)).await.unwrap();
    // No mark can be written
    fs::remove_dir_all(copied.mark().folder).unwrap();
    fs::write(copied.mark().folder, "a file where the folder should be").unwrap();
    let refused = app.use_older_copy().await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::NotStored);
    assert!(has_keys(&app, &hospital).await, "nothing was lost for it");
    fs::remove_file(copied.mark().folder).unwrap();
    app.use_older_copy().await.unwrap();
    let app = copied.restarted(app).await;
    assert_eq!(open(&app).await.copy, None);
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_cannot_be_written_costs_nothing_and_is_written_later() {
    let device = Device::new();
    let in_the_way = device.mark().folder;
    fs::write(&in_the_way, "a file where the folder should be").unwrap();
    let app = device.opened().await;
    add(&app, "Library").await;
    let app = device.restarted(app).await;
    assert_eq!(open(&app).await.copy, None);
    fs::remove_file(&in_the_way).unwrap();
    let app = device.restarted(app).await;
    assert!(device.mark().folder.is_dir());
    let app = device.restarted(app).await;
    assert_eq!(open(&app).await.copy, None);
}

#[tokio::test(start_paused = true)]
async fn v7_an_older_copy_is_said_answers_nothing_and_needs_reactivating_once_used() {
    let device = Device::new();
    let hospital = vault_with_an_organisation(&device);
    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    assert_eq!(open(&app).await.copy, None);
    add(&app, "Library").await;
    end(app).await;
    let yesterday = fs::read(device.vault_file()).unwrap();

    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    add(&app, "Post").await;
    end(app).await;
    fs::write(device.vault_file(), yesterday).unwrap();

    let app = device.app();
    app.unlock(secret(PIN)).await.unwrap();
    let view = open(&app).await;
    assert_eq!(view.copy, Some(CopyView::Older));
    assert_eq!(view.connection, Connection::Unneeded);
    assert_eq!(app.check_up().await.unwrap()[0].kind, CheckKind::OlderCopy);
    for refused in [
        app.send_test(&hospital).await.unwrap_err(),
        app.rename(&hospital, "Work").await.unwrap_err(),
    ] {
        assert_eq!(refused.code, ProblemCode::OlderCopy);
    }
    // Passcodes of third parties still work
    let library = view.accounts.iter().find(|each| each.issuer == "Library");
    let codes = app.passcodes(vec![library.unwrap().id.clone()]).await;
    assert_eq!(codes.unwrap().len(), 1);

    let AppView::Open(view) = app.use_older_copy().await.unwrap() else {
        panic!("it is still open");
    };
    assert_eq!(view.copy, None);
    let hospital = view.accounts.iter().find(|each| each.id == hospital);
    assert_eq!(hospital.unwrap().state, AccountState::NeedsReactivating);
    add(&app, "Post").await;
}

/// A vault with one organisation account, made as an activation would. Gives the account's id.
fn vault_with_an_organisation(device: &Device) -> String {
    let key = SigningKey::make_p256(&ring::rand::SystemRandom::new()).unwrap();
    let chosen = Chosen::pin(SecretText::from(PIN)).unwrap();
    let mut vault = VaultFile::create(&device.place(), &chosen).unwrap();
    let id = vault.add(Account::Organisation(OrganisationAccount {
        host: "confirm.invalid".to_owned(),
        service: None,
        organisation: "Marlowe University Hospital".to_owned(),
        username: "a.lindqvist".to_owned(),
        custom_name: None,
        logo: None,
        dialect: Dialect::Countersign1,
        state: OrganisationState::Working {
            registration: Registration {
                account_key: "DAAAAAAAAAAAAAAAAAAA".to_owned(),
                device_id: "DPAAAAAAAAAAAAAAAAAA".to_owned(),
                user_id: None,
            },
            keys: DeviceKeys {
                device_key: DeviceBound::copied_from(key.expose_pkcs8()),
                seed: DeviceBound::copied_from(b"12345678901234567890"),
                passcodes: OrganisationPasscodes::Timed { period_seconds: 30 },
            },
            stopped: None,
        },
    }));
    id.unwrap().to_string()
}
