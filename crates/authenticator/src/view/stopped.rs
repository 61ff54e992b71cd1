//! Why an account stopped working here.

use countersign_protocol::wire::stopped::{Stopped, StoppedCause};
use serde::Serialize;
use ts_rs::TS;

/// Why a service does not take this device's keys any more. The service did not sign it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct StoppedView {
    /// What happened.
    pub cause: StopCause,
    /// When, Unix milliseconds by the service's clock, as text; `None` where it does not say.
    pub at_ms: Option<String>,
    /// The name under which the service lists the device that took over, with [`StopCause::Replaced`].
    pub device: Option<String>,
}

/// What happened to this device at the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// A later activation took the account over.
    Replaced,
    /// The device was taken off the person's devices.
    Removed,
    /// Another phone of the person took its place.
    Moved,
    /// The organisation turned the person's sign-in off: nothing can be activated.
    Disabled,
    /// Two copies of this device were at work.
    Copied,
    /// The Service Desk stopped it.
    Desk,
    /// Another device of the person said that it is not theirs.
    NotMe,
    /// It was stopped, and the service does not know by whom.
    Suspended,
    /// The service does not say.
    Refused,
}

impl StoppedView {
    /// A refusal without a word.
    pub(crate) const REFUSED: Self = Self {
        cause: StopCause::Refused,
        at_ms: None,
        device: None,
    };

    /// What the service told.
    pub(crate) fn of(told: &Stopped) -> Self {
        Self {
            cause: match told.cause {
                StoppedCause::Replaced => StopCause::Replaced,
                StoppedCause::Removed => StopCause::Removed,
                StoppedCause::Moved => StopCause::Moved,
                StoppedCause::Disabled => StopCause::Disabled,
                StoppedCause::Copied => StopCause::Copied,
                StoppedCause::Desk => StopCause::Desk,
                StoppedCause::NotMe => StopCause::NotMe,
                StoppedCause::Suspended => StopCause::Suspended,
                StoppedCause::Unknown => StopCause::Refused,
            },
            at_ms: told.at.map(|at| at.to_string()),
            device: told.device.as_ref().map(ToString::to_string),
        }
    }
}
