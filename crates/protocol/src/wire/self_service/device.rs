//! A person's own devices, as they see them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A device of the person who is signed in. Before the proof its number is masked and that is all there is.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that the page shows by itself"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct OwnDevice {
    /// Its id; random, and good for its owner alone (row S4).
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// Its number, all but the last four digits masked: `+44 ••••• ••0471`.
    pub number: Option<String>,
    /// Whether it works.
    pub standing: DeviceStanding,
    /// Whether it is asked first.
    pub default: bool,
    /// What happens first at a sign-in, for the default device; the others keep theirs for when they become it.
    pub first: First,
    /// What it can do now.
    pub push: bool,
    /// Shows passcodes.
    pub passcode: bool,
    /// Can be called.
    pub call: bool,
    /// When it was last used or heard of. `None` for never.
    #[ts(type = "number | null")]
    pub last_used_at: Option<i64>,
    /// When it was added.
    #[ts(type = "number")]
    pub added_at: i64,
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A phone with the app, or meant for it.
    Phone,
    /// A tablet or computer with the app: no number.
    Tablet,
    /// A telephone that is only called.
    Landline,
}

/// Whether a device works, as far as the service can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceStanding {
    /// It does.
    Works,
    /// It was never activated, was stopped, or its keys are others by now.
    NeedsReactivating,
    /// The last request to it ran out and it never fetched it.
    Silent,
    /// It has no app; it is called.
    CallsOnly,
}

/// What happens first when the person signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum First {
    /// The default device is asked straight away.
    Push,
    /// The default device is called straight away.
    Call,
    /// The person is asked.
    Ask,
}

/// `PUT /devices/{id}/name`.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// 1 to 40 characters after trimming; no two devices of a person have one name.
    pub name: String,
}

/// `PUT /devices/{id}/first`: makes the device the default.
#[derive(Deserialize, Serialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FirstWanted {
    /// What it is the default for.
    pub first: First,
}

/// A test request to a device of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct TestView {
    /// Its id.
    pub id: String,
    /// The device.
    pub device: String,
    /// Where it stands.
    pub state: TestState,
    /// The device fetched it: what is missing since is the person's answer. Not so, and it never reached the device.
    pub arrived: bool,
    /// When it runs out.
    #[ts(type = "number")]
    pub expires_at: i64,
    /// Changes with every change of state, and when it arrives.
    pub revision: u32,
}

/// Where a test stands. Everything but `Waiting` is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TestState {
    /// The device was asked.
    Waiting,
    /// It answered yes: it works.
    Approved,
    /// It answered no, which proves just as well that it works.
    Denied,
    /// Nothing came back.
    Expired,
}
