//! `countersign-service` as a person runs it: started and administered by its command line.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, de::DeserializeOwned};

use crate::part::{Part, await_for, built, faketime, free_port};

/// A running service on loopback, with an embedded database and a certificate authority of its own.
pub struct Service {
    /// The host without its port.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The certificate authority, as PEM.
    pub ca: PathBuf,
    data: PathBuf,
    settings: PathBuf,
    log: PathBuf,
    /// The file that says by how much its clock is fast; `None` = it has the machine’s.
    clock: Option<PathBuf>,
    /// What it finds in its environment beside the test's own.
    environment: Vec<(&'static str, PathBuf)>,
    running: Option<Part>,
}

/// An integration, as `integration add --json` prints it.
#[derive(Clone, Deserialize)]
pub struct Integration {
    /// The key's name.
    pub ikey: String,
    /// The key.
    pub skey: String,
}

/// An activation, as `user activation --json` prints it.
#[derive(Clone, Deserialize)]
pub struct Activation {
    /// The code alone.
    pub code: String,
    /// The text in our own form.
    pub text: String,
    /// The text in Duo's form.
    pub duo_text: String,
}

/// What the service is told that its organisation is called; invented, as everybody else here.
pub const ORGANISATION: &str = "Marlowe University Hospital";

/// How long a service may take to answer its first question, key generation included.
const START: Duration = Duration::from_secs(30);

impl Service {
    /// Starts a service whose files lie in `folder`.
    pub async fn start(folder: &Path) -> Result<Self> {
        Self::start_with(folder, "").await
    }

    /// The same with further lines in its configuration.
    pub async fn start_with(folder: &Path, settings: &str) -> Result<Self> {
        Self::start_by(folder, settings, None, &[]).await
    }

    /// The same with a clock that [`Service::advance_to`] moves.
    pub async fn start_timed(folder: &Path, settings: &str) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let clock = folder.join("clock");
        fs::write(&clock, "+0s")?;
        Self::start_by(folder, settings, Some(clock), &[]).await
    }

    /// The same as [`Service::start_with`] with more in its environment.
    pub async fn start_in(
        folder: &Path,
        settings: &str,
        environment: &[(&'static str, PathBuf)],
    ) -> Result<Self> {
        Self::start_by(folder, settings, None, environment).await
    }

    async fn start_by(
        folder: &Path,
        settings: &str,
        clock: Option<PathBuf>,
        environment: &[(&'static str, PathBuf)],
    ) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let mut service = Self {
            host: "localhost".to_owned(),
            port: free_port()?,
            ca: folder.join("tls/ca.pem"),
            data: folder.join("data"),
            settings: folder.join("countersign.toml"),
            log: folder.join("service.log"),
            clock,
            environment: environment.to_vec(),
            running: None,
        };
        fs::write(
            &service.settings,
            format!("organisation = \"{ORGANISATION}\"\n{settings}"),
        )?;
        service.resume().await?;
        Ok(service)
    }

    /// The host with its port, as the app shows it.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The folder of its database.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The file that it logs and prints to.
    pub fn log_file(&self) -> &Path {
        &self.log
    }

    /// The process id of the running service; 0 while it is stopped.
    pub fn id(&self) -> u32 {
        self.running.as_ref().map_or(0, Part::id)
    }

    /// Starts the service again, on the same port and data.
    pub async fn resume(&mut self) -> Result<()> {
        let said_before = self.log().len();
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = self.command()?;
        command
            .arg("serve")
            .args([
                "--listen",
                &format!("127.0.0.1:{}", self.port),
                "--public-host",
                &self.address(),
            ])
            .arg("--dev-tls")
            .arg(self.ca.parent().context("the authority lies in a folder")?)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.running = Some(Part::start(&mut command)?);
        // A port that answers could be another test's; what this service says is its own
        let answers = await_for(START, async || {
            let log = self.log();
            let says = log.get(said_before..).unwrap_or_default();
            ensure!(says.contains("listening https://"), "it is not listening");
            Ok(())
        })
        .await;
        if answers.is_err() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            anyhow::bail!("the service did not start:\n{log}");
        }
        Ok(())
    }

    /// Moves the clock of a service that was started with one, to `seconds` ahead of the machine's.
    ///
    /// Only the time of day moves: whatever waits, waits as long as it should.
    pub fn advance_to(&self, seconds: u32) -> Result<()> {
        let clock = self.clock.as_ref().context("it has the machine's clock")?;
        // The service reads it at any moment, so it is never half-written
        let next = clock.with_extension("next");
        fs::write(&next, format!("+{seconds}s"))?;
        Ok(fs::rename(next, clock)?)
    }

    /// Stops the service as its host would.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Kills the service without a word, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(part) = self.running.take() {
            part.signal(rustix::process::Signal::KILL);
        }
    }

