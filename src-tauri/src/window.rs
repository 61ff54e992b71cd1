//! The one window: opened from `tauri.conf.json`, never navigated away from the bundle.

#[cfg(desktop)]
use tauri::Manager as _;
use tauri::{
    AppHandle, Url,
    webview::{NewWindowResponse, WebviewWindowBuilder},
};

/// The label of the one window, as in `tauri.conf.json` and `capabilities/main.json`.
pub(crate) const MAIN: &str = "main";

/// Opens the one window.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let Some(config) = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == MAIN)
    else {
        return Err(tauri::Error::WindowNotFound);
    };
    let window = WebviewWindowBuilder::from_config(app, config)?;
    // Row U1: Windows and macOS leave the window out of screenshots and shared screens, Android does in its activity;
    // X11 and Wayland offer an app no such thing
    #[cfg(desktop)]
    let window = window.content_protected(true);
    window
        .on_navigation(|url| {
            let stays = is_bundle(url);
            if !stays {
                tracing::warn!(
                    scheme = url.scheme(),
                    "a navigation away from the app was refused"
                );
            }
            stays
        })
        .on_new_window(|url, _features| {
            tracing::warn!(scheme = url.scheme(), "a second window was refused");
            NewWindowResponse::Deny
        })
        .build()?;
    Ok(())
}

/// Brings the window to the front, for a second copy that handed over its argument.
#[cfg(desktop)]
pub(crate) fn raise(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // A window manager may refuse either; the argument is shown all the same
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}

/// Whether `url` lies in the app's own bundle: `tauri://localhost` (Linux, macOS, iOS) or
/// `http(s)://tauri.localhost` (Windows, Android).
fn is_bundle(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost") && url.port().is_none(),
        "http" | "https" => {
            cfg!(any(windows, target_os = "android"))
                && url.host_str() == Some("tauri.localhost")
                && url.port().is_none()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_bundle;

    #[test]
    fn t3_only_the_bundle_may_be_navigated_to() {
        let url = |text: &str| text.parse().unwrap();
        assert!(is_bundle(&url("tauri://localhost/app.html")));
        for away in [
            "https://example.org/",
            "tauri://localhost.example.org/",
            "tauri://localhost:8443/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
            "javascript:alert(1)",
            "https://tauri.localhost.example.org/",
        ] {
            assert!(!is_bundle(&url(away)), "{away}");
        }
    }
}
