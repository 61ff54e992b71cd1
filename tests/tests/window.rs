//! The real window against the real service, asked by the real `duo_client`.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::{path::Path, time::Duration};

use anyhow::{Context as _, ensure};
use countersign_tests::{
    duo::DuoClient,
    part::await_for,
    person::{PIN, Person},
    picture,
    service::Service,
    window::{PATIENCE, Window},
};
use serde_json::{Value, json};
use thirtyfour::By;

const USER: &str = "nina.holt";

/// A service with a user, an application with `flags`, and the user's activated device.
struct Scene {
    window: Window,
    person: Person,
    duo: DuoClient,
    service: Service,
}

impl Scene {
    async fn with(folder: &Path, flags: &[&str]) -> Self {
        let service = service(folder).await;
        let integration = service.add_integration("Ward Charts", flags).unwrap();
        let duo = DuoClient::new(&service, &integration).unwrap();
        let (person, window) = Person::activated(&folder.join("device"), &service, USER)
            .await
            .unwrap();
        Self {
            window,
            person,
            duo,
            service,
        }
    }
}

async fn service(folder: &Path) -> Service {
    let service = Service::start(&folder.join("service")).await.unwrap();
    service.add_user(USER).unwrap();
    service
}

#[tokio::test]
async fn a_push_is_allowed_denied_or_runs_out_as_the_person_says() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::with(folder.path(), &["--number-digits", "0"]).await;
    let Scene { window, duo, .. } = &scene;

    let asked = duo.push(USER);
    window.screen("request").await.unwrap();
    window
        .reads("Are you signing in to Ward Charts?")
        .await
        .unwrap();
    assert_eq!(window.press_on("Approve").await.unwrap(), "approved");
    let answer = asked.answer().await.unwrap();
    assert_eq!(
        (&answer["result"], &answer["status"]),
        (&json!("allow"), &json!("allow")),
        "{answer}"
    );
    window.press("Done").await.unwrap();

    let asked = duo.push(USER);
    window.screen("request").await.unwrap();
    assert_eq!(window.press_on("Deny").await.unwrap(), "denied");
    let answer = asked.answer().await.unwrap();
    assert_eq!(
        (&answer["result"], &answer["status"]),
        (&json!("deny"), &json!("deny")),
        "{answer}"
    );
    window.press("It was me").await.unwrap();

    let asked = duo.push(USER);
    window.screen("request").await.unwrap();
    let answer = asked.answer().await.unwrap();
    assert_eq!(
        (&answer["result"], &answer["status"]),
        (&json!("deny"), &json!("timeout")),
        "{answer}"
    );
    window.reads("This request ran out").await.unwrap();
    scene.window.close().await.unwrap();
}

#[tokio::test]
async fn a_reported_sign_in_is_fraud_ever_after() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::with(folder.path(), &[]).await;
    let (_, txid) = scene.duo.push_with_number(USER).await.unwrap();
    scene.window.screen("number").await.unwrap();
    assert_eq!(scene.window.press_on("Deny").await.unwrap(), "denied");
    assert_eq!(scene.duo.decided(&txid).await.unwrap()["status"], "deny");
    scene.window.press("This wasn’t me").await.unwrap();
    scene.window.screen("reported").await.unwrap();
    let status = scene
        .duo
        .answer("auth_status", json!({ "txid": txid }))
        .await
        .unwrap();
    assert_eq!(status["status"], "fraud", "{status}");
    scene.window.close().await.unwrap();
}

#[tokio::test]
async fn a_wrong_number_is_refused_twice_and_then_closes_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::with(folder.path(), &["--number-digits", "3"]).await;
    let Scene { window, duo, .. } = &scene;

    let (number, txid) = duo.push_with_number(USER).await.unwrap();
    window.screen("number").await.unwrap();
    window.type_into("Number", &number).await.unwrap();
    assert_eq!(window.press_on("Approve").await.unwrap(), "approved");
    assert_eq!(duo.decided(&txid).await.unwrap()["status"], "allow");
    window.press("Done").await.unwrap();

    let (number, txid) = duo.push_with_number(USER).await.unwrap();
    let wrong: String = number
        .chars()
        .map(|digit| if digit == '7' { '1' } else { '7' })
        .collect();
    window.screen("number").await.unwrap();
    window.type_into("Number", &wrong).await.unwrap();
    window
        .press_until_reads("Approve", "1 try left")
        .await
        .unwrap();
    window.type_into("Number", &wrong).await.unwrap();
    assert_eq!(window.press_on("Approve").await.unwrap(), "too-many-wrong");
    assert_eq!(duo.decided(&txid).await.unwrap()["status"], "deny");
    scene.window.close().await.unwrap();
}

#[tokio::test]
async fn a_passcode_on_the_screen_is_accepted_once() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::with(folder.path(), &[]).await;
    let passcode = scene.window.passcode().await.unwrap();
    assert_eq!(
        scene.duo.passcode(USER, &passcode).await.unwrap()["result"],
        "allow"
    );
    assert_eq!(
        scene.duo.passcode(USER, &passcode).await.unwrap()["result"],
        "deny"
    );
    scene.window.close().await.unwrap();
}

