//! The app's engine in a process of its own, asked line by line.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::part::{Part, await_for, built};

/// The passphrase of every vault made here.
pub const PASSPHRASE: &str = "four words for tests";

/// A running app without a window.
pub struct Headless {
    part: Part,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// How it is started.
#[derive(Clone, Copy, Default)]
pub struct Start<'a> {
    /// Milliseconds by which its clock is fast.
    pub clock_fast_ms: i64,
    /// Hosts that its administrator allows.
    pub managed: &'a [String],
    /// The certificate authority that it trusts; `None` = the system's alone.
    pub ca: Option<&'a Path>,
}

impl Headless {
    /// Starts it on the vault in `folder`.
    pub fn start(folder: &Path, start: Start<'_>) -> Result<Self> {
        let mut command = Command::new(built("headless")?);
        command
            .arg(folder)
            .arg(start.clock_fast_ms.to_string())
            .args(start.managed);
        match start.ca {
            Some(ca) => command.env("SSL_CERT_FILE", ca),
            None => command.env_remove("SSL_CERT_FILE"),
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut part = Part::start(&mut command)?;
        let ask = part.child().stdin.take().context("its input is a pipe")?;
        let answers = BufReader::new(part.child().stdout.take().context("its output is a pipe")?);
        Ok(Self { part, ask, answers })
    }

    /// Starts it and opens its vault, which is made where there is none.
    pub fn open(folder: &Path, start: Start<'_>) -> Result<Self> {
        let mut app = Self::start(folder, start)?;
        match app.ask("view", json!({}))?["at"].as_str() {
            Some("first") => app.ask("create_vault", json!({ "secret": PASSPHRASE }))?,
            Some("locked") => app.ask("unlock", json!({ "secret": PASSPHRASE }))?,
            other => bail!("the vault is {other:?}"),
        };
        Ok(app)
    }

    /// Asks without waiting for the answer.
    pub fn send(&mut self, question: &str, mut with: Value) -> Result<()> {
        with["ask"] = question.into();
        writeln!(self.ask, "{with}")?;
        Ok(self.ask.flush()?)
    }

    /// Asks; a problem is given as it is.
    pub fn try_ask(&mut self, question: &str, with: Value) -> Result<Value> {
        self.send(question, with)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("no answer to {question}"))
    }

    /// Asks; a problem is an error.
    pub fn ask(&mut self, question: &str, with: Value) -> Result<Value> {
        let mut answer = self.try_ask(question, with)?;
        match answer.get_mut("ok") {
            Some(view) => Ok(view.take()),
            None => bail!("{question}: {answer}"),
        }
    }

    /// The code of the problem that the question meets.
    pub fn problem(&mut self, question: &str, with: Value) -> Result<Value> {
        let mut answer = self.try_ask(question, with)?;
        match answer.get_mut("problem") {
            Some(problem) => Ok(problem.take()),
            None => bail!("{question} met no problem: {answer}"),
        }
    }

    /// Reads an activation text and says yes to it. Gives the account.
    pub fn activate(&mut self, text: &str) -> Result<Value> {
        let read = self.ask("read_text", json!({ "text": text }))?;
        let activated = self.ask("activate", json!({ "draft": read["draft"] }))?;
        ensure!(activated["is"] == "added", "{activated}");
        Ok(activated["account"].clone())
    }

    /// Waits until the view satisfies `wanted`.
    pub async fn await_view(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(&Value) -> bool,
    ) -> Result<Value> {
        await_for(Duration::from_secs(20), async || {
            let view = self.ask("view", json!({}))?;
            if wanted(&view) {
                Ok(view)
            } else {
                bail!("waited for {what}: {view}")
            }
        })
        .await
    }

    /// Waits for one request and gives it.
    pub async fn await_request(&mut self) -> Result<Value> {
        let view = self
            .await_view("a request", |view| {
                view["requests"]
                    .as_array()
                    .is_some_and(|all| !all.is_empty())
            })
            .await?;
        Ok(view["requests"][0].clone())
    }

    /// Ends it without a word.
    pub fn kill(mut self) {
        self.part.signal(Signal::KILL);
        let _ = self.part.child().wait();
    }
}
