//! One request, many devices, in the real window: the first answer decides, and the other device says where it was given.

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    hospital::{Hospital, USER},
    portal::approve,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_on_two_devices_is_answered_once_and_the_other_says_where() -> Result<()> {
    let hospital = Hospital::new().await?;
    let duo = hospital.duo()?;
    let (_tablet, window) = hospital.window("tablet").await?;
    let mut phone = hospital.activated("phone")?;
    let devices = hospital.devices()?;
    let name = devices.last().context("the phone has a name")?;

    // The phone answers while the tablet shows the question
    let (number, txid) = duo.push_with_number(USER).await?;
    window.screen("number").await?;
    approve(&mut phone, Some(&number)).await?;
    window.screen("elsewhere").await?;
    window.reads(&format!("Approved on {name} at ")).await?;
    let status = duo.decided(&txid).await?;
    ensure!(status["status"] == "allow", "{status}");
    window.press("Done").await?;
    window.screen("home").await?;

    // The tablet answers, and the phone's answer comes too late
    let (number, txid) = duo.push_with_number(USER).await?;
    let on_phone = phone.await_request().await?;
    window.screen("number").await?;
    window.type_into("Number", &number).await?;
    window.press_on("Approve").await?;
    let late = phone.ask(
        "answer",
        json!({ "id": on_phone["id"], "answer": { "say": "deny" } }),
    );
    // Too late for a signature, or already off the list
    ensure!(
        late.is_err() || late.is_ok_and(|late| late["result"]["is"] == "answered_elsewhere"),
        "one answer"
    );
    let status = duo.decided(&txid).await?;
    ensure!(status["status"] == "allow", "{status}");
    let view = phone.ask("view", json!({}))?;
    ensure!(
        view["answered"][0]["id"] == on_phone["id"],
        "the phone knows where: {view}"
    );
    window.close().await
}
