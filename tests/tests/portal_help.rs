//! Help at the portal, in a real browser: one tap away from where a person is stuck (row PH21).

use anyhow::Result;
use countersign_tests::{
    browser::{Browser, Screen},
    hospital::{Hospital, USER},
    portal::{PASSWORD, approve, code_at, number},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph21_help_is_one_tap_away_and_what_was_under_way_goes_on() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phone = hospital.activated("phone")?;
    let mut new = hospital.app("new")?;
    let browser = Browser::open(&hospital.service, Screen::Narrow).await?;

    // Nobody is signed in
    browser.screen("sign-in").await?;
    browser.press("Help").await?;
    browser.screen("self-help").await?;
    for about in [
        "Adding a device",
        "Settings and devices",
        "Pushes don’t arrive",
        "A passcode isn’t accepted",
        "I lost my phone",
        "Call extension 4477, day and night.",
    ] {
        browser.reads(about).await?;
    }
    browser.press("Back").await?;
    browser.screen("sign-in").await?;
    browser.go_to(&hospital.service, "/help").await?;
    browser.screen("self-help").await?;
    browser.press("Back").await?;

    // The situation that is chosen before the sign-in is what follows it
    browser.screen("sign-in").await?;
    browser.press("New phone, same number").await?;
    browser
        .reads("Sign in first. Then: New phone, same number.")
        .await?;
    browser.type_into("Username", USER).await?;
    browser.type_into("Password", PASSWORD).await?;
    browser.press("Sign in").await?;
    browser.screen("guide-same").await?;
    browser.press("Choose how").await?;
    browser.screen("prove").await?;
    browser.reads("One check before your devices open.").await?;

    // A push waits while help is read, and is answered meanwhile
    browser.press("Send a push").await?;
    let shown = number(&browser).await?;
    browser.press("Help").await?;
    browser.screen("self-help").await?;
    approve(&mut phone, Some(&shown)).await?;
    browser.press("Back").await?;
    browser.screen("guide-same").await?;

    // So does a code
    browser.press("Reactivate").await?;
    browser.press("Android").await?;
    browser.press("I have Countersign installed").await?;
    let code = code_at(&browser, "reactivate-code", &mut new).await?;
    browser.press("Help").await?;
    browser.screen("self-help").await?;
    browser.press("Back").await?;
    browser.screen("reactivate-code").await?;
    let waiting = new.ask("activate", json!({ "draft": code }))?;
    browser.press("They match").await?;
    new.ask("finish_activation", json!({ "id": waiting["id"] }))?;
    browser.screen("guide-same").await?;
    browser.reads("Moved to the new phone").await?;

    // From the devices it leads to what it speaks of
    browser.press("My Settings & Devices").await?;
    browser.screen("devices").await?;
    browser.press("Help").await?;
    browser.press("Add a device").await?;
    browser.screen("add-type").await?;
    browser.close().await
}
