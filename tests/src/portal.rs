//! What a person does at My Settings & Devices, in the browser and in the app's window.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use thirtyfour::{By, Key};

use crate::{
    browser::{Browser, Screen},
    headless::Headless,
    page::{PATIENCE, Page},
    part::await_for,
    phone::Phones,
    service::Service,
};

/// The password of everyone in the tests.
pub const PASSWORD: &str = "correct horse battery";

/// How the first screen of the app leads to My Settings & Devices.
pub const CHANGED: &str = "I have a new phone or number";

/// Opens the portal and signs in as `user`, up to the question for a proof.
pub async fn sign_in(service: &Service, user: &str, screen: Screen) -> Result<Browser> {
    let browser = Browser::open(service, screen).await?;
    give_password(&browser, user, PASSWORD).await?;
    Ok(browser)
}

/// From any screen of the app to its devices' question for a proof.
pub async fn sign_in_at_tab(window: &Page, user: &str) -> Result<()> {
    window.press("Devices").await?;
    give_password_in_app(window, user, PASSWORD).await
}

/// Types name and password on the sign-in page.
pub async fn give_password(page: &Page, user: &str, password: &str) -> Result<()> {
    type_name_and_password(page, user, password).await?;
    page.press("Sign in").await
}

/// The same on the app's screen.
pub async fn give_password_in_app(window: &Page, user: &str, password: &str) -> Result<()> {
    type_name_and_password(window, user, password).await?;
    window.press("Continue").await
}

async fn type_name_and_password(page: &Page, user: &str, password: &str) -> Result<()> {
    page.screen("sign-in").await?;
    page.type_into("Username", user).await?;
    page.type_into("Password", password).await
}

/// Proves by a push to `app`, on which the number of the page is typed; ends at the devices.
pub async fn prove_by_push(page: &Page, app: &mut Headless) -> Result<()> {
    page.screen("prove").await?;
    page.press("Send a push").await?;
    let number = number(page).await?;
    approve(app, Some(&number)).await?;
    page.screen("devices").await.map(drop)
}

/// Proves by `passcode`, typed where a passcode is asked for; ends at the devices.
pub async fn prove_by_passcode(page: &Page, passcode: &str) -> Result<()> {
    page.screen("prove").await?;
    page.press("Type a passcode").await?;
    page.type_into("Passcode", passcode).await?;
    page.screen("devices").await.map(drop)
}

/// Proves by a passcode of the Service Desk; ends at `screen`.
pub async fn prove_by_bypass(page: &Page, code: &str, screen: &str) -> Result<()> {
    page.screen("prove").await?;
    page.press("None of these work for me").await?;
    page.press("I have a one-time passcode").await?;
    page.type_into("One-time passcode", code).await?;
    page.press("Continue").await?;
    page.screen(screen).await.map(drop)
}

/// From the sign-in that a greyed account leads to, by a one-time passcode, to a phone that approved a test request.
pub async fn reactivate_here(window: &Page, service: &Service, user: &str) -> Result<()> {
    give_password_in_app(window, user, PASSWORD).await?;
    prove_by_bypass(window, &service.bypass(user)?, "reactivate-here").await?;
    window.press("Reactivate this phone").await?;
    window.screen("reactivate-done").await?;
    window.press("Send a test request").await?;
    window.screen("request").await?;
    window.press_on("Approve").await?;
    window.press("Done").await?;
    window.screen("reactivate-done").await?;
    window.reads("Approved at").await?;
    window.press("Done").await
}

/// Gives the device whose options are open another name, after none at all.
pub async fn rename_to(page: &Page, name: &str) -> Result<()> {
    page.press("Rename").await?;
    let field = page.field("Device name").await?;
    field.send_keys(Key::Control + "a").await?;
    field.send_keys(Key::Backspace + "").await?;
    page.press("Save").await?;
    page.reads("Type a name.").await?;
    page.type_into("Device name", name).await?;
    page.press("Save").await?;
    page.reads(name).await.map(drop)
}

/// The six digits that the page shows, to be typed in the app or on a keypad.
pub async fn number(page: &Page) -> Result<String> {
    number_of(page, 6).await
}

/// The same, of so many digits.
pub async fn number_of(page: &Page, length: usize) -> Result<String> {
    await_for(PATIENCE, async || {
        let shown = page.driver().find(By::Css(".big .sr, h1.num")).await?;
        let text = shown.prop("textContent").await?.unwrap_or_default();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        ensure!(
            digits.len() == length,
            "no number of {length} digits is shown"
        );
        Ok(digits)
    })
    .await
}

/// Opens the page of whoever is called `name`, at the help desk.
pub async fn look_up(desk: &Page, beginning: &str, name: &str) -> Result<()> {
    desk.screen("desk").await?;
    desk.type_into("Account name", beginning).await?;
    desk.press("Search").await?;
    desk.press(name).await?;
    desk.screen("desk-person").await.map(drop)
}

