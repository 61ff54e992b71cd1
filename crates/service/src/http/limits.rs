//! Middleware that bounds what a request may cost (row R1) and turns every excess into a refusal.

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::HeaderValue,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::header;
use tokio::sync::{Semaphore, watch};

use super::envelope::{Code, Failure};

/// How long a group of calls may take, how many run at once, and whether they are cut short when the service stops.
#[derive(Clone)]
pub struct Allowance {
    places: Arc<Semaphore>,
    time: Duration,
    stopping: Option<watch::Receiver<bool>>,
}

impl Allowance {
    /// For calls that answer at once.
    pub fn quick(places: usize, time: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            time,
            stopping: None,
        }
    }

    /// For calls that wait for something to happen. Once `stopping` turns true they are refused, never answered with an
    /// early "waiting": clients of the twenty-poll kind would count it (`unix-clients.md`).
    pub fn held(places: usize, time: Duration, stopping: watch::Receiver<bool>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            time,
            stopping: Some(stopping),
        }
    }
}

/// Runs the rest within its allowance, else refuses.
pub async fn allow(State(allowance): State<Allowance>, request: Request, next: Next) -> Response {
    let Ok(_place) = allowance.places.try_acquire() else {
        return Failure::unavailable("too many calls at once").into_response();
    };
    let stopped = async {
        match allowance.stopping.clone() {
            // The sender lives as long as the service; if it is gone, the service is gone too.
            Some(mut stopping) => drop(stopping.wait_for(|stopping| *stopping).await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        answered = tokio::time::timeout(allowance.time, next.run(request)) => {
            answered.unwrap_or_else(|_| Failure::unavailable("a call took too long").into_response())
        }
        () = stopped => Failure::new(Code::Unavailable).retry_after(2).into_response(),
    }
}

/// A panic in one request refuses that request. Its message is not logged, since it could quote a secret; the place was
/// reported by the panic hook.
pub fn refuse_after_panic(_panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    Failure::internal("a panic in a handler").into_response()
}

/// Headers of every answer: nothing is cached, sniffed, framed or referred to, and pages load only what they say.
pub async fn harden(State(hsts): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    if hsts {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}
