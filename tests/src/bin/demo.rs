//! The demo behind `make run`: the service with a demo user, and the app on this desktop beside it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result};
use countersign_tests::{
    duo::DuoClient,
    part::{Part, built, root},
    person::{allow, trust},
    phone::{Heard, Phones, TRIAL},
    picture,
    service::Service,
};
use tokio::{
    select,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{Duration, interval},
};

/// Who signs in.
const USER: &str = "nina.holt";
/// To what.
const APPLICATION: &str = "Ward Charts";
/// With what; everybody may know it, as the service is reached from this machine alone.
const PASSWORD: &str = "a word for the demo";

#[tokio::main]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn demo() -> Result<()> {
    let run = root().join("target/run");
    if run.exists() {
        fs::remove_dir_all(&run)?;
    }
    fs::create_dir_all(&run)?;
    let service = Service::start_with(&run.join("service"), TRIAL).await?;
    service.add_person(USER, "Nina Holt")?;
    service.set_password(USER, PASSWORD)?;
    let duo = DuoClient::new(&service, &service.add_integration(APPLICATION, &[])?)?;
    let code = run.join("activation.png");
    picture::qr(&service.activation(USER)?.text, &code)?;
    let mut app = open_app(&run, &service, &code)?;

    println!(
        "The service listens on https://{}; everything lies in {}.",
        service.address(),
        run.display()
    );
    println!(
        "The app is open. Choose a PIN and activate it for {USER}; the code is {}.",
        code.display()
    );
    println!(
        "My Settings & Devices: https://{} in a browser, which has to be told that the certificate is good; {USER} signs \
         in with \"{PASSWORD}\". Any number such as 07700 900471 is a telephone here.",
        service.address()
    );
    println!(
        "Press Enter here to sign in to \"{APPLICATION}\" as {USER}. Closing the app ends the demo."
    );
    let mut phones = Phones::of(&service);
    let mut rings: Option<String> = None;
    let mut lines = typed();
    let mut terminated = signal(SignalKind::terminate())?;
    let mut look = interval(Duration::from_millis(250));
    loop {
        select! {
            Some(line) = lines.recv() => {
                let done = match rings.take() {
                    Some(phone) if !line.trim().is_empty() => phones.answer(&phone, line.trim()),
                    _ => sign_in(&duo).await,
                };
                if let Err(error) = done {
                    println!("That did not work: {error:#}");
                }
            }
            // Leaving the function ends the app and the service, which Ctrl-C does not reach
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = terminated.recv() => return Ok(()),
            _ = look.tick() => {
                if app.child().try_wait()?.is_some() {
                    return Ok(());
                }
                for heard in phones.heard() {
                    tell(&heard, &mut rings);
                }
            }
        }
    }
}

/// Prints what a telephone met; `rings` is the one whose call waits to be taken.
fn tell(heard: &Heard, rings: &mut Option<String>) {
    let phone = &heard.phone;
    if let Some(text) = &heard.text {
        println!("{phone} receives: {text}");
    }
    if let Some(said) = &heard.said {
        println!("{phone} hears: {said}");
    }
    if heard.call.as_deref() == Some("ringing") {
        println!(
            "{phone} rings. Type here what the page says, or * to report the call, and press Enter."
        );
        *rings = Some(phone.clone());
    }
}

/// Each line that is typed here. The thread that reads ends with the program.
fn typed() -> mpsc::UnboundedReceiver<String> {
    let (send, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { break };
            if send.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

async fn sign_in(duo: &DuoClient) -> Result<()> {
    let (number, txid) = duo.push_with_number(USER).await?;
    println!("{APPLICATION} shows: {number}. Type it in the app.");
    let status = duo.decided(&txid).await?;
    println!(
        "{APPLICATION} hears: {}",
        status["status_msg"].as_str().unwrap_or_default()
    );
    Ok(())
}

/// Opens the app with the picture as its argument. The demo's certificate authority is trusted by this process alone.
fn open_app(run: &Path, service: &Service, code: &Path) -> Result<Part> {
    let home: PathBuf = run.join("app");
    fs::create_dir_all(&home)?;
    allow(&home, &service.address())?;
    let trusted = run.join("trusted.pem");
    trust(&service.ca, &trusted)?;
    let app = built("countersign")?;
    // Outside a desktop session there is no keystore: one is started for the app
    let mut command = if env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() {
        Command::new(app)
    } else {
        let mut session = Command::new("dbus-run-session");
        session
            .args(["--", "sh", "-c", KEYSTORE, "session"])
            .arg(app)
            .env("XDG_DATA_HOME", run.join("keystore"));
        session
    };
    command
        .arg(code)
        .env("COUNTERSIGN_HOME", &home)
        .env("SSL_CERT_FILE", &trusted);
    Part::start(&mut command).context("the app could not be started")
}

/// Starts a keystore with an empty password, then the app.
const KEYSTORE: &str = r#"
printf '\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
exec "$@"
"#;
