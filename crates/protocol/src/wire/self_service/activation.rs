//! Activations from a portal: a new device, or an existing one again, with live state.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::device::{DeviceKind, OwnDevice};

/// `POST /activations`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, tag = "for", rename_all = "snake_case")]
pub enum ActivationWanted {
    /// A device that exists; its present keys work until the new ones do (row D3).
    Again {
        /// Which.
        device: String,
        /// What it is now.
        platform: Platform,
    },
    /// A new one.
    New {
        /// A phone or a tablet.
        kind: DeviceKind,
        /// What it is.
        platform: Platform,
        /// A number of this session that was confirmed; `None` for a tablet.
        number: Option<String>,
    },
}

/// What a device runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// iPhone or iPad.
    Ios,
    /// Android.
    Android,
    /// A computer.
    Desktop,
}

/// An activation that a page shows as a QR.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct LiveActivation {
    /// Its id, for this session alone; not the code.
    pub id: String,
    /// The activation text, in the answer to `POST` alone (row A5): a page that is loaded again asks for a new one.
    pub text: Option<String>,
    /// The same as a picture: an SVG document, black on white, quiet zone included. With `text` only.
    pub picture: Option<String>,
    /// The number, masked, that the link can be texted to; `None` where it cannot, or not any more.
    pub text_to: Option<String>,
    /// The device that is activated again; `None` for a new one.
    pub device: Option<String>,
    /// Where it stands.
    pub state: ActivationState,
    /// Who scanned it, until it is done.
    pub scanned: Option<ScannedBy>,
    /// The device as it is now, once it is done.
    pub done: Option<OwnDevice>,
    /// When the code runs out.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// Changes with every change of state.
    pub revision: u32,
}

/// Who scanned a code, to be compared with the phone in hand (row A2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ScannedBy {
    /// Its model or name as it says itself; may be empty.
    pub model: String,
    /// The six digits that it must show (PROTOCOL.md section 3).
    pub check: String,
}

/// `POST /activations/{id}/confirm`: the phone shows the same digits.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScanConfirmed {
    /// The digits that were compared; others are refused.
    pub check: String,
}

/// `POST /activations/{id}/text`: the link by text. Of its code the service keeps a hash alone, so the page says it.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkWanted {
    /// `LiveActivation::text`.
    pub text: String,
}

/// Where an activation stands. `Done`, `Expired` and `Cancelled` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActivationState {
    /// For the scan.
    Waiting,
    /// A phone scanned it; whether it is the right one is for the person to say.
    Scanned,
    /// The person said yes; the phone fetches its keys.
    Confirmed,
    /// The device is ready, and the earlier keys are refused.
    Done,
    /// The code ran out.
    Expired,
    /// Ended by the person, by another code for the same device, or by the device's removal.
    Cancelled,
}