    /// The service's log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The service's own picture of an activation in Duo's form, as a browser would get it.
    pub async fn picture(&self, activation: &Activation) -> Result<Vec<u8>> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = reqwest::Certificate::from_pem(&std::fs::read(&self.ca)?)?;
        let client = reqwest::Client::builder()
            .tls_certs_only([authority])
            .build()?;
        let value = countersign_protocol::params::encode(&activation.duo_text);
        let asked = client.get(format!("https://{}/frame/qr?value={value}", self.address()));
        Ok(asked
            .send()
            .await?
            .error_for_status()?
            .bytes()
            .await?
            .to_vec())
    }

    /// `user add`.
    pub fn add_user(&self, name: &str) -> Result<()> {
        self.run(&["user", "add", name]).map(drop)
    }

    /// `user add` of somebody whom the organisation writes as `display_name`.
    pub fn add_person(&self, name: &str, display_name: &str) -> Result<()> {
        self.run(&["user", "add", name, "--display-name", display_name])
            .map(drop)
    }

    /// `user password`, typed on its standard input.
    pub fn set_password(&self, name: &str, password: &str) -> Result<()> {
        let mut child = self
            .command()?
            .args(["user", "password", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().context("it was piped")?;
        input.write_all(password.as_bytes())?;
        drop(input);
        let output = child.wait_with_output()?;
        ensure!(
            output.status.success(),
            "the password was not set: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(())
    }

    /// `bypass`: one code of the Service Desk.
    pub fn bypass(&self, name: &str) -> Result<String> {
        let made: serde_json::Value = self.json(&["bypass", name])?;
        Ok(made["code"].as_str().context("a code was made")?.to_owned())
    }

    /// `user activation`.
    pub fn activation(&self, name: &str) -> Result<Activation> {
        self.json(&["user", "activation", name])
    }

    /// `user activation --device`: the same for the first device that `name` has.
    pub fn reactivation(&self, name: &str) -> Result<Activation> {
        let listed: serde_json::Value = self.json(&["user", "devices", name])?;
        let device = listed["devices"][0]["device"]
            .as_str()
            .with_context(|| format!("{name} has no device"))?;
        self.json(&["user", "activation", name, "--device", device])
    }

    /// `integration add`, with further `flags`.
    pub fn add_integration(&self, name: &str, flags: &[&str]) -> Result<Integration> {
        self.json(&[&["integration", "add", name], flags].concat())
    }

    /// Runs one command with `--json` and reads what it prints.
    pub fn json<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T> {
        Ok(serde_json::from_slice(
            &self.run(&[arguments, &["--json"]].concat())?,
        )?)
    }

    /// Runs one command of the command line on the service's data.
    pub fn run(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = self
            .command()?
            .args(arguments)
            .stdin(Stdio::null())
            .output()?;
        ensure!(
            output.status.success(),
            "countersign-service {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(output.stdout)
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(built("countersign-service")?);
        command
            .arg("--config")
            .arg(&self.settings)
            .arg("--data")
            .arg(&self.data)
            .envs(self.environment.iter().cloned());
        if let Some(clock) = &self.clock {
            command
                .env("LD_PRELOAD", faketime("libfaketimeMT.so.1")?)
                .env("FAKETIME_TIMESTAMP_FILE", clock)
                .env("FAKETIME_NO_CACHE", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        Ok(command)
    }
}
