//! Self-service from an app that has no account there: reinstalled, or on a new device. The engine against the real service.

use anyhow::{Result, ensure};
use countersign_tests::{
    headless::Headless,
    hospital::{Hospital, USER, passcode},
    portal::PASSWORD,
};
use serde_json::{Value, json};

/// Somebody at the hospital's host, without an account.
struct Stranger {
    app: Headless,
    host: String,
}

impl Stranger {
    fn new(hospital: &Hospital) -> Result<Self> {
        Ok(Self {
            app: hospital.app("new")?,
            host: hospital.service.address(),
        })
    }

    fn ask(&mut self, call: &Value) -> Result<Value> {
        let asked = json!({ "host": self.host, "call": call });
        Ok(self.app.ask("self_service_at", asked)?["view"].clone())
    }

    fn problem(&mut self, call: &Value) -> Result<Value> {
        let asked = json!({ "host": self.host, "call": call });
        self.app.problem("self_service_at", asked)
    }

    fn sign_in(&mut self) -> Result<Value> {
        self.ask(&json!({ "want": "sign_in", "username": USER, "password": PASSWORD }))
    }

    fn prove(&mut self, passcode: &str) -> Result<()> {
        let wanted = json!({ "way": "passcode", "passcode": passcode });
        let proof = self.ask(&json!({ "want": "prove", "wanted": wanted }))?;
        ensure!(proof["state"] == "confirmed", "{proof}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s9_a_reinstalled_app_has_the_rights_of_a_browser_and_activates_itself_in_one_call()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let mut before = hospital.activated("before")?;
    let mut stranger = Stranger::new(&hospital)?;
    let session = stranger.sign_in()?;
    ensure!(
        session["stage"] == "prove" && session["this_device"].is_null(),
        "{session}"
    );
    let device = session["devices"][0]["id"].clone();
    let again = json!({ "want": "reactivate_here", "device": device });
    let problem = stranger.problem(&again)?;
    ensure!(problem["problem"]["code"] == "proof_needed", "{problem}");

    stranger.prove(&hospital.service.bypass(USER)?)?;
    let session = stranger.ask(&again)?;
    ensure!(
        session["this_device"] == device && session["devices"].as_array().map(Vec::len) == Some(1),
        "{session}"
    );
    let shown = passcode(&mut stranger.app)?;
    let answer = hospital.duo()?.passcode(USER, &shown).await?;
    ensure!(answer["result"] == "allow", "{answer}");
    before
        .await_view("the old keys to be refused", |view| {
            view["accounts"][0]["state"] == "needs_reactivating"
        })
        .await?;

    // The visit goes on, and ends with the lock
    stranger.ask(&json!({ "want": "stay" }))?;
    stranger.app.ask("lock", json!({}))?;
    let problem = stranger.problem(&json!({ "want": "session" }))?;
    ensure!(problem["problem"]["code"] == "locked", "{problem}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph02_a_new_device_adds_itself_in_one_call() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut other = hospital.activated("other")?;
    let mut stranger = Stranger::new(&hospital)?;
    stranger.sign_in()?;
    stranger.prove(&passcode(&mut other)?)?;
    let added = stranger.ask(&json!({ "want": "add_here", "kind": "tablet", "number": null }))?;
    ensure!(
        added["this_device"].is_string() && added["devices"].as_array().map(Vec::len) == Some(2),
        "{added}"
    );
    let view = stranger.app.ask("view", json!({}))?;
    ensure!(view["accounts"][0]["state"] == "working", "{view}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q2_self_service_is_asked_at_no_host_that_is_neither_public_nor_listed() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut stranger = Stranger::new(&hospital)?;
    for (host, code) in [
        ("localhost:1", "host_refused"),
        ("127.0.0.1", "host_refused"),
        ("intranet", "host_refused"),
        ("https://localhost", "not_an_address"),
        ("", "not_an_address"),
    ] {
        host.clone_into(&mut stranger.host);
        let problem = stranger.problem(&json!({ "want": "site" }))?;
        ensure!(
            problem["from"] == "app" && problem["problem"]["code"] == code,
            "{host}: {problem}"
        );
    }
    let address = format!("https://{}/devices", hospital.service.address());
    let read = stranger
        .app
        .ask("read_service_host", json!({ "text": address }))?;
    ensure!(
        read == json!({ "host": hospital.service.address(), "known": true }),
        "{read}"
    );
    Ok(())
}
