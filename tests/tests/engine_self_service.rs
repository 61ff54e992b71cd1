//! Self-service from inside the app, without a window: the engine against the real service.

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    headless::{Headless, PASSPHRASE},
    ward::{USER, Ward, passcode},
};
use serde_json::{Value, json};

/// The person's password.
const PASSWORD: &str = "correct horse battery";

/// A person's app and what she does with her account's self-service.
struct Visitor {
    app: Headless,
    account: Value,
    /// Every answer as it came, to be searched for what must not be in it.
    heard: Vec<String>,
}

impl Visitor {
    fn new(ward: &Ward, app: Headless) -> Result<Self> {
        let mut app = app;
        let account = app.activate(&ward.service.activation(USER)?.text)?;
        Ok(Self {
            app,
            account,
            heard: Vec::new(),
        })
    }

    fn asking(&self, call: Value) -> Value {
        let mut question = json!({ "account": self.account["id"] });
        question["call"] = call;
        question
    }

    fn ask(&mut self, call: Value) -> Result<Value> {
        let answer = self.app.ask("self_service", self.asking(call))?;
        self.heard.push(answer.to_string());
        Ok(answer["view"].clone())
    }

    fn problem(&mut self, call: Value) -> Result<Value> {
        let problem = self.app.problem("self_service", self.asking(call))?;
        self.heard.push(problem.to_string());
        Ok(problem)
    }

    fn sign_in(&mut self) -> Result<Value> {
        self.ask(json!({ "want": "sign_in", "username": USER, "password": PASSWORD }))
    }

    fn prove_by_passcode(&mut self) -> Result<()> {
        let passcode = passcode(&mut self.app, &self.account)?;
        let wanted = json!({ "way": "passcode", "passcode": passcode });
        let proof = self.ask(json!({ "want": "prove", "wanted": wanted }))?;
        ensure!(proof["state"] == "confirmed", "{proof}");
        Ok(())
    }
}

