//! The unmodified `duo_client` from PyPI, in a virtual environment that is made on first use.

use std::{
    collections::HashMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command as Blocking, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use countersign_authenticator::clock::{Clock as _, SystemClock};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command, sync::Mutex};

use crate::{
    part::root,
    service::{Integration, Service},
};

/// The clients, in the versions that the tests were written against.
const CLIENTS: [&str; 2] = ["duo_client==5.7.0", "duo_universal==2.3.1"];

/// Where people sign in from (RFC 5737).
const FROM: &str = "192.0.2.7";

/// One integration's client.
#[derive(Clone)]
pub struct DuoClient {
    python: Arc<PathBuf>,
    integration: Integration,
    host: String,
    port: u16,
    ca: PathBuf,
    /// The second in which each call was last made or earlier.
    made: Arc<Mutex<HashMap<String, i64>>>,
}

/// What came of one call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Called {
    /// The service's `response`.
    Answer(Value),
    /// The service said no before there was a response.
    Refused(Refusal),
}

/// A refusal as `duo_client` raises it.
#[derive(Debug, Deserialize)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// HTTP reason.
    pub reason: String,
    /// The client's sentence.
    pub message: String,
}

impl DuoClient {
    /// A client of `integration` at `service`.
    pub fn new(service: &Service, integration: &Integration) -> Result<Self> {
        Ok(Self {
            python: Arc::new(environment()?),
            integration: integration.clone(),
            host: service.host.clone(),
            port: service.port,
            ca: service.ca.clone(),
            made: Arc::default(),
        })
    }