#[tokio::test]
async fn a_code_that_cannot_be_used_says_why_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::with(folder.path(), &[]).await;
    let window = &scene.window;
    let used = scene.service.activation(USER).unwrap();
    let (_other, other) =
        Person::activated_with(&folder.path().join("other"), &scene.service, &used)
            .await
            .unwrap();
    other.close().await.unwrap();

    let unknown_host = "https://nowhere.countersign.invalid/activate#WXKFH1vH81s2cgU1N1d1";
    let local_host = "https://localhost:1/activate#WXKFH1vH81s2cgU1N1d1";
    for (link, words) in [
        (used.text.as_str(), "This code doesn’t work any more"),
        (unknown_host, "That address can’t be found"),
    ] {
        read_link(window, link).await;
        window.screen("confirm").await.unwrap();
        window.press("Activate this phone").await.unwrap();
        window.reads(words).await.unwrap();
        go_home(window).await;
    }
    read_link(window, local_host).await;
    window.reads("This address isn’t allowed").await.unwrap();
    window.press("Cancel").await.unwrap();

    scene.service.stop();
    read_link(window, &used.text).await;
    window.screen("confirm").await.unwrap();
    window.press("Activate this phone").await.unwrap();
    window
        .reads("Couldn’t reach your organisation’s server")
        .await
        .unwrap();
    go_home(window).await;
    window.reads("No connection").await.unwrap();
    assert_eq!(
        window.passcode().await.unwrap().len(),
        6,
        "passcodes still work"
    );
    scene.window.close().await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    let mut person = Person::new(&folder.path().join("device"), &service).unwrap();
    person
        .desktop
        .variables
        .retain(|(name, _)| name != "SSL_CERT_FILE");
    let activation = service.activation(USER).unwrap();
    let window = person.open(&[&activation.text]).await.unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.screen("confirm").await.unwrap();
    window.press("Activate this phone").await.unwrap();
    window.reads("The connection isn’t safe").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_five_minutes_off_is_said_and_corrected() {
    for (seconds, words) in [
        (300, "This phone’s clock is 5 minutes fast"),
        (-300, "This phone’s clock is 5 minutes slow"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let service = service(folder.path()).await;
        let integration = service
            .add_integration("Ward Charts", &["--number-digits", "0"])
            .unwrap();
        let duo = DuoClient::new(&service, &integration).unwrap();
        let mut person = Person::new(&folder.path().join("device"), &service).unwrap();
        person.desktop = person.desktop.clock_fast_by(seconds).unwrap();
        let activation = service.activation(USER).unwrap();

        let window = person.open(&[&activation.text]).await.unwrap();
        Person::choose_pin(&window).await.unwrap();
        Person::activate(&window).await.unwrap();
        window.reads(words).await.unwrap();
        window
            .reads("We’ve corrected your passcodes for it.")
            .await
            .unwrap();

        let passcode = window.passcode().await.unwrap();
        assert_eq!(
            duo.passcode(USER, &passcode).await.unwrap()["result"],
            "allow"
        );
        let asked = duo.push(USER);
        window.screen("request").await.unwrap();
        assert_eq!(window.press_on("Approve").await.unwrap(), "approved");
        assert_eq!(asked.answer().await.unwrap()["result"], "allow");
        window.close().await.unwrap();
    }
}

#[tokio::test]
async fn killed_fifty_times_while_it_adds_an_account_the_app_always_opens() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path()).await;
    let (person, window) = Person::activated(&folder.path().join("device"), &service, USER)
        .await
        .unwrap();
    let mut desktop = window.kill().await.unwrap();
    let mut kept = 1;
    for round in 0..50_u64 {
        let activation = service.activation(USER).unwrap();
        let window = Window::open_on(desktop, &[&activation.text]).await.unwrap();
        window.screen("lock").await.unwrap();
        window.type_into("PIN", PIN).await.unwrap();
        window.screen("confirm").await.unwrap();

        // What the kill before left is finished by itself, or was never begun
        let now = accounts_in_order(&window).await;
        assert!(
            now == kept || now == kept + 1,
            "{kept} accounts became {now} in round {round}"
        );
        kept = now;

        // Pressed by the page itself, so that the kill can come at any moment from the press on
        window
            .driver()
            .execute(PRESS_SOON, vec![json!("Activate this phone")])
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_micros(40_000 + round * 1500)).await;
        desktop = window.kill().await.unwrap();
    }
    let window = Window::open_on(desktop, &[]).await.unwrap();
    Person::unlock(&window).await.unwrap();
    kept = accounts_in_order(&window).await;
    assert!(kept > 1, "no kill came late enough");
    assert!(kept < 51, "no kill came early enough");
    window.close().await.unwrap();
    drop(person);
}

#[tokio::test]
async fn q1_a_second_copy_hands_over_its_picture_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::with(folder.path(), &[]).await;
    let code = scene.person.file("gym.png");
    picture::qr(
        "otpauth://totp/Gym:nina?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR&issuer=Gym",
        &code,
    )
    .unwrap();
    let status = scene
        .window
        .desktop()
        .second_copy(&[code.to_str().unwrap()])
        .unwrap();
    assert!(status.success(), "{status}");
    scene.window.screen("confirm-other").await.unwrap();
    scene.window.reads("Gym").await.unwrap();
    scene.window.close().await.unwrap();
}

