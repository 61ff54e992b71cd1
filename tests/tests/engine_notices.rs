//! Rows S5 and K6 between the app's engine and the real service: what is told of another device and of the account, and what
//! "Not me" stops.

use anyhow::{Result, ensure};
use countersign_tests::{
    headless::{Headless, PASSPHRASE},
    ward::{USER, Ward},
};
use serde_json::{Value, json};

fn kinds(app: &mut Headless) -> Result<Vec<String>> {
    let entries = app.ask("activity", json!({}))?;
    let all = entries.as_array().cloned().unwrap_or_default();
    Ok(all
        .iter()
        .filter_map(|entry| entry["kind"].as_str().map(str::to_owned))
        .collect())
}

async fn one_notice(app: &mut Headless) -> Result<Value> {
    let told = |view: &Value| view["notices"].as_array().is_some_and(|all| all.len() == 1);
    Ok(app.await_view("a notice", told).await?["notices"][0].clone())
}

async fn none_left(app: &mut Headless) -> Result<()> {
    app.await_view("no notice", |view| view["notices"] == json!([]))
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_an_added_phone_is_told_of_and_not_me_stops_it() -> Result<()> {
    let ward = Ward::new().await?;
    let mut app = ward.app()?;
    let account = app.activate(&ward.service.activation(USER)?.text)?;
    app.await_view("requests arrive", |view| view["connection"] == "online")
        .await?;
    let mut strange = Headless::open(&ward.folder.path().join("strange"), ward.start())?;
    strange.activate(&ward.service.activation(USER)?.text)?;

    let notice = one_notice(&mut app).await?;
    ensure!(
        notice["change"] == "added"
            && notice["device"] == "Test phone 2"
            && notice["account_id"] == account["id"]
            && notice["username"] == USER,
        "{notice}"
    );
    let told = strange.ask("view", json!({}))?;
    ensure!(told["notices"] == json!([]), "{told}");

    app.ask(
        "answer_notice",
        json!({ "id": notice["id"], "not_me": true }),
    )?;
    none_left(&mut app).await?;
    strange
        .await_view("its keys do not count", |view| {
            view["accounts"][0]["state"] == "needs_reactivating"
        })
        .await?;
    let again = app.problem(
        "answer_notice",
        json!({ "id": notice["id"], "not_me": true }),
    )?;
    ensure!(again["code"] == "request_gone", "{again}");
    ensure!(
        kinds(&mut app)? == ["change_reported", "device_added", "activated"],
        "{:?}",
        kinds(&mut app)?
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_notice_waits_through_a_lock_is_noted_once_and_it_was_me_ends_it() -> Result<()> {
    let ward = Ward::new().await?;
    let mut app = ward.app()?;
    app.activate(&ward.service.activation(USER)?.text)?;
    let mut second = Headless::open(&ward.folder.path().join("second"), ward.start())?;
    second.activate(&ward.service.activation(USER)?.text)?;
    one_notice(&mut app).await?;
    app.ask("lock", json!({}))?;
    app.ask("unlock", json!({ "secret": PASSPHRASE }))?;
    let notice = one_notice(&mut app).await?;
    let of_device = kinds(&mut app)?;
    ensure!(of_device == ["device_added", "activated"], "{of_device:?}");
    app.ask(
        "answer_notice",
        json!({ "id": notice["id"], "not_me": false }),
    )?;
    none_left(&mut app).await?;
    second
        .await_view("it still works", |view| {
            view["connection"] == "online" && view["accounts"][0]["state"] == "working"
        })
        .await?;

    // Removed by the command line, in another process
    let listed: Value = ward.service.json(&["user", "devices", USER])?;
    let device = listed["devices"][1]["device"].as_str().unwrap_or_default();
    let _: Value = ward
        .service
        .json(&["user", "remove-device", USER, device])?;
    let notice = one_notice(&mut app).await?;
    ensure!(notice["change"] == "removed", "{notice}");
    app.ask(
        "answer_notice",
        json!({ "id": notice["id"], "not_me": true }),
    )?;
    none_left(&mut app).await?;
    ensure!(kinds(&mut app)?[..2] == ["change_reported", "device_removed"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k6_a_passcode_of_the_service_desk_is_told_of_and_not_me_takes_it_back() -> Result<()> {
    let ward = Ward::new().await?;
    let mut app = ward.app()?;
    app.activate(&ward.service.activation(USER)?.text)?;
    app.await_view("requests arrive", |view| view["connection"] == "online")
        .await?;
    ward.service.bypass(USER)?;
    let notice = one_notice(&mut app).await?;
    ensure!(
        notice["change"] == "passcode_given" && notice["device"] == "",
        "{notice}"
    );
    app.ask(
        "answer_notice",
        json!({ "id": notice["id"], "not_me": true }),
    )?;
    none_left(&mut app).await?;
    ensure!(kinds(&mut app)? == ["change_reported", "passcode_given", "activated"]);
    Ok(())
}
