//! A telephone that exists in this process alone, for trials and demonstrations: what it receives and hears is told as one
//! JSON object a line, and what it does is told to it, one command a line.
//!
//! Commands: `answer NUMBER`, `keys NUMBER 123456#*`, `hangup NUMBER`, `busy NUMBER`. A number is written as `+44…`. Each
//! gets the answer `ok`, or `no call` when nothing rings or talks there.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::call::{CallEnd, CallError, Caller, Heard, Line, Prompt};
use super::phone_number::E164;
use super::text::{Handed, Text, TextError, Texter};

type Teller = Box<dyn Fn(&Value) + Send + Sync>;

/// The telephones of everybody.
#[derive(Clone)]
pub struct SimulatedPhone(Arc<Shared>);

struct Shared {
    tell: Teller,
    calls: Mutex<HashMap<String, UnboundedSender<Heard>>>,
}

impl fmt::Debug for SimulatedPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatedPhone(…)")
    }
}

impl SimulatedPhone {
    /// One that tells `tell` what it receives and hears.
    pub fn new(tell: impl Fn(&Value) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            tell: Box::new(tell),
            calls: Mutex::default(),
        }))
    }

    /// Carries out a command, and tells how that went.
    pub fn command(&self, line: &str) -> &'static str {
        let mut words = line.split_whitespace();
        let (Some(verb), Some(number)) = (words.next(), words.next()) else {
            return "no such command";
        };
        let heard = match (verb, words.next()) {
            ("answer", None) => vec![Heard::Answered],
            ("keys", Some(keys)) if keys.chars().all(is_key) => {
                keys.chars().map(Heard::Key).collect()
            }
            ("hangup", None) => vec![Heard::Over(CallEnd::HungUp)],
            ("busy", None) => vec![Heard::Over(CallEnd::Busy)],
            _ => return "no such command",
        };
        let calls = self.0.lock();
        let Some(call) = calls.get(number) else {
            return "no call";
        };
        let sent = heard.into_iter().all(|heard| call.send(heard).is_ok());
        if sent { "ok" } else { "no call" }
    }
}

fn is_key(key: char) -> bool {
    key.is_ascii_digit() || key == '*' || key == '#'
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, UnboundedSender<Heard>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Texter for SimulatedPhone {
    async fn send(&self, text: &Text<'_>) -> Result<Handed, TextError> {
        (self.0.tell)(&json!({ "phone": text.to.as_str(), "text": text.words }));
        Ok(Handed { name: None })
    }
}

#[async_trait]
impl Caller for SimulatedPhone {
    async fn call(&self, to: &E164, extension: &str) -> Result<Box<dyn Line>, CallError> {
        let (sender, receiver) = unbounded_channel();
        let number = to.as_str().to_owned();
        let mut calls = self.0.lock();
        if calls.contains_key(&number) {
            // One call at a time for a number
            let _nobody_listens = sender.send(Heard::Over(CallEnd::Busy));
            drop(calls);
            return Ok(Box::new(SimulatedLine {
                phone: self.0.clone(),
                number,
                receiver,
                connected: false,
            }));
        }
        let _received_below = sender.send(Heard::Ringing);
        calls.insert(number.clone(), sender);
        drop(calls);
        let told = json!({ "phone": number, "call": "ringing", "extension": extension });
        (self.0.tell)(&told);
        Ok(Box::new(SimulatedLine {
            phone: self.0.clone(),
            number,
            receiver,
            connected: true,
        }))
    }
}

/// One call.
struct SimulatedLine {
    phone: Arc<Shared>,
    number: String,
    receiver: UnboundedReceiver<Heard>,
    /// Not when another call keeps the number busy.
    connected: bool,
}

impl fmt::Debug for SimulatedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatedLine(…)")
    }
}

#[async_trait]
impl Line for SimulatedLine {
    async fn heard(&mut self) -> Heard {
        let heard = self.receiver.recv().await;
        heard.unwrap_or(Heard::Over(CallEnd::Failed))
    }

    async fn say(&mut self, prompt: Prompt<'_>) -> Result<(), CallError> {
        (self.phone.tell)(&json!({ "phone": self.number, "said": words(prompt) }));
        Ok(())
    }
}

/// What whoever answers a simulated phone hears.
fn words(prompt: Prompt<'_>) -> String {
    match prompt {
        Prompt::AskNumber { organisation } => format!(
            "This is {organisation}. Type the number that you see on the page. \
             If you did not ask for this call, press the star key."
        ),
        Prompt::Confirmed => "Thank you. Go back to the page.".into(),
        Prompt::Reported => "Thank you. We stopped it and told the Service Desk.".into(),
        Prompt::WrongAgain => "That is another number. Type it once more.".into(),
        Prompt::WrongNumber => "That is another number. Start again on the page.".into(),
        Prompt::PressAnyKey { organisation } => {
            format!("This is {organisation}. Press any key to hear your code.")
        }
        Prompt::Code(code) => {
            let digits: Vec<String> = code.0.chars().map(String::from).collect();
            format!("Your code is {}.", digits.join(", "))
        }
    }
}

