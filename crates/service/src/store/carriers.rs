//! Texts and calls as they are carried, so that there are never too many (`CARRIERS.md`). Same terms as [`super::Store`]
//! (rows H3, H4).

use async_trait::async_trait;
use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;

use super::StoreError;
use crate::carrier::limits::Limits;
use crate::self_service::phone_number::E164;
use crate::texts::reports::Report;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A telephone call.
    Call,
}

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPurpose {
    /// It carries a code that confirms a number.
    Code,
    /// It carries the link that sets the app up.
    Link,
}

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallPurpose {
    /// Somebody types the number that a page shows.
    Proof,
    /// A code is spoken.
    Code,
}

/// What is to be carried, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// A text.
    Text {
        /// What for.
        purpose: TextPurpose,
        /// In how many parts.
        parts: u32,
    },
    /// A call.
    Call {
        /// What for.
        purpose: CallPurpose,
        /// Dialled after the answer; empty for none. A switchboard's extensions are lines of their own.
        extension: String,
    },
}

impl Carried {
    /// Which of the two it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text { .. } => Kind::Text,
            Self::Call { .. } => Kind::Call,
        }
    }
}

/// A text that is to be sent, or a call that is to be placed.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Our name for it.
    pub id: String,
    /// Who asked for it.
    pub user: UserId,
    /// Whom it reaches.
    pub number: E164,
    /// What it is.
    pub what: Carried,
    /// What it costs, or the most that it can.
    pub cost: i64,
    /// Now.
    pub at: UnixMillis,
}

impl Planned {
    /// What is counted as one telephone: a number for texts, a number with its extension for calls.
    pub fn line(&self) -> String {
        match &self.what {
            Carried::Text { .. } => self.number.as_str().to_owned(),
            Carried::Call { extension, .. } => self.number.line(extension),
        }
    }
}

/// Whether it may be carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admitted {
    /// It is counted, with its cost; a call's is reserved until it is over.
    Yes,
    /// Another call to that line is under way.
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

/// How handing a text over ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedOver {
    /// The carrier took it, and calls it that if it reports at all.
    Taken(Option<String>),
    /// The carrier did not take it, so it costs nothing.
    Refused,
}

/// How many of a while reached somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls that are over; texts that a final report came of.
    pub of: i64,
    /// Calls that somebody answered; texts that arrived.
    pub reached: i64,
}

/// What is remembered of texts and calls.
#[async_trait]
pub trait CarrierStore: Send + Sync {
    /// Counts one and its cost, if every limit allows it; decided in one transaction, so that any number of them side by
    /// side never go over one.
    async fn admit(&self, planned: &Planned, limits: &Limits) -> Result<Admitted, StoreError>;

    /// How many since then reached somebody.
    async fn rate(&self, kind: Kind, since: UnixMillis) -> Result<Rate, StoreError>;

    /// Notes how a call ended. `false` if that was noted before; then nothing changed.
    async fn end_call(&self, id: &str, over: PlacedCallOver) -> Result<bool, StoreError>;

    /// Notes how handing a text over ended, once.
    async fn text_handed_over(
        &self,
        id: &str,
        ended: HandedOver,
        now: UnixMillis,
    ) -> Result<(), StoreError>;

    /// Notes what became of a text. `None` if nobody's text has that name yet, else whether it is news: the first final
    /// report stands.
    async fn text_reported(
        &self,
        report: &Report,
        now: UnixMillis,
    ) -> Result<Option<bool>, StoreError>;
}
