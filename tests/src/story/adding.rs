//! A new phone is added in the portal.

use anyhow::Result;

use super::{ALICE, NUMBER, Story, scan};
use crate::{person::PIN, transcript::Transcript, window::Window};

impl Story {
    /// From her password to the first passcode on her phone, whose number is confirmed by a text.
    pub async fn adds_her_phone(&mut self, record: &mut Transcript) -> Result<Window> {
        record.chapter("A new phone is added in the portal");
        let browser = self.signed_in(record, "portal-sign-in").await?;
        browser.reads("Add your first device").await?;
        record
            .shows(
                &browser,
                "portal-first-device",
                "Her Active Directory password is right. She has no device yet.",
            )
            .await?;
        browser.press("Add a device").await?;
        browser.press("Mobile phone").await?;
        record
            .shows(&browser, "portal-add-type", "She adds a mobile phone.")
            .await?;
        browser.press("Continue").await?;
        browser.type_into("Phone number", NUMBER.0).await?;
        browser.press("Text me a code").await?;
        record
            .shows(&browser, "portal-add-number", "She types its number.")
            .await?;
        browser.press("Continue").await?;
        browser
            .type_into("Code", &self.phones.code().await?)
            .await?;
        record.says("A code comes by text, and she types it.");
        browser.press("Android").await?;
        browser.press("Continue").await?;
        record
            .shows(
                &browser,
                "portal-add-install",
                "She is told to install the app.",
            )
            .await?;
        browser.press("I have Countersign installed").await?;

        let window = self.person.open(&[]).await?;
        window.screen("first").await?;
        record
            .shows(&window, "first-run", "The app opens for the first time.")
            .await?;
        window.press("Other ways to add an account").await?;
        window.screen("choose-pin").await?;
        record
            .shows(&window, "choose-pin", "It asks for a PIN.")
            .await?;
        window.type_into("PIN", PIN).await?;
        window.screen("repeat-pin").await?;
        window.type_into("PIN", PIN).await?;
        scan(record, &self.person, &window, &browser, "add-code").await?;
        browser.reads("is ready").await?;
        record
            .shows(
                &browser,
                "portal-added",
                "The portal says that it is ready.",
            )
            .await?;
        browser.close().await?;
        window.passcode().await?;
        record
            .shows(
                &window,
                "accounts",
                &format!("{ALICE}'s account is on the list, with its passcode."),
            )
            .await?;
        Ok(window)
    }
}