async fn ward() -> Result<Ward> {
    let ward = Ward::new().await?;
    ward.service.set_password(USER, PASSWORD)?;
    Ok(ward)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_the_app_signs_in_proves_by_a_push_to_another_device_and_renames() -> Result<()> {
    let ward = ward().await?;
    let mut other = Headless::open(&ward.folder.path().join("other"), ward.start())?;
    other.activate(&ward.service.activation(USER)?.text)?;
    let mut visitor = Visitor::new(&ward, ward.app()?)?;

    ensure!(visitor.ask(json!({ "want": "site" }))?["organisation"].is_string());
    let problem = visitor.problem(json!({ "want": "session" }))?;
    ensure!(
        problem["from"] == "service" && problem["problem"]["code"] == "signed_out",
        "{problem}"
    );
    let problem = visitor
        .problem(json!({ "want": "sign_in", "username": USER, "password": "not the password" }))?;
    ensure!(problem["problem"]["code"] == "wrong_password", "{problem}");

    let session = visitor.sign_in()?;
    let here = session["this_device"].clone();
    ensure!(session["stage"] == "prove" && here.is_string(), "{session}");
    let problem =
        visitor.problem(json!({ "want": "rename", "device": here, "name": "Ward phone" }))?;
    ensure!(problem["problem"]["code"] == "proof_needed", "{problem}");

    let there = session["devices"]
        .as_array()
        .and_then(|devices| devices.iter().find(|device| device["id"] != here))
        .context("the other device is listed")?["id"]
        .clone();
    let wanted = json!({ "way": "push", "device": there });
    let proof = visitor.ask(json!({ "want": "prove", "wanted": wanted }))?;
    let request = other.await_request().await?;
    let answer = json!({ "say": "approve", "number": proof["number"] });
    other.ask("answer", json!({ "id": request["id"], "answer": answer }))?;
    let mut at = proof.clone();
    while at["state"] == "waiting" {
        at = visitor.ask(json!({ "want": "proof", "id": proof["id"], "after": at["revision"] }))?;
    }
    ensure!(at["state"] == "confirmed", "{at}");

    let session = visitor.ask(json!({ "want": "rename", "device": here, "name": "Ward phone" }))?;
    ensure!(
        session["stage"] == "open"
            && session["devices"]
                .as_array()
                .is_some_and(|devices| devices.iter().any(|d| d["name"] == "Ward phone")),
        "{session}"
    );
    visitor.ask(json!({ "want": "sign_out" }))?;
    let problem = visitor.problem(json!({ "want": "session" }))?;
    ensure!(problem["problem"]["code"] == "signed_out", "{problem}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_this_device_is_activated_again_in_one_call_and_its_old_keys_are_refused() -> Result<()>
{
    let ward = ward().await?;
    let mut visitor = Visitor::new(&ward, ward.app()?)?;
    // The vault as it was before, with the keys of then
    let vault = ward.vault();
    let before = ward.folder.path().join("before");
    visitor.app.ask("lock", json!({}))?;
    std::fs::create_dir(&before)?;
    for file in std::fs::read_dir(&vault)? {
        let file = file?;
        if file.file_type()?.is_file() {
            std::fs::copy(file.path(), before.join(file.file_name()))?;
        }
    }
    visitor.app.ask("unlock", json!({ "secret": PASSPHRASE }))?;

    let session = visitor.sign_in()?;
    let here = session["this_device"].clone();
    let problem = visitor.problem(json!({ "want": "reactivate_here", "device": here }))?;
    ensure!(problem["problem"]["code"] == "proof_needed", "{problem}");
    visitor.prove_by_passcode()?;
    let session = visitor.ask(json!({ "want": "reactivate_here", "device": here }))?;
    ensure!(
        session["stage"] == "open" && session["this_device"] == here,
        "{session}"
    );
    ensure!(
        session["devices"]
            .as_array()
            .is_some_and(|all| all.len() == 1)
    );

    // The account is the one that was here, and the new keys are good for the session and for passcodes
    let view = visitor.app.ask("view", json!({}))?;
    let accounts = view["accounts"].as_array().context("accounts")?;
    ensure!(
        accounts.len() == 1
            && accounts[0]["id"] == visitor.account["id"]
            && accounts[0]["state"] == "working",
        "{view}"
    );
    let wanted = json!({ "want": "rename", "device": here, "name": "Again" });
    ensure!(visitor.ask(wanted)?["devices"][0]["name"] == "Again");

    let mut old = Headless::open(&before, ward.start())?;
    old.await_view("the old keys to be refused", |view| {
        view["accounts"][0]["state"] == "needs_reactivating"
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s9_a_session_that_began_with_a_device_is_worth_nothing_without_its_account() -> Result<()>
{
    let ward = ward().await?;
    let mut visitor = Visitor::new(&ward, ward.app()?)?;
    visitor.sign_in()?;
    visitor.prove_by_passcode()?;
    let account = visitor.account["id"].clone();
    visitor.app.ask("remove", json!({ "id": account }))?;
    visitor.app.ask("undo_remove", json!({ "id": account }))?;
    let problem = visitor.problem(json!({ "want": "session" }))?;
    ensure!(problem["problem"]["code"] == "signed_out", "{problem}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_no_session_secret_and_no_code_in_any_answer_and_none_after_the_lock() -> Result<()> {
    let ward = ward().await?;
    let mut visitor = Visitor::new(&ward, ward.app()?)?;
    let session = visitor.sign_in()?;
    visitor.prove_by_passcode()?;
    let here = session["this_device"].clone();
    let wanted = json!({ "for": "again", "device": here, "platform": "android" });
    let live = visitor.ask(json!({ "want": "activate", "wanted": wanted }))?;
    ensure!(
        live["text"] == ""
            && live["picture"]
                .as_str()
                .is_some_and(|svg| svg.contains("<svg")),
        "the picture alone is shown"
    );
    visitor.ask(json!({ "want": "cancel_activation", "id": live["id"] }))?;
    visitor.ask(json!({ "want": "reactivate_here", "device": here }))?;
    visitor.ask(json!({ "want": "stay" }))?;

    for answer in &visitor.heard {
        ensure!(
            !answer.contains("/activate") && !answer.contains(PASSWORD),
            "{answer}"
        );
        let read: Value = serde_json::from_str(answer)?;
        secrets(&read, "")?;
    }

    visitor.app.ask("lock", json!({}))?;
    let problem = visitor.problem(json!({ "want": "session" }))?;
    ensure!(
        problem["from"] == "app" && problem["problem"]["code"] == "locked",
        "{problem}"
    );
    visitor.app.ask("unlock", json!({ "secret": PASSPHRASE }))?;
    let problem = visitor.problem(json!({ "want": "session" }))?;
    ensure!(problem["problem"]["code"] == "signed_out", "{problem}");
    Ok(())
}

/// Refuses every text that could be 256 random bits, but for the CSRF word, which is of no use without the session.
fn secrets(value: &Value, name: &str) -> Result<()> {
    match value {
        Value::String(text) if name != "csrf" && name != "picture" => {
            let random = text.len() >= 43
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b));
            ensure!(!random, "{name} is {text}");
        }
        Value::Array(all) => all.iter().try_for_each(|each| secrets(each, name))?,
        Value::Object(all) => all
            .iter()
            .try_for_each(|(name, each)| secrets(each, name))?,
        _ => {}
    }
    Ok(())
}
