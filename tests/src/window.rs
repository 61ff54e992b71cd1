//! The app's real window, driven as a person would: by role, label and text.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use thirtyfour::{By, Capabilities, WebDriver, WebElement};

use crate::{
    desktop::{Desktop, DesktopOptions},
    part::{await_for, built},
};

/// How long a person would wait for a screen before calling it stuck.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The app, running in a desktop of its own.
pub struct Window {
    driver: WebDriver,
    desktop: Desktop,
}

impl Window {
    /// Starts the app with `arguments` on a new desktop.
    pub async fn open(options: &DesktopOptions, arguments: &[&str]) -> Result<Self> {
        // A second call finds the provider installed, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let app = built("countersign")?;
        let desktop = Desktop::start(options)?;
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
        Ok(Self { driver, desktop })
    }

    /// The WebDriver session, for what the helpers below do not cover.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// The desktop that the window is on.
    pub fn desktop(&self) -> &Desktop {
        &self.desktop
    }

    /// Waits until the screen `name` is shown.
    pub async fn screen(&self, name: &str) -> Result<WebElement> {
        self.visible(
            &format!("//*[@data-screen={}]", quoted(name)),
            &format!("the screen \"{name}\""),
        )
        .await
    }

    /// Waits until `text` can be read somewhere.
    pub async fn reads(&self, text: &str) -> Result<WebElement> {
        let path = format!(
            "//*[not(self::script) and contains(normalize-space(.), {0}) and not(*[contains(normalize-space(.), {0})])]",
            quoted(text)
        );
        self.visible(&path, &format!("the text \"{text}\"")).await
    }

    /// Presses the button or link that is called `label`.
    pub async fn press(&self, label: &str) -> Result<()> {
        let path = format!(
            "//*[self::button or self::a or @role='button'][normalize-space(.)={0} or @aria-label={0} \
             or starts-with(normalize-space(.), {0})]",
            quoted(label)
        );
        await_for(PATIENCE, async || {
            let button = self.now(&path, &format!("a button \"{label}\"")).await?;
            ensure!(
                button.is_enabled().await?,
                "the button \"{label}\" stayed disabled"
            );
            button
                .click()
                .await
                .with_context(|| format!("the button \"{label}\" could not be pressed"))
        })
        .await
    }

    /// Types `text` into the field that is called `label`.
    pub async fn type_into(&self, label: &str, text: &str) -> Result<()> {
        let field = self.field(label).await?;
        field.send_keys(text).await?;
        Ok(())
    }

    /// The field that is called `label`.
    pub async fn field(&self, label: &str) -> Result<WebElement> {
        let path = format!(
            "//*[self::input or self::textarea][@aria-label={0} or @id=//label[contains(normalize-space(.), {0})]/@for \
             or ancestor::label[contains(normalize-space(.), {0})] \
             or @aria-labelledby=//*[contains(normalize-space(.), {0})]/@id]",
            quoted(label)
        );
        self.visible(&path, &format!("a field \"{label}\"")).await
    }

    /// Saves what the window shows now to `path`.
    pub async fn picture(&self, path: &Path) -> Result<()> {
        self.driver.screenshot(path).await?;
        Ok(())
    }

    /// Everything that can be read in the window now.
    pub async fn text(&self) -> Result<String> {
        Ok(self.driver.find(By::Css("body")).await?.text().await?)
    }

    /// Ends the app as its close button does.
    pub async fn close(self) -> Result<()> {
        self.driver.quit().await?;
        Ok(())
    }

    async fn visible(&self, xpath: &str, what: &str) -> Result<WebElement> {
        let found = await_for(PATIENCE, async || self.now(xpath, what).await).await;
        match found {
            Ok(element) => Ok(element),
            Err(error) => {
                let seen = self.text().await.unwrap_or_default();
                Err(error.context(format!("the window shows:\n{seen}")))
            }
        }
    }

    async fn now(&self, xpath: &str, what: &str) -> Result<WebElement> {
        for element in self.driver.find_all(By::XPath(xpath)).await? {
            if element.is_displayed().await? {
                return Ok(element);
            }
        }
        anyhow::bail!("{what} did not appear")
    }
}

/// `text` as an XPath string, which has no escapes.
fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let pieces: Vec<String> = text.split('\'').map(|piece| format!("'{piece}'")).collect();
    format!("concat({})", pieces.join(", \"'\", "))
}
