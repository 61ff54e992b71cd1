//! How a session's token travels: a cookie to a browser, a header to an app (row S7).

use axum::http::{HeaderMap, HeaderValue, header};
use countersign_protocol::wire::self_service::SESSION_HEADER;

use crate::self_service::session::SessionToken;

/// `__Host-` lets no other host and no plain HTTP set it.
const COOKIE: &str = "__Host-countersign";
/// No script reads it, and no other site's page sends it.
const TERMS: &str = "Secure; HttpOnly; SameSite=Strict; Path=/";

/// The token of a call, and whether it came in an app's header.
pub struct Sent {
    /// The token.
    pub token: SessionToken,
    /// An app's.
    pub app: bool,
}

/// What a call carries. An app's header wins over a cookie, which no app has. `None` when it carries nothing, or two.
pub fn sent(headers: &HeaderMap) -> Option<Sent> {
    if headers.contains_key(SESSION_HEADER) {
        let token = only(headers, SESSION_HEADER)?;
        return Some(Sent {
            token: SessionToken::sent(token),
            app: true,
        });
    }
    let mut cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token);
    let token = cookies.next()?;
    cookies.next().is_none().then(|| Sent {
        token: SessionToken::sent(token),
        app: false,
    })
}

/// The header's text; `None` when it is absent, not ASCII, or there more than once.
pub fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values
        .next()
        .is_none()
        .then(|| first.to_str().ok())
        .flatten()
}

/// The header that gives a new token to the client of a session.
pub fn given(token: &SessionToken, app: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let (name, text) = if app {
        (SESSION_HEADER, token.expose().to_owned())
    } else {
        (
            "set-cookie",
            format!("{COOKIE}={}; {TERMS}", token.expose()),
        )
    };
    // A token is of letters and digits, which every header takes
    if let Ok(mut value) = HeaderValue::from_str(&text) {
        value.set_sensitive(true);
        headers.insert(header::HeaderName::from_static(name), value);
    }
    headers
}

/// The header that takes a browser's token back.
pub fn taken_back(app: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !app && let Ok(value) = HeaderValue::from_str(&format!("{COOKIE}=; {TERMS}; Max-Age=0")) {
        headers.insert(header::SET_COOKIE, value);
    }
    headers
}
