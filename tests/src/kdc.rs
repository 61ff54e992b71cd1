//! A Kerberos realm of one's own, and the computers that people are signed in to in it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use crate::{
    part::{Part, root},
    service::Service,
};

/// The realm.
pub const REALM: &str = "HOSP.TEST";

/// A running KDC, gone with everything of it when dropped.
pub struct Kdc {
    configuration: PathBuf,
    keytab: PathBuf,
    password: String,
    running: Option<Part>,
    folder: TempDir,
}

/// A computer, by what its tickets lie in: of whoever is signed in to it, or of nobody.
pub struct Computer {
    /// The realm's configuration.
    pub configuration: PathBuf,
    /// The cache of tickets, as `KRB5CCNAME` names it.
    pub cache: String,
}

/// What a service answered to `curl`.
#[derive(Debug)]
pub struct Answered {
    /// The status of the last answer.
    pub status: u16,
    /// How often the service asked the computer.
    pub challenges: usize,
    /// The last token that was sent, in base64.
    pub token: Option<String>,
    /// The last body.
    pub body: serde_json::Value,
    /// All headers of all answers.
    pub headers: String,
}

impl Kdc {
    /// Starts one that knows `people`.
    pub fn start(people: &[&str]) -> Result<Self> {
        Self::with_key("aes256-cts-hmac-sha1-96", people)
    }

    /// The same, with a key of that kind for the service.
    pub fn with_key(kind: &str, people: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut running = Part::start(
            Command::new(root().join("tests/parts/start-kdc"))
                .args(["--realm", REALM, "--service-key", kind, "--dir"])
                .arg(folder.path().join("kdc"))
                .args(people)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        )?;
        let said = running.child().stdout.take().context("it was piped")?;
        let mut lines = BufReader::new(said).lines();
        let mut value = |name: &str| -> Result<String> {
            let line = lines
                .next()
                .context("no KDC: run scripts/setup kerberos")??;
            let value = line
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('='));
            value
                .map(str::to_owned)
                .with_context(|| format!("{line} is not {name}"))
        };
        let (configuration, keytab) = (value("KRB5_CONFIG")?, value("KEYTAB")?);
        let password = value("PASSWORD")?;
        ensure!(
            lines.next().context("it ended")?? == "READY",
            "it is not ready"
        );
        // Outlives the KDC: a computer keeps its configuration when the KDC is down
        let kept = folder.path().join("krb5.conf");
        std::fs::copy(configuration, &kept)?;
        let kept_keytab = folder.path().join("service.keytab");
        std::fs::copy(keytab, &kept_keytab)?;
        Ok(Self {
            configuration: kept,
            keytab: kept_keytab,
            password,
            running: Some(running),
            folder,
        })
    }

    /// What the service's configuration says of it.
    pub fn settings(&self) -> String {
        format!(
            "[recognition]\nkeytab = \"{}\"\nrealms = [\"{REALM}\"]\ninside = [\"127.0.0.0/8\", \"192.0.2.0/24\"]\nshared_accounts = [\"clinicaldesktop\"]\n",
            self.keytab.display()
        )
    }

    /// The realm's configuration, which the service needs too.
    pub fn configuration(&self) -> &Path {
        &self.configuration
    }

    /// A computer that `person` is signed in to; `flags` go to `kinit`.
    pub fn computer(&self, person: &str, flags: &[&str]) -> Result<Computer> {
        let computer = self.nobodys_computer()?;
        computer.sign_in(person, &self.password, flags)?;
        Ok(computer)
    }

    /// A computer of the realm that nobody is signed in to.
    pub fn nobodys_computer(&self) -> Result<Computer> {
        Computer::of_nobody(&self.configuration, self.folder.path())
    }

    /// Ends the KDC; tickets that computers have go on.
    pub fn stop(&mut self) {
        self.running = None;
    }
}

impl Computer {
    /// A computer of the realm with this configuration that nobody is signed in to; what it keeps lies in `folder`.
    pub fn of_nobody(configuration: &Path, folder: &Path) -> Result<Self> {
        let cache = tempfile::Builder::new()
            .prefix("computer")
            .tempdir_in(folder)?
            .keep();
        Ok(Self {
            configuration: configuration.to_owned(),
            cache: format!("FILE:{}", cache.join("tickets").display()),
        })
    }

    /// Signs `person` in to it; `flags` go to `kinit`.
    pub fn sign_in(&self, person: &str, password: &str, flags: &[&str]) -> Result<()> {
        let mut kinit = Command::new("kinit")
            .args(flags)
            .arg(person)
            .env("KRB5_CONFIG", &self.configuration)
            .env("KRB5CCNAME", &self.cache)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("no kinit: run scripts/setup kerberos")?;
        let mut input = kinit.stdin.take().context("it was piped")?;
        writeln!(input, "{password}")?;
        drop(input);
        ensure!(kinit.wait()?.success(), "{person} cannot sign in");
        Ok(())
    }

    /// What `curl` on it gets from self-service, as a page of the service would ask.
    pub fn curl(&self, service: &Service, path: &str, arguments: &[&str]) -> Result<Answered> {
        let address = format!("https://{}/self-service/v1{path}", service.address());
        let output = Command::new("curl")
            // In HTTP/2 curl 7.88 stumbles over an answer that comes before it has sent its body
            .args([
                "--silent",
                "--show-error",
                "--verbose",
                "--http1.1",
                "--cacert",
            ])
            .arg(&service.ca)
            .args(["--header", "sec-fetch-site: same-origin"])
            .args(arguments)
            .arg(address)
            .env("KRB5_CONFIG", &self.configuration)
            .env("KRB5CCNAME", &self.cache)
            .output()
            .context("no curl: run scripts/setup kerberos")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines = |mark: &str| -> Vec<String> {
            said.lines()
                .filter_map(|line| line.strip_prefix(mark))
                .map(|line| line.trim().to_owned())
                .collect()
        };
        let (sent, got) = (lines("> "), lines("< "));
        let status = got
            .iter()
            .rev()
            .find(|line| line.starts_with("HTTP/"))
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok());
        let Some(status) = status else {
            bail!("no answer: {said}");
        };
        Ok(Answered {
            status,
            challenges: got
                .iter()
                .filter(|line| line.eq_ignore_ascii_case("www-authenticate: Negotiate"))
                .count(),
            token: sent.iter().rev().find_map(|line| {
                let (name, value) = line.split_once(": Negotiate ")?;
                name.eq_ignore_ascii_case("authorization")
                    .then(|| value.to_owned())
            }),
            body: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            headers: got.join("\n"),
        })
    }
}
