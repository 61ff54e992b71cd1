//! The app's shell: one window, the commands it may call, and what only the platform can do.
//!
//! Everything that decides lives in `countersign-authenticator`; a command here is one line into it.
//!
//! - [`window`] opens the one window and keeps it on the bundle (rows T1 to T3)

mod window;

use std::process::ExitCode;

/// Runs the app until its window closes.
///
/// Fails, with a line on the standard error, when the platform cannot open a window at all.
#[cfg(mobile)]
#[tauri::mobile_entry_point]
pub fn run_mobile() {
    let _ = run();
}

/// Runs the app until its window closes; failure when the platform cannot open a window at all.
pub fn run() -> ExitCode {
    let app = tauri::Builder::default()
        .setup(|app| {
            window::open(app.handle())?;
            Ok(())
        })
        .run(tauri::generate_context!());
    match app {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("countersign: {error}");
            ExitCode::from(2)
        }
    }
}
