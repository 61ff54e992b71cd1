//! Who calls, and how far they got: each handler names by its extractor what a call needs at least.
//!
//! [`same_site`] goes before all of them: what another site's page brings about never reaches a handler (row S8).

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use countersign_protocol::host::Host;
use countersign_protocol::signing::self_service::Claim;
use countersign_protocol::wire::self_service::{
    CSRF_HEADER, DEVICE_HEADER, ProblemCode, SESSION_HEADER, Stage,
};
use subtle::ConstantTimeEq as _;

use super::{problem::Refusal, token};
use crate::http::Edge;
use crate::self_service::session::{Caller, SelfSession};

/// A session of any stage.
#[derive(Debug)]
pub struct AnySession(pub SelfSession);

/// A session that was proven at some time.
#[derive(Debug)]
pub struct OpenSession(pub SelfSession);

/// A session that was proven within the last five minutes (row S1).
#[derive(Debug)]
pub struct FreshSession(pub SelfSession);

/// The same, or one whose person adds the first device by themselves where the site or the help desk lets them (rows A3, A4).
#[derive(Debug)]
pub struct EnrollingSession(pub SelfSession);

/// An open session of an operator (row K6).
#[derive(Debug)]
pub struct OperatorSession(pub SelfSession);

/// The same, proven within the last five minutes.
#[derive(Debug)]
pub struct FreshOperator(pub SelfSession);

/// The address at the other end of the connection, or of its client where that is a proxy of ours (row R3).
#[derive(Debug)]
pub struct Peer(pub String);

impl FromRequestParts<Edge> for AnySession {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Refusal> {
        Ok(Self(session(parts, edge).await?))
    }
}

impl FromRequestParts<Edge> for OpenSession {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Refusal> {
        let session = session(parts, edge).await?;
        if session.stage == Stage::Open {
            Ok(Self(session))
        } else {
            Err(ProblemCode::ProofNeeded.into())
        }
    }
}

impl FromRequestParts<Edge> for FreshSession {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Refusal> {
        let session = session(parts, edge).await?;
        if session.is_fresh(edge.now()) {
            Ok(Self(session))
        } else {
            Err(ProblemCode::ProofNeeded.into())
        }
    }
}

impl FromRequestParts<Edge> for EnrollingSession {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Refusal> {
        let session = session(parts, edge).await?;
        if session.is_fresh(edge.now()) || session.stage == Stage::FirstDevice {
            return Ok(Self(session));
        }
        let code = if session.only_by_desk {
            ProblemCode::EnrolmentClosed
        } else {
            ProblemCode::ProofNeeded
        };
        Err(code.into())
    }
}

impl FromRequestParts<Edge> for OperatorSession {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Refusal> {
        let OpenSession(session) = OpenSession::from_request_parts(parts, edge).await?;
        only_operators(session).map(Self)
    }
}

impl FromRequestParts<Edge> for FreshOperator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Refusal> {
        let FreshSession(session) = FreshSession::from_request_parts(parts, edge).await?;
        only_operators(session).map(Self)
    }
}

fn only_operators(session: SelfSession) -> Result<SelfSession, Refusal> {
    if session.user.operator {
        Ok(session)
    } else {
        Err(ProblemCode::NotAllowed.into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self(address(parts)))
    }
}

/// The same, of a request's head.
pub fn address(parts: &Parts) -> String {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip().to_canonical().to_string())
        .unwrap_or_default()
}

/// The session of a call, with its CSRF word where the call changes something.
async fn session(parts: &Parts, edge: &Edge) -> Result<SelfSession, Refusal> {
    let signed_out = || Refusal::of(ProblemCode::SignedOut);
    let sent = token::sent(&parts.headers).ok_or_else(signed_out)?;
    let claim = device_claim(&parts.headers)?;
    let caller = Caller {
        token: &sent.token,
        app: sent.app,
        device: claim.as_ref(),
        address: address(parts),
        held: is_held(parts),
    };
    let session = edge.core().session_of(caller).await?;
    let session = session.ok_or_else(signed_out)?;
    if changes(&parts.method) && !session.app {
        let word = token::only(&parts.headers, CSRF_HEADER).unwrap_or_default();
        if !bool::from(word.as_bytes().ct_eq(session.csrf.as_bytes())) {
            return Err(ProblemCode::OtherSite.into());
        }
    }
    Ok(session)
}

