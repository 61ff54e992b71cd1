//! Telephone calls as they are placed, so that there are never too many. Same terms as [`super::Store`] (row H3).

use async_trait::async_trait;
use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;

use super::StoreError;
use crate::calls::settings::CallLimits;
use crate::self_service::phone_number::E164;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallPurpose {
    /// Somebody types the number that a page shows.
    Proof,
    /// A code is spoken.
    Code,
}

/// A call that is to be placed.
#[derive(Debug, Clone)]
pub struct PlannedCall {
    /// Its name.
    pub id: String,
    /// Who asked for it.
    pub user: UserId,
    /// Whom it calls.
    pub number: E164,
    /// What for.
    pub purpose: CallPurpose,
    /// The most that it can cost.
    pub cost: i64,
    /// Now.
    pub at: UnixMillis,
}

/// Whether a call may be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallAdmitted {
    /// It is counted, and its cost reserved, until it is over.
    Yes,
    /// Another call to that number is under way.
    NumberBusy,
    /// There were enough, until then.
    TooMany(UnixMillis),
    /// They have cost enough, until then.
    SpendStop(UnixMillis),
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedCallOver {
    /// In one word, as `calls.outcome` has it.
    pub outcome: &'static str,
    /// When somebody answered. `None` if nobody did.
    pub answered_at: Option<UnixMillis>,
    /// What it came to.
    pub cost: i64,
    /// Now.
    pub at: UnixMillis,
}

/// How many of the calls of a while were answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerRate {
    /// Calls that are over.
    pub over: i64,
    /// Those that somebody answered.
    pub answered: i64,
}

/// What is remembered of calls.
#[async_trait]
pub trait CallStore: Send + Sync {
    /// Counts a call and reserves its cost, if every limit allows it; decided in one transaction, so that any number of
    /// them side by side never go over one.
    async fn admit_call(
        &self,
        call: &PlannedCall,
        limits: &CallLimits,
    ) -> Result<CallAdmitted, StoreError>;

    /// Notes how a call ended. `false` if that was noted before; then nothing changed.
    async fn end_call(&self, id: &str, over: PlacedCallOver) -> Result<bool, StoreError>;

    /// How many calls since then were answered.
    async fn answer_rate(&self, since: UnixMillis) -> Result<AnswerRate, StoreError>;
}
