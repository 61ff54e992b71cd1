//! What goes wrong at the portal, in a real browser: each fault with its words, nothing half-made, and a way on.

use anyhow::{Result, ensure};
use countersign_tests::{
    browser::Browser,
    hospital::{Hospital, USER, passcode},
    page::PATIENCE,
    part::await_for,
    phone::Phones,
    portal::{
        PASSWORD, add_phone, approve, code_at, give_password, number, prove_by_passcode,
        prove_by_push, scan,
    },
};
use serde_json::json;
use thirtyfour::By;

/// From the list of devices to the code of a new tablet.
async fn to_the_code_of_a_tablet(browser: &Browser) -> Result<()> {
    browser.press("Add another device").await?;
    browser.press("Tablet").await?;
    browser.press("Continue").await?;
    browser.press("Android tablet").await?;
    browser.press("Continue").await?;
    browser.press("I have Countersign installed").await?;
    browser.screen("add-code").await.map(drop)
}

/// Nothing but `wanted` are the person's devices, as the service knows them.
fn has_only(hospital: &Hospital, wanted: &[&str]) -> Result<()> {
    let devices = hospital.devices()?;
    ensure!(devices == wanted, "the person has {devices:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_without_a_connection_is_said_and_finished_later() -> Result<()> {
    let mut hospital = Hospital::new().await?;
    let mut app = hospital.activated("phone")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut app).await?;
    let cookie = browser.session_cookie().await?;
    hospital.service.stop();
    browser.press("Sign out").await?;
    browser.reads("Signed out here, not at the service").await?;
    ensure!(
        !browser.text().await?.contains("Device Options"),
        "the devices are still shown"
    );
    hospital.service.resume().await?;
    // By itself
    browser.screen("signed-out").await?;
    browser.come_with(&hospital.service, &cookie).await?;
    browser.screen("sign-in").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_ran_out_or_was_used_adds_nothing() -> Result<()> {
    let hospital = Hospital::timed().await?;
    let mut phone = hospital.activated("phone")?;
    let (mut tablet, mut late) = (hospital.app("tablet")?, hospital.app("late")?);
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut phone).await?;
    to_the_code_of_a_tablet(&browser).await?;
    let old = code_at(&browser, "add-code", &mut tablet).await?;

    hospital.service.advance_to(601)?;
    browser.reads("This code ran out").await?;
    ensure!(
        browser
            .driver()
            .find_all(By::Css(".qr img"))
            .await?
            .is_empty(),
        "the picture of a code that ran out is still shown"
    );
    let problem = tablet.problem("activate", json!({ "draft": old }))?;
    ensure!(problem["code"] == "code_refused", "{problem}");
    has_only(&hospital, &["Test phone"])?;

    // Ten minutes later the proof is over too: the same button asks for another, and goes on with the code
    browser.press("Show a new code").await?;
    browser.reads("This change needs a fresh check.").await?;
    browser.press("Send a push").await?;
    approve(&mut phone, Some(&number(&browser).await?)).await?;
    browser.screen("add-code").await?;
    let used = code_at(&browser, "add-code", &mut late).await?;
    scan(&browser, "add-code", &mut tablet).await?;
    browser.reads("is ready").await?;
    let problem = late.problem("activate", json!({ "draft": used }))?;
    ensure!(problem["code"] == "code_refused", "{problem}");
    ensure!(
        hospital.devices()?.len() == 2,
        "the used code added a device"
    );
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_closed_half_way_leaves_nothing_half_made() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phones = Phones::of(&hospital.service);
    let mut phone = hospital.activated("phone")?;
    let (mut new, mut late) = (hospital.app("new")?, hospital.app("late")?);
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut phone).await?;
    browser.press("Add another device").await?;
    browser.press("Mobile phone").await?;
    browser.press("Continue").await?;
    browser.type_into("Phone number", "07700 900471").await?;
    browser.press("Text me a code").await?;
    browser.press("Continue").await?;
    browser.type_into("Code", &phones.code().await?).await?;
    browser.press("Android").await?;
    browser.press("Continue").await?;
    browser.press("I have Countersign installed").await?;
    let left = code_at(&browser, "add-code", &mut late).await?;
    browser.close().await?;
    // Whoever scans it now is refused, or waits for a page that nobody looks at
    let late = late.try_ask("activate", json!({ "draft": left }))?;
    ensure!(
        late["problem"]["code"] == "code_refused" || late["ok"]["is"] == "compare",
        "{late}"
    );
    has_only(&hospital, &["Test phone"])?;

    // Begun again, with the very number that was confirmed for nothing
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut phone).await?;
    browser
        .reads("One device can confirm your sign-ins.")
        .await?;
    browser.press("Add another device").await?;
    add_phone(&browser, &mut phones, "07700 900471", &mut new).await?;
    browser.screen("devices").await?;
    ensure!(hospital.devices()?.len() == 2, "the phone was not added");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_of_one_session_follow_each_other() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phone = hospital.activated("phone")?;
    let browser = hospital.signed_in().await?;
    browser.screen("prove").await?;
    let [first, second] = browser.open_tab(&hospital.service, "/devices").await?;
    browser.screen("prove").await?;
    // A push is asked for here, and overtaken by a passcode there
    browser.press("Send a push").await?;
    browser.reads("Waiting for your phone").await?;
    browser.driver().switch_to_window(first.clone()).await?;
    prove_by_passcode(&browser, &passcode(&mut phone)?).await?;
    browser.driver().switch_to_window(second.clone()).await?;
    browser.screen("devices").await?;

    // The session has another cookie and another word since; both go on with it
    browser.press("Device Options for Test phone").await?;
    browser.press("Ask me").await?;
    browser
        .reads("When you sign in, we ask you each time.")
        .await?;
    browser.driver().switch_to_window(first.clone()).await?;
    browser.press("Device Options for Test phone").await?;
    browser
        .reads("When you sign in, we ask you each time.")
        .await?;

    browser.press("Sign out").await?;
    browser.reads("You’re signed out").await?;
    browser.driver().switch_to_window(second).await?;
    browser.screen("sign-in").await?;
    browser.reads("You were signed out").await?;
    ensure!(
        !browser.text().await?.contains("Test phone"),
        "the other tab shows devices of nobody"
    );
    browser.driver().switch_to_window(first).await?;
    browser.reads("You’re signed out").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_and_reload_lead_through_adding_and_keep_no_code_alive() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phones = Phones::of(&hospital.service);
    let mut phone = hospital.activated("phone")?;
    let mut tablet = hospital.app("tablet")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut phone).await?;

    // Every step of a tablet, back and forth and loaded again
    to_the_code_of_a_tablet(&browser).await?;
    let left = code_at(&browser, "add-code", &mut tablet).await?;
    for screen in ["add-install", "add-platform", "add-type", "devices"] {
        browser.driver().back().await?;
        browser.screen(screen).await?;
        browser.driver().refresh().await?;
        browser.screen(screen).await?;
    }
    // Nobody looks at the code any more
    let problem = tablet.problem("activate", json!({ "draft": left }))?;
    ensure!(problem["code"] == "code_refused", "{problem}");
    has_only(&hospital, &["Test phone"])?;
    for screen in ["add-type", "add-platform", "add-install", "add-code"] {
        browser.driver().forward().await?;
        browser.screen(screen).await?;
    }
    // A loaded page makes a code of its own
    let before = code_at(&browser, "add-code", &mut tablet).await?;
    browser.driver().refresh().await?;
    browser.screen("add-code").await?;
    code_at(&browser, "add-code", &mut tablet).await?;
    let problem = tablet.problem("activate", json!({ "draft": before }))?;
    ensure!(problem["code"] == "code_refused", "{problem}");

    // A number that was typed and not yet confirmed is asked for again
    browser.press("My Settings & Devices").await?;
    browser.press("Add another device").await?;
    browser.press("Mobile phone").await?;
    browser.press("Continue").await?;
    browser.type_into("Phone number", "07700 900471").await?;
    browser.press("Text me a code").await?;
    browser.press("Continue").await?;
    browser.screen("add-confirm").await?;
    let code = phones.code().await?;
    browser.driver().refresh().await?;
    browser.screen("add-number").await?;
    browser.type_into("Phone number", "07700 900471").await?;
    browser.press("Text me a code").await?;
    browser.press("Continue").await?;
    browser.screen("add-confirm").await?;
    let code_now = phones.code().await?;
    browser.type_into("Code", &code_now).await?;
    browser.screen("add-platform").await?;
    // Back from there is not to a code that was used
    browser.driver().back().await?;
    browser.screen("add-number").await?;
    ensure!(code != code_now, "the same code was sent twice");
    has_only(&hospital, &["Test phone"])?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_and_reload_lead_through_reactivating_and_the_guides() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phone = hospital.activated("phone")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut phone).await?;

    browser.press("Device Options for Test phone").await?;
    browser.press("Reactivate").await?;
    browser.screen("reactivate").await?;
    browser.driver().refresh().await?;
    browser.press("Android").await?;
    browser.press("I have Countersign installed").await?;
    let left = code_at(&browser, "reactivate-code", &mut phone).await?;
    browser.driver().refresh().await?;
    browser.screen("reactivate-code").await?;
    browser.driver().back().await?;
    browser.screen("reactivate").await?;
    browser.driver().back().await?;
    browser.screen("devices").await?;
    let problem = phone.problem("activate", json!({ "draft": left }))?;
    ensure!(problem["code"] == "code_refused", "{problem}");

    // A guide goes on where it was, and Back out of it is to the devices
    browser.press("New phone, new number").await?;
    browser.screen("guide-new").await?;
    browser.driver().refresh().await?;
    browser.screen("guide-new").await?;
    browser.press("Add the new phone").await?;
    browser.screen("add-type").await?;
    browser.driver().refresh().await?;
    browser.screen("add-type").await?;
    browser.driver().back().await?;
    browser.screen("guide-new").await?;
    browser.reads("Add the new phone and its number").await?;
    browser.driver().back().await?;
    browser.screen("devices").await?;
    // Nothing was lost on the way: the old keys are the ones that count
    browser.press("Sign out").await?;
    browser.press("Sign in again").await?;
    give_password(&browser, USER, PASSWORD).await?;
    prove_by_push(&browser, &mut phone).await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_person_comes_back_after_they_signed_out() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut phone = hospital.activated("phone")?;
    let browser = hospital.signed_in().await?;
    prove_by_push(&browser, &mut phone).await?;
    browser.press("Add another device").await?;
    browser.screen("add-type").await?;
    let [first, second] = browser.open_tab(&hospital.service, "/devices").await?;
    browser.screen("devices").await?;
    // This tab goes elsewhere; the browser may keep its page for the way back
    browser.driver().goto("data:text/html,elsewhere").await?;

    browser.driver().switch_to_window(first).await?;
    browser.press("Sign out").await?;
    browser.reads("You’re signed out").await?;
    // To the page that was left for this one, back, out of the portal altogether, and in again
    for there in [&[true][..], &[false], &[false, true]] {
        for forward in there {
            if *forward {
                browser.driver().forward().await?;
            } else {
                browser.driver().back().await?;
            }
        }
        // Nothing but the two pages that ask to sign in, from the first moment on
        await_for(PATIENCE, async || {
            let screen = browser.screen_name().await?;
            ensure!(
                !screen.is_empty() && screen != "starting",
                "it is still starting"
            );
            Ok(())
        })
        .await?;
        let screen = browser.screen_name().await?;
        ensure!(
            screen == "signed-out" || screen == "sign-in",
            "{there:?} led to {screen}"
        );
        let seen = browser.text().await?;
        ensure!(
            !seen.contains("Test phone") && !seen.contains(USER),
            "{seen}"
        );
    }

    browser.driver().switch_to_window(second).await?;
    browser.driver().back().await?;
    let mut seen = browser.text().await?;
    ensure!(!seen.contains("Test phone"), "{seen}");
    browser.screen("sign-in").await?;
    seen = browser.text().await?;
    ensure!(
        !seen.contains("Test phone") && !seen.contains(USER),
        "{seen}"
    );
    browser.close().await
}