/// What an app's header says of its device. One that cannot be read is one that proves nothing.
pub fn device_claim(headers: &HeaderMap) -> Result<Option<Claim>, Refusal> {
    if !headers.contains_key(DEVICE_HEADER) {
        return Ok(None);
    }
    token::only(headers, DEVICE_HEADER)
        .and_then(Claim::parse)
        .map(Some)
        .ok_or_else(|| ProblemCode::SignedOut.into())
}

/// A call that waits for news; a page that only watches is not used.
fn is_held(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    parts.method == Method::GET && query.split('&').any(|pair| pair.starts_with("after="))
}

/// Whether a call changes something.
pub fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// Refuses what the page of another site, or another page of this one, brought about (row S8).
pub async fn same_site(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    if is_ours(request.method(), request.headers(), edge.public_host()) {
        next.run(request).await
    } else {
        Refusal::of(ProblemCode::OtherSite).into_response()
    }
}

/// Whether a call comes from our own page, from an app, or from somebody who typed the address.
fn is_ours(method: &Method, headers: &HeaderMap, host: &Host) -> bool {
    let origin = headers
        .contains_key(header::ORIGIN)
        .then(|| token::only(headers, "origin").unwrap_or_default());
    if origin.is_some_and(|origin| !is_origin(origin, host)) {
        return false;
    }
    let fetched_by = headers
        .contains_key("sec-fetch-site")
        .then(|| token::only(headers, "sec-fetch-site").unwrap_or_default());
    if fetched_by.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    // No page can make a browser send this header elsewhere without asking first, and nobody here says yes
    if !changes(method) || headers.contains_key(SESSION_HEADER) {
        return true;
    }
    let json = token::only(headers, "content-type")
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    json && (origin.is_some() || fetched_by == Some("same-origin"))
}

fn is_origin(origin: &str, host: &Host) -> bool {
    origin
        .strip_prefix("https://")
        .is_some_and(|theirs| theirs.eq_ignore_ascii_case(host.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(method: &Method, pairs: &[(&str, &str)]) -> bool {
        let headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    value.parse().unwrap(),
                )
            })
            .collect();
        is_ours(
            method,
            &headers,
            &Host::parse("id.hospital.example:8443").unwrap(),
        )
    }

    const JSON: (&str, &str) = ("content-type", "application/json");
    const ORIGIN: (&str, &str) = ("origin", "https://id.hospital.example:8443");

    #[test]
    fn s8_only_our_own_page_changes_something() {
        let post = &Method::POST;
        assert!(ours(post, &[JSON, ORIGIN]));
        assert!(ours(
            post,
            &[("content-type", "application/json; charset=utf-8"), ORIGIN]
        ));
        assert!(ours(post, &[JSON, ("sec-fetch-site", "same-origin")]));
        for foreign in [
            &[JSON][..],
            &[ORIGIN],
            &[("content-type", "text/plain"), ORIGIN],
            &[
                ("content-type", "application/x-www-form-urlencoded"),
                ORIGIN,
            ],
            &[JSON, ("origin", "https://evil.example")],
            &[JSON, ("origin", "null")],
            &[JSON, ("origin", "http://id.hospital.example:8443")],
            &[JSON, ("origin", "https://id.hospital.example")],
            &[
                JSON,
                ("origin", "https://id.hospital.example:8443.evil.example"),
            ],
            &[JSON, ORIGIN, ("origin", "https://evil.example")],
            &[JSON, ORIGIN, ("sec-fetch-site", "cross-site")],
            &[JSON, ORIGIN, ("sec-fetch-site", "same-site")],
            &[JSON, ("sec-fetch-site", "none")],
        ] {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                assert!(!ours(&method, foreign), "{method} {foreign:?}");
            }
        }
    }

    #[test]
    fn s8_nothing_is_read_by_another_site_either() {
        let get = &Method::GET;
        assert!(ours(get, &[]));
        assert!(ours(get, &[("sec-fetch-site", "none")]));
        assert!(!ours(get, &[("sec-fetch-site", "cross-site")]));
        assert!(!ours(get, &[("sec-fetch-site", "same-site")]));
        assert!(!ours(get, &[("origin", "https://evil.example")]));
    }

    #[test]
    fn s9_an_app_needs_no_origin_but_a_foreign_one_is_refused_all_the_same() {
        let session = (SESSION_HEADER, "new");
        assert!(ours(&Method::POST, &[JSON, session]));
        assert!(ours(&Method::DELETE, &[session]));
        assert!(!ours(
            &Method::POST,
            &[JSON, session, ("origin", "https://evil.example")]
        ));
        assert!(!ours(
            &Method::POST,
            &[JSON, session, ("sec-fetch-site", "cross-site")]
        ));
    }
}