#[tokio::test]
async fn t1_t2_t3_the_window_stays_on_the_bundle_whatever_runs_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::with(folder.path(), &[]).await;
    let window = &scene.window;

    // T1: a command that is not listed is refused
    for command in [
        "plugin:clipboard-manager|read_text",
        "plugin:fs|read_file",
        "plugin:window|close",
        "plugin:event|emit",
    ] {
        assert_eq!(
            script(window, INVOKE, vec![json!(command)]).await,
            json!("refused"),
            "{command}"
        );
    }
    // T4: while the app is locked nothing of an account comes out
    let card = window
        .driver()
        .find(By::Css("[data-account]"))
        .await
        .unwrap();
    let id = card.attr("data-account").await.unwrap().unwrap();
    script(window, INVOKE, vec![json!("lock")]).await;
    window.screen("lock").await.unwrap();
    for (command, request) in [
        ("passcodes", json!({ "ids": [id] })),
        ("next_passcode", json!({ "id": id })),
        ("copy_passcode", json!({ "id": id })),
        ("rename", json!({ "id": id, "name": "x" })),
        ("remove", json!({ "id": id })),
        (
            "read_text",
            json!({ "text": "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR" }),
        ),
        ("take_incoming", json!({})),
    ] {
        let said = script(
            window,
            INVOKE,
            vec![json!(command), json!({ "request": request })],
        )
        .await;
        assert_eq!(said, json!("locked"), "{command}");
    }
    // T2: no inline script, no other origin, no frame
    assert_eq!(script(window, INJECT, Vec::new()).await, json!("inert"));
    // T3: no navigation and no second window
    script(
        window,
        "location.href = 'https://example.org/'; arguments[arguments.length - 1]('went')",
        Vec::new(),
    )
    .await;
    assert_eq!(
        script(
            window,
            "arguments[arguments.length - 1](String(window.open('https://example.org/')))",
            Vec::new()
        )
        .await,
        json!("null")
    );
    assert!(
        window
            .driver()
            .current_url()
            .await
            .unwrap()
            .as_str()
            .starts_with("tauri://localhost")
    );
    window.type_into("PIN", PIN).await.unwrap();
    window.screen("home").await.unwrap();
    scene.window.close().await.unwrap();
}

/// Calls a command as an intruder in the page would; gives the code of the problem, or "refused".
const INVOKE: &str = "
    const [command, request] = arguments, done = arguments[arguments.length - 1];
    window.__TAURI_INTERNALS__.invoke(command, typeof request === 'object' ? request : {})
        .then(() => done('answered'), (problem) => done(problem && problem.code ? problem.code : 'refused'));
";

/// Tries an inline script, a request to elsewhere and a frame.
const INJECT: &str = "
    const done = arguments[arguments.length - 1];
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    const frame = document.createElement('iframe');
    frame.srcdoc = '<p>frame</p>';
    document.body.append(frame);
    fetch('https://example.org/').then(() => true, () => false).then((reached) => {
        const framed = frame.contentDocument && frame.contentDocument.body && frame.contentDocument.body.textContent === 'frame';
        script.remove();
        frame.remove();
        done(window.injected || reached || framed ? 'ran' : 'inert');
    });
";

async fn script(window: &Window, script: &str, arguments: Vec<Value>) -> Value {
    window
        .driver()
        .execute_async(script, arguments)
        .await
        .unwrap()
        .json()
        .clone()
}

/// How many accounts the app holds, once every one of them works.
async fn accounts_in_order(window: &Window) -> usize {
    await_for(PATIENCE, async || {
        let view = script(window, VIEW, Vec::new()).await;
        let accounts = view["accounts"].as_array().context("the app is open")?;
        ensure!(
            accounts.iter().all(|account| account["state"] == "working"),
            "an account is not finished: {view}"
        );
        Ok(accounts.len())
    })
    .await
    .unwrap()
}

/// Presses the button that says so 40 milliseconds from now.
const PRESS_SOON: &str = "
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent.trim() === arguments[0]);
    setTimeout(() => button.click(), 40);
";

/// Asks the engine what the window would draw.
const VIEW: &str = "
    const done = arguments[arguments.length - 1];
    window.__TAURI_INTERNALS__.invoke('view').then(done, (problem) => done({ problem }));
";

/// Pastes a link on the add screen.
async fn read_link(window: &Window, link: &str) {
    window.press("Add").await.unwrap();
    window.press("Paste a link").await.unwrap();
    window.screen("link").await.unwrap();
    window.type_into("Activation link", link).await.unwrap();
    window.press("Continue").await.unwrap();
}

/// From a refusal back to the list.
async fn go_home(window: &Window) {
    window.press("Enter it another way").await.unwrap();
    window.press("Close").await.unwrap();
    window.screen("home").await.unwrap();
}
