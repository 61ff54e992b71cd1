//! The clipboard, reached from Rust alone: the window never reads or writes it.

use std::{io::Cursor, time::Duration};

use countersign_authenticator::view::{Problem, ProblemCode};
use image::{ImageFormat, RgbaImage};
use tauri::{AppHandle, Manager as _, async_runtime};
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use zeroize::Zeroizing;

/// How long a passcode stays on the clipboard (row U3), as the app's own state.
pub(crate) struct PasscodeStays(pub(crate) Duration);

/// What a person copied.
pub(crate) enum Found {
    /// A picture, as a PNG file.
    Picture(Vec<u8>),
    /// A text.
    Text(String),
}

/// Reads what a person copied, a picture before a text.
pub(crate) fn take(app: &AppHandle) -> Result<Found, Problem> {
    let clipboard = app.clipboard();
    if let Ok(copied) = clipboard.read_image()
        && let Some(png) = png(copied.width(), copied.height(), copied.rgba())
    {
        return Ok(Found::Picture(png));
    }
    match clipboard.read_text() {
        Ok(text) if !text.trim().is_empty() => Ok(Found::Text(text)),
        _ => Err(Problem::new(ProblemCode::EmptyClipboard)),
    }
}

/// Puts a passcode on the clipboard, marked as secret, so that managers and other devices leave it alone, and takes
/// it off again unless something else was copied since.
pub(crate) fn put(app: &AppHandle, passcode: Zeroizing<String>) -> Result<(), Problem> {
    app.clipboard()
        .write_secret(passcode.as_str())
        .map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
    let stays = app.state::<PasscodeStays>().0;
    let app = app.clone();
    async_runtime::spawn(async move {
        tokio::time::sleep(stays).await;
        let clipboard = app.clipboard();
        if clipboard.read_text().is_ok_and(|text| text == *passcode)
            && let Err(error) = clipboard.clear()
        {
            tracing::warn!(%error, "a passcode stayed on the clipboard");
        }
    });
    Ok(())
}

fn png(width: u32, height: u32, rgba: &[u8]) -> Option<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    RgbaImage::from_raw(width, height, rgba.to_vec())?
        .write_to(&mut file, ImageFormat::Png)
        .ok()?;
    Some(file.into_inner())
}
