//! `/recognised` and `/session/recognised`: who is signed in on the computer that asks, and being signed in as that person.
//!
//! The computer's word comes in `Authorization: Negotiate` (RFC 4559). It is asked for once, by a 401; every refusal after
//! that is final, since a second 401 would make some browsers ask for a password themselves.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use countersign_protocol::wire::self_service::{
    ContinueAs, ProblemCode, RecognisedView, WhyNotRecognised,
};
use data_encoding::BASE64;

use super::{body::Body, guard::Peer, problem::Refusal, token};
use crate::http::Edge;
use crate::names::CanonicalName;
use crate::self_service::recognition::Recognised;

const SCHEME: &str = "Negotiate";

/// `GET /recognised`. Signs nobody in.
pub async fn look(
    State(edge): State<Edge>,
    Peer(address): Peer,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (view, reply) = match asked(&edge, &address, &headers).await? {
        Asked::Challenge => return Ok(challenge()),
        Asked::Answered(Recognised::Known { user, reply }) => {
            let (name, account) = (user.shown_name().to_owned(), user.name);
            (RecognisedView::Known { name, account }, reply)
        }
        Asked::Answered(Recognised::Not(why)) => (RecognisedView::Not { why }, Vec::new()),
    };
    Ok((replied(&reply), Json(view)).into_response())
}

/// `POST /session/recognised`.
pub async fn sign_in(
    State(edge): State<Edge>,
    Peer(address): Peer,
    headers: HeaderMap,
    Body(wanted): Body<ContinueAs>,
) -> Result<Response, Refusal> {
    let not = || Refusal::of(ProblemCode::NotRecognised);
    let (user, reply) = match asked(&edge, &address, &headers).await? {
        Asked::Challenge => return Ok(challenge()),
        Asked::Answered(Recognised::Known { user, reply }) => (user, reply),
        Asked::Answered(Recognised::Not(_)) => return Err(not()),
    };
    // Somebody else may have signed in on the computer since the page was shown
    if CanonicalName::of(&wanted.account) != CanonicalName::of(&user.name) {
        return Err(not());
    }
    let earlier = token::sent(&headers).filter(|sent| !sent.app);
    let earlier = earlier.as_ref().map(|sent| &sent.token);
    let core = edge.core();
    let begun = core.sign_in_recognised(&user, earlier, address).await?;
    let (session, given) = begun.ok_or_else(not)?;
    let view = Json(core.session_view(&session).await?);
    Ok((token::given(&given, false), replied(&reply), view).into_response())
}

enum Asked {
    /// The computer has not said anything yet.
    Challenge,
    /// It has, or is not asked.
    Answered(Recognised),
}

async fn asked(edge: &Edge, address: &str, headers: &HeaderMap) -> Result<Asked, Refusal> {
    if let Err(why) = edge.core().asks_computer_at(address).await {
        return Ok(Asked::Answered(Recognised::Not(why)));
    }
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(Asked::Challenge);
    }
    let _place = edge.sign_in_from(address)?;
    let sent = token::only(headers, "authorization").and_then(|sent| {
        let (scheme, word) = sent.split_once(' ')?;
        let ours = scheme.eq_ignore_ascii_case(SCHEME);
        BASE64.decode(word.trim().as_bytes()).ok().filter(|_| ours)
    });
    Ok(Asked::Answered(match sent {
        Some(sent) => edge.core().recognise(sent).await?,
        None => Recognised::Not(WhyNotRecognised::Unproven),
    }))
}

fn challenge() -> Response {
    let mut response = Refusal::of(ProblemCode::NotRecognised).into_response();
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let scheme = HeaderValue::from_static(SCHEME);
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, scheme);
    response
}

/// What the computer gets back, so that it knows us too.
fn replied(reply: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if reply.is_empty() {
        return headers;
    }
    let text = format!("{SCHEME} {}", BASE64.encode(reply));
    if let Ok(mut value) = HeaderValue::from_str(&text) {
        value.set_sensitive(true);
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
    headers
}
