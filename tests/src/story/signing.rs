//! What she does with her phone in a day: approve, type a passcode, lock it, and say that it was not her.

use anyhow::{Result, ensure};

use super::{ALICE, Story};
use crate::{person::Person, transcript::Transcript, window::Window};

impl Story {
    /// A push with a number, approved; `name` begins the names of its pictures.
    pub async fn approves(
        &self,
        record: &mut Transcript,
        window: &Window,
        name: &str,
    ) -> Result<()> {
        let (number, txid) = self.duo.push_with_number(ALICE).await?;
        record.says(&format!(
            "duo_client asks for a push; the sign-in page shows {number}."
        ));
        window.screen("number").await?;
        record
            .shows(
                window,
                &format!("{name}-request"),
                "The request appears in the app by itself.",
            )
            .await?;
        window.type_into("Number", &number).await?;
        let screen = window.press_on("Approve").await?;
        ensure!(
            screen == "approved",
            "after Approve the window shows \"{screen}\""
        );
        record
            .shows(
                window,
                &format!("{name}-approved"),
                "The number is typed, and Approve pressed.",
            )
            .await?;
        let status = self.duo.decided(&txid).await?;
        record.says(&format!("duo_client hears: {}.", status["status_msg"]));
        ensure!(status["success"] == true, "the client was told {status}");
        window.press("Done").await
    }

    /// The passcode on the screen is accepted, once.
    pub async fn types_a_passcode(&self, record: &mut Transcript, window: &Window) -> Result<()> {
        window.screen("home").await?;
        let passcode = window.passcode().await?;
        let first = self.duo.passcode(ALICE, &passcode).await?;
        record.says(&format!(
            "The app shows {passcode}; the service answers: {}.",
            first["result"]
        ));
        ensure!(first["result"] == "allow", "the service answered {first}");
        let again = self.duo.passcode(ALICE, &passcode).await?;
        record.says(&format!(
            "The same passcode a second time: {}.",
            again["result"]
        ));
        ensure!(again["result"] == "deny", "the service answered {again}");
        Ok(())
    }

    /// Locked by hand and opened with the PIN.
    pub async fn locks_and_opens(&self, record: &mut Transcript, window: &Window) -> Result<()> {
        window.press("Settings").await?;
        window.screen("settings").await?;
        record.shows(window, "settings", "Settings.").await?;
        window.press("Lock now").await?;
        window.screen("lock").await?;
        record
            .shows(window, "locked", "Locked: nothing can be read.")
            .await?;
        Person::unlock(window).await?;
        record.says("The PIN opens it.");
        Ok(())
    }

    /// A push that she did not ask for: denied, then reported. Requests pause after it.
    pub async fn denies_and_reports(&self, record: &mut Transcript, window: &Window) -> Result<()> {
        let (_, txid) = self.duo.push_with_number(ALICE).await?;
        window.screen("number").await?;
        let screen = window.press_on("Deny").await?;
        ensure!(
            screen == "denied",
            "after Deny the window shows \"{screen}\""
        );
        record.shows(window, "denied", "Deny is pressed.").await?;
        let status = self.duo.decided(&txid).await?;
        ensure!(status["success"] == false, "the client was told {status}");
        record.says(&format!("duo_client hears: {}.", status["status_msg"]));
        window.press("This wasn’t me").await?;
        window.screen("reported").await?;
        record
            .shows(window, "reported", "\"This wasn't me\" reports it.")
            .await?;
        window.press("Done").await
    }
}