impl Drop for SimulatedLine {
    fn drop(&mut self) {
        if self.connected {
            self.phone.lock().remove(&self.number);
            (self.phone.tell)(&json!({ "phone": self.number, "call": "over" }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::{CallOutcome, CallStep, ask_number, speak_code};
    use super::*;

    const NUMBER: &str = "+447400123471";

    fn phone() -> (SimulatedPhone, Arc<Mutex<Vec<String>>>) {
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let telling = told.clone();
        let phone =
            SimulatedPhone::new(move |value| telling.lock().unwrap().push(value.to_string()));
        (phone, told)
    }

    async fn line(phone: &SimulatedPhone) -> Box<dyn Line> {
        phone
            .call(&E164::from_stored(NUMBER.into()), "")
            .await
            .unwrap()
    }

    async fn asked(commands: &[&str]) -> (CallOutcome, Vec<CallStep>, String) {
        let (phone, told) = phone();
        let mut line = line(&phone).await;
        for command in commands {
            assert_eq!(
                phone.command(&command.replacen(' ', &format!(" {NUMBER} "), 1)),
                "ok"
            );
        }
        let mut steps = Vec::new();
        let outcome = ask_number(line.as_mut(), "General Hospital", "483920", |step| {
            steps.push(step);
            std::future::ready(())
        })
        .await;
        drop(line);
        let told = told.lock().unwrap().join("\n");
        (outcome, steps, told)
    }

    #[tokio::test(start_paused = true)]
    async fn h2_the_number_that_the_page_shows_is_typed_on_the_keypad() {
        use CallOutcome::{Busy, Confirmed, Denied, NoAnswer, Reported, WrongNumber};
        for (commands, expected) in [
            (&["answer ", "keys 483920"][..], Confirmed),
            (&["answer ", "keys 12#483920"], Confirmed),
            (&["answer ", "keys 111111483920"], Confirmed),
            (&["answer ", "keys 111111222222"], WrongNumber),
            (&["answer ", "keys 483*"], Reported),
            (&["answer ", "keys 1", "hangup "], Denied),
            (&["answer ", "keys 1"], Denied),
            // An answering machine says nothing and presses nothing
            (&["answer "], NoAnswer),
            (&["answer ", "hangup "], NoAnswer),
            (&["busy "], Busy),
            (&[], NoAnswer),
        ] {
            let (outcome, _, told) = asked(commands).await;
            assert_eq!(outcome, expected, "{commands:?}");
            assert!(
                !told.contains("483920"),
                "the number is nowhere but on the page"
            );
        }
        let (_, steps, _) = asked(&["answer ", "keys 483920"]).await;
        assert_eq!(steps, [CallStep::Ringing, CallStep::Answered]);
    }

    #[tokio::test(start_paused = true)]
    async fn h2_a_code_is_spoken_only_after_a_key() {
        for (keys, expected) in [("", CallOutcome::NoAnswer), ("5", CallOutcome::Confirmed)] {
            let (phone, told) = phone();
            let mut line = line(&phone).await;
            phone.command(&format!("answer {NUMBER}"));
            if !keys.is_empty() {
                phone.command(&format!("keys {NUMBER} {keys}"));
            }
            let outcome = speak_code(line.as_mut(), "General Hospital", "483920").await;
            assert_eq!(outcome, expected);
            let told = told.lock().unwrap().join("\n");
            assert_eq!(
                told.contains("4, 8, 3, 9, 2, 0"),
                !keys.is_empty(),
                "{told}"
            );
        }
    }

    #[tokio::test]
    async fn h3_a_number_has_one_call_at_a_time() {
        let (phone, _) = phone();
        let mut first = line(&phone).await;
        let mut second = line(&phone).await;
        assert_eq!(second.heard().await, Heard::Over(CallEnd::Busy));
        drop(second);
        assert_eq!(first.heard().await, Heard::Ringing);
        assert_eq!(phone.command(&format!("answer {NUMBER}")), "ok");
        drop(first);
        assert_eq!(phone.command(&format!("answer {NUMBER}")), "no call");
        for wrong in ["", "answer", "dance +44", "keys +44", "keys +44 12a"] {
            assert_eq!(phone.command(wrong), "no such command", "{wrong}");
        }
    }
}
