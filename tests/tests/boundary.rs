//! The window as it ships: what runs in it by force gets nowhere.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::{
    fs,
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use countersign_tests::{
    desktop::{Desktop, DesktopOptions},
    keyboard::{CONTROL, F12, Keyboard, SHIFT},
    memory::{Canary, Search},
    part::{await_for, shipped},
    person::Person,
    window::{PATIENCE, Window},
};
use serde_json::{Value, json};

/// Opens the shipped app in `folder`, at the list of accounts; all that it says goes to the file `log`.
async fn open(folder: &Path) -> Window {
    let options = DesktopOptions {
        log: Some(folder.join("log")),
        ..DesktopOptions::new(&folder.join("home"))
            .variable("COUNTERSIGN_HOME", &folder.join("app").to_string_lossy())
    };
    let desktop = Desktop::start(&options).unwrap();
    let window = Window::open_program(&shipped().unwrap(), desktop, &[])
        .await
        .unwrap();
    Person::choose_pin(&window).await.unwrap();
    window.screen("add").await.unwrap();
    window
}

/// Runs `script`, which calls `done` with what came of it.
async fn run(window: &Window, script: &str, arguments: Vec<Value>) -> Value {
    let script = format!("const done = arguments[arguments.length - 1];\n{script}");
    window
        .driver()
        .execute_async(&script, arguments)
        .await
        .unwrap()
        .json()
        .clone()
}

#[tokio::test]
async fn t1_a_command_that_is_not_listed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let window = open(folder.path()).await;
    assert_eq!(invoke(&window, "view", json!({})).await, json!("answered"));
    for command in [
        "plugin:clipboard-manager|read_text",
        "plugin:clipboard-manager|write_text",
        "plugin:event|emit",
        "plugin:fs|read_file",
        "plugin:http|fetch",
        "plugin:opener|open_url",
        "plugin:shell|execute",
        "plugin:webview|create_webview_window",
        "plugin:webview|internal_toggle_devtools",
        "plugin:window|close",
        "no_such_command",
    ] {
        assert_eq!(
            invoke(&window, command, json!({})).await,
            json!("refused"),
            "{command}"
        );
    }
    window.close().await.unwrap();
}

#[tokio::test]
async fn t2_a_message_of_another_shape_ends_in_the_isolation_frame() {
    let folder = tempfile::tempdir().unwrap();
    let window = open(folder.path()).await;
    for (what, command, payload) in [
        ("a bare value", "read_text", json!({ "text": "x" })),
        (
            "two requests",
            "read_text",
            json!({ "request": { "text": "x" }, "other": 1 }),
        ),
        ("a list", "read_text", json!({ "request": ["x"] })),
        (
            "too long",
            "read_text",
            json!({ "request": { "text": "x".repeat(1 << 20) } }),
        ),
        (
            "another event",
            "plugin:event|listen",
            json!({
                "event": "tauri://destroyed", "target": { "kind": "Any" }, "handler": 1
            }),
        ),
    ] {
        assert_eq!(
            invoke(&window, command, payload).await,
            json!("refused"),
            "{what}"
        );
    }
    // A message that went round the frame is not sealed, so the program does not open it
    assert_eq!(run(&window, GO_ROUND, Vec::new()).await, json!("refused"));
    assert_eq!(
        run(&window, FRAME, Vec::new()).await,
        json!({ "display": "none", "reachable": false, "sandbox": "allow-scripts" })
    );
    window.close().await.unwrap();
}

#[tokio::test]
async fn t2_what_is_injected_stays_inert() {
    let folder = tempfile::tempdir().unwrap();
    let window = open(folder.path()).await;
    // Whatever reaches out reaches for this listener, and what reached it would be its first caller
    let elsewhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let address = elsewhere.local_addr().unwrap().to_string();
    assert_eq!(run(&window, INJECT, vec![json!(address)]).await, json!([]));
    assert_eq!(
        elsewhere.accept().unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    assert_eq!(
        run(&window, STANDING, Vec::new()).await,
        json!({ "global": "undefined", "frozen": true })
    );
    window.close().await.unwrap();
}

#[tokio::test]
async fn t3_every_way_out_of_the_bundle_is_refused_and_logged() {
    let folder = tempfile::tempdir().unwrap();
    let window = open(folder.path()).await;
    for (way, script) in WAYS_OUT {
        run(
            &window,
            &format!("{script}; setTimeout(() => done(), 300);"),
            Vec::new(),
        )
        .await;
        let url = window.driver().current_url().await.unwrap();
        assert!(
            url.as_str().starts_with("tauri://localhost"),
            "{way}: {url}"
        );
        assert_eq!(window.driver().windows().await.unwrap().len(), 1, "{way}");
        window.screen("add").await.unwrap();
    }
    let said = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(said.contains("a navigation away from the app was refused"));
    window.close().await.unwrap();
}

#[tokio::test]
async fn t2_no_key_opens_developer_tools() {
    let folder = tempfile::tempdir().unwrap();
    let window = open(folder.path()).await;
    let keyboard = Keyboard::plug(&window.desktop().display).unwrap();
    keyboard.focus_window().unwrap();
    let before = run(&window, SIZE, Vec::new()).await;
    keyboard.press(&[], F12).unwrap();
    keyboard.press(&[CONTROL, SHIFT], u32::from('i')).unwrap();
    // The keys have arrived when one after them has
    await_key(&window, &keyboard).await;
    assert_eq!(run(&window, SIZE, Vec::new()).await, before);
    window.close().await.unwrap();

    // The command behind those keys is not even in the program, where its neighbour is
    let holds = |command| {
        let app = fs::read(shipped().unwrap()).unwrap();
        !Search::new(&[Canary::text("the command", command)])
            .in_bytes("the app", &app)
            .is_empty()
    };
    assert!(holds("internal_toggle_maximize"));
    assert!(!holds("internal_toggle_devtools"));
}

/// Presses a letter and waits until the page saw it.
async fn await_key(window: &Window, keyboard: &Keyboard) {
    run(
        window,
        "window.seen = 0; addEventListener('keydown', (event) => { if (event.key === 'q') window.seen += 1; }); done()",
        Vec::new(),
    )
    .await;
    await_for(PATIENCE, async || {
        keyboard.type_text("q")?;
        let seen = window
            .driver()
            .execute("return window.seen", Vec::new())
            .await?;
        anyhow::ensure!(seen.json().as_i64() > Some(0), "no key reached the page");
        Ok(())
    })
    .await
    .unwrap();
}

/// Calls a command as an intruder in the page would; gives "answered", the code of the problem, or "refused".
async fn invoke(window: &Window, command: &str, payload: Value) -> Value {
    let script = "
        window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1])
            .then(() => done('answered'), (problem) => done(problem && problem.code ? problem.code : 'refused'));
    ";
    run(window, script, vec![json!(command), payload]).await
}

