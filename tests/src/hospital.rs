//! A hospital whose staff try the service: one person with a password, and as many devices as a test wants.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    browser::{Browser, Screen},
    duo::DuoClient,
    headless::{Headless, Start},
    person::Person,
    phone::{TEXTED, TRIAL},
    portal::{PASSWORD, sign_in},
    service::Service,
    telephone::Telephone,
    window::Window,
};

/// The person's name.
pub const USER: &str = "a.lindqvist";

/// A service that anyone may try, one person with a password, and a folder for her devices.
pub struct Hospital {
    /// The service.
    pub service: Service,
    managed: Vec<String>,
    folder: TempDir,
}

impl Hospital {
    /// Opens it.
    pub async fn new() -> Result<Self> {
        Self::with("").await
    }

    /// The same with further lines in its configuration.
    pub async fn with(settings: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let settings = format!("{TRIAL}{settings}");
        let service = Service::start_with(&folder.path().join("service"), &settings).await?;
        Self::of(folder, service)
    }

    /// The same where the time is the test's to move, by [`Service::advance_to`].
    pub async fn timed() -> Result<Self> {
        Self::timed_with(TRIAL).await
    }

    /// The same where calls go by a trunk, and all of them to `telephone`.
    pub async fn calling(telephone: &Telephone) -> Result<Self> {
        Self::timed_with(&format!("{TEXTED}{}", telephone.settings()?)).await
    }

    async fn timed_with(settings: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let service = Service::start_timed(&folder.path().join("service"), settings).await?;
        Self::of(folder, service)
    }

    fn of(folder: TempDir, service: Service) -> Result<Self> {
        service.add_user(USER)?;
        service.set_password(USER, PASSWORD)?;
        Ok(Self {
            managed: vec![service.address()],
            service,
            folder,
        })
    }

    /// The app without a window on the device `name`, with its vault open.
    pub fn app(&self, name: &str) -> Result<Headless> {
        let start = Start {
            managed: &self.managed,
            ca: Some(&self.service.ca),
            ..Start::default()
        };
        Headless::open(&self.vault(name), start)
    }

    /// The same, activated for the person.
    pub fn activated(&self, name: &str) -> Result<Headless> {
        let mut app = self.app(name)?;
        app.activate(&self.service.activation(USER)?.text)?;
        Ok(app)
    }

    /// The app in its window on the device `name`, activated for the person, at the list of accounts.
    pub async fn window(&self, name: &str) -> Result<(Person, Window)> {
        Person::activated(&self.vault(name), &self.service, USER).await
    }

    /// The app in its window on the device `name`, as it was installed: at its first screen.
    pub async fn fresh_window(&self, name: &str) -> Result<(Person, Window)> {
        let person = Person::new(&self.vault(name), &self.service)?;
        let window = person.open(&[]).await?;
        Ok((person, window))
    }

    /// The app and all its data are gone from the device `name`, as after a reinstall.
    pub fn wipe(&self, name: &str) -> Result<()> {
        Ok(fs::remove_dir_all(self.vault(name))?)
    }

    /// Copies all of the device `name` to another one.
    pub fn copy(&self, name: &str, other: &str) -> Result<()> {
        let (from, to) = (self.vault(name), self.vault(other));
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    }

    /// A file beside her devices.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A browser in which the person gave name and password.
    pub async fn signed_in(&self) -> Result<Browser> {
        sign_in(&self.service, USER, Screen::Wide).await
    }

    /// The names of the devices that the service knows the person to have.
    pub fn devices(&self) -> Result<Vec<String>> {
        let listed: Value = self.service.json(&["user", "devices", USER])?;
        let devices = listed["devices"].as_array().context("a list of devices")?;
        Ok(devices
            .iter()
            .filter_map(|device| device["name"].as_str().map(str::to_owned))
            .collect())
    }

    /// An application that asks for second signatures.
    pub fn duo(&self) -> Result<DuoClient> {
        DuoClient::new(
            &self.service,
            &self.service.add_integration("Ward Charts", &[])?,
        )
    }

    fn vault(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The passcode that the first account of `app` shows now.
pub fn passcode(app: &mut Headless) -> Result<String> {
    let view = app.ask("view", json!({}))?;
    let shown = app.ask("passcodes", json!({ "ids": [view["accounts"][0]["id"]] }))?;
    Ok(shown[0]["code"].as_str().context("a passcode")?.to_owned())
}
