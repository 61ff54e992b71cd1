//! The app's engine against the real service over its days: what it notes, how it locks and what it remembers.

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    duo::DuoClient,
    headless::{Headless, PASSPHRASE, Start},
    impostor::{Impostor, http},
    ward::{USER, Ward, passcode},
};
use serde_json::{Value, json};

const APPROVE: fn() -> Value = || json!({ "say": "approve", "number": null });

fn duo(ward: &Ward) -> Result<DuoClient> {
    let integration = ward
        .service
        .add_integration("Patient Records", &["--number-digits", "0"])?;
    DuoClient::new(&ward.service, &integration)
}

/// What happened, newest first.
fn kinds(app: &mut Headless) -> Result<Vec<String>> {
    let activity = app.ask("activity", json!({}))?;
    let all = activity.as_array().context("a list")?;
    Ok(all
        .iter()
        .map(|each| each["kind"].as_str().unwrap_or_default().to_owned())
        .collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_noted_and_a_removed_account_hears_nothing_until_it_is_back() -> Result<()>
{
    let ward = Ward::new().await?;
    let duo = duo(&ward)?;
    let mut app = ward.app()?;
    let account = app.activate(&ward.service.activation(USER)?.text)?;

    let push = duo.push(USER);
    let request = app.await_request().await?;
    app.ask(
        "answer",
        json!({ "id": request["id"], "answer": APPROVE() }),
    )?;
    ensure!(push.answer().await?["result"] == "allow");
    let activity = app.ask("activity", json!({}))?;
    ensure!(
        activity[0]["kind"] == "approved"
            && activity[0]["application"] == "Patient Records"
            && activity[0]["account"] == USER
            && activity[0]["account_id"] == account["id"]
            && activity[0]["address"] == request["address"],
        "{activity}"
    );

    let push = duo.push(USER);
    let request = app.await_request().await?;
    for say in ["deny", "report"] {
        app.ask(
            "answer",
            json!({ "id": request["id"], "answer": { "say": say } }),
        )?;
    }
    ensure!(push.answer().await?["result"] == "deny");
    ensure!(kinds(&mut app)? == ["reported", "denied", "approved", "activated"]);

    app.ask("remove", json!({ "id": account["id"] }))?;
    let view = app.ask("view", json!({}))?;
    ensure!(
        view["accounts"] == json!([])
            && view["connection"] == "unneeded"
            && view["trash"][0]["days_left"] == 1,
        "{view}"
    );
    app.ask("undo_remove", json!({ "id": account["id"] }))?;
    app.await_view("the line to the service", |view| {
        view["connection"] == "online"
    })
    .await?;

    app.activate(&ward.service.reactivation(USER)?.text)?;
    ensure!(
        kinds(&mut app)?[..3] == ["reactivated", "restored", "removed"],
        "{:?}",
        kinds(&mut app)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_arrives_while_the_app_is_locked_is_found_after_the_unlock() -> Result<()> {
    let ward = Ward::new().await?;
    let duo = duo(&ward)?;
    let mut app = ward.app()?;
    app.activate(&ward.service.activation(USER)?.text)?;
    app.await_view("the line to the service", |view| {
        view["connection"] == "online"
    })
    .await?;
    app.ask("went_to_background", json!({}))?;
    app.ask("pass_time", json!({ "ms": 61_000 }))?;
    app.ask("came_to_foreground", json!({}))?;
    ensure!(app.ask("view", json!({}))?["at"] == "locked");

    let push = duo.push(USER);
    let code = app.problem("passcodes", json!({ "ids": [] }))?;
    ensure!(code["code"] == "locked", "{code}");
    app.ask("unlock", json!({ "secret": PASSPHRASE }))?;
    let request = app.await_request().await?;
    app.ask(
        "answer",
        json!({ "id": request["id"], "answer": APPROVE() }),
    )?;
    ensure!(push.answer().await?["result"] == "allow");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_who_wants_to_be_asked_approves_nothing_by_an_unlock_of_two_minutes_ago() -> Result<()> {
    let ward = Ward::new().await?;
    let duo = duo(&ward)?;
    let mut app = ward.app()?;
    app.activate(&ward.service.activation(USER)?.text)?;
    app.ask(
        "change_settings",
        json!({ "settings": {
            "lock_after": "one_minute", "hide_passcodes": false,
            "ask_before_approving": true, "notification_details": false,
        } }),
    )?;
    app.ask("pass_time", json!({ "ms": 120_000 }))?;
    let push = duo.push(USER);
    let request = app.await_request().await?;
    let approve = json!({ "id": request["id"], "answer": APPROVE() });
    let refused = app.problem("answer", approve.clone())?;
    ensure!(refused["code"] == "fresh_unlock", "{refused}");
    let wrong = app.problem(
        "confirm_secret",
        json!({ "secret": "four other words here" }),
    )?;
    ensure!(wrong["code"] == "wrong_secret", "{wrong}");
    ensure!(app.problem("answer", approve.clone())?["code"] == "fresh_unlock");
    app.ask("confirm_secret", json!({ "secret": PASSPHRASE }))?;
    ensure!(app.ask("answer", approve)?["result"]["is"] == "approved");
    ensure!(push.answer().await?["result"] == "allow");

    // A denial needs no secret
    app.ask("pass_time", json!({ "ms": 120_000 }))?;
    let push = duo.push(USER);
    let request = app.await_request().await?;
    let deny = json!({ "id": request["id"], "answer": { "say": "deny" } });
    ensure!(app.ask("answer", deny)?["result"]["is"] == "denied");
    ensure!(push.answer().await?["result"] == "deny");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_of_these_are_me_denies_every_request() -> Result<()> {
    let ward = Ward::new().await?;
    let duo = duo(&ward)?;
    let mut app = ward.app()?;
    let users = [USER, "second"];
    ward.service.add_user(users[1])?;
    for user in users {
        app.activate(&ward.service.activation(user)?.text)?;
    }
    let pushes = users.map(|user| duo.push(user));
    let view = app
        .await_view("two requests", |view| {
            view["requests"]
                .as_array()
                .is_some_and(|all| all.len() == 2)
        })
        .await?;
    let ids: Vec<&Value> = view["requests"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|request| &request["id"])
        .collect();
    let outcomes = app.ask("deny_all", json!({ "ids": ids }))?;
    for (at, id) in ids.iter().enumerate() {
        ensure!(
            outcomes[at]["id"] == **id && outcomes[at]["result"]["is"] == "denied",
            "{outcomes}"
        );
    }
    for push in pushes {
        ensure!(push.answer().await?["result"] == "deny");
    }
    ensure!(kinds(&mut app)?[..2] == ["denied", "denied"]);
    // Asked again, there is nothing to deny any more
    let gone = app.ask("deny_all", json!({ "ids": ["nothing"] }))?;
    ensure!(gone[0]["result"]["is"] == "answered_elsewhere", "{gone}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activation_that_a_web_page_answers_is_finished_once_the_service_does() -> Result<()> {
    let mut ward = Ward::new().await?;
    let code = ward.service.activation(USER)?;
    let mut app = ward.app()?;
    let read = app.ask("read_text", json!({ "text": code.text }))?;
    let port = ward
        .service
        .address()
        .rsplit(':')
        .next()
        .context("a port")?
        .parse()?;
    ward.service.kill();
    let page = http(
        "200 OK",
        "content-type: text/html\r\n",
        "<h1>Please wait</h1>",
    );
    let impostor = Impostor::start_on(port, ward.tls(), page).await?;
    let refused = app.problem("activate", json!({ "draft": read["draft"] }))?;
    ensure!(refused["code"] == "not_a_service", "{refused}");
    let view = app.ask("view", json!({}))?;
    ensure!(view["accounts"][0]["state"] == "finishing", "{view}");

    drop(impostor);
    ward.service.resume().await?;
    let view = app
        .await_view("the account", |view| {
            view["accounts"][0]["state"] == "working"
        })
        .await?;
    ensure!(
        view["accounts"]
            .as_array()
            .is_some_and(|all| all.len() == 1)
    );
    let code = passcode(&mut app, &view["accounts"][0])?;
    ensure!(duo(&ward)?.passcode(USER, &code).await?["result"] == "allow");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_far_the_clock_is_off_is_remembered_while_the_service_is_away() -> Result<()> {
    let mut ward = Ward::new().await?;
    let vault = ward.folder.path().join("fast");
    let managed = vec![ward.service.address()];
    let ca = ward.service.ca.clone();
    let start = Start {
        clock_fast_ms: 300_000,
        managed: &managed,
        ca: Some(&ca),
    };
    let mut app = Headless::open(&vault, start)?;
    app.activate(&ward.service.activation(USER)?.text)?;
    app.await_view("the clock note", |view| view["clock"].is_object())
        .await?;
    app.kill();
    ward.service.kill();

    let mut app = Headless::open(&vault, start)?;
    let view = app.ask("view", json!({}))?;
    let seconds = view["clock"]["seconds_fast"].as_i64().unwrap_or_default();
    ensure!((seconds - 300).abs() <= 2, "{view}");
    let found = app.ask("check_up", json!({}))?;
    ensure!(found[0]["kind"] == "clock_wrong", "{found}");
    app.await_view("the note that there is no connection", |view| {
        view["connection"] == "offline"
    })
    .await?;
    let found = app.ask("check_up", json!({}))?;
    ensure!(
        found
            .as_array()
            .is_some_and(|all| all.iter().any(|each| each["kind"] == "offline")),
        "{found}"
    );
    Ok(())
}
