//! The phone was restored: no push reaches it, so she is called, and her devices open.

use anyhow::{Result, ensure};

use super::{ALICE, NUMBER, Story};
use crate::{
    browser::Browser,
    person::Person,
    portal::{at_step, first_way, number},
    transcript::Transcript,
};

/// A minute and a little: requests last one minute. From then on the service and what she opens are so much later than
/// the machine.
const RAN_OUT: u16 = 61;

impl Story {
    /// The app and all its data go off the phone; what it gives keeps a copy named `copy`, as a backup would.
    pub fn restores_her_phone(&mut self, record: &mut Transcript, copy: &str) -> Result<Person> {
        record.chapter("Her phone is restored");
        let kept = self.person.copied(&self.folder.join(copy), &self.service)?;
        self.person.reinstall(&self.service)?;
        record.says("The app is installed anew; its keys are gone from the phone.");
        Ok(kept)
    }

    /// She signs in from outside with the domain's password. Nothing arrives; the portal says so, and offers a call first.
    pub async fn is_not_reached(&self, record: &mut Transcript) -> Result<Browser> {
        record.chapter("No push reaches it, and the portal says so");
        let browser = self.signed_in(record, "portal-sign-in-again").await?;
        browser.screen("prove").await?;
        record
            .shows(
                &browser,
                "portal-prove",
                "Her Active Directory password is right; the portal asks for a proof.",
            )
            .await?;
        browser.press("Send a push").await?;
        number(&browser).await?;
        browser.press("Nothing arrived?").await?;
        browser
            .reads("Restored or new phone? It is out of step: use a call.")
            .await?;
        record
            .shows(
                &browser,
                "portal-nothing-arrived",
                "Nothing arrives, and the page says why.",
            )
            .await?;
        self.service.advance_to(RAN_OUT.into())?;
        browser.reads("We can’t reach that phone").await?;
        record
            .shows(
                &browser,
                "portal-not-reached",
                "A minute later: the phone cannot be reached, and the page offers a call.",
            )
            .await?;
        browser.press("Another way").await?;
        let first = first_way(&browser, "Call a phone").await?;
        ensure!(first.contains("Use this one"), "first comes: {first}");
        record
            .shows(
                &browser,
                "portal-call-first",
                "Now a call comes first: no push reaches her phone.",
            )
            .await?;
        Ok(browser)
    }

    /// Her telephone rings, she hears what to do, types the number of the page, and is in.
    pub async fn is_called(&mut self, record: &mut Transcript, browser: &Browser) -> Result<()> {
        record.chapter("She is called");
        browser.press("Call a phone").await?;
        self.telephone.rings(1).await?;
        at_step(browser, "Ringing").await?;
        record
            .shows(
                browser,
                "portal-ringing",
                &format!("The telephone {} rings, and the page says so.", NUMBER.1),
            )
            .await?;
        self.telephone.pick_up()?;
        let shown = number(browser).await?;
        at_step(browser, &format!("Answered. Type {shown}")).await?;
        record
            .shows(
                browser,
                "portal-answered",
                "She picks up, and the page says so.",
            )
            .await?;
        self.telephone.hears(4).await?;
        self.telephone.press(&shown)?;
        browser.screen("devices").await?;
        // A recording can be read when its call is over
        self.telephone.is_over(1).await?;
        let alike = self.telephone.heard_the_question()?;
        record.says(&format!(
            "She heard \"type the number shown on that page\" ({alike}), and typed {shown} on the keypad."
        ));
        record
            .shows(browser, "portal-devices", "She is in: her devices.")
            .await
    }

    /// Nothing arrives, and her telephone is not at hand: a code of the Service Desk lets her in.
    pub async fn is_let_in_by_the_service_desk(&self, record: &mut Transcript) -> Result<Browser> {
        record.chapter("The Service Desk lets her in");
        let browser = self.signed_in(record, "portal-without-a-telephone").await?;
        browser.press("Send a push").await?;
        number(&browser).await?;
        browser.press("Nothing arrived?").await?;
        browser
            .reads("Restored or new phone? It is out of step")
            .await?;
        browser.press("Another way").await?;
        browser.press("None of these work for me").await?;
        browser.screen("ask-desk").await?;
        record
            .shows(
                &browser,
                "portal-service-desk",
                "Nothing arrives, and her telephone is not at hand: the Service Desk can let her in.",
            )
            .await?;
        browser.press("I have a one-time passcode").await?;
        browser
            .type_into("One-time passcode", &self.service.bypass(ALICE)?)
            .await?;
        browser.press("Continue").await?;
        browser.screen("devices").await?;
        record.says("She types the one-time passcode that was read to her, and is in.");
        Ok(browser)
    }

    /// Device Options, Reactivate, Android, "I have it installed": up to the code.
    pub async fn asks_for_a_code(&self, record: &mut Transcript, browser: &Browser) -> Result<()> {
        record.chapter("The phone is reactivated");
        browser.press("Device Options").await?;
        browser.reads("Reactivate Countersign").await?;
        record
            .shows(browser, "portal-options", "Device Options.")
            .await?;
        browser.press("Reactivate").await?;
        browser.press("Android").await?;
        record
            .shows(
                browser,
                "portal-install",
                "Reactivate asks what it is, and whether the app is installed.",
            )
            .await?;
        browser.press("I have Countersign installed").await
    }
}
