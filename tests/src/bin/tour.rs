//! The tour: the service, the app and a Duo client, from the first screen to a reactivated device, driven like a
//! person. Prints a transcript and leaves numbered pictures in `target/tour`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{
    browser::{Browser, Screen},
    duo::DuoClient,
    part::root,
    person::{PIN, Person},
    phone::TRIAL,
    picture,
    portal::{self, PASSWORD},
    service::Service,
    transcript::Transcript,
    window::Window,
};

/// Who is shown around.
const USER: &str = "nina.holt";
/// The protected application.
const APPLICATION: &str = "Ward Charts";

#[tokio::main]
async fn main() -> ExitCode {
    match tour().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tour: {error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn tour() -> Result<()> {
    let run = root().join("target/run");
    if run.exists() {
        fs::remove_dir_all(&run)?;
    }
    fs::create_dir_all(&run)?;
    let mut record = Transcript::begin(&root().join("target/tour"), "A tour of Countersign")?;

    record.chapter("The service starts");
    let service = Service::start_with(&run.join("service"), TRIAL).await?;
    record.says(&format!(
        "It listens on https://{} with a certificate of its own authority.",
        service.address()
    ));
    service.add_person(USER, "Nina Holt")?;
    service.set_password(USER, PASSWORD)?;
    let integration = service.add_integration(APPLICATION, &[])?;
    let duo = DuoClient::new(&service, &integration)?;
    record.says(&format!(
        "It knows the user {USER} and the application \"{APPLICATION}\"."
    ));

    let person = Person::new(&run.join("device"), &service)?;
    let window = first_activation(&mut record, &service, &person).await?;
    approve(&mut record, &window, &duo).await?;
    passcode(&mut record, &window, &duo).await?;
    let window = lock(&mut record, window).await?;
    window.close().await?;
    let window = reinstall(&mut record, &service, &person, &duo).await?;
    // Last, since a report pauses requests
    deny_and_report(&mut record, &window, &duo).await?;
    window.close().await?;

    ensure!(
        record.pictures() >= 12,
        "only {} pictures were taken",
        record.pictures()
    );
    println!(
        "\nThe tour is over: {} pictures lie in target/tour.",
        record.pictures()
    );
    Ok(())
}

/// First run: a PIN, then the code from a picture file.
async fn first_activation(
    record: &mut Transcript,
    service: &Service,
    person: &Person,
) -> Result<Window> {
    record.chapter("A new device activates");
    let code = person.file("activation.png");
    picture::qr(&service.activation(USER)?.text, &code)?;
    let window = person.open(&[]).await?;
    window.screen("first").await?;
    record
        .shows(&window, "first-run", "The app opens for the first time.")
        .await?;
    window.press("Other ways to add an account").await?;
    window.screen("choose-pin").await?;
    record
        .shows(&window, "choose-pin", "It asks for a PIN.")
        .await?;
    window.type_into("PIN", PIN).await?;
    window.screen("repeat-pin").await?;
    window.type_into("PIN", PIN).await?;
    window.screen("add").await?;
    record
        .shows(&window, "ways-to-add", "The ways to add an account.")
        .await?;
    window.choose_picture(&code).await?;
    confirm(record, &window).await?;
    activated(record, &window).await?;
    Ok(window)
}

/// The address is confirmed.
async fn confirm(record: &mut Transcript, window: &Window) -> Result<()> {
    window.screen("confirm").await?;
    record
        .shows(
            window,
            "confirm-address",
            "The QR picture is read, and the address asks for a yes.",
        )
        .await?;
    window.press("Activate this phone").await
}

/// The account appears with its passcode.
async fn activated(record: &mut Transcript, window: &Window) -> Result<()> {
    window.screen("added").await?;
    record
        .shows(window, "activated", "The device is activated.")
        .await?;
    window.press("Done").await?;
    window.screen("home").await?;
    shown_passcode(window).await?;
    record
        .shows(
            window,
            "accounts",
            "The account is on the list, with its passcode.",
        )
        .await
}

/// A push with a number, approved.
async fn approve(record: &mut Transcript, window: &Window, duo: &DuoClient) -> Result<()> {
    record.chapter("A sign-in is approved");
    let (number, txid) = duo.push_with_number(USER).await?;
    record.says(&format!(
        "duo_client asks for a push; the sign-in page shows {number}."
    ));
    window.screen("number").await?;
    record
        .shows(
            window,
            "request-with-number",
            "The request appears in the app by itself.",
        )
        .await?;
    window.type_into("Number", &number).await?;
    record
        .shows(window, "number-typed", "The number is typed.")
        .await?;
    let screen = window.press_on("Approve").await?;
    ensure!(
        screen == "approved",
        "after Approve the window shows \"{screen}\""
    );
    record
        .shows(window, "approved", "Approve is pressed.")
        .await?;
    let status = duo.decided(&txid).await?;
    record.says(&format!("duo_client hears: {}.", status["status_msg"]));
    ensure!(status["success"] == true, "the client was told {status}");
    window.press("Done").await?;
    Ok(())
}

/// A push that nobody here asked for: denied, then reported.
async fn deny_and_report(record: &mut Transcript, window: &Window, duo: &DuoClient) -> Result<()> {
    record.chapter("A sign-in by somebody else is denied");
    let (_, txid) = duo.push_with_number(USER).await?;
    window.screen("number").await?;
    let screen = window.press_on("Deny").await?;
    ensure!(
        screen == "denied",
        "after Deny the window shows \"{screen}\""
    );
    record.shows(window, "denied", "Deny is pressed.").await?;
    let status = duo.decided(&txid).await?;
    ensure!(status["success"] == false, "the client was told {status}");
    record.says(&format!("duo_client hears: {}.", status["status_msg"]));
    window.press("This wasn’t me").await?;
    window.screen("reported").await?;
    record
        .shows(window, "reported", "\"This wasn't me\" reports it.")
        .await?;
    window.press("Done").await?;
    Ok(())
}

/// The passcode on the screen is accepted, once.
async fn passcode(record: &mut Transcript, window: &Window, duo: &DuoClient) -> Result<()> {
    record.chapter("A passcode is used");
    window.screen("home").await?;
    let passcode = shown_passcode(window).await?;
    let first = duo.passcode(USER, &passcode).await?;
    record.says(&format!(
        "The app shows {passcode}; the service answers: {}.",
        first["result"]
    ));
    ensure!(first["result"] == "allow", "the service answered {first}");
    let again = duo.passcode(USER, &passcode).await?;
    record.says(&format!(
        "The same passcode a second time: {}.",
        again["result"]
    ));
    ensure!(again["result"] == "deny", "the service answered {again}");
    Ok(())
}

/// Locked by hand and opened with the PIN.
async fn lock(record: &mut Transcript, window: Window) -> Result<Window> {
    record.chapter("The app is locked and opened");
    window.press("Settings").await?;
    window.screen("settings").await?;
    record.shows(&window, "settings", "Settings.").await?;
    window.press("Lock now").await?;
    window.screen("lock").await?;
    record
        .shows(&window, "locked", "Locked: nothing can be read.")
        .await?;
    Person::unlock(&window).await?;
    record.says("The PIN opens it.");
    Ok(window)
}

/// The app is installed anew: pushes no longer arrive, the portal says so and shows a code, and the device answers again.
async fn reinstall(
    record: &mut Transcript,
    service: &Service,
    person: &Person,
    duo: &DuoClient,
) -> Result<Window> {
    record.chapter("The app is reinstalled, and the device reactivated in the portal");
    person.reinstall(service)?;
    record.says("The app and all its data are gone from the device.");
    let browser = portal::sign_in(service, USER, Screen::Wide).await?;
    browser.screen("prove").await?;
    record
        .shows(
            &browser,
            "portal-prove",
            "She signs in to the portal, which asks for a proof.",
        )
        .await?;
    browser.press("Send a push").await?;
    browser.screen("push").await?;
    browser.press("Nothing arrived?").await?;
    record
        .shows(
            &browser,
            "portal-nothing-arrived",
            "Nothing arrives, and the page says why.",
        )
        .await?;
    by_bypass_code(record, service, &browser).await?;
    let code = code_in_the_portal(record, person, &browser).await?;

    let argument = as_argument(&code)?;
    let window = person.open(&[argument]).await?;
    Person::choose_pin(&window).await?;
    confirm(record, &window).await?;
    compare(record, &window, &browser).await?;
    activated(record, &window).await?;
    browser.reads("works again").await?;
    browser.press("Send a test request").await?;
    window.screen("request").await?;
    let screen = window.press_on("Approve").await?;
    ensure!(
        screen == "approved",
        "after Approve the window shows \"{screen}\""
    );
    window.press("Done").await?;
    browser.reads("Approved at").await?;
    record
        .shows(
            &browser,
            "portal-works-again",
            "The portal saw the scan, and the test that was approved.",
        )
        .await?;
    browser.press("Done").await?;
    browser.screen("devices").await?;
    record
        .shows(&browser, "portal-devices", "My Settings & Devices.")
        .await?;
    browser.close().await?;
    let (number, txid) = duo.push_with_number(USER).await?;
    window.screen("number").await?;
    window.type_into("Number", &number).await?;
    window.press_on("Approve").await?;
    window.screen("approved").await?;
    record
        .shows(
            &window,
            "approved-again",
            "A push reaches the reactivated device and is approved.",
        )
        .await?;
    let status = duo.decided(&txid).await?;
    ensure!(status["success"] == true, "the client was told {status}");
    record.says(&format!("duo_client hears: {}.", status["status_msg"]));
    window.press("Done").await?;
    Ok(window)
}

/// The window and the page show the same digits, so it was this device that scanned.
async fn compare(record: &mut Transcript, window: &Window, browser: &Browser) -> Result<()> {
    window.screen("compare").await?;
    record
        .shows(window, "compare", "The app shows a number to compare.")
        .await?;
    browser.reads("Does your device show this number?").await?;
    let (here, there) = (
        portal::number(window).await?,
        portal::number(browser).await?,
    );
    ensure!(here == there, "the app shows {here} and the page {there}");
    record
        .shows(browser, "portal-compare", "The page shows the same number.")
        .await?;
    browser.press("They match").await
}

/// The Service Desk's code lets her in where nothing else works.
async fn by_bypass_code(
    record: &mut Transcript,
    service: &Service,
    browser: &Browser,
) -> Result<()> {
    browser.press("Another way").await?;
    browser.press("None of these work for me").await?;
    browser.screen("ask-desk").await?;
    record
        .shows(
            browser,
            "portal-service-desk",
            "The Service Desk can let her in.",
        )
        .await?;
    browser.press("I have a one-time passcode").await?;
    browser
        .type_into("One-time passcode", &service.bypass(USER)?)
        .await?;
    browser.press("Continue").await?;
    browser.screen("devices").await.map(drop)
}

/// The code for the same device, as a picture of the browser's whole page.
async fn code_in_the_portal(
    record: &mut Transcript,
    person: &Person,
    browser: &Browser,
) -> Result<PathBuf> {
    browser.press("Device Options").await?;
    record
        .shows(browser, "portal-options", "The options of her device.")
        .await?;
    browser.press("Reactivate").await?;
    browser.press("Computer").await?;
    browser.press("I have Countersign installed").await?;
    browser.reads("Waiting for the scan").await?;
    record
        .shows(browser, "portal-code", "Reactivate shows a code to scan.")
        .await?;
    let code = person.file("portal.png");
    browser.picture(&code).await?;
    Ok(code)
}

/// The passcode that the first account shows now.
async fn shown_passcode(window: &Window) -> Result<String> {
    let spoken = window.passcode().await?;
    ensure!(
        spoken.len() == 6,
        "the passcode on the screen is {spoken:?}"
    );
    Ok(spoken)
}

fn as_argument(path: &Path) -> Result<&str> {
    path.to_str().context("the workspace's path is not text")
}
