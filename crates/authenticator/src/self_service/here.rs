//! A device activated again on the very phone that the app runs on: the code is made and used in Rust (row T4).

use countersign_protocol::{
    scanned::Scanned,
    wire::self_service::{ActivationWanted, Platform, SessionView},
};
use zeroize::Zeroizing;

use super::{SelfService, client::Answer};
use crate::{
    activation::{self, Activated, Confirmed},
    keeper,
    network::NetworkFailure,
    view::SelfServiceProblem,
};

impl SelfService {
    /// Activates one of the person's devices here. Its earlier keys work until the new ones are stored (row D3).
    pub async fn reactivate_here(&self, device: &str) -> Answer<SessionView> {
        let answer = self
            .activation_with_text(&ActivationWanted::Again {
                device: device.to_owned(),
                platform: platform(),
            })
            .await?;
        let (id, text) = (answer.view.id, answer.view.text.unwrap_or_default());
        let text = Zeroizing::new(text);
        // A person chose this service by its account; a code that leads elsewhere was not what they said yes to (row Q1)
        let confirmed = match Scanned::read(&text) {
            Scanned::Activation(read) if read.host == self.host => Confirmed::of(&read),
            _ => return Err(self.failed(NetworkFailure::NotAService)),
        };
        let activated = self.activate_alone(&id, &confirmed).await;
        keeper::keep(&self.session).await;
        activated?;
        self.session.core.nudge.notify_waiters();
        self.session().await
    }
}

impl SelfService {
    /// The code was on no screen, and who says yes to the digits is the app that made them: nothing is left to compare.
    async fn activate_alone(
        &self,
        id: &str,
        confirmed: &Confirmed,
    ) -> Result<(), SelfServiceProblem> {
        match activation::activate(&self.session, confirmed).await? {
            Activated::Done(_) => {}
            Activated::Compare { record, digits } => {
                self.confirm_scan(id, digits.to_string()).await?;
                activation::complete(&self.session, record).await?;
            }
        }
        Ok(())
    }
}

const fn platform() -> Platform {
    if cfg!(target_os = "ios") {
        Platform::Ios
    } else if cfg!(target_os = "android") {
        Platform::Android
    } else {
        Platform::Desktop
    }
}
