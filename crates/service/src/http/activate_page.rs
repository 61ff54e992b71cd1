//! The pages a stock camera or a browser opens from an activation text.
//!
//! `GET /activate` belongs to `https://HOST/activate#CODE`: the code is in the fragment, which browsers keep to
//! themselves, so this page holds no secret. `GET /activate/CODE` is the older form that some Duo clients fetch to find
//! `duo://CODE-B64HOST` in it.

use std::sync::LazyLock;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use countersign_protocol::activation::{ActivationCode, ActivationText, Form};
use data_encoding::BASE64;
use ring::digest::{SHA256, digest};

use super::{
    Edge,
    envelope::{Code, Failure},
};

/// Paper, ink and one ink button, as the app has them (`ui/src/styles/tokens.css`).
const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#F5F4EF;--ink:#15171C;--ink-2:#50545E;--on:#FFFFFF;\
font:1.0625rem/1.47 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}\
@media(prefers-color-scheme:dark){:root{--bg:#0F1114;--ink:#F2F1EC;--ink-2:#B5B8C0;--on:#15171C}}\
body{background:var(--bg);color:var(--ink-2);max-width:33.5rem;margin:0 auto;padding:3rem 1.25rem}\
h1{color:var(--ink);font-size:2rem;line-height:1.16;margin:0 0 1rem}\
a.open{display:block;min-height:3.5rem;line-height:3.5rem;margin:1.5rem 0;border-radius:1rem;text-align:center;\
background:var(--ink);color:var(--on);font-weight:600;text-decoration:none}\
a.open[hidden]{display:none}\
a.open:focus-visible{outline:3px solid var(--ink);outline-offset:2px}\
code{word-break:break-all}";

/// Moves the fragment from the page's address into the link that opens the app; nothing is sent anywhere.
const SCRIPT: &str = "\
const code=location.hash.slice(1),link=document.getElementById('open'),none=document.getElementById('none');\
if(/^[A-Za-z0-9]{20}$/.test(code)){link.href='countersign://'+location.host+'/activate#'+code;link.hidden=false}\
else{none.hidden=false}";

/// Only this style and this script run; the page loads nothing and sends nothing.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| BASE64.encode(digest(&SHA256, text.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
});

/// `GET /activate`.
pub async fn help() -> Response {
    page(&format!(
        "<p>This link connects the Countersign app on this device to your sign-ins.</p>\
         <p><a class=\"open\" id=\"open\" hidden>Open Countersign</a></p>\
         <p id=\"none\" hidden>The link is incomplete. Scan the picture again with the app, or ask for a new one.</p>\
         <p>Nothing happens, or the app is not installed yet? Install Countersign, open it, choose “Add account” \
         and scan the picture from there.</p>\
         <noscript><p>Open the Countersign app, choose “Add account” and scan the picture.</p></noscript>\
         <script>{SCRIPT}</script>"
    ))
}

/// `GET /activate/{code}`. Whether the code is known is not told here (row A5).
pub async fn legacy(
    State(edge): State<Edge>,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    let code = ActivationCode::parse(&code).ok_or(Code::NotFound)?;
    let text = ActivationText {
        form: Form::Own,
        host: edge.public_host().clone(),
        code,
    }
    .duo_text();
    // Some clients look for the plain text, one for the text with its punctuation written as entities.
    let entities = text.replace(':', "&#x3a;").replace('/', "&#x2f;");
    Ok(page(&format!(
        "<p>Open this link on the phone that you want to connect.</p>\
         <p><a class=\"open\" href=\"{text}\">Open Countersign</a></p>\
         <p>Or paste this text into the app: <code>{entities}</code></p>"
    )))
}

fn page(main: &str) -> Response {
    let html = Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Countersign: connect a device</title><style>{STYLE}</style></head>\
         <body><main><h1>Connect this device</h1>{main}</main></body></html>"
    ));
    let mut response = html.into_response();
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
