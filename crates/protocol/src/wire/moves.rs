//! Bodies of moving to another phone (PROTOCOL.md §13).

use serde::{Deserialize, Serialize};

/// Answer to the wish for a move. The code in it is a credential, so it is not printed.
#[derive(Serialize, Deserialize)]
pub struct MoveBegunAnswer {
    /// The move.
    #[serde(rename = "move")]
    pub id: String,
    /// What the new phone scans.
    pub code: zeroize::Zeroizing<String>,
    /// When the code ends, Unix milliseconds.
    pub expires: i64,
}

/// How a move stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveAnswer {
    /// What it waits for, or how it ended.
    pub state: MoveState,
    /// Names this standing; to be sent back as `seen`.
    pub revision: String,
    /// When the code ends, Unix milliseconds.
    pub expires: i64,
    /// What the phone that scanned says it is; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// That phone's public key, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pubkey: Option<String>,
    /// The name of the new device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Whether the new device fetched the request that waits for it.
    #[serde(default)]
    pub arrived: bool,
}

/// What a move waits for, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveState {
    /// Nobody scanned the code.
    Waiting,
    /// A phone did, and shows six digits.
    Scanned,
    /// The present device's person said that they are the same.
    Confirmed,
    /// The new phone has keys, and is asked whether it works.
    Testing,
    /// It said no.
    Denied,
    /// It did not answer in time.
    Unanswered,
    /// The new phone took the place of the present one.
    Moved,
    /// It was called off; the present device goes on.
    Stopped,
    /// Nobody came in time; the present device goes on.
    Expired,
}

impl MoveState {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Scanned => "scanned",
            Self::Confirmed => "confirmed",
            Self::Testing => "testing",
            Self::Denied => "denied",
            Self::Unanswered => "unanswered",
            Self::Moved => "moved",
            Self::Stopped => "stopped",
            Self::Expired => "expired",
        }
    }
}
