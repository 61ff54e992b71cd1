//! A name server of one's own, which knows the computers of a test.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use crate::part::{Part, root};

/// A running name server, gone when dropped.
pub struct NameServer {
    _running: Part,
    at: String,
}

impl NameServer {
    /// Starts one that knows these names, as `start-names` takes them.
    pub fn start(names: &[&str]) -> Result<Self> {
        let mut running = Part::start(
            Command::new(root().join("tests/parts/start-names"))
                .args(names)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        )?;
        let said = running.child().stdout.take().context("it was piped")?;
        let mut lines = BufReader::new(said).lines();
        let mut line = || lines.next().context("no name server")?.context("no line");
        let first = line()?;
        let at = first.strip_prefix("NAMES=").context("no address")?;
        ensure!(line()? == "READY", "it is not ready");
        Ok(Self {
            at: at.to_owned(),
            _running: running,
        })
    }

    /// What the service's configuration says of it: which names shared workstations have, in a network whose addresses a
    /// proxy on this machine tells.
    pub fn settings(&self, shared: &str, within: &str) -> String {
        format!(
            "[workstations.names]\nshared = [\"{shared}\"]\nwithin = [\"{within}\"]\nservers = [\"{}\"]\n[proxies]\ntrusted = [\"127.0.0.1/32\"]\n",
            self.at
        )
    }
}
