//! The app's real window, on a desktop of its own.

use std::{ops::Deref, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use serde_json::json;
use thirtyfour::{Capabilities, WebDriver};

pub use crate::page::PATIENCE;
use crate::{
    desktop::{Desktop, DesktopOptions},
    page::Page,
    part::{await_for, built},
};

/// The app, running in a desktop of its own. What can be done in it is [`Page`]'s.
pub struct Window {
    page: Page,
    desktop: Desktop,
}

impl Deref for Window {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Window {
    /// Starts the app with `arguments` on a new desktop.
    pub async fn open(options: &DesktopOptions, arguments: &[&str]) -> Result<Self> {
        Self::open_on(Desktop::start(options)?, arguments).await
    }

    /// Starts the app with `arguments` on a desktop that shows no other window.
    pub async fn open_on(desktop: Desktop, arguments: &[&str]) -> Result<Self> {
        Self::open_program(&built("countersign")?, desktop, arguments).await
    }

    /// The same with `app`, another build of the app.
    pub async fn open_program(app: &Path, desktop: Desktop, arguments: &[&str]) -> Result<Self> {
        // A second call finds the provider installed, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut capabilities = Capabilities::new();
        capabilities.set(
            "webkitgtk:browserOptions",
            json!({ "binary": app, "args": arguments }),
        )?;
        let driver = await_for(PATIENCE, async || {
            WebDriver::builder(desktop.driver_url.clone(), capabilities.clone())
                .request_timeout(Duration::from_mins(1))
                .await
                .context("the app's window did not open")
        })
        .await?;
        Ok(Self {
            page: Page { driver },
            desktop,
        })
    }

    /// The desktop that the window is on.
    pub fn desktop(&self) -> &Desktop {
        &self.desktop
    }

    /// Ends the app as its close button does.
    pub async fn close(self) -> Result<()> {
        self.page.driver.quit().await?;
        Ok(())
    }

    /// Kills the app's own process with -9, as a crash or an empty battery would, and gives back the desktop.
    pub async fn kill(self) -> Result<Desktop> {
        let Self { page, desktop } = self;
        desktop.kill(&built("countersign")?)?;
        // The driver only has to forget the session; that its window is gone is the point
        let _ = page.driver.quit().await;
        Ok(desktop)
    }
}