const GO_ROUND: &str = "
    const inside = window.__TAURI_INTERNALS__;
    inside.postMessage({
        cmd: 'view',
        callback: inside.transformCallback(() => done('answered'), true),
        error: inside.transformCallback(() => done('refused'), true),
        payload: {},
    });
";

const FRAME: &str = "
    const frame = document.querySelector('#__tauri_isolation__');
    let reachable = true;
    try { reachable = frame.contentDocument !== null; void frame.contentWindow.document; } catch { reachable = false; }
    done({ display: getComputedStyle(frame).display, reachable, sandbox: frame.sandbox.value });
";

/// Gives the names of what ran.
const INJECT: &str = "
    const elsewhere = `http://${arguments[0]}/`;
    window.ran = [];
    const add = (tag, set) => document.body.append(Object.assign(document.createElement(tag), set));
    add('script', { textContent: 'window.ran.push(\"inline script\")' });
    add('script', { src: 'data:text/javascript,window.ran.push(\"data script\")' });
    add('script', { src: `${elsewhere}x.js`, onload: () => window.ran.push('remote script') });
    const image = document.createElement('img');
    image.setAttribute('onerror', 'window.ran.push(\"inline handler\")');
    image.src = 'data:,';
    document.body.append(image);
    add('iframe', { srcdoc: '<script>parent.ran.push(\"frame\")</scr' + 'ipt>' });
    const frames = [elsewhere, 'data:text/html,x', 'tauri://localhost/'].map((src) => {
        const frame = document.createElement('iframe');
        frame.src = src;
        document.body.append(frame);
        return frame;
    });
    try { (0, eval)('window.ran.push(\"eval\")'); } catch { /* as it should */ }
    try { new Function('window.ran.push(\"function\")')(); } catch { /* as it should */ }
    try {
        const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
        worker.onmessage = () => window.ran.push('worker');
    } catch { /* as it should */ }
    const style = document.createElement('style');
    style.textContent = 'body { --injected: 1 }';
    document.head.append(style);
    const picture = new Image();
    picture.onload = () => window.ran.push('remote picture');
    picture.src = `${elsewhere}x.png`;
    // Says yes whether or not it is sent
    navigator.sendBeacon(elsewhere);
    const reach = (name, way) => Promise.resolve().then(way).then(() => window.ran.push(name), () => undefined);
    Promise.all([
        reach('fetch', () => fetch(elsewhere)),
        reach('blind fetch', () => fetch(elsewhere, { mode: 'no-cors' })),
        reach('fetch of a file', () => fetch('file:///etc/passwd')),
        reach('socket', () => new Promise((opened, failed) => {
            const socket = new WebSocket(elsewhere.replace('http', 'ws'));
            socket.onopen = opened;
            socket.onerror = failed;
        })),
    ]).then(() => setTimeout(() => {
        if (getComputedStyle(document.body).getPropertyValue('--injected') !== '') window.ran.push('inline style');
        for (const frame of frames) {
            try { if (frame.contentDocument?.body?.childElementCount) window.ran.push(frame.src); } catch { /* closed */ }
        }
        done(window.ran);
    }, 500));
";

const STANDING: &str = "
    done({
        global: typeof window.__TAURI__,
        frozen: Object.isFrozen(Object.prototype),
    });
";

const SIZE: &str = "done([innerWidth, innerHeight, outerWidth, outerHeight]);";

/// Each tries to leave the bundle, or to open something beside it.
const WAYS_OUT: [(&str, &str); 7] = [
    ("a script", "location.href = 'https://example.org/'"),
    ("a data page", "location.href = 'data:text/html,x'"),
    ("a file", "location.href = 'file:///etc/passwd'"),
    (
        "a link",
        "const link = document.createElement('a'); link.href = 'https://example.org/'; document.body.append(link); link.click()",
    ),
    (
        "a link to a new window",
        "const link = document.createElement('a'); link.href = 'https://example.org/'; link.target = '_blank'; document.body.append(link); link.click()",
    ),
    (
        "a form",
        "const form = document.createElement('form'); form.action = 'https://example.org/'; document.body.append(form); form.submit()",
    ),
    ("a second window", "window.open('https://example.org/')"),
];
