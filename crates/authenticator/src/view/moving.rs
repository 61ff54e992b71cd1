//! Moving to another phone with both in hand.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What there is to move, and the move that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct MoveView {
    /// The organisations' accounts that work here, in the order of the list.
    pub accounts: Vec<MovableAccount>,
    /// How many of third parties there are: they move as codes.
    pub others: u32,
    /// The move that was begun and is not over.
    pub under_way: Option<MoveStanding>,
}

/// An account that another phone can take over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct MovableAccount {
    /// Opaque id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The person's name there.
    pub account: String,
    /// The service moves no account of the plain dialect.
    pub can_move: bool,
}

/// How a move stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct MoveStanding {
    /// The account.
    pub account_id: String,
    /// What it waits for, or how it ended.
    pub step: MoveStep,
    /// To be sent back with the next question.
    pub revision: String,
}

/// What a move waits for, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum MoveStep {
    /// The new phone scans.
    Shown {
        /// `data:image/png;base64,…`.
        picture: String,
        /// Milliseconds that the code is good for, counted from this answer.
        left_ms: u32,
    },
    /// It did, and shows six digits; are they these?
    Compare {
        /// What it says it is; may be empty.
        model: String,
        /// The digits.
        check: String,
    },
    /// They are; the new phone makes its keys.
    Finishing,
    /// The new phone has a request to say yes to; until then both work.
    Testing {
        /// The new device's name.
        device: String,
        /// Whether it has the request.
        arrived: bool,
    },
    /// It said no, or nothing came in time; both work.
    Untested {
        /// The new device's name.
        device: String,
        /// It said no.
        denied: bool,
        /// Whether it had the request.
        arrived: bool,
    },
    /// The new phone took over, and this one confirms nothing more there.
    Moved,
    /// It is over, and this phone goes on as before.
    Over,
}

/// What the person says about a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MoveAct {
    /// Both phones show the digits that were shown last.
    Same,
    /// Ask the new phone again.
    Test,
    /// Call it off.
    Stop,
}