    /// Signatures carry whole seconds, and the same signature twice is one call sent again (row K2). What a person would
    /// take seconds for a test does in one, so the same call waits for the next.
    async fn await_a_second_of_its_own(&self, call: &str) {
        let before = self.made.lock().await.get(call).copied();
        while before.is_some_and(|before| SystemClock.now().seconds() <= before) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Calls the method `name` of `duo_client.Auth` with keyword `arguments`.
    pub async fn call(&self, name: &str, arguments: Value) -> Result<Called> {
        let call = format!("{name} {arguments}");
        if name != "auth_status" {
            self.await_a_second_of_its_own(&call).await;
        }
        let mut child = Command::new(self.python.as_path())
            .arg(root().join("tests/duo/ask.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let ask = json!({
            "ikey": self.integration.ikey,
            "skey": self.integration.skey,
            "host": self.host,
            "port": self.port,
            "ca": self.ca,
            "call": name,
            "arguments": arguments,
        });
        let mut stdin = child
            .stdin
            .take()
            .context("the client's input was piped above")?;
        stdin.write_all(ask.to_string().as_bytes()).await?;
        drop(stdin);
        let output = child.wait_with_output().await?;
        ensure!(
            output.status.success(),
            "duo_client could not call {name}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        self.made
            .lock()
            .await
            .insert(call, SystemClock.now().seconds());
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The same, where a refusal is a mistake of the test.
    pub async fn answer(&self, name: &str, arguments: Value) -> Result<Value> {
        match self.call(name, arguments).await? {
            Called::Answer(answer) => Ok(answer),
            Called::Refused(refusal) => {
                bail!("{name} was refused: {} {}", refusal.status, refusal.message)
            }
        }
    }

    /// Begins `auth(factor="push")` for `username`; await the result with [`Asked::answer`].
    pub fn push(&self, username: &str) -> Asked {
        self.ask(
            "auth",
            json!({ "username": username, "factor": "push", "device": "auto", "ipaddr": FROM }),
        )
    }

    /// Begins a push whose number the person has to type: what the sign-in page would show, and the transaction.
    pub async fn push_with_number(&self, username: &str) -> Result<(String, String)> {
        let preauth = json!({
            "username": username, "client_supports_verified_push": "1", "ipaddr": FROM,
        });
        let preauth = self.answer("preauth", preauth).await?;
        let prepared = preauth["txid"]
            .as_str()
            .with_context(|| format!("preauth gave no txid: {preauth}"))?;
        let auth = json!({
            "username": username, "factor": "push", "device": "auto", "async_txn": true, "txid": prepared,
            "ipaddr": FROM,
        });
        let auth = self.answer("auth", auth).await?;
        let txid = auth["txid"]
            .as_str()
            .with_context(|| format!("auth gave no txid: {auth}"))?
            .to_owned();
        let status = self.answer("auth_status", json!({ "txid": txid })).await?;
        let message = status["status_msg"].as_str().unwrap_or_default();
        let number: String = message.chars().filter(char::is_ascii_digit).collect();
        ensure!(
            !number.is_empty(),
            "no number for the sign-in page: {status}"
        );
        Ok((number, txid))
    }

    /// Polls `auth_status` until the request is decided. Fails when there are 15 undecided answers, as clients give up.
    pub async fn decided(&self, txid: &str) -> Result<Value> {
        for _ in 0..15 {
            let status = self.answer("auth_status", json!({ "txid": txid })).await?;
            if status["waiting"] == false {
                return Ok(status);
            }
        }
        bail!("15 undecided answers for one request")
    }

    /// Begins a call that waits for a person.
    pub fn ask(&self, name: &'static str, arguments: Value) -> Asked {
        let client = self.clone();
        Asked(tokio::spawn(
            async move { client.answer(name, arguments).await },
        ))
    }

    /// `auth(factor="passcode")` for `username`.
    pub async fn passcode(&self, username: &str, passcode: &str) -> Result<Value> {
        self.answer(
            "auth",
            json!({ "username": username, "factor": "passcode", "passcode": passcode }),
        )
        .await
    }
}

/// A call that waits for a person.
pub struct Asked(tokio::task::JoinHandle<Result<Value>>);

impl Asked {
    /// What the client was told in the end.
    pub async fn answer(self) -> Result<Value> {
        self.0.await?
    }
}

/// Has the clients installed before they are needed; where they are not, that takes the network and some seconds.
pub fn ready() -> Result<()> {
    environment().map(drop)
}

/// The Python of a virtual environment that holds the clients; made once, by whoever comes first.
pub(crate) fn environment() -> Result<PathBuf> {
    let folder = root().join("target/duo-client");
    let python = folder.join("bin/python");
    made_once(&folder, &CLIENTS.join(" "), || {
        run(Blocking::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder))?;
        run(Blocking::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .arg("--disable-pip-version-check")
            .args(CLIENTS))
    })?;
    Ok(python)
}

/// Runs `make`, which may clear `folder` first, unless the file `ready` tells that it was done; all others wait meanwhile.
fn made_once(folder: &Path, ready: &str, make: impl FnOnce() -> Result<()>) -> Result<()> {
    fs::create_dir_all(folder)?;
    // Beside the folder: what clears it would take a lock inside away, and whoever came then would begin a second time
    let lock = File::create(folder.with_extension("lock"))?;
    lock.lock()?;
    let ready = folder.join(ready);
    if !ready.exists() {
        make()?;
        fs::write(&ready, "")?;
    }
    Ok(())
}

fn run(command: &mut Blocking) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn whoever_comes_while_the_folder_is_made_waits_for_it() -> Result<()> {
        let place = tempfile::tempdir()?;
        let folder = place.path().join("made");
        let begun = AtomicUsize::new(0);
        let second = || {
            made_once(&folder, "ready", || {
                begun.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
        };
        thread::scope(|scope| {
            made_once(&folder, "ready", || {
                begun.fetch_add(1, Ordering::SeqCst);
                fs::remove_dir_all(&folder)?;
                fs::create_dir_all(&folder)?;
                scope.spawn(second);
                for _ in 0..10_000 {
                    thread::yield_now();
                }
                Ok(())
            })
        })?;
        ensure!(begun.into_inner() == 1, "it was made twice");
        Ok(())
    }
}
