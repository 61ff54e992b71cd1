//! The app's engine in this process.

use std::{path::Path, sync::Arc};

use anyhow::{Result, anyhow};
use countersign_authenticator::{
    Authenticator, DeviceFacts, InstallMark, Surroundings,
    clock::SystemClock,
    view::{Problem, ScanView},
};
use countersign_protocol::host::Host;
use countersign_vault::{KdfProfile, Place, UnavailableKeystore};
use zeroize::Zeroizing;

use crate::headless::PASSPHRASE;

/// Where a vault lies that is opened by a passphrase.
pub(super) fn place(folder: &Path, kdf: KdfProfile) -> Place {
    Place {
        directory: folder.to_owned(),
        keystore: Arc::new(UnavailableKeystore),
        kdf,
    }
}

/// An engine on the vault in `folder`; it may talk to `hosts`.
pub(super) fn new(folder: &Path, kdf: KdfProfile, hosts: &[String]) -> Result<Authenticator> {
    let managed = hosts
        .iter()
        .map(|host| Host::parse(host))
        .collect::<Result<_, _>>()?;
    Ok(Authenticator::new(Surroundings {
        place: place(folder, kdf),
        mark: InstallMark {
            folder: folder.join("state"),
            machine: None,
        },
        clock: Arc::new(SystemClock),
        backups: None,
        saved: None,
        managed,
        device: DeviceFacts {
            platform: "Linux".to_owned(),
            model: "Bench".to_owned(),
            name: "Bench phone".to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    })?)
}

/// Makes the vault.
pub(super) async fn create(app: &Authenticator) -> Result<()> {
    app.create_vault(secret())
        .await
        .map(drop)
        .map_err(of_problem)
}

/// The passphrase of every vault made here.
pub(super) fn secret() -> Zeroizing<String> {
    Zeroizing::new(PASSPHRASE.to_owned())
}

/// Reads an activation text and says yes to it.
pub(super) async fn activate(app: &Authenticator, text: &str) -> Result<()> {
    match app.read_text(text).await.map_err(of_problem)? {
        ScanView::Activation(read) => app
            .activate(&read.draft)
            .await
            .map(drop)
            .map_err(of_problem),
        _ => Err(anyhow!("the text is no activation")),
    }
}

/// A problem as an error.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
pub(super) fn of_problem(problem: Problem) -> anyhow::Error {
    anyhow!("{problem:?}")
}
