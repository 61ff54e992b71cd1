//! A real browser, Chromium without a display, at the portal.

use std::{
    ops::Deref,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{Capabilities, Cookie, DesiredCapabilities, SameSite, WebDriver, WindowHandle};

use crate::{
    kdc::Computer,
    page::{PATIENCE, Page},
    part::{Part, await_for, free_port},
    service::Service,
};

/// Names a session; no script reads it.
const COOKIE: &str = "__Host-countersign";

/// Chromium, with a profile that is gone when it is dropped. What can be done in it is [`Page`]'s.
pub struct Browser {
    page: Page,
    // Dropped in this order: the driver with its browser first, then the profile under them
    _driver: Part,
    _profile: TempDir,
}

/// How large the browser's page is, in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub enum Screen {
    /// A computer's.
    Wide,
    /// A phone's.
    Narrow,
}

impl Deref for Browser {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Browser {
    /// A new browser at the front page of `service`, whose certificate it takes.
    pub async fn open(service: &Service, screen: Screen) -> Result<Self> {
        let browser = Self::blank(screen).await?;
        browser.go_to(service, "/").await?;
        Ok(browser)
    }

    /// A new browser that shows nothing yet.
    pub async fn blank(screen: Screen) -> Result<Self> {
        Self::start(screen, None).await
    }

    /// A new browser at the front page of `service`, on a computer that tells the service who is signed in to it.
    pub async fn at_computer(service: &Service, computer: &Computer) -> Result<Self> {
        let browser = Self::start(Screen::Wide, Some(computer)).await?;
        browser.go_to(service, "/").await?;
        Ok(browser)
    }

    async fn start(screen: Screen, computer: Option<&Computer>) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let profile = tempfile::tempdir()?;
        let port = free_port()?;
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(computer) = computer {
            command
                .env("KRB5_CONFIG", &computer.configuration)
                .env("KRB5CCNAME", &computer.cache);
            // A fresh profile keeps its network in a sandbox without GSSAPI until it met such a header once
            let folder = profile.path().join("profile");
            std::fs::create_dir_all(&folder)?;
            let met = json!({ "net": { "received_http_auth_negotiate_headers": true } });
            std::fs::write(folder.join("Local State"), met.to_string())?;
        }
        let driver =
            Part::start(&mut command).context("no ChromeDriver: run scripts/setup browser")?;
        let size = match screen {
            Screen::Wide => "--window-size=1280,1000",
            Screen::Narrow => "--window-size=390,844",
        };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=en-GB",
            size,
            "--auth-server-allowlist=localhost",
        ];
        let mut capabilities: Capabilities = DesiredCapabilities::chrome().into();
        // The demo's certificate authority is nobody's whom the browser trusts
        capabilities.set("acceptInsecureCerts", true)?;
        capabilities.set(
            "goog:chromeOptions",
            json!({
                "args": arguments
                    .iter()
                    .map(|argument| (*argument).to_owned())
                    .chain([format!("--user-data-dir={}", profile.path().join("profile").display())])
                    .collect::<Vec<_>>(),
            }),
        )?;
        let driver_url = format!("http://127.0.0.1:{port}");
        let session = await_for(PATIENCE, async || {
            WebDriver::builder(driver_url.clone(), capabilities.clone())
                .request_timeout(Duration::from_mins(1))
                .await
                .context("the browser did not open")
        })
        .await?;
        Ok(Self {
            page: Page { driver: session },
            _driver: driver,
            _profile: profile,
        })
    }

    /// Loads `path` of `service`, as typed into the address bar.
    pub async fn go_to(&self, service: &Service, path: &str) -> Result<()> {
        let address = format!("https://{}{path}", service.address());
        self.driver().goto(address).await?;
        Ok(())
    }

    /// Takes the place of the page that is open with a new tab at `path`, in the same session. Gives the tabs: the one
    /// before, and the new one.
    pub async fn open_tab(&self, service: &Service, path: &str) -> Result<[WindowHandle; 2]> {
        let before = self.driver().window().await?;
        let new = self.driver().new_tab().await?;
        self.driver().switch_to_window(new.clone()).await?;
        self.go_to(service, path).await?;
        Ok([before, new])
    }

    /// The cookie that names the person's session.
    pub async fn session_cookie(&self) -> Result<String> {
        let cookie = self.driver().get_named_cookie(COOKIE).await?;
        Ok(cookie.value)
    }

    /// Takes `cookie` for one's own, as whoever stole it would, and loads the portal.
    pub async fn come_with(&self, service: &Service, cookie: &str) -> Result<()> {
        let address = format!("https://{}/devices", service.address());
        self.driver().goto(address.as_str()).await?;
        let mut stolen = Cookie::new(COOKIE, cookie);
        stolen.set_path("/");
        stolen.set_secure(true);
        stolen.set_same_site(SameSite::Strict);
        self.driver().add_cookie(stolen).await?;
        self.driver().goto(address).await?;
        Ok(())
    }

    /// Ends the browser.
    pub async fn close(self) -> Result<()> {
        self.page.driver.clone().quit().await?;
        Ok(())
    }
}
