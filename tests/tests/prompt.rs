//! The sign-in prompt in a real browser, reached by the unmodified `duo_universal`, answered by the app's engine.

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    browser::{Browser, Screen},
    duo_universal::{Application, Said},
    hospital::{Hospital, USER, passcode},
    portal::{approve, number_of},
};
use serde_json::json;

/// What the application keeps to know its own people again.
const STATE: &str = "a state of the application's own";

/// A browser that the application sent to the prompt.
async fn sent(application: &Application, screen: Screen) -> Result<Browser> {
    let browser = Browser::blank(screen).await?;
    let link = application.link(USER, STATE).await?;
    browser.driver().goto(link).await?;
    Ok(browser)
}

/// The person is back, and the client finds that they are who they said.
async fn is_let_in(application: &mut Application) -> Result<String> {
    let said = application.back().await?;
    ensure!(said.get("state").map(String::as_str) == Some(STATE));
    let code = said.get("duo_code").context("no code came back")?.clone();
    let exchange = "exchange_authorization_code_for_2fa_result";
    let token = application.answer(exchange, json!([code, USER])).await?;
    ensure!(token["auth_result"]["result"] == "allow", "{token}");
    Ok(code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_c5_ph20_duo_universal_lets_in_by_the_number_and_not_after_a_denial() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut app = hospital.activated("phone")?;
    let mut application = Application::new(&hospital.service, "Patient Records").await?;
    application.answer("health_check", json!([])).await?;

    // The phone is asked at once, and the number is for this page alone
    let browser = sent(&application, Screen::Wide).await?;
    browser.screen("push").await?;
    browser.reads("Patient Records").await?;
    browser.reads(&format!("as {USER}")).await?;
    number_of(&browser, 3).await?;
    let request = app.await_request().await?;
    ensure!(
        request.to_string().contains("Patient Records"),
        "the phone names the application: {request}"
    );
    let deny = json!({ "id": request["id"], "answer": { "say": "deny" } });
    app.ask("answer", deny)?;
    browser.screen("push-denied").await?;
    ensure!(application.nobody_came(), "a denial leads nowhere");

    // The next number is a long one
    browser.press("Send it again").await?;
    let number = number_of(&browser, 6).await?;
    approve(&mut app, Some(&number)).await?;
    let code = is_let_in(&mut application).await?;
    let again = application
        .call(
            "exchange_authorization_code_for_2fa_result",
            json!([code, USER]),
        )
        .await?;
    ensure!(
        matches!(&again, Said::Refused(why) if why.contains("invalid_grant")),
        "a code is good once: {again:?}"
    );

    // Back does not let anybody in a second time
    browser.driver().back().await?;
    browser.reads("You’re signed in").await?;
    ensure!(application.nobody_came());
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_o5_a_passcode_lets_in_once_and_the_portal_is_one_link_away() -> Result<()> {
    let hospital = Hospital::new().await?;
    let mut app = hospital.activated("phone")?;
    let mut application = Application::new(&hospital.service, "Patient Records").await?;
    let browser = sent(&application, Screen::Narrow).await?;
    browser.screen("push").await?;

    let here = browser.driver().window().await?;
    browser.press("My Settings & Devices").await?;
    let windows = browser.driver().windows().await?;
    let portal = windows.into_iter().find(|window| *window != here);
    browser
        .driver()
        .switch_to_window(portal.context("a tab of its own")?)
        .await?;
    browser.screen("sign-in").await?;
    browser.driver().switch_to_window(here).await?;

    browser.press("Another way").await?;
    browser.press("Passcode").await?;
    let code = passcode(&mut app)?;
    browser.type_into("Passcode", &code).await?;
    is_let_in(&mut application).await?;

    // The same passcode, at another prompt
    let link = application.link(USER, STATE).await?;
    browser.driver().goto(link).await?;
    browser.screen("push").await?;
    browser.press("Another way").await?;
    browser.press("Passcode").await?;
    browser.type_into("Passcode", &code).await?;
    browser.reads("used").await?;
    ensure!(application.nobody_came());
    browser.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_an_address_that_is_not_registered_leads_nowhere_and_giving_up_leads_back()
-> Result<()> {
    let hospital = Hospital::new().await?;
    let mut application = Application::new(&hospital.service, "Patient Records").await?;
    let arguments = json!([USER, STATE]);
    let link = application
        .call_from("http://127.0.0.1:9/evil", "create_auth_url", arguments)
        .await?;
    let Said::Answer(link) = link else {
        anyhow::bail!("the client knows nothing of what is registered");
    };
    let browser = Browser::blank(Screen::Wide).await?;
    let link = link.as_str().context("an address")?;
    browser.driver().goto(link).await?;
    browser.screen("bad-link").await?;
    ensure!(
        browser.driver().current_url().await?.host_str() == Some(&*hospital.service.host),
        "nobody was sent anywhere"
    );

    // Somebody without a device can only go back
    let link = application.link(USER, STATE).await?;
    browser.driver().goto(link).await?;
    browser.press("Back to Patient Records").await?;
    let said = application.back().await?;
    ensure!(said.get("error").map(String::as_str) == Some("access_denied"));
    ensure!(said.get("state").map(String::as_str) == Some(STATE));
    ensure!(!said.contains_key("duo_code"));
    browser.close().await
}
