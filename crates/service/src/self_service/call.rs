//! Calls: how a telephone is asked or told. Who places them is the site's choice.
//!
//! A call moves what the page shows to the keypad, or what is spoken to the page; pressing just any key approves nothing,
//! and the star key denies and reports (row H2).

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use subtle::ConstantTimeEq as _;
use tokio::time::{Instant, timeout_at};

use super::phone_number::{Countries, E164};
use super::text::Texter;
use crate::calls::gateway::Gateway;
use crate::carrier::language::Language;
use crate::carrier::limits::Limits;
use crate::policy::NUMBER_TRIES;
use crate::texts::reports::ReportReader;

/// How long it rings.
const RINGING: Duration = Duration::from_secs(30);
/// How long somebody who answered has.
const TALKING: Duration = Duration::from_mins(1);
/// How often a code is spoken before the call ends.
const SPOKEN: usize = 2;
/// After so long without a key the question is asked again: whoever was put through late, or put the telephone down for a
/// moment, has not heard it.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// A call could not be placed, or broke off.
#[derive(Debug, thiserror::Error)]
#[error("the call could not be placed: {0}")]
pub struct CallError(pub String);

/// What comes from the other end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It rings there.
    Ringing,
    /// The exchange there took the call, which costs from now on. Whoever is wanted may still have to be dialled.
    Taken,
    /// Somebody, or an answering machine, picked up.
    Answered,
    /// A key was pressed: a digit, `*` or `#`.
    Key(char),
    /// It is over, or never began.
    Over(CallEnd),
}

impl Heard {
    /// Whether what is said ends with it.
    pub(crate) fn ends(self, prompt: &Prompt<'_>) -> bool {
        match self {
            Self::Key(_) => prompt.is_question(),
            Self::Over(_) => true,
            Self::Ringing | Self::Taken | Self::Answered => false,
        }
    }
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

    /// Speaks to whoever answered, and returns when it is said; a question, also when a key is pressed or the call is
    /// over, which [`Line::heard`] then tells.
    async fn say(&mut self, prompt: Prompt<'_>) -> Result<(), CallError>;
}

/// What is said in a call. How it sounds is the caller's matter; the number that the page shows is never said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt<'a> {
    /// Type the number that the page shows.
    AskNumber {
        /// The organisation's name.
        organisation: &'a str,
    },
    /// It was the right one.
    Confirmed,
    /// Whoever pressed the star key is told what came of it.
    Reported,
    /// It was another number, and may be typed once more.
    WrongAgain,
    /// It was another number, for the last time.
    WrongNumber,
    /// Press a key to hear a code.
    PressAnyKey {
        /// The organisation's name.
        organisation: &'a str,
    },
    /// The code, digit by digit.
    Code(Spoken<'a>),
}

/// Digits that are spoken and written nowhere else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Spoken<'a>(pub &'a str);

impl Debug for Spoken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spoken(…)")
    }
}

impl Prompt<'_> {
    /// Whether a key answers it, so that whoever presses one need not hear it to its end.
    pub const fn is_question(&self) -> bool {
        matches!(
            self,
            Self::AskNumber { .. } | Self::WrongAgain | Self::PressAnyKey { .. }
        )
    }
}

/// Somebody who places calls.
#[async_trait]
pub trait Caller: Debug + Send + Sync {
    /// Dials a number, and after the answer its extension, if there is one.
    async fn call(&self, to: &E164, extension: &str) -> Result<Box<dyn Line>, CallError>;

    /// Hangs up every call, and returns when the other ends know it.
    async fn close(&self) {}
}

/// How people are reached by telephone: by nobody, unless the site says by whom (row H1).
#[derive(Debug, Clone)]
pub struct Phones {
    /// Who sends texts.
    pub texter: Option<Arc<dyn Texter>>,
    /// Who places calls.
    pub caller: Option<Arc<dyn Caller>>,
    /// Where numbers may be.
    pub countries: Countries,
    /// In which language texts are written.
    pub text_language: Language,
    /// How many texts there may be.
    pub text_limits: Limits,
    /// Reads what a gateway reports of texts, where it does.
    pub text_reports: Option<Arc<ReportReader>>,
    /// How many calls there may be.
    pub call_limits: Limits,
    /// Who tells what happens in calls over HTTP, where that is who places them.
    pub gateway: Option<Arc<Gateway>>,
}

impl Default for Phones {
    fn default() -> Self {
        Self {
            texter: None,
            caller: None,
            countries: Countries::default(),
            text_language: Language::default(),
            text_limits: Limits::texts(),
            text_reports: None,
            call_limits: Limits::calls(),
            gateway: None,
        }
    }
}

