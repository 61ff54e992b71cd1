//! An application with the unmodified `duo_universal` from PyPI, and the address that people come back to.

use std::{collections::HashMap, path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail};
use axum::{Router, extract::Query, response::Html, routing::get};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt as _, net::TcpListener, process::Command, sync::mpsc, task::JoinHandle,
    time::timeout,
};

use crate::{
    duo::environment,
    part::root,
    service::{Integration, Service},
};

/// How long a person who confirmed may be on the way back.
const ON_THE_WAY: Duration = Duration::from_secs(20);

/// What the application shows to those who came back.
const WELCOME: &str = "<!doctype html><title>Patient Records</title><h1>Patient Records</h1>";

/// What came of one call of the client.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// The client's result.
    Answer(Value),
    /// The text of the exception that it raised.
    Refused(String),
}

/// A protected application in a process of its own, and what its address was asked.
pub struct Application {
    integration: Integration,
    python: PathBuf,
    host: String,
    ca: PathBuf,
    callback: String,
    came: mpsc::UnboundedReceiver<HashMap<String, String>>,
    serving: JoinHandle<()>,
}

impl Drop for Application {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Application {
    /// An application of that name at `service`, whose address is registered.
    pub async fn new(service: &Service, name: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let callback = format!("http://{}/duo-callback", listener.local_addr()?);
        let (told, came) = mpsc::unbounded_channel();
        let back = async move |Query(said): Query<HashMap<String, String>>| {
            let _ = told.send(said);
            Html(WELCOME)
        };
        let pages = Router::new().route("/duo-callback", get(back));
        Ok(Self {
            integration: service.add_integration(name, &["--redirect-uri", &callback])?,
            python: environment()?,
            host: service.address(),
            ca: service.ca.clone(),
            callback,
            came,
            serving: tokio::spawn(async move {
                let _ = axum::serve(listener, pages).await;
            }),
        })
    }

    /// Calls the method `call` of `duo_universal.Client`.
    pub async fn call(&self, call: &str, arguments: Value) -> Result<Said> {
        self.call_from(&self.callback, call, arguments).await
    }

    /// The same of a client that names another address to come back to.
    pub async fn call_from(&self, callback: &str, call: &str, arguments: Value) -> Result<Said> {
        let mut child = Command::new(&self.python)
            .arg(root().join("tests/duo/universal.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let ask = json!({
            "client_id": self.integration.ikey,
            "client_secret": self.integration.skey,
            "host": self.host,
            "redirect_uri": callback,
            "ca": self.ca,
            "call": call,
            "arguments": arguments,
        });
        let mut stdin = child
            .stdin
            .take()
            .context("the client's input was piped above")?;
        stdin.write_all(ask.to_string().as_bytes()).await?;
        drop(stdin);
        let output = child.wait_with_output().await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            bail!("duo_universal could not call {call}: {said}");
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The same, where a refusal is a mistake of the test.
    pub async fn answer(&self, call: &str, arguments: Value) -> Result<Value> {
        match self.call(call, arguments).await? {
            Said::Answer(answer) => Ok(answer),
            Said::Refused(refusal) => bail!("{call} was refused: {refusal}"),
        }
    }

    /// The address to which the application sends `user`'s browser.
    pub async fn link(&self, user: &str, state: &str) -> Result<String> {
        let link = self.answer("create_auth_url", json!([user, state])).await?;
        Ok(link.as_str().context("an address")?.to_owned())
    }

    /// What the browser of the next person who comes back says.
    pub async fn back(&mut self) -> Result<HashMap<String, String>> {
        timeout(ON_THE_WAY, self.came.recv())
            .await
            .context("nobody came back")?
            .context("the application is gone")
    }

    /// Whether anybody came back who was not waited for.
    pub fn nobody_came(&mut self) -> bool {
        self.came.try_recv().is_err()
    }
}
