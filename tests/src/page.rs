//! What is on the screen, driven as a person would: by role, label and text. The app's window and a browser's page alike.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use thirtyfour::{By, WebDriver, WebElement};

use crate::part::await_for;

/// How long a person would wait for a screen before calling it stuck.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Ends when every short movement on the screen is over and was painted; the waiting mark walks on for ten seconds.
const AT_REST: &str = "const done = arguments[arguments.length - 1]; \
    const short = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 2000); \
    Promise.allSettled(short.map((one) => one.finished)) \
      .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done())));";

/// A page that a WebDriver session shows.
pub struct Page {
    pub(crate) driver: WebDriver,
}

impl Page {
    /// The WebDriver session, for what the helpers below do not cover.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
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
        let pressed = await_for(PATIENCE, async || self.click_now(label).await).await;
        self.or_what_is_shown(pressed).await
    }

    /// Presses `label` until the window shows another screen, and gives that screen's name.
    ///
    /// An answer that is pressed in the first moment after a request appeared counts as a slip and is ignored, so a
    /// person presses again.
    pub async fn press_on(&self, label: &str) -> Result<String> {
        let before = self.screen_name().await?;
        await_for(PATIENCE, async || {
            if self.screen_name().await? == before {
                // The button may be busy, or gone with its screen a moment ago
                let _ = self.click_now(label).await;
            }
            let after = self.screen_name().await?;
            ensure!(
                after != before,
                "the window stayed on \"{before}\" after \"{label}\""
            );
            Ok(after)
        })
        .await
    }

    /// Presses `label` until `text` can be read: an answer in the first moment of a request is taken for a slip.
    pub async fn press_until_reads(&self, label: &str, text: &str) -> Result<()> {
        await_for(PATIENCE, async || {
            // The button may be busy, or still off, a moment ago
            let _ = self.click_now(label).await;
            let seen = self.text().await?;
            ensure!(
                seen.contains(text),
                "\"{text}\" did not appear after \"{label}\"; the window shows:\n{seen}"
            );
            Ok(())
        })
        .await
    }

    /// Whether the first screen that is not "starting" is the one named.
    pub async fn is_on(&self, name: &str) -> Result<bool> {
        await_for(PATIENCE, async || {
            let shown = self.screen_name().await?;
            ensure!(!matches!(&*shown, "" | "starting"), "it is still starting");
            Ok(shown == name)
        })
        .await
    }

    /// The name of the screen that is shown.
    pub async fn screen_name(&self) -> Result<String> {
        let name = "const all = document.querySelectorAll('[data-screen]'); \
                    return all.length ? all[all.length - 1].dataset.screen : ''";
        Ok(self.driver.execute(name, Vec::new()).await?.convert()?)
    }

    /// Chooses the picture `path` in the dialog that "Choose an image" opens.
    pub async fn choose_picture(&self, path: &Path) -> Result<()> {
        let input = self.driver.find(By::Css("input[type=file]")).await?;
        input.send_keys(path.to_string_lossy().as_ref()).await?;
        Ok(())
    }

    /// Chooses the file `path` in the dialog of that name.
    pub async fn choose_file(&self, name: &str, path: &Path) -> Result<()> {
        let input = By::Css(format!("input[type=file][aria-label='{name}']"));
        let input = self.driver.find(input).await?;
        Ok(input.send_keys(path.to_string_lossy().as_ref()).await?)
    }

    /// Types `text` into the field that is called `label`, once it takes any.
    pub async fn type_into(&self, label: &str, text: &str) -> Result<()> {
        await_for(PATIENCE, async || {
            let field = self.field(label).await?;
            ensure!(
                field.attr("readonly").await?.is_none(),
                "the field \"{label}\" stayed busy"
            );
            field.send_keys(text).await?;
            Ok(())
        })
        .await
    }

    /// The field that is called `label`.
    pub async fn field(&self, label: &str) -> Result<WebElement> {
        let path = format!(
            "//*[self::input or self::textarea][@aria-label={0} or starts-with(@aria-label, concat({0}, ',')) or @id=//label[contains(normalize-space(.), {0})]/@for \
             or ancestor::label[contains(normalize-space(.), {0})] \
             or @aria-labelledby=//*[contains(normalize-space(.), {0})]/@id]",
            quoted(label)
        );
        self.visible(&path, &format!("a field \"{label}\"")).await
    }

    /// The passcode of the first account on the list, as a screen reader is told it: "Passcode 4 8 2, 9 1 3. …".
    pub async fn passcode(&self) -> Result<String> {
        await_for(PATIENCE, async || {
            let card = self
                .now("//button[contains(@aria-label, 'Passcode ')]", "a passcode")
                .await?;
            let name = card.attr("aria-label").await?.unwrap_or_default();
            let (_, spoken) = name
                .rsplit_once("Passcode ")
                .context("the name was matched above")?;
            let spoken = spoken.split('.').next().unwrap_or_default();
            Ok(spoken.chars().filter(char::is_ascii_digit).collect())
        })
        .await
    }

    /// Saves what the window shows now to `path`.
    pub async fn picture(&self, path: &Path) -> Result<()> {
        self.driver.execute_async(AT_REST, Vec::new()).await?;
        self.driver.screenshot(path).await?;
        Ok(())
    }

    /// Everything that can be read in the window now.
    pub async fn text(&self) -> Result<String> {
        Ok(self.driver.find(By::Css("body")).await?.text().await?)
    }

    async fn visible(&self, xpath: &str, what: &str) -> Result<WebElement> {
        let found = await_for(PATIENCE, async || self.now(xpath, what).await).await;
        self.or_what_is_shown(found).await
    }

    /// An error also tells what can be read at that moment.
    async fn or_what_is_shown<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => {
                let seen = self.text().await.unwrap_or_default();
                Err(error.context(format!("the window shows:\n{seen}")))
            }
        }
    }

    async fn click_now(&self, label: &str) -> Result<()> {
        let buttons = "//*[self::button or self::a or @role='button' or @role='switch']";
        let name = quoted(label);
        // The one that is called so before one whose name goes on, such as "Remove" before "Remove from this phone"
        let exactly = format!("{buttons}[normalize-space(.)={name} or @aria-label={name}]");
        let button = if let Ok(button) = self.now(&exactly, "").await {
            button
        } else {
            let begins = format!("{buttons}[starts-with(normalize-space(.), {name})]");
            self.now(&begins, &format!("a button \"{label}\"")).await?
        };
        ensure!(
            button.is_enabled().await?,
            "the button \"{label}\" stayed disabled"
        );
        let pressed = button.click().await;
        if pressed.is_err() {
            // It may lie under the tabs, from where a person scrolls it up
            button.scroll_into_view().await?;
        }
        pressed.with_context(|| format!("the button \"{label}\" could not be pressed"))
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
