//! The simulated telephones of a trial service: what they receive, and telling them what to do.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::{part::await_for, service::Service};

/// A text takes a moment, a call a few.
const PATIENCE: Duration = Duration::from_secs(20);

macro_rules! texted {
    () => {
        "enrolment = \"open\"\n\
         [service_desk]\nextension = \"4477\"\nalways = true\n\
         [texts]\nsimulated = true\n"
    };
}

/// Settings of a service where people add their first device by themselves, and texts reach simulated telephones.
pub const TEXTED: &str = texted!();

/// The same where calls reach them too, as of a service that anyone may try.
pub const TRIAL: &str = concat!(texted!(), "[calls]\nsimulated = true\n");

/// Something that a telephone met.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Heard {
    /// Its number, E.164.
    pub phone: String,
    /// A text that it received.
    pub text: Option<String>,
    /// A call that began or ended.
    pub call: Option<String>,
    /// What was said in a call.
    pub said: Option<String>,
}

/// Every simulated telephone of one service.
pub struct Phones {
    socket: PathBuf,
    log: PathBuf,
    read: usize,
}

impl Phones {
    /// Those of `service`; what happened before is not told.
    pub fn of(service: &Service) -> Self {
        Self {
            socket: service.data().join("phone.sock"),
            log: service.log_file().to_owned(),
            read: service.log().len(),
        }
    }

    /// What happened since this was asked last.
    pub fn heard(&mut self) -> Vec<Heard> {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let new = log.get(self.read..).unwrap_or_default();
        // Only whole lines: the last one may still be written
        let whole = new.rfind('\n').map_or(0, |end| end + 1);
        self.read += whole;
        new[..whole]
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Waits for the first thing that `wanted` takes.
    pub async fn wait<T>(&mut self, wanted: impl Fn(&Heard) -> Option<T>) -> Result<T> {
        await_for(PATIENCE, async || {
            let heard = self.heard();
            heard
                .iter()
                .find_map(&wanted)
                .context("no telephone met that")
        })
        .await
    }

    /// The six digits of the next text.
    pub async fn code(&mut self) -> Result<String> {
        Ok(self.code_to().await?.1)
    }

    /// The same with the number that it went to.
    pub async fn code_to(&mut self) -> Result<(String, String)> {
        self.wait(|heard| {
            let text = heard.text.as_deref()?;
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            (digits.len() == 6).then(|| (heard.phone.clone(), digits))
        })
        .await
    }

    /// The activation link in the next text.
    pub async fn link(&mut self) -> Result<String> {
        self.wait(|heard| {
            let text = heard.text.as_deref()?;
            let link = text
                .split_whitespace()
                .find(|word| word.starts_with("https://"))?;
            Some(link.to_owned())
        })
        .await
    }

    /// Waits until a telephone rings; tells its number.
    pub async fn ringing(&mut self) -> Result<String> {
        self.wait(|heard| (heard.call.as_deref() == Some("ringing")).then(|| heard.phone.clone()))
            .await
    }

    /// Takes the next call, presses a key, and writes down the code that is read out.
    pub async fn spoken_code(&mut self) -> Result<String> {
        let phone = self.ringing().await?;
        self.answer(&phone, "5")?;
        self.wait(|heard| {
            let said = heard.said.as_deref()?.strip_prefix("Your code is ")?;
            Some(said.chars().filter(char::is_ascii_digit).collect())
        })
        .await
    }

    /// Takes the call on `phone`, and types `keys`.
    pub fn answer(&self, phone: &str, keys: &str) -> Result<()> {
        self.tell(&format!("answer {phone}"))?;
        self.tell(&format!("keys {phone} {keys}"))
    }

    /// Tells a telephone what to do.
    pub fn tell(&self, command: &str) -> Result<()> {
        let mut stream = UnixStream::connect(&self.socket)?;
        writeln!(stream, "{command}")?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        ensure!(answer.trim() == "ok", "\"{command}\": {}", answer.trim());
        Ok(())
    }
}