/// How far a call that asks for a number got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallStep {
    /// It rings.
    Ringing,
    /// Somebody answered.
    Answered,
}

/// How a call that asked for a number ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// The number was typed.
    Confirmed,
    /// Another one was typed, for the last time.
    WrongNumber,
    /// The star key: somebody else asked for this call.
    Reported,
    /// Somebody pressed keys and hung up.
    Denied,
    /// Nobody answered, or nobody pressed a key.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The network gave up.
    Failed,
}

/// Asks whoever answers to type a number on the keypad. `told` hears of every step at once.
pub async fn ask_number<F: Future<Output = ()>>(
    line: &mut dyn Line,
    organisation: &str,
    expected: &str,
    mut told: impl FnMut(CallStep) -> F,
) -> CallOutcome {
    if let Err(outcome) = answered(line, &mut told).await {
        return outcome;
    }
    let question = Prompt::AskNumber { organisation };
    if line.say(question).await.is_err() {
        return CallOutcome::Failed;
    }
    let until = Instant::now() + TALKING;
    let mut tries_left = NUMBER_TRIES;
    let mut typed = String::new();
    let mut pressed = false;
    loop {
        let again = until.min(Instant::now() + ASK_AGAIN);
        match timeout_at(again, line.heard()).await {
            Ok(Heard::Key('*')) => {
                // Whether or not it is still heard
                let _said = line.say(Prompt::Reported).await;
                return CallOutcome::Reported;
            }
            Ok(Heard::Key('#')) => typed.clear(),
            Ok(Heard::Key(key)) => {
                pressed = true;
                typed.push(key);
            }
            Ok(Heard::Over(CallEnd::Failed)) => return CallOutcome::Failed,
            Err(_) if again < until && pressed => {}
            Err(_) if again < until => {
                if line.say(question).await.is_err() {
                    return CallOutcome::Failed;
                }
            }
            Ok(Heard::Over(_)) | Err(_) if pressed => return CallOutcome::Denied,
            Ok(Heard::Over(_)) | Err(_) => return CallOutcome::NoAnswer,
            Ok(Heard::Ringing | Heard::Taken | Heard::Answered) => {}
        }
        if typed.len() < expected.len() {
            continue;
        }
        if bool::from(typed.as_bytes().ct_eq(expected.as_bytes())) {
            let _said = line.say(Prompt::Confirmed).await;
            return CallOutcome::Confirmed;
        }
        typed.clear();
        tries_left -= 1;
        if tries_left == 0 {
            let _said = line.say(Prompt::WrongNumber).await;
            return CallOutcome::WrongNumber;
        }
        if line.say(Prompt::WrongAgain).await.is_err() {
            return CallOutcome::Failed;
        }
    }
}

/// Speaks a code to whoever answers and presses a key: no answering machine does.
pub async fn speak_code(line: &mut dyn Line, organisation: &str, code: &str) -> CallOutcome {
    let nobody = |_| std::future::ready(());
    if let Err(outcome) = answered(line, &mut { nobody }).await {
        return outcome;
    }
    let question = Prompt::PressAnyKey { organisation };
    if line.say(question).await.is_err() {
        return CallOutcome::Failed;
    }
    let until = Instant::now() + TALKING;
    loop {
        match timeout_at(until, line.heard()).await {
            Ok(Heard::Key('*')) => return CallOutcome::Reported,
            Ok(Heard::Key(_)) => break,
            Ok(Heard::Over(_)) | Err(_) => return CallOutcome::NoAnswer,
            Ok(Heard::Ringing | Heard::Taken | Heard::Answered) => {}
        }
    }
    for _ in 0..SPOKEN {
        if line.say(Prompt::Code(Spoken(code))).await.is_err() {
            return CallOutcome::Failed;
        }
    }
    CallOutcome::Confirmed
}

/// Waits for an answer.
async fn answered<F: Future<Output = ()>>(
    line: &mut dyn Line,
    told: &mut impl FnMut(CallStep) -> F,
) -> Result<(), CallOutcome> {
    let until = Instant::now() + RINGING;
    loop {
        match timeout_at(until, line.heard()).await {
            Ok(Heard::Ringing) => told(CallStep::Ringing).await,
            Ok(Heard::Answered) => {
                told(CallStep::Answered).await;
                return Ok(());
            }
            Ok(Heard::Taken | Heard::Key(_)) => {}
            Ok(Heard::Over(CallEnd::Busy)) => return Err(CallOutcome::Busy),
            Ok(Heard::Over(CallEnd::Failed)) => return Err(CallOutcome::Failed),
            Ok(Heard::Over(CallEnd::HungUp | CallEnd::NoAnswer)) | Err(_) => {
                return Err(CallOutcome::NoAnswer);
            }
        }
    }
}
