//! What the app takes from the desktop around it: the focus, the screen's lock, the clipboard.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::ensure;
use countersign_tests::{
    clipboard,
    desktop::{Desktop, DesktopOptions},
    duo::DuoClient,
    keyboard::Keyboard,
    notices::{Notice, Notices},
    part::{Part, await_for},
    person::Person,
    poster::Poster,
    service::Service,
    window::{PATIENCE, Window},
};
use serde_json::{Value, json};
use zbus::Connection;

const ACCOUNT: &str =
    "otpauth://totp/Library:nina?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Library";

fn device(folder: &Path) -> DesktopOptions {
    DesktopOptions::new(&folder.join("home"))
        .variable("COUNTERSIGN_HOME", &folder.join("app").to_string_lossy())
}

/// The open app with one account.
async fn open(options: &DesktopOptions) -> Window {
    let window = Window::open_on(Desktop::start(options).unwrap(), &[ACCOUNT])
        .await
        .unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.screen("confirm-other").await.unwrap();
    window.press("Add account").await.unwrap();
    window.screen("added").await.unwrap();
    window.press("Done").await.unwrap();
    window.screen("home").await.unwrap();
    window
}

async fn bus(address: &str) -> Connection {
    zbus::connection::Builder::address(address)
        .unwrap()
        .build()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_screen_that_is_locked_locks_the_app() {
    let folder = tempfile::tempdir().unwrap();
    let window = open(&device(folder.path())).await;
    let bus = bus(&window.desktop().bus().unwrap()).await;
    let say = async |active: bool| {
        bus.emit_signal(
            None::<&str>,
            "/org/gnome/ScreenSaver",
            "org.gnome.ScreenSaver",
            "ActiveChanged",
            &active,
        )
        .await
        .unwrap();
    };
    // A screen that was opened again is no reason
    say(false).await;
    window.screen("home").await.unwrap();
    say(true).await;
    window.screen("lock").await.unwrap();
    window.close().await.unwrap();
}

#[tokio::test]
async fn a_session_that_logind_locks_and_a_computer_that_goes_to_sleep_lock_the_app() {
    let folder = tempfile::tempdir().unwrap();
    let system = SystemBus::start();
    let logind = zbus::connection::Builder::address(&*system.address)
        .unwrap()
        .name("org.freedesktop.login1")
        .unwrap()
        .serve_at("/org/freedesktop/login1", Logind)
        .unwrap()
        .build()
        .await
        .unwrap();
    let options = device(folder.path())
        .variable("DBUS_SYSTEM_BUS_ADDRESS", &system.address)
        .variable("XDG_SESSION_ID", "7");
    let window = open(&options).await;
    // Another person's session is not ours
    lock(&logind, "8").await;
    window.screen("home").await.unwrap();
    lock(&logind, "7").await;
    Person::unlock(&window).await.unwrap();
    logind
        .emit_signal(
            None::<&str>,
            "/org/freedesktop/login1",
            "org.freedesktop.login1.Manager",
            "PrepareForSleep",
            &true,
        )
        .await
        .unwrap();
    window.screen("lock").await.unwrap();
    window.close().await.unwrap();
}

async fn lock(logind: &Connection, session: &str) {
    logind
        .emit_signal(
            None::<&str>,
            format!("/org/freedesktop/login1/session/{session}"),
            "org.freedesktop.login1.Session",
            "Lock",
            &(),
        )
        .await
        .unwrap();
}

/// A bus of one's own in the place of the system's.
struct SystemBus {
    address: String,
    _part: Part,
}

impl SystemBus {
    fn start() -> Self {
        let mut part = Part::start(
            Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--print-address"])
                .stdout(Stdio::piped()),
        )
        .unwrap();
        let mut address = String::new();
        BufReader::new(part.child().stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        Self {
            address: address.trim().to_owned(),
            _part: part,
        }
    }
}

/// As much of logind as the app asks.
struct Logind;

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    #[expect(clippy::unused_self, reason = "an interface's methods have a self")]
    fn get_session(&self, name: &str) -> zbus::zvariant::OwnedObjectPath {
        let path = format!("/org/freedesktop/login1/session/{name}");
        zbus::zvariant::OwnedObjectPath::try_from(path).unwrap()
    }
}

#[tokio::test]
async fn u3_a_copied_passcode_is_marked_secret_and_leaves_the_clipboard() {
    let folder = tempfile::tempdir().unwrap();
    let options = device(folder.path());
    fs::create_dir_all(folder.path().join("app")).unwrap();
    fs::write(
        folder.path().join("app/countersign-app.toml"),
        "clipboard_seconds = 5\n",
    )
    .unwrap();
    let window = open(&options).await;
    let display = window.desktop().display.clone();
    let read = |target: &str| clipboard::read(&display, target).unwrap();

    copy(&window).await;
    let copied = read("UTF8_STRING").unwrap();
    assert!(copied.len() == 6 && copied.iter().all(u8::is_ascii_digit));
    assert_eq!(read("x-kde-passwordManagerHint").unwrap(), b"secret");
    await_for(PATIENCE, async || {
        ensure!(read("UTF8_STRING").is_none(), "it stayed");
        Ok(())
    })
    .await
    .unwrap();
    window.close().await.unwrap();
}

/// Copies the passcode of the one account.
async fn copy(window: &Window) {
    let copy = "
        const done = arguments[arguments.length - 1];
        const id = document.querySelector('[data-account]').dataset.account;
        window.__TAURI_INTERNALS__.invoke('copy_passcode', { request: { id } }).then(() => done(true), () => done(false));
    ";
    let copied = window
        .driver()
        .execute_async(copy, Vec::new())
        .await
        .unwrap();
    assert_eq!(copied.json(), &serde_json::json!(true));
}

#[tokio::test]
async fn a_window_without_the_focus_locks_as_the_person_chose() {
    let folder = tempfile::tempdir().unwrap();
    let window = open(&device(folder.path())).await;
    let keyboard = Keyboard::plug(&window.desktop().display).unwrap();
    keyboard.focus_window().unwrap();
    choose(&window, json!({ "lock_after": "straight_away" })).await;
    window.screen("home").await.unwrap();
    keyboard.focus_nothing().unwrap();
    window.screen("lock").await.unwrap();
    window.close().await.unwrap();
}

/// Changes what the person chose, as its screen does.
async fn choose(window: &Window, settings: Value) {
    let change = "
        const [settings, done] = arguments;
        const { invoke } = window.__TAURI_INTERNALS__;
        invoke('view')
            .then((view) => invoke('change_settings', { request: { ...view.settings, ...settings } }))
            .then(() => done(true), (problem) => done(problem));
    ";
    let chosen = window
        .driver()
        .execute_async(change, vec![settings])
        .await
        .unwrap();
    assert_eq!(chosen.json(), &json!(true));
}

/// What the app says it can do.
async fn capabilities(window: &Window) -> Value {
    let ask = "
        const done = arguments[arguments.length - 1];
        window.__TAURI_INTERNALS__.invoke('capabilities').then(done, done);
    ";
    let said = window.driver().execute_async(ask, Vec::new()).await;
    said.unwrap().json().clone()
}

/// Waits until the window has the focus, or has it no more.
async fn await_focus(window: &Window, has: bool) {
    await_for(PATIENCE, async || {
        let said = window
            .driver()
            .execute("return document.hasFocus()", Vec::new())
            .await?;
        ensure!(said.json() == &json!(has), "the focus stayed");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn q1_u4_u5_a_request_is_notified_without_its_words_and_a_click_only_opens_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("service"))
        .await
        .unwrap();
    service.add_user("nina.holt").unwrap();
    let integration = service
        .add_integration("Ward Charts", &["--number-digits", "3"])
        .unwrap();
    let duo = DuoClient::new(&service, &integration).unwrap();
    let person = Person::new(&folder.path().join("device"), &service).unwrap();
    let desktop = Desktop::start(&person.desktop).unwrap();
    let mut notices = Notices::start(&desktop).await.unwrap();
    let activation = service.activation("nina.holt").unwrap();
    let window = Window::open_on(desktop, &[&activation.text]).await.unwrap();
    Person::choose_pin(&window).await.unwrap();
    Person::activate(&window).await.unwrap();
    assert_eq!(capabilities(&window).await["notifications"], json!("on"));
    let keyboard = Keyboard::plug(&window.desktop().display).unwrap();

    // Who is at the window sees the request there
    keyboard.focus_window().unwrap();
    await_focus(&window, true).await;
    let (_, txid) = duo.push_with_number("nina.holt").await.unwrap();
    window.screen("number").await.unwrap();
    keyboard.focus_nothing().unwrap();
    await_focus(&window, false).await;
    assert_eq!(window.press_on("Deny").await.unwrap(), "denied");
    assert_eq!(duo.decided(&txid).await.unwrap()["status"], "deny");
    assert!(notices.is_quiet());
    window.press("It was me").await.unwrap();

    // Who is not is told that there is one
    let (_, txid) = duo.push_with_number("nina.holt").await.unwrap();
    let shown = notices.next().await.unwrap();
    let private = Notice::Shown {
        number: 1,
        title: "Sign-in request".to_owned(),
        body: "Open to answer.".to_owned(),
        actions: vec!["default".to_owned(), "Open".to_owned()],
    };
    assert_eq!(shown, private);
    notices.click(1).await.unwrap();
    await_focus(&window, true).await;
    assert_eq!(notices.next().await.unwrap(), Notice::Closed(1));
    window.screen("number").await.unwrap();
    assert_eq!(window.press_on("Deny").await.unwrap(), "denied");
    assert_eq!(duo.decided(&txid).await.unwrap()["status"], "deny");
    window.press("It was me").await.unwrap();

    // With details: which application, and where from
    choose(&window, json!({ "notification_details": true })).await;
    keyboard.focus_nothing().unwrap();
    await_focus(&window, false).await;
    let (_, txid) = duo.push_with_number("nina.holt").await.unwrap();
    let detailed = Notice::Shown {
        number: 2,
        title: "Ward Charts".to_owned(),
        body: "192.0.2.7. Is it you?".to_owned(),
        actions: vec!["default".to_owned(), "Open".to_owned()],
    };
    assert_eq!(notices.next().await.unwrap(), detailed);
    window.screen("number").await.unwrap();
    assert_eq!(window.press_on("Deny").await.unwrap(), "denied");
    assert_eq!(notices.next().await.unwrap(), Notice::Closed(2));
    assert_eq!(duo.decided(&txid).await.unwrap()["status"], "deny");
    assert!(notices.is_quiet());
    window.close().await.unwrap();
}

#[tokio::test]
async fn a_code_behind_the_window_is_read_from_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let window = open(&device(folder.path())).await;
    let can = capabilities(&window).await;
    assert_eq!(
        (&can["capture"], &can["notifications"]),
        (&json!(true), &json!("none")),
        "{can}"
    );
    choose(&window, json!({ "lock_after": "straight_away" })).await;
    let display = window.desktop().display.clone();
    let keyboard = Keyboard::plug(&display).unwrap();
    keyboard.focus_window().unwrap();
    await_focus(&window, true).await;

    window.press("Add").await.unwrap();
    window.press("Scan this screen").await.unwrap();
    window.reads("No code in that picture").await.unwrap();
    let _poster = Poster::hang(
        &display,
        "otpauth://totp/Gym:nina?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR&issuer=Gym",
        (40, 60),
    )
    .unwrap();
    window.press("Scan the screen again").await.unwrap();
    window.screen("confirm-other").await.unwrap();
    window.reads("Gym").await.unwrap();
    window.close().await.unwrap();
}
