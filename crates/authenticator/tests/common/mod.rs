//! A device for tests: a folder, a keystore of memory and a clock that stands still until it is told to go on.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::{fs, path::PathBuf, sync::Arc};

use countersign_authenticator::{
    Authenticator, BackupPlace, DeviceFacts, InstallMark, Surroundings,
    clock::Clock,
    view::{ActivityKind, Algorithm, AppView, OpenView, TypedAccount},
};
use countersign_protocol::time::UnixMillis;
use countersign_vault::{KdfProfile, Keystore, MemoryKeystore, Place, UnavailableKeystore};
use tempfile::TempDir;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// The PIN of every vault made here.
pub(crate) const PIN: &str = "830521";
/// The passphrase of every vault made where there is no keystore.
pub(crate) const PASSPHRASE: &str = "four words for tests";

/// Runs with tokio's clock, which a test stops and moves.
pub(crate) struct TestClock {
    start: Instant,
}

impl Clock for TestClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(1_795_492_110_000) + i64::try_from(self.start.elapsed().as_millis()).unwrap()
    }

    fn since_boot_ms(&self) -> Option<u64> {
        Some(1_000_000 + u64::try_from(self.start.elapsed().as_millis()).unwrap())
    }
}

/// A device with a folder of its own.
pub(crate) struct Device {
    pub(crate) folder: TempDir,
    pub(crate) keystore: Arc<dyn Keystore>,
    clock: Arc<TestClock>,
    machine: String,
    managed_backups: bool,
}

impl Device {
    /// One with a keystore, so that a PIN locks the vault.
    pub(crate) fn new() -> Self {
        Self::with(Arc::new(MemoryKeystore::new()))
    }

    /// One without.
    pub(crate) fn without_keystore() -> Self {
        Self::with(Arc::new(UnavailableKeystore))
    }

    fn with(keystore: Arc<dyn Keystore>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            keystore,
            clock: Arc::new(TestClock {
                start: Instant::now(),
            }),
            machine: "ward".to_owned(),
            managed_backups: false,
        }
    }

    /// Whose administrator says where backups lie.
    pub(crate) fn with_managed_backups(mut self) -> Self {
        self.managed_backups = true;
        self
    }

    /// A machine with a copy of everything on this one, the keystore too.
    pub(crate) fn on_another_machine(&self) -> Self {
        let copied = Self {
            machine: "office".to_owned(),
            ..Self::with(Arc::clone(&self.keystore))
        };
        let marks = fs::read_dir(self.mark().folder).unwrap();
        let marks = marks.map(|mark| mark.unwrap().path());
        for file in std::iter::once(self.vault_file()).chain(marks) {
            let to = copied
                .folder
                .path()
                .join(file.strip_prefix(self.folder.path()).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(file, to).unwrap();
        }
        copied
    }

    /// Gives the keystore as it was before nobody could read it.
    pub(crate) fn lock_keystore(&mut self) -> Arc<dyn Keystore> {
        std::mem::replace(&mut self.keystore, Arc::new(UnavailableKeystore))
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            directory: self.folder.path().join("vault"),
            keystore: Arc::clone(&self.keystore),
            kdf: KdfProfile::FLOOR,
        }
    }

    pub(crate) fn vault_file(&self) -> PathBuf {
        self.place().vault_path()
    }

    /// The mark of this installation.
    pub(crate) fn mark(&self) -> InstallMark {
        InstallMark {
            folder: self.folder.path().join("state"),
            machine: Some(self.machine.clone()),
        }
    }

    /// The app, closed.
    pub(crate) fn app(&self) -> Authenticator {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let backups = self.folder.path().join("documents/Countersign");
        Authenticator::new(Surroundings {
            place: self.place(),
            mark: self.mark(),
            clock,
            backups: Some(if self.managed_backups {
                BackupPlace::Managed(backups)
            } else {
                BackupPlace::Usual(backups)
            }),
            saved: Some(self.folder.path().join("downloads")),
            managed: Vec::new(),
            device: DeviceFacts {
                platform: "Linux".to_owned(),
                model: String::new(),
                name: "Test phone".to_owned(),
                app_version: "0.0.0".to_owned(),
            },
        })
        .unwrap()
    }

    /// The app with a new vault, open.
    pub(crate) async fn opened(&self) -> Authenticator {
        let app = self.app();
        app.create_vault(secret(PIN)).await.unwrap();
        app
    }

    /// The app after it was ended and started again, open.
    pub(crate) async fn restarted(&self, app: Authenticator) -> Authenticator {
        end(app).await;
        let app = self.app();
        app.unlock(secret(PIN)).await.unwrap();
        app
    }
}

/// Ends an app, so that its vault can be opened by another.
pub(crate) async fn end(app: Authenticator) {
    app.lock().await;
    drop(app);
}

pub(crate) fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

pub(crate) async fn open(app: &Authenticator) -> OpenView {
    match app.view().await {
        AppView::Open(view) => view,
        other => panic!("not open: {other:?}"),
    }
}

/// Adds a third party's account and gives its id.
pub(crate) async fn add(app: &Authenticator, issuer: &str) -> String {
    app.add_typed(typed(issuer)).await.unwrap().id
}

pub(crate) fn typed(issuer: &str) -> TypedAccount {
    TypedAccount {
        issuer: issuer.to_owned(),
        account: "nina".to_owned(),
        key: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned(),
        counter_based: false,
        digits: 6,
        period_seconds: 30,
        algorithm: Algorithm::Sha1,
        steam: false,
    }
}

/// The issuers in the list's order.
pub(crate) async fn listed(app: &Authenticator) -> Vec<String> {
    let accounts = open(app).await.accounts;
    accounts.into_iter().map(|account| account.issuer).collect()
}

/// What happened, newest first.
pub(crate) async fn happened(app: &Authenticator) -> Vec<ActivityKind> {
    let activity = app.activity().await.unwrap();
    activity.into_iter().map(|each| each.kind).collect()
}
