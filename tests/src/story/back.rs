//! The phone is in step again, and its old keys are refused.

use anyhow::{Result, ensure};

use super::{ALICE, Story, scan};
use crate::{browser::Browser, person::Person, transcript::Transcript, window::Window};

impl Story {
    /// The app's "+" reads the code of the page, and a test request shows that it works.
    pub async fn scans_the_code(
        &self,
        record: &mut Transcript,
        browser: Browser,
    ) -> Result<Window> {
        let window = self.person.open(&[]).await?;
        Person::choose_pin(&window).await?;
        scan(record, &self.person, &window, &browser, "reactivate-code").await?;
        browser.reads("works again").await?;
        browser.press("Send a test request").await?;
        window.screen("request").await?;
        let screen = window.press_on("Approve").await?;
        ensure!(
            screen == "approved",
            "after Approve the window shows \"{screen}\""
        );
        window.press("Done").await?;
        browser.reads("Approved at").await?;
        record
            .shows(
                &browser,
                "portal-works-again",
                "The portal saw the scan, and the test that was approved.",
            )
            .await?;
        browser.press("Done").await?;
        browser.screen("devices").await?;
        browser.close().await?;
        Ok(window)
    }

    /// What was kept of the phone from before is worth nothing: neither its passcode nor its key.
    pub async fn refuses_the_old_keys(
        &mut self,
        record: &mut Transcript,
        kept: &Person,
    ) -> Result<()> {
        record.chapter("What was on the phone before is refused");
        // Not told yet that it is none any more, it makes passcodes as before
        self.service.stop();
        let window = kept.open(&[]).await?;
        Person::unlock(&window).await?;
        let passcode = window.passcode().await?;
        self.service.resume().await?;
        let answer = self.duo.passcode(ALICE, &passcode).await?;
        ensure!(answer["result"] == "deny", "the service answered {answer}");
        record.says(&format!(
            "A copy of the app from before shows {passcode}; the service answers: {}.",
            answer["result"]
        ));
        window.reads("Activated again elsewhere").await?;
        record
            .shows(
                &window,
                "old-keys",
                "The copy is told that its key is none any more.",
            )
            .await?;
        window.close().await
    }
}
