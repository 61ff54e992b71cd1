//! The help desk's page, in real browsers: an operator beside the person who needs help (row K6).

use anyhow::{Result, ensure};
use countersign_tests::{
    browser::{Browser, Screen},
    hospital::{Hospital, USER, passcode},
    page::{PATIENCE, Page},
    part::await_for,
    portal::{PASSWORD, give_password, look_up, prove_by_push, sign_in},
};
use serde_json::json;
use thirtyfour::{By, Key};

const OPERATOR: &str = "o.brandt";

/// Types why, and presses Enter.
async fn say_why(desk: &Page, why: &str) -> Result<()> {
    desk.type_into("Why", why).await?;
    let field = desk.field("Why").await?;
    field.send_keys(Key::Enter + "").await?;
    Ok(())
}

/// The digits that are to be read out.
async fn code(desk: &Page) -> Result<String> {
    let shown = await_for(PATIENCE, async || {
        Ok(desk.driver().find(By::Css(".code .sr")).await?)
    })
    .await?;
    let text = shown.prop("textContent").await?.unwrap_or_default();
    Ok(text.chars().filter(char::is_ascii_digit).collect())
}

/// What the service says to a call of the page that `browser` shows.
async fn status(browser: &Browser, path: &str) -> Result<serde_json::Value> {
    let ask = "const done = arguments[arguments.length - 1]; fetch('/self-service/v1' + arguments[0]) \
               .then(async (answer) => done([answer.status, (await answer.json()).code ?? null]));";
    let said = browser
        .driver()
        .execute_async(ask, vec![json!(path)])
        .await?;
    Ok(said.json().clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k6_an_operator_lets_a_person_in_again_and_stops_a_lost_phone() -> Result<()> {
    let hospital = Hospital::new().await?;
    let service = &hospital.service;
    service.add_person(OPERATOR, "Olga Brandt")?;
    service.set_password(OPERATOR, PASSWORD)?;
    service.run(&["user", "operator", OPERATOR])?;
    let mut own = hospital.app("operator")?;
    own.activate(&service.activation(OPERATOR)?.text)?;
    let mut phone = hospital.activated("phone")?;
    let duo = hospital.duo()?;

    // Her password alone opens no desk; her own second signature does
    let desk = sign_in(service, OPERATOR, Screen::Wide).await?;
    desk.screen("prove").await?;
    desk.go_to(service, "/desk").await?;
    desk.screen("prove").await?;
    ensure!(status(&desk, "/desk/people?name=a").await? == json!([403, "proof_needed"]));
    desk.go_to(service, "/").await?;
    prove_by_push(&desk, &mut own).await?;
    desk.press("Help desk").await?;
    look_up(&desk, "a.lind", USER).await?;
    desk.reads("Test phone").await?;
    desk.reads("Device activated").await?;

    // A code needs a reason, and lets the person in once
    desk.press("Give a passcode").await?;
    say_why(&desk, "lost").await?;
    desk.reads("Write why, in 5 to 200 characters.").await?;
    say_why(&desk, " her phone").await?;
    desk.reads(&format!("Read this to {USER}")).await?;
    let read_out = code(&desk).await?;
    desk.press("I have read it out").await?;
    desk.reads("One-time passcode from the help desk").await?;
    let person = hospital.signed_in().await?;
    for works in [true, false] {
        person.screen("prove").await?;
        person.press("None of these work for me").await?;
        person.press("I have a one-time passcode").await?;
        person.type_into("One-time passcode", &read_out).await?;
        person.press("Continue").await?;
        if works {
            person.screen("devices").await?;
            // Who was let in by the help desk sees that it was there
            person.reads("Gave you a one-time passcode").await?;
            person.press("Sign out").await?;
            person.press("Sign in again").await?;
            give_password(&person, USER, PASSWORD).await?;
        } else {
            person
                .reads("You used that one already. The Service Desk can give you another.")
                .await?;
        }
    }

    // Too many wrong passcodes lock; the desk sees that and unlocks
    for _ in 0..10 {
        duo.passcode(USER, "000000").await?;
    }
    desk.press("Help desk").await?;
    desk.screen("desk").await?;
    desk.press(USER).await?;
    desk.screen("desk-person").await?;
    desk.reads("Passcodes locked").await?;
    desk.press("Unlock").await?;
    say_why(&desk, "she came by with her card").await?;
    desk.reads("Unlocked. Passcodes and the password can be tried again.")
        .await?;
    let taken = duo.passcode(USER, &passcode(&mut phone)?).await?;
    ensure!(taken["result"] == "allow", "{taken}");

    // A suspended phone is asked nothing, makes nothing that is taken, and opens nothing
    desk.press("Suspend Test phone").await?;
    say_why(&desk, "stolen on the bus").await?;
    desk.reads("Suspended. It confirms no sign-ins").await?;
    let refused = duo.passcode(USER, &passcode(&mut phone)?).await?;
    ensure!(refused["result"] == "deny", "{refused}");
    person.go_to(service, "/").await?;
    give_password(&person, USER, PASSWORD).await?;
    person
        .reads("Can’t reach Test phone until it is reactivated")
        .await?;
    person.close().await?;
    desk.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k6_nobody_helps_themselves_and_only_operators_help_others() -> Result<()> {
    let hospital = Hospital::new().await?;
    let service = &hospital.service;
    service.run(&["user", "operator", USER])?;
    let mut phone = hospital.activated("phone")?;
    let desk = hospital.signed_in().await?;
    prove_by_push(&desk, &mut phone).await?;
    desk.press("Help desk").await?;
    look_up(&desk, "a.", USER).await?;
    desk.reads("This is your own account").await?;
    let shown = desk.text().await?;
    ensure!(
        !shown.contains("Give a passcode") && !shown.contains("Suspend"),
        "an operator could help themselves: {shown}"
    );

    // An operator no longer: the page that was open does nothing, and its address leads to the devices
    service.run(&["user", "operator", USER, "--remove"])?;
    ensure!(status(&desk, "/desk/people?name=a").await? == json!([403, "not_allowed"]));
    desk.go_to(service, "/desk").await?;
    desk.screen("devices").await?;
    ensure!(
        !desk.text().await?.contains("Help desk"),
        "the help desk is offered to everybody"
    );
    desk.close().await
}
