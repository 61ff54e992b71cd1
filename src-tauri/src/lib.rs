//! The app's shell: one window, the commands it may call, and what only the platform can do.
//!
//! Everything that decides lives in `countersign-authenticator`; a command here is one call into it.
//!
//! - `window` opens the one window and keeps it on the bundle (rows T1 to T3)
//! - `commands` is all that the window may call; of them `copies` are about backups and saved accounts, `self_service` about
//!   My Settings & Devices
//! - `clipboard` reads codes from the clipboard and puts passcodes on it
//! - `incoming` is what the app was opened with (row Q1)
//! - `home` is where files lie, with the administrator's list of hosts (row Q2)
//! - `platform` is what the device says of itself, and its keystore
//! - `presence` tells the engine whether a person is there, `screen_lock` when a Linux desktop was locked
//! - `notifications`, with its `notification_words`, tells a person who is not there of a request (rows U4 and U5)
//! - `screen` reads codes from an X11 display

mod clipboard;
mod commands;
mod copies;
mod folder_dialog;
mod home;
mod incoming;
mod moves;
#[cfg(target_os = "linux")]
mod notification_words;
#[cfg(target_os = "linux")]
mod notifications;
mod platform;
mod presence;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod screen_lock;
mod self_service;
mod unimported;
mod window;

use std::{error::Error, process::ExitCode, sync::Arc};

use clipboard::PasscodeStays;
use countersign_authenticator::{Authenticator, InstallMark, Surroundings, clock::SystemClock};
use countersign_vault::{KdfProfile, Place};
use presence::Presence;
use tauri::{App, AppHandle, Emitter as _, Manager as _, RunEvent, WindowEvent, async_runtime};
use tracing_subscriber::EnvFilter;
use zeroizing_alloc::ZeroAlloc;

/// Wipes memory before it is given back (row V8): a PIN crosses buffers of Tauri and serde that know nothing of it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// The exit status for what a person has to put right.
const ASKS_FOR_HELP: u8 = 2;

/// Runs the app on a phone or tablet, where the system starts it.
#[cfg(mobile)]
#[tauri::mobile_entry_point]
pub fn run_on_mobile() {
    let _ = run();
}

/// Runs the app until its window closes; fails, with a line on the standard error, when no window can be opened.
pub fn run() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let app = plugins(tauri::Builder::default())
        .invoke_handler(commands::handler())
        .setup(|app| {
            if let Err(error) = set_up(app) {
                // Tauri would panic on an error from here
                eprintln!("countersign: {error}");
                app.handle().exit(ASKS_FOR_HELP.into());
            }
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            let status = app.run_return(|app, event| on_event(app, &event));
            u8::try_from(status).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("countersign: {error}");
            ExitCode::from(ASKS_FOR_HELP)
        }
    }
}

fn plugins(builder: tauri::Builder<tauri::Wry>) -> tauri::Builder<tauri::Wry> {
    // First, so that a second copy ends before it touches anything
    #[cfg(desktop)]
    let builder = builder.plugin(tauri_plugin_single_instance::init(
        |app, arguments, folder| {
            if let Some(incoming) = incoming::from_arguments(&arguments, folder.as_ref())
                && let Some(engine) = app.try_state::<Authenticator>()
            {
                engine.bring(incoming);
            }
            window::raise(app);
        },
    ));
    #[cfg(mobile)]
    let builder = builder.plugin(tauri_plugin_barcode_scanner::init());
    builder.plugin(tauri_plugin_clipboard_manager::init())
}

fn set_up(app: &App) -> Result<(), Box<dyn Error>> {
    let folder = home::folder(app.handle())?;
    let settings = home::Settings::read(&folder);
    app.manage(PasscodeStays(settings.passcode_stays()));
    let surroundings = Surroundings {
        backups: settings.backups(app.handle(), &folder),
        mark: InstallMark {
            folder: home::marks(app.handle(), &folder),
            machine: platform::machine(),
        },
        saved: home::saved(app.handle(), &folder),
        managed: settings.hosts,
        place: Place {
            directory: folder.join("vault"),
            keystore: platform::keystore(),
            kdf: KdfProfile::STANDARD,
        },
        clock: Arc::new(SystemClock),
        device: platform::device(),
    };
    // The engine looks for the vault while the window's processes start; the page is served, and commands are taken,
    // only after this function
    let engine = async_runtime::spawn_blocking(|| Authenticator::new(surroundings));
    let first = window::FirstView::default();
    window::open(app.handle(), &first)?;
    let engine = async_runtime::block_on(engine)??;
    first.know(&async_runtime::block_on(engine.view()));
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(incoming) =
        incoming::from_arguments(&arguments, &std::env::current_dir().unwrap_or_default())
    {
        engine.bring(incoming);
    }
    tell_of_changes(app.handle().clone(), &engine);
    let presence = Presence::watch(&engine);
    #[cfg(target_os = "linux")]
    app.manage(notifications::Notifications::watch(
        app.handle(),
        &engine,
        presence.follow(),
    ));
    app.manage(presence);
    app.manage(engine);
    Ok(())
}

/// Says "changed" to the window whenever the engine would answer something new.
fn tell_of_changes(app: AppHandle, engine: &Authenticator) {
    let mut changes = engine.changes();
    async_runtime::spawn(async move {
        while changes.changed().await.is_ok() {
            if let Err(error) = app.emit_to(window::MAIN, "changed", ()) {
                tracing::warn!(%error, "the window was not told of a change");
            }
        }
    });
}

fn on_event(app: &AppHandle, event: &RunEvent) {
    // Locking wipes the keys, and tells the keystore how far the vault's file came
    if matches!(event, RunEvent::Exit)
        && let Some(engine) = app.try_state::<Authenticator>()
    {
        async_runtime::block_on(engine.lock());
    }
    if let RunEvent::WindowEvent {
        event: WindowEvent::Focused(in_front),
        ..
    } = event
        && let Some(presence) = app.try_state::<Presence>()
    {
        presence.focus(*in_front);
    }
}
