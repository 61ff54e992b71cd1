//! Texts as they are handed over, so that there are never too many. Same terms as [`super::Store`] (rows H3, H4).

use async_trait::async_trait;
use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;

use super::StoreError;
use crate::self_service::phone_number::E164;
use crate::texts::reports::Report;
use crate::texts::settings::TextLimits;

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPurpose {
    /// It carries a code that confirms a number.
    Code,
    /// It carries the link that sets the app up.
    Link,
}

/// A text that is to be sent.
#[derive(Debug, Clone)]
pub struct PlannedText {
    /// Our name for it.
    pub id: String,
    /// Who asked for it.
    pub user: UserId,
    /// To whom it goes.
    pub number: E164,
    /// What for.
    pub purpose: TextPurpose,
    /// In how many parts.
    pub parts: u32,
    /// What they cost.
    pub cost: i64,
    /// Now.
    pub at: UnixMillis,
}

/// Whether a text may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextAdmitted {
    /// It is counted, with its cost.
    Yes,
    /// There were enough, until then.
    TooMany(UnixMillis),
    /// They have cost enough, until then.
    SpendStop(UnixMillis),
}

/// How handing a text over ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedOver {
    /// The carrier took it, and calls it that if it reports at all.
    Taken(Option<String>),
    /// The carrier did not take it, so it costs nothing.
    Refused,
}

/// How many of the texts of a while arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivalRate {
    /// Texts that a final report came of.
    pub reported: i64,
    /// Those that arrived.
    pub delivered: i64,
}

/// What is remembered of texts.
#[async_trait]
pub trait TextStore: Send + Sync {
    /// Counts a text and its cost, if every limit allows it; decided in one transaction, so that any number of them side
    /// by side never go over one.
    async fn admit_text(
        &self,
        text: &PlannedText,
        limits: &TextLimits,
    ) -> Result<TextAdmitted, StoreError>;

    /// Notes how handing it over ended, once.
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

    /// How many texts since then arrived.
    async fn arrival_rate(&self, since: UnixMillis) -> Result<ArrivalRate, StoreError>;
}
