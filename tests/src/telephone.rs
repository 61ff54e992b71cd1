//! A real telephone that speaks SIP (baresip), at the other end of the service's trunk. It rings until it is told what to
//! do, presses keys as RTP events (RFC 4733), and records what it hears.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::part::{Part, await_for, root};

/// A call takes as long as people do.
const PATIENCE: Duration = Duration::from_mins(1);

/// The bytes of a second of its recording: 8 kHz, mono, 16 bits.
const SECOND: u64 = 16_000;

/// What the service's callers say first, and for how long it is compared.
const QUESTION: (&str, &str) = ("crates/service/prompts/en/ask-number.wav", "3");

/// A telephone that is switched on; off when dropped.
pub struct Telephone {
    orders: ChildStdin,
    told: HashMap<String, String>,
    events: Arc<Mutex<Vec<Value>>>,
    _running: Part,
}

impl Telephone {
    /// Switches one on, whose number is `number`, E.164.
    pub fn start(number: &str) -> Result<Self> {
        let mut running = Part::start(
            Command::new(root().join("tests/parts/start-sip-phone"))
                .args(["--user", number, "--no-answer"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        )?;
        let orders = running.child().stdin.take().context("it was piped")?;
        let said = running.child().stdout.take().context("it was piped")?;
        let mut lines = BufReader::new(said).lines();
        let mut told = HashMap::new();
        loop {
            let line = lines
                .next()
                .context("no telephone: run scripts/setup calls")??;
            if line == "READY" {
                break;
            }
            if let Some((name, value)) = line.split_once('=') {
                told.insert(name.to_owned(), value.to_owned());
            }
        }
        let events: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = Arc::clone(&events);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line) {
                    let mut events = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    events.push(event);
                }
            }
        });
        Ok(Self {
            orders,
            told,
            events,
            _running: running,
        })
    }

    /// Settings of a service whose trunk leads to this telephone, whatever number it dials.
    pub fn settings(&self) -> Result<String> {
        let (_, address) = self.told("SIP_URI")?.split_once('@').context("a URI")?;
        Ok(format!(
            "[calls.sip]\ntrunk = \"sip:{address}\"\nfrom = \"+442079460000\"\naddress = \"127.0.0.1\"\nlisten = \"127.0.0.1:0\"\n"
        ))
    }

    /// Waits until it rings for the `nth` time, counted from one.
    pub async fn rings(&self, nth: usize) -> Result<()> {
        self.has_seen("CALL_INCOMING", nth).await
    }

    /// Picks up the receiver.
    pub fn pick_up(&mut self) -> Result<()> {
        self.order("accept")
    }

    /// Puts it down; while it rings, that says it is busy.
    pub fn hang_up(&mut self) -> Result<()> {
        self.order("hangup")
    }

    /// Presses `keys`.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        self.order(&format!("digits {keys}"))
    }

    /// Waits until the `nth` call is over.
    pub async fn is_over(&self, nth: usize) -> Result<()> {
        self.has_seen("CALL_CLOSED", nth).await
    }

    /// Waits until so many seconds of the last call were heard.
    pub async fn hears(&self, seconds: u64) -> Result<()> {
        await_for(PATIENCE, async || {
            let heard = self.recording()?.metadata()?.len();
            ensure!(
                heard > seconds * SECOND,
                "the telephone heard {heard} bytes of sound"
            );
            Ok(())
        })
        .await
    }

    /// That what was heard first in the last call, which is over, is the question for the number of the page, in English.
    /// Tells how alike the two sound.
    pub fn heard_the_question(&self) -> Result<String> {
        let (question, seconds) = QUESTION;
        let output = Command::new(root().join("tests/parts/heard-prompt"))
            .arg(root().join(question))
            .arg(self.recording()?)
            .args(["--min", "0.95", "--first", seconds])
            .output()?;
        let alike = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        ensure!(
            output.status.success(),
            "the telephone heard something else: {alike}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(alike)
    }

    /// What is heard in the last call.
    fn recording(&self) -> Result<PathBuf> {
        let folder = Path::new(self.told("RECORDINGS")?);
        let mut heard: Vec<_> = fs::read_dir(folder)?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        // Their names begin with the time
        heard.sort();
        heard.pop().context("the telephone heard nothing yet")
    }

    async fn has_seen(&self, event: &str, times: usize) -> Result<()> {
        await_for(PATIENCE, async || {
            let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            let seen = events.iter().filter(|seen| seen["event"] == event).count();
            ensure!(
                seen >= times,
                "the telephone saw {event} {seen} times: {events:?}"
            );
            Ok(())
        })
        .await
    }

    fn order(&mut self, order: &str) -> Result<()> {
        Ok(writeln!(self.orders, "{order}")?)
    }

    fn told(&self, name: &str) -> Result<&str> {
        let value = self.told.get(name);
        value
            .map(String::as_str)
            .with_context(|| format!("the telephone tells no {name}"))
    }
}
