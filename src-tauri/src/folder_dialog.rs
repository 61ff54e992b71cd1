//! The system's own dialog for a folder: what a person looks through there, the webview never sees.

use std::path::{Path, PathBuf};

use tauri::WebviewWindow;

/// Asks the person at `window` for a folder, from `start` on. `None` where they choose none, where nothing can be asked, or
/// while it is being asked already.
#[cfg(desktop)]
pub(crate) async fn ask(window: &WebviewWindow, title: &str, start: &Path) -> Option<PathBuf> {
    use rfd::AsyncFileDialog;
    use tauri::async_runtime;
    use tokio::sync::{Mutex, oneshot};

    static ASKING: Mutex<()> = Mutex::const_new(());

    let _one = ASKING.try_lock().ok()?;
    let dialog = AsyncFileDialog::new()
        .set_parent(window)
        .set_title(title)
        .set_can_create_directories(true)
        .set_directory(start);
    let (told, chosen) = oneshot::channel();
    // Systems let only the main thread open a dialog
    let opened = window.run_on_main_thread(move || {
        let asked = dialog.pick_folder();
        async_runtime::spawn(async move { told.send(asked.await) });
    });
    opened.ok()?;
    Some(chosen.await.ok()??.path().to_owned())
}

/// No dialog of a phone gives a folder as a path; nor is there one for backups.
#[cfg(mobile)]
#[expect(clippy::unused_async, reason = "the same on every platform")]
pub(crate) async fn ask(_window: &WebviewWindow, _title: &str, _start: &Path) -> Option<PathBuf> {
    None
}
