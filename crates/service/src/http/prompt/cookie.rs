//! The cookie of a prompt: one for each, so that two tabs do not mix.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::prompt::PromptId;
use crate::prompt::link::Begun;
use crate::self_service::session::SessionToken;

/// `__Host-` lets no other host and no plain HTTP set it. The prompt's name follows.
const PREFIX: &str = "__Host-countersign-prompt-";
/// No script reads it. People arrive from the application's site, so it is Lax and not Strict.
const TERMS: &str = "Secure; HttpOnly; SameSite=Lax; Path=/";
/// Longer than a prompt: the page of one that ran out still knows the way back, and the browser's own Back button is told
/// that it is over. It opens nothing by then.
const LIFE_SECONDS: u32 = 3600;
/// How many a browser keeps. What began first goes first.
const KEPT: usize = 4;

/// The secret that a browser sent for a prompt. `None` when it sent none, or two.
pub fn sent(headers: &HeaderMap, id: &PromptId) -> Option<SessionToken> {
    let mut values = all(headers)
        .filter(|(name, _)| *name == id.as_str())
        .map(|(_, value)| value);
    let first = values.next()?;
    values.next().is_none().then(|| SessionToken::sent(first))
}

/// Gives a browser the cookie of a prompt that was begun, and takes back those that are too many.
pub fn given(begun: &Begun, sent: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let id = begun.id.as_str();
    let secret = begun.secret.expose();
    add(
        &mut headers,
        &format!("{PREFIX}{id}={secret}; {TERMS}; Max-Age={LIFE_SECONDS}"),
    );
    let held: Vec<PromptId> = all(sent).filter_map(|(id, _)| PromptId::sent(id)).collect();
    let too_many = (held.len() + 1).saturating_sub(KEPT);
    for old in held.iter().take(too_many) {
        add(&mut headers, &over(old));
    }
    headers
}

fn over(id: &PromptId) -> String {
    format!("{PREFIX}{}=; {TERMS}; Max-Age=0", id.as_str())
}

fn add(headers: &mut HeaderMap, cookie: &str) {
    // Names and secrets are of letters and digits, which every header takes
    if let Ok(mut value) = HeaderValue::from_str(cookie) {
        value.set_sensitive(true);
        headers.append(header::SET_COOKIE, value);
    }
}

/// The prompts whose cookies a browser sent, the oldest first, and their secrets.
fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)))
}
