//! A proof: a fresh push, passcode or call that opens My Settings & Devices.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How somebody proves who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WayKind {
    /// A request to a device, with the number typed there.
    Push,
    /// A passcode from a device, or a bypass code of the Service Desk.
    Passcode,
    /// A call, with the number typed on the keypad.
    Call,
}

/// One way, for one device where it is bound to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Way {
    /// Which.
    pub kind: WayKind,
    /// The device; `None` for a passcode, which may come from any.
    pub device: Option<String>,
    /// Its name; empty for a passcode.
    pub name: String,
    /// The last four digits that are called.
    pub ending: Option<String>,
    /// Why it cannot work now; it is shown, dimmed, all the same.
    pub why_not: Option<WhyNot>,
    /// "Use this one": the first that works, where another one does not.
    pub best: bool,
}

/// Why a way cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// The app was never activated on that device.
    NeverActivated,
    /// The device was stopped, or calls with keys that were replaced: it needs reactivating.
    OutOfStep,
    /// The last request to it ran out without the device having fetched it.
    Silent,
    /// Too many requests were denied or not answered; until then only other ways.
    Paused,
    /// Too many wrong passcodes; until then only other ways.
    Locked,
}

/// `POST /proofs`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, tag = "way", rename_all = "snake_case")]
pub enum ProofWanted {
    /// Ask a device.
    Push {
        /// Which.
        device: String,
    },
    /// A typed passcode or bypass code; decided at once.
    Passcode {
        /// As typed.
        passcode: String,
    },
    /// Call a phone.
    Call {
        /// Which.
        device: String,
    },
}

/// A proof under way, or over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ProofView {
    /// Its id, for this session alone.
    pub id: String,
    /// By what.
    pub way: WayKind,
    /// Where it stands.
    pub state: ProofState,
    /// What has to be typed on the device or keypad: six digits, shown on this page alone. `None` once it is over.
    pub number: Option<String>,
    /// The device's name.
    pub name: String,
    /// The last four digits of what is called.
    pub ending: Option<String>,
    /// When it runs out.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// Changes with every change of state; `?after=` of the held call takes it.
    pub revision: u32,
}

/// Where a proof stands. Everything from `Confirmed` on is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProofState {
    /// The device was asked.
    Waiting,
    /// The call is being placed.
    Calling,
    /// It rings.
    Ringing,
    /// Somebody answered.
    Answered,
    /// Proven; the session is open.
    Confirmed,
    /// Denied on the device.
    Denied,
    /// Denied and reported, on the device or by the star key.
    Reported,
    /// Nobody answered, though the device had the request.
    Expired,
    /// Nobody answered, and the device never fetched the request: it may be off, or out of step.
    Unreached,
    /// The call was not answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The wrong number, for the last time.
    WrongNumber,
    /// The call could not be placed.
    CallFailed,
    /// Ended by the person, or by a change of the device.
    Cancelled,
}
