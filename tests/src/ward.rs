//! A service with one user, and the app without a window beside it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    headless::{Headless, Start},
    service::Service,
};

/// The user's name.
pub const USER: &str = "a.lindqvist";

/// A service with one user, and a folder for vaults.
pub struct Ward {
    /// The service.
    pub service: Service,
    /// Removed when dropped.
    pub folder: TempDir,
    managed: Vec<String>,
}

impl Ward {
    /// Starts the service and adds [`USER`].
    pub async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let service = Service::start(folder.path()).await?;
        Self::of(folder, service)
    }

    /// The same where the time is the test's to move, by [`Service::advance_to`].
    pub async fn timed() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let service = Service::start_timed(folder.path(), "").await?;
        Self::of(folder, service)
    }

    fn of(folder: TempDir, service: Service) -> Result<Self> {
        service.add_user(USER)?;
        Ok(Self {
            managed: vec![service.address()],
            service,
            folder,
        })
    }

    /// Where the first app's vault lies.
    pub fn vault(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// An app that knows the service and trusts its certificate authority.
    pub fn start(&self) -> Start<'_> {
        Start {
            managed: &self.managed,
            ca: Some(&self.service.ca),
            ..Start::default()
        }
    }

    /// The first app, with its vault open.
    pub fn app(&self) -> Result<Headless> {
        Headless::open(&self.vault(), self.start())
    }

    /// The folder of the service's certificate and key.
    pub fn tls(&self) -> &Path {
        self.service.ca.parent().unwrap_or(&self.service.ca)
    }
}

/// The passcode that the app shows for `account` now.
pub fn passcode(app: &mut Headless, account: &Value) -> Result<String> {
    let shown = app.ask("passcodes", json!({ "ids": [account["id"]] }))?;
    Ok(shown[0]["code"].as_str().unwrap_or_default().to_owned())
}
