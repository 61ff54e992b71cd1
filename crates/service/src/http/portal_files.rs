//! The portal's files, as they were built into the service (`SELF-SERVICE.md` section 6).
//!
//! One page answers every address of the portal; what it loads is under `/assets/`, named by its content.

use std::borrow::Cow;

use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::RustEmbed;
use tower_http::compression::CompressionLayer;

use super::{
    Edge,
    envelope::{Code, Failure},
};

/// What `npm run build:portal` made; nothing where it was not run. A debug build reads the folder itself.
#[derive(RustEmbed)]
#[folder = "../../ui/dist-portal"]
#[allow_missing = true]
struct Built;

/// The pages run and load nothing but what is here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What is named by its content never changes.
const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

/// In place of a portal that was not built in.
const NO_PORTAL: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>My Settings &amp; Devices</title></head>\
    <body><main><h1>My Settings &amp; Devices</h1><p>These pages are not part of this installation. \
    Open Devices in the Countersign app, or call your Service Desk.</p></main></body></html>";

/// The portal's addresses.
pub fn routes() -> Router<Edge> {
    Router::new()
        .route("/", get(async || page(&built)))
        .route(
            "/{page}",
            get(async |Path(name): Path<String>| at_root(&built, &name)),
        )
        .route(
            "/assets/{*file}",
            get(async |Path(name): Path<String>| asset(&built, &name)),
        )
        .layer(CompressionLayer::new().gzip(true))
}

/// The page that answers every address of the portal, for those who send it with another status.
pub fn the_page() -> Response {
    page(&built)
}

/// A file by its path.
type Files = dyn Fn(&str) -> Option<Cow<'static, [u8]>> + Sync;

fn built(path: &str) -> Option<Cow<'static, [u8]>> {
    Built::get(path).map(|file| file.data)
}

/// The one page.
fn page(files: &Files) -> Response {
    let mut response = match files("index.html") {
        Some(bytes) => sent(bytes, "text/html; charset=utf-8"),
        None => (
            StatusCode::NOT_FOUND,
            sent(NO_PORTAL.as_bytes().into(), "text/html; charset=utf-8"),
        )
            .into_response(),
    };
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    response
}

/// An address of the portal is a word, a file has an ending.
fn at_root(files: &Files, name: &str) -> Response {
    let is_word = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if is_word && !name.is_empty() {
        return page(files);
    }
    file(files, name).unwrap_or_else(|| Failure::new(Code::NotFound).into_response())
}

fn asset(files: &Files, name: &str) -> Response {
    let Some(mut response) = file(files, &format!("assets/{name}")) else {
        return Failure::new(Code::NotFound).into_response();
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_A_YEAR));
    response
}

/// A file of a kind that is known; the page itself is sent by [`page`] alone, with its policy.
fn file(files: &Files, path: &str) -> Option<Response> {
    let (_, ending) = path.rsplit_once('.')?;
    let kind = match ending {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    };
    Some(sent(files(path)?, kind))
}

fn sent(bytes: Cow<'static, [u8]>, kind: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(path: &str) -> Option<Cow<'static, [u8]>> {
        let text: &str = match path {
            "index.html" => "<!doctype html>",
            "assets/portal-3f2a.js" | "favicon.svg" => "made",
            "assets/source.map" | "secret.html" => "not for you",
            _ => return None,
        };
        Some(text.as_bytes().into())
    }

    fn header_of(response: &Response, name: header::HeaderName) -> &str {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn one_page_answers_every_address_with_its_policy() {
        for response in [
            page(&some),
            at_root(&some, "devices"),
            at_root(&some, "sign-in"),
        ] {
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(
                header_of(&response, header::CONTENT_TYPE),
                "text/html; charset=utf-8"
            );
            assert_eq!(
                header_of(&response, header::CONTENT_SECURITY_POLICY),
                POLICY
            );
        }
        for nothing in [
            "",
            "Devices",
            "wp-login.php",
            "devices.json",
            "secret.html",
            "%2e%2e",
        ] {
            assert_eq!(
                at_root(&some, nothing).status(),
                StatusCode::NOT_FOUND,
                "{nothing}"
            );
        }
    }

    #[test]
    fn what_is_named_by_its_content_is_kept_for_a_year() {
        let script = asset(&some, "portal-3f2a.js");
        assert_eq!(header_of(&script, header::CACHE_CONTROL), FOR_A_YEAR);
        assert_eq!(
            header_of(&script, header::CONTENT_TYPE),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            header_of(&at_root(&some, "favicon.svg"), header::CACHE_CONTROL),
            ""
        );
        for nothing in ["portal.js", "source.map", "../index.html", ""] {
            assert_eq!(
                asset(&some, nothing).status(),
                StatusCode::NOT_FOUND,
                "{nothing}"
            );
        }
    }

    #[test]
    fn without_a_portal_the_page_says_so() {
        let response = page(&|_| None);
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(
            header_of(&response, header::CONTENT_SECURITY_POLICY),
            POLICY
        );
    }
}
