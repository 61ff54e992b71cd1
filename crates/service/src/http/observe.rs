//! What is written down about every request: one log line and two metrics, by route template. As the outermost layer it
//! also sees that every answer has its headers.
//!
//! Paths hold activation codes and queries hold ids, so neither is ever read here (row G2).

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

use super::{Edge, limits::harden};
use crate::metrics;

/// Names the request in the log; told to the client so that a person can quote it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware. A request id of the client's own choosing is not taken over.
pub async fn observe(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request = edge.proxies.reveal(request);
    let id = edge.request_id();
    let method = method_name(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", %id, method, route);

    let mut response = next.run(request).instrument(span.clone()).await;
    // A browser would apply it to every other port of `localhost` too
    harden(
        response.headers_mut(),
        edge.public_host().name() != "localhost",
    );

    let latency = started.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(status, latency_ms = milliseconds(latency), "answered"));
    metrics::request(&route, method, status, latency);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The method from a closed list, since a client may invent others.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn milliseconds(latency: Duration) -> u64 {
    u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)
}
