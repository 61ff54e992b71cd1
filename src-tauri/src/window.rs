//! The one window: opened from `tauri.conf.json`, never navigated away from the bundle.
//!
//! The page is served with the screen to begin with written into it: what it would be told if it asked, which takes the
//! frame that seals its questions and a way there and back, about 35 of 425 ms to a whole screen (release build, two
//! cores). It asks all the same.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use countersign_authenticator::view::AppView;
#[cfg(desktop)]
use tauri::Manager as _;
use tauri::{
    AppHandle, Url,
    webview::{NewWindowResponse, WebviewWindowBuilder},
};

/// The label of the one window, as in `tauri.conf.json` and `capabilities/main.json`.
pub(crate) const MAIN: &str = "main";

/// The screen to begin with, once it is known; it is told once, as a page that is loaded again has a later one to ask for.
#[derive(Clone, Default)]
pub(crate) struct FirstView(Arc<Mutex<Option<String>>>);

impl FirstView {
    /// Before the page is served, which is after the app was set up.
    pub(crate) fn know(&self, view: &AppView) {
        // Inside a script element nothing may look like its end
        let json = serde_json::to_string(view).map(|json| json.replace('<', "\\u003c"));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = json.ok();
    }

    fn take(&self) -> Option<String> {
        let mut view = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        view.take()
    }
}

/// Whether this path is the page's, as Tauri resolves it.
fn is_page(path: &str) -> bool {
    matches!(path, "" | "/" | "/index.html")
}

/// Puts `json` before the page's head ends, in an element that is data and never runs.
fn write_into(page: &mut Cow<'static, [u8]>, json: &str) {
    const HEAD_ENDS: &str = "</head>";
    let Ok(text) = std::str::from_utf8(page) else {
        return;
    };
    let element = format!(r#"<script type="application/json" id="first-view">{json}</script>"#);
    if let Some((head, rest)) = text.split_once(HEAD_ENDS) {
        *page = Cow::Owned([head, &element, HEAD_ENDS, rest].concat().into_bytes());
    }
}

/// Opens the one window.
pub(crate) fn open(app: &AppHandle, first: &FirstView) -> tauri::Result<()> {
    let first = first.clone();
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
        .on_web_resource_request(move |request, response| {
            if is_page(request.uri().path())
                && let Some(view) = first.take()
            {
                write_into(response.body_mut(), &view);
            }
        })
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
    use std::borrow::Cow;

    use countersign_authenticator::view::{AppView, VaultFault};

    use super::{FirstView, is_bundle, write_into};

    #[test]
    fn t5_the_first_screen_is_data_that_cannot_end_its_element_and_is_told_once() {
        let first = FirstView::default();
        first.know(&AppView::Faulty {
            fault: VaultFault::Damaged,
            path: "/home/</script><script>alert(1)</script>/vault".to_owned(),
        });
        let mut page = Cow::Borrowed(b"<html><head></head><body></body></html>".as_slice());
        write_into(&mut page, &first.take().unwrap());
        let page = String::from_utf8(page.into_owned()).unwrap();
        assert_eq!(page.matches("</script>").count(), 1, "{page}");
        assert!(page.contains("id=\"first-view\"") && page.contains("</script></head>"));
        assert!(first.take().is_none());
    }

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
