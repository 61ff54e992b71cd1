//! Calls: how a telephone is asked. Who places them is the site's choice.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::phone_number::{Countries, E164};
use super::text::Texter;

/// A call could not be placed, or broke off.
#[derive(Debug, thiserror::Error)]
#[error("the call could not be placed: {0}")]
pub struct CallError(pub String);

/// What comes from the other end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It rings there.
    Ringing,
    /// Somebody, or an answering machine, picked up.
    Answered,
    /// A key was pressed: a digit, `*` or `#`.
    Key(char),
    /// It is over, or never began.
    Over(CallEnd),
}

/// How a call ended from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    /// The other side hung up after it had answered.
    HungUp,
    /// Nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The network gave up.
    Failed,
}

/// A call that was placed. Dropping it hangs up.
#[async_trait]
pub trait Line: Debug + Send {
    /// The next thing from the other end. After [`Heard::Over`] there is nothing more.
    async fn heard(&mut self) -> Heard;

    /// Speaks to whoever answered.
    async fn say(&mut self, words: &str) -> Result<(), CallError>;
}

/// Somebody who places calls.
#[async_trait]
pub trait Caller: Debug + Send + Sync {
    /// Dials a number, and after the answer its extension, if there is one.
    async fn call(&self, to: &E164, extension: &str) -> Result<Box<dyn Line>, CallError>;
}

/// How people are reached by telephone: by nobody, unless the site says by whom (row H1).
#[derive(Debug, Clone, Default)]
pub struct Phones {
    /// Who sends texts.
    pub texter: Option<Arc<dyn Texter>>,
    /// Who places calls.
    pub caller: Option<Arc<dyn Caller>>,
    /// Where numbers may be.
    pub countries: Countries,
}
