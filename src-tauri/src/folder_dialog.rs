//! The system's own dialog for a folder: what a person looks through there, the webview never sees.

use std::path::{Path, PathBuf};

use tauri::WebviewWindow;

/// Asks the person at `window` for a folder, from `start` on. `None` where they choose none, where nothing can be asked, or
/// while it is being asked already.
#[cfg(desktop)]
pub(crate) async fn ask(window: &WebviewWindow, title: &str, start: &Path) -> Option<PathBuf> {
    use tauri::{Manager as _, async_runtime};
    use tauri_plugin_dialog::DialogExt as _;
    use tokio::sync::Mutex;

    static ASKING: Mutex<()> = Mutex::const_new(());

    let _one = ASKING.try_lock().ok()?;
    let app = window.app_handle().clone();
    let dialog = app
        .dialog()
        .file()
        .set_parent(window)
        .set_title(title)
        .set_can_create_directories(true)
        .set_directory(start);
    let chosen = async_runtime::spawn_blocking(move || dialog.blocking_pick_folder());
    chosen.await.ok()??.into_path().ok()
}

/// No dialog of a phone gives a folder as a path; nor is there one for backups.
#[cfg(mobile)]
#[expect(clippy::unused_async, reason = "the same on every platform")]
pub(crate) async fn ask(_window: &WebviewWindow, _title: &str, _start: &Path) -> Option<PathBuf> {
    None
}