/// Waits until the page says that the call is at `step`.
pub async fn at_step(page: &Page, step: &str) -> Result<()> {
    await_for(PATIENCE, async || {
        let now = page.driver().find(By::Css("li.live.now")).await?;
        let text = now.text().await?;
        ensure!(text.starts_with(step), "the page says of the call: {text}");
        Ok(())
    })
    .await
}

/// Waits until the first of the ways to prove it begins with `name`. Gives all that stands there.
pub async fn first_way(page: &Page, name: &str) -> Result<String> {
    page.screen("prove").await?;
    await_for(PATIENCE, async || {
        let first = page.driver().find(By::Css(".method")).await?;
        let text = first.text().await?;
        ensure!(text.starts_with(name), "first comes: {text}");
        Ok(text)
    })
    .await
}

/// Answers the request that waits in `app` with yes.
pub async fn approve(app: &mut Headless, number: Option<&str>) -> Result<Value> {
    let request = app.await_request().await?;
    app.ask(
        "answer",
        json!({ "id": request["id"], "answer": { "say": "approve", "number": number } }),
    )?;
    Ok(request)
}

/// Adds a mobile phone, from the choice of its kind to its code: `number` is confirmed by a text, and `app` scans.
pub async fn add_phone(
    page: &Page,
    phones: &mut Phones,
    number: &str,
    app: &mut Headless,
) -> Result<()> {
    page.press("Mobile phone").await?;
    page.press("Continue").await?;
    add_this_phone(page, phones, number, app).await
}

/// The same where the page knows already that it is a mobile phone.
pub async fn add_this_phone(
    page: &Page,
    phones: &mut Phones,
    number: &str,
    app: &mut Headless,
) -> Result<()> {
    page.type_into("Phone number", number).await?;
    page.press("Text me a code").await?;
    page.press("Continue").await?;
    page.type_into("Code", &phones.code().await?).await?;
    page.press("Android").await?;
    page.press("Continue").await?;
    page.press("I have Countersign installed").await?;
    scan(page, "add-code", app).await?;
    page.reads("is ready").await?;
    page.press("Done").await
}

/// Adds a landline, from the choice of its kind to the list: whoever answers `number` presses a key and hears the code.
pub async fn add_landline(page: &Page, phones: &mut Phones, number: &str) -> Result<()> {
    page.press("Landline").await?;
    page.press("Continue").await?;
    page.type_into("Phone number", number).await?;
    page.press("Continue").await?;
    page.screen("add-confirm").await?;
    page.type_into("Code", &phones.spoken_code().await?).await?;
    page.screen("add-done").await?;
    page.press("Done").await?;
    page.screen("devices").await.map(drop)
}

/// Activates `app` by the QR that the page shows at `screen`, and compares the digits that both show then. Gives the account.
pub async fn scan(page: &Page, screen: &str, app: &mut Headless) -> Result<Value> {
    let waiting = point_at(page, screen, app).await?;
    compare(page, app, &waiting).await
}

/// The same by the link that the page has texted.
pub async fn by_link(page: &Page, phones: &mut Phones, app: &mut Headless) -> Result<Value> {
    page.press("Text me a link instead").await?;
    page.reads("We texted a link to").await?;
    let link = phones.link().await?;
    let read = app.ask("read_text", json!({ "text": link }))?;
    let waiting = app.ask("activate", json!({ "draft": read["draft"] }))?;
    compare(page, app, &waiting).await
}

/// Says yes to the digits that the page and `app` show alike.
async fn compare(page: &Page, app: &mut Headless, waiting: &Value) -> Result<Value> {
    ensure!(waiting["is"] == "compare", "{waiting}");
    page.reads("Does your device show this number?").await?;
    let shown = number(page).await?;
    ensure!(
        waiting["check"] == shown.as_str(),
        "the page shows {shown}: {waiting}"
    );
    page.press("They match").await?;
    app.ask("finish_activation", json!({ "id": waiting["id"] }))
}

/// Points `app` at the QR that the page shows at `screen`, and says yes to what it read.
pub async fn point_at(page: &Page, screen: &str, app: &mut Headless) -> Result<Value> {
    let draft = code_at(page, screen, app).await?;
    app.ask("activate", json!({ "draft": draft }))
}

/// Reads the QR that the page shows at `screen` from a picture of the whole page: gives what `app` made of it.
pub async fn code_at(page: &Page, screen: &str, app: &mut Headless) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let picture = folder.path().join("screen.png");
    page.screen(screen).await?;
    page.reads("Waiting for the scan").await?;
    page.picture(&picture).await?;
    let found = app.ask("read_picture", json!({ "path": picture }))?;
    ensure!(found[0]["draft"].is_string(), "no code was read: {found}");
    Ok(found[0]["draft"].clone())
}
