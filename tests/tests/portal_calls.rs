//! Calls from the portal, in a real browser: the service's own trunk rings a real telephone, and the page follows it.

use anyhow::{Result, ensure};
use countersign_tests::{
    browser::{Browser, Screen},
    hospital::{Hospital, USER},
    phone::Phones,
    portal::{PASSWORD, add_phone, at_step, first_way, look_up, number, prove_by_push, sign_in},
    telephone::Telephone,
};

/// As she types it, and as it is dialled.
const NUMBER: (&str, &str) = ("07700 900471", "+447700900471");
/// Who helps.
const OPERATOR: &str = "o.brandt";
/// Her phone, as the portal calls it.
const PHONE: &str = "Android phone";

/// Somebody who added her phone with its number, took the app off it, and is asked to prove who she is.
async fn restored(telephone: &Telephone) -> Result<(Hospital, Browser)> {
    let hospital = Hospital::calling(telephone).await?;
    let mut phones = Phones::of(&hospital.service);
    let mut app = hospital.app("phone")?;
    let browser = hospital.signed_in().await?;
    browser.press("Add a device").await?;
    add_phone(&browser, &mut phones, NUMBER.0, &mut app).await?;
    app.kill();
    hospital.wipe("phone")?;
    browser.screen("prove").await?;
    Ok((hospital, browser))
}

/// Has herself called, for the `nth` time, and picks up. Gives the number of the page.
async fn answer(browser: &Browser, telephone: &mut Telephone, nth: usize) -> Result<String> {
    telephone.rings(nth).await?;
    at_step(browser, "Ringing").await?;
    let shown = number(browser).await?;
    telephone.pick_up()?;
    at_step(browser, &format!("Answered. Type {shown}")).await?;
    Ok(shown)
}

/// The help desk's page of her, as an operator sees it.
async fn at_the_desk(hospital: &Hospital) -> Result<Browser> {
    let service = &hospital.service;
    service.add_user(OPERATOR)?;
    service.set_password(OPERATOR, PASSWORD)?;
    service.run(&["user", "operator", OPERATOR])?;
    let mut own = hospital.app("operator")?;
    own.activate(&service.activation(OPERATOR)?.text)?;
    let desk = sign_in(service, OPERATOR, Screen::Wide).await?;
    prove_by_push(&desk, &mut own).await?;
    desk.press("Help desk").await?;
    look_up(&desk, USER, USER).await?;
    Ok(desk)
}

/// Neither the page nor the service let anybody in, and her devices are what they were.
async fn nothing_changed(hospital: &Hospital, browser: &Browser) -> Result<()> {
    // A page that is loaded anew knows only what the service says
    browser.go_to(&hospital.service, "/devices").await?;
    browser.screen("prove").await?;
    let devices = hospital.devices()?;
    ensure!(devices == [PHONE], "she has {devices:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph15_a_phone_that_no_push_reaches_is_called_first_and_the_number_opens_her_devices()
-> Result<()> {
    let mut telephone = Telephone::start(NUMBER.1)?;
    let (hospital, browser) = restored(&telephone).await?;
    browser.press("Send a push").await?;
    number(&browser).await?;
    browser.press("Nothing arrived?").await?;
    browser
        .reads("Restored or new phone? It is out of step: use a call.")
        .await?;
    hospital.service.advance_to(61)?;
    browser.reads("We can’t reach that phone").await?;
    browser
        .reads("Restored or new phone? It is out of step: use a call.")
        .await?;
    browser.press("Another way").await?;
    let first = first_way(&browser, "Call a phone").await?;
    ensure!(
        first.contains("ending 0471") && first.contains("Use this one"),
        "{first}"
    );
    browser
        .reads("out of signal, or restored and out of step")
        .await?;

    browser.press("Call a phone").await?;
    let shown = answer(&browser, &mut telephone, 1).await?;
    telephone.hears(4).await?;
    telephone.press(&shown)?;
    browser.screen("devices").await?;
    browser.reads("Device Options").await?;
    telephone.is_over(1).await?;
    telephone.heard_the_question()?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph14_other_digits_twice_end_the_call_and_she_may_be_called_once_more() -> Result<()> {
    let mut telephone = Telephone::start(NUMBER.1)?;
    let (hospital, browser) = restored(&telephone).await?;
    browser.press("Call a phone").await?;
    let shown = answer(&browser, &mut telephone, 1).await?;
    let wrong = if shown == "000000" {
        "111111"
    } else {
        "000000"
    };
    telephone.press(&format!("{wrong}{wrong}"))?;
    browser.reads("That wasn’t the number on this page").await?;
    browser.reads("We call once more if you ask.").await?;
    nothing_changed(&hospital, &browser).await?;

    browser.press("Call a phone").await?;
    let shown = answer(&browser, &mut telephone, 2).await?;
    telephone.press(&shown)?;
    browser.screen("devices").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph14_a_busy_line_and_nobody_there_are_told_and_nobody_gets_in() -> Result<()> {
    let mut telephone = Telephone::start(NUMBER.1)?;
    let (hospital, browser) = restored(&telephone).await?;
    browser.press("Call a phone").await?;
    telephone.rings(1).await?;
    at_step(&browser, "Ringing").await?;
    telephone.hang_up()?;
    browser.reads("The line is busy").await?;
    browser
        .reads("The number ending 0471 is in another call.")
        .await?;

    // Rings until the service gives up
    browser.press("Call again").await?;
    telephone.rings(2).await?;
    at_step(&browser, "Ringing").await?;
    telephone.is_over(2).await?;
    browser.reads("Nobody answered").await?;
    browser.reads("We rang the number ending 0471.").await?;

    // As voicemail does
    browser.press("Call again").await?;
    answer(&browser, &mut telephone, 3).await?;
    telephone.hang_up()?;
    browser.reads("Nobody answered").await?;
    nothing_changed(&hospital, &browser).await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h2_the_star_key_reports_the_call_and_no_other_is_placed() -> Result<()> {
    let mut telephone = Telephone::start(NUMBER.1)?;
    let (hospital, browser) = restored(&telephone).await?;
    browser.press("Call a phone").await?;
    answer(&browser, &mut telephone, 1).await?;
    telephone.press("*")?;
    browser
        .reads("You pressed star, so we reported this call")
        .await?;
    browser.press("Another way").await?;
    browser
        .reads("Paused after a report. Ask the Service Desk.")
        .await?;
    nothing_changed(&hospital, &browser).await?;
    browser.close().await?;
    let desk = at_the_desk(&hospital).await?;
    desk.reads("Call: reported").await?;
    desk.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph14_a_trunk_that_is_down_is_told_to_her_and_to_the_desk() -> Result<()> {
    let telephone = Telephone::start(NUMBER.1)?;
    let (hospital, browser) = restored(&telephone).await?;
    drop(telephone);
    browser.press("Call a phone").await?;
    browser.reads("The call didn’t get through").await?;
    nothing_changed(&hospital, &browser).await?;
    browser.close().await?;
    let desk = at_the_desk(&hospital).await?;
    desk.reads("Call: didn’t get through").await?;
    desk.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph14_a_call_that_she_stops_rings_no_more() -> Result<()> {
    let telephone = Telephone::start(NUMBER.1)?;
    let (hospital, browser) = restored(&telephone).await?;
    browser.press("Call a phone").await?;
    telephone.rings(1).await?;
    at_step(&browser, "Ringing").await?;
    browser.press("Stop the call").await?;
    browser.screen("prove").await?;
    telephone.is_over(1).await?;
    nothing_changed(&hospital, &browser).await?;
    browser.close().await
}
