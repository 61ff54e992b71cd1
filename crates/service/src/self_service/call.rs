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
use crate::policy::NUMBER_TRIES;
use crate::texts::reports::ReportReader;
use crate::texts::settings::TextLimits;
use crate::texts::words::Language;

/// How long it rings.
const RINGING: Duration = Duration::from_secs(30);
/// How long somebody who answered has.
const TALKING: Duration = Duration::from_mins(1);
/// How often a code is spoken before the call ends.
const SPOKEN: usize = 2;

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

    /// Speaks to whoever answered, and returns when it is said.
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
    /// In which language texts are written.
    pub text_language: Language,
    /// How many texts there may be.
    pub text_limits: TextLimits,
    /// Reads what a gateway reports of texts, where it does.
    pub text_reports: Option<Arc<ReportReader>>,
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
    let words = format!(
        "This is {organisation}. Type the number that you see on the page. \
         If you did not ask for this call, press the star key."
    );
    if line.say(&words).await.is_err() {
        return CallOutcome::Failed;
    }
    let until = Instant::now() + TALKING;
    let mut tries_left = NUMBER_TRIES;
    let mut typed = String::new();
    let mut pressed = false;
    loop {
        match timeout_at(until, line.heard()).await {
            Ok(Heard::Key('*')) => {
                // Whether or not it is still heard
                let _said = line
                    .say("Thank you. We stopped it and told the Service Desk.")
                    .await;
                return CallOutcome::Reported;
            }
            Ok(Heard::Key('#')) => typed.clear(),
            Ok(Heard::Key(key)) => {
                pressed = true;
                typed.push(key);
            }
            Ok(Heard::Over(CallEnd::Failed)) => return CallOutcome::Failed,
            Ok(Heard::Over(_)) | Err(_) if pressed => return CallOutcome::Denied,
            Ok(Heard::Over(_)) | Err(_) => return CallOutcome::NoAnswer,
            Ok(Heard::Ringing | Heard::Answered) => {}
        }
        if typed.len() < expected.len() {
            continue;
        }
        if bool::from(typed.as_bytes().ct_eq(expected.as_bytes())) {
            let _said = line.say("Thank you. Go back to the page.").await;
            return CallOutcome::Confirmed;
        }
        typed.clear();
        tries_left -= 1;
        if tries_left == 0 {
            let _said = line
                .say("That is another number. Start again on the page.")
                .await;
            return CallOutcome::WrongNumber;
        }
        if line
            .say("That is another number. Type it once more.")
            .await
            .is_err()
        {
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
    let words = format!("This is {organisation}. Press any key to hear your code.");
    if line.say(&words).await.is_err() {
        return CallOutcome::Failed;
    }
    let until = Instant::now() + TALKING;
    loop {
        match timeout_at(until, line.heard()).await {
            Ok(Heard::Key('*')) => return CallOutcome::Reported,
            Ok(Heard::Key(_)) => break,
            Ok(Heard::Over(_)) | Err(_) => return CallOutcome::NoAnswer,
            Ok(Heard::Ringing | Heard::Answered) => {}
        }
    }
    let digits: Vec<String> = code.chars().map(String::from).collect();
    let words = format!("Your code is {}.", digits.join(", "));
    for _ in 0..SPOKEN {
        if line.say(&words).await.is_err() {
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
            Ok(Heard::Key(_)) => {}
            Ok(Heard::Over(CallEnd::Busy)) => return Err(CallOutcome::Busy),
            Ok(Heard::Over(CallEnd::Failed)) => return Err(CallOutcome::Failed),
            Ok(Heard::Over(CallEnd::HungUp | CallEnd::NoAnswer)) | Err(_) => {
                return Err(CallOutcome::NoAnswer);
            }
        }
    }
}
