//! A device activated on the very phone that the app runs on: the code is made and used in Rust (row T4).

use countersign_protocol::{
    scanned::Scanned,
    wire::self_service::{ActivationWanted, DeviceKind, Platform, SessionView},
};
use zeroize::Zeroizing;

use super::{SelfService, client::Answer};
use crate::{
    activation::{self, Activated, Confirmed},
    keeper,
    network::NetworkFailure,
    view::{SelfServiceAnswer, SelfServiceProblem},
};

impl SelfService {
    /// Activates one of the person's devices here. Its earlier keys work until the new ones are stored (row D3). Once they
    /// are, that is a success, even if the session's view cannot be had.
    pub async fn reactivate_here(&self, device: &str) -> Answer<Option<SessionView>> {
        self.activate_here(&ActivationWanted::Again {
            device: device.to_owned(),
            platform: platform(),
        })
        .await
    }

    /// The same for a new device: this one, with a number that the session confirmed.
    pub async fn add_here(
        &self,
        kind: DeviceKind,
        number: Option<String>,
    ) -> Answer<Option<SessionView>> {
        self.activate_here(&ActivationWanted::New {
            kind,
            platform: platform(),
            number,
        })
        .await
    }

    async fn activate_here(&self, wanted: &ActivationWanted) -> Answer<Option<SessionView>> {
        let answer = self.activation_with_text(wanted).await?;
        let millis_fast = answer.millis_fast;
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
        Ok(self.session().await.map_or(
            SelfServiceAnswer {
                view: None,
                millis_fast,
            },
            |answer| SelfServiceAnswer {
                view: Some(answer.view),
                millis_fast: answer.millis_fast,
            },
        ))
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
