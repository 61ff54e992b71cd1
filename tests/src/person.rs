//! A person with the app on a device of her own, and what she does in its window.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    desktop::DesktopOptions,
    service::{Activation, Service},
    window::Window,
};

/// The PIN of everyone in the tests: none of those that are refused as easy to guess.
pub const PIN: &str = "394713";

/// Another site's key, as people copy it.
const KEY: &str = "gezd gnbv gy3t qojq gezd gnbv gy3t qojq";

/// A device: its files survive while windows come and go.
pub struct Person {
    /// Everything that belongs to the device.
    folder: PathBuf,
    /// The app's data folder.
    pub app: PathBuf,
    /// What the device's desktop is made with.
    pub desktop: DesktopOptions,
}

impl Person {
    /// A device in `folder`, whose administrator allows `service` and whose system trusts its certificate authority.
    pub fn new(folder: &Path, service: &Service) -> Result<Self> {
        let app = folder.join("app");
        fs::create_dir_all(&app)?;
        let trusted = folder.join("trusted.pem");
        trust(&service.ca, &trusted)?;
        allow(&app, &service.address())?;
        let desktop = DesktopOptions::new(&folder.join("home"))
            .variable("COUNTERSIGN_HOME", &app.to_string_lossy())
            .variable("SSL_CERT_FILE", &trusted.to_string_lossy());
        Ok(Self {
            folder: folder.to_owned(),
            app,
            desktop,
        })
    }

    /// Opens the app with `arguments`.
    pub async fn open(&self, arguments: &[&str]) -> Result<Window> {
        Window::open(&self.desktop, arguments).await
    }

    /// Takes the app and all its data off the device and installs it anew, as after a factory reset.
    pub fn reinstall(&self, service: &Service) -> Result<()> {
        fs::remove_dir_all(&self.app)?;
        fs::remove_dir_all(&self.desktop.home)?;
        fs::create_dir_all(&self.app)?;
        allow(&self.app, &service.address())
    }

    /// Takes the app's data off the device and installs it anew. The system's keystore and the mark of the installation stay.
    pub fn reinstall_app(&self) -> Result<()> {
        Ok(fs::remove_dir_all(self.app.join("vault"))?)
    }

    /// Takes away what the administrator set: then the person may choose the folder of the backups.
    pub fn unmanaged(&self) -> Result<()> {
        Ok(fs::remove_file(self.app.join("countersign-app.toml"))?)
    }

    /// Copies the accounts' file, with its log, to a new folder, as a backup of the whole device does.
    pub fn copy_vault(&self, folder: &Path) -> Result<()> {
        let copied = Command::new("cp")
            .arg("-a")
            .arg(self.app.join("vault"))
            .arg(folder)
            .status()?;
        ensure!(copied.success(), "the accounts could not be copied");
        Ok(())
    }

    /// Another device in `folder` with this one's accounts and keystore, and not the mark of its installation.
    pub fn copied_without_mark(&self, folder: &Path, service: &Service) -> Result<Self> {
        let copied = self.copied(folder, service)?;
        fs::remove_dir_all(copied.app.join("state"))?;
        Ok(copied)
    }

    /// Another device in `folder` with everything of this one on it, the keystore too, as whoever copied its disk has it.
    pub fn copied(&self, folder: &Path, service: &Service) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let copied = Command::new("cp")
            .arg("-a")
            .args([&self.app, &self.desktop.home])
            .arg(folder)
            .status()?;
        ensure!(copied.success(), "the device could not be copied");
        Self::new(folder, service)
    }

    /// From the first screen to the empty list: chooses a PIN, and opens the ways to add an account.
    pub async fn choose_pin(window: &Window) -> Result<()> {
        Self::choose_pin_after(window, "Other ways to add an account").await
    }

    /// From the first screen to where `button` there leads once there is a PIN.
    pub async fn choose_pin_after(window: &Window, button: &str) -> Result<()> {
        window.screen("first").await?;
        window.press(button).await?;
        window.screen("choose-pin").await?;
        window.type_into("PIN", PIN).await?;
        window.screen("repeat-pin").await?;
        window.type_into("PIN", PIN).await
    }

    /// Opens the locked app.
    pub async fn unlock(window: &Window) -> Result<()> {
        window.screen("lock").await?;
        window.type_into("PIN", PIN).await?;
        window.screen("home").await.map(drop)
    }

    /// From the confirmation of an activation to the list with the account in it.
    pub async fn activate(window: &Window) -> Result<()> {
        window.screen("confirm").await?;
        window.press("Activate this phone").await?;
        window.screen("added").await?;
        window.press("Done").await?;
        window.screen("home").await.map(drop)
    }

    /// A new device with the account `user` of `service` on it, at the list of accounts.
    pub async fn activated(folder: &Path, service: &Service, user: &str) -> Result<(Self, Window)> {
        Self::activated_with(folder, service, &service.activation(user)?).await
    }

    /// The same with a code that was made before.
    pub async fn activated_with(
        folder: &Path,
        service: &Service,
        activation: &Activation,
    ) -> Result<(Self, Window)> {
        let person = Self::new(folder, service)?;
        let window = person.open(&[&activation.text]).await?;
        Self::choose_pin(&window).await?;
        Self::activate(&window).await?;
        Ok((person, window))
    }

    /// From the list and back to it, with another site's account of that name in it.
    pub async fn add_typed(window: &Window, name: &str) -> Result<()> {
        window.press("Add").await?;
        window.press("Type a key").await?;
        window.screen("key").await?;
        window.type_into("Name", name).await?;
        window.type_into("Key", KEY).await?;
        window.press("Add account").await?;
        window.screen("added").await?;
        window.press("Done").await?;
        window.screen("home").await.map(drop)
    }

    /// A file of the device.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Writes the administrator's file: a service on `localhost` may be used, and backups lie beside the app's folder, so that they
/// outlive it as a person's documents do.
pub fn allow(app: &Path, address: &str) -> Result<()> {
    fs::write(
        app.join("countersign-app.toml"),
        format!(
            "hosts = [{address:?}]\nbackups = {:?}\n",
            backups(app).to_string_lossy()
        ),
    )?;
    Ok(())
}

/// Where the backups of the app in that data folder lie.
pub fn backups(app: &Path) -> PathBuf {
    app.with_file_name("documents").join("Countersign")
}

/// Writes the system's certificate authorities and `ca` to `bundle`.
pub fn trust(ca: &Path, bundle: &Path) -> Result<()> {
    let mut all = Vec::new();
    for system in [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ] {
        if let Ok(found) = fs::read(system) {
            all = found;
            break;
        }
    }
    all.extend(
        fs::read(ca).with_context(|| format!("no certificate authority at {}", ca.display()))?,
    );
    fs::write(bundle, all)?;
    Ok(())
}
