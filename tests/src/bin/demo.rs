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
    let service = Service::start(&run.join("service")).await?;
    service.add_user(USER)?;
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
        "Then press Enter here to sign in to \"{APPLICATION}\" as {USER}. Closing the app ends the demo."
    );
    let mut pressed = presses();
    let mut terminated = signal(SignalKind::terminate())?;
    let mut look = interval(Duration::from_millis(250));
    loop {
        select! {
            Some(()) = pressed.recv() => {
                if let Err(error) = sign_in(&duo).await {
                    println!("The sign-in could not be asked for: {error:#}");
                }
            }
            // Leaving the function ends the app and the service, which Ctrl-C does not reach
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = terminated.recv() => return Ok(()),
            _ = look.tick() => if app.child().try_wait()?.is_some() { return Ok(()) },
        }
    }
}

/// A message for each press of Enter. The thread that reads ends with the program.
fn presses() -> mpsc::UnboundedReceiver<()> {
    let (press, pressed) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if line.is_err() || press.send(()).is_err() {
                break;
            }
        }
    });
    pressed
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
