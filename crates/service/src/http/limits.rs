//! Middleware that bounds what a request may cost (row R1) and turns every excess into a refusal.

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue},
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

/// Sets the headers of every answer: nothing is cached, sniffed, framed or referred to, and pages load only what they
/// say. With `hsts`, browsers are told to speak nothing but TLS to this host.
pub fn harden(headers: &mut HeaderMap, hsts: bool) {
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
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use axum::{
        Router, body::to_bytes, http::StatusCode, middleware::from_fn_with_state, routing::get,
    };
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    fn router(allowance: Allowance) -> Router {
        let never = async || {
            std::future::pending::<()>().await;
        };
        let choke = async || -> &'static str { panic!("canary") };
        Router::new()
            .route("/never", get(never))
            .route("/choke", get(choke))
            .route("/ok", get(async || "ok"))
            .layer(from_fn_with_state(allowance, allow))
            .layer(CatchPanicLayer::custom(refuse_after_panic))
    }

    fn ask(path: &str) -> Request {
        Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn r1_a_call_that_never_ends_is_refused() {
        let router = router(Allowance::quick(1, Duration::from_secs(45)));
        let response = router.clone().oneshot(ask("/never")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            router.oneshot(ask("/ok")).await.unwrap().status(),
            StatusCode::OK,
            "its place is free again"
        );
    }

    #[tokio::test]
    async fn r1_more_calls_than_places_are_refused() {
        let router = router(Allowance::quick(1, Duration::from_secs(45)));
        let mut first = std::pin::pin!(router.clone().oneshot(ask("/never")));
        let waiting =
            std::future::poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_pending())).await;
        assert!(waiting, "it has the only place");
        let second = router.oneshot(ask("/ok")).await.unwrap();
        assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(second.headers().contains_key(header::RETRY_AFTER));
    }

    #[tokio::test]
    async fn a_stop_refuses_what_is_held() {
        let (stop, stopping) = watch::channel(false);
        let held = tokio::spawn(
            router(Allowance::held(1, Duration::from_secs(100), stopping)).oneshot(ask("/never")),
        );
        stop.send(true).unwrap();
        assert_eq!(
            held.await.unwrap().unwrap().status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
    }

    #[tokio::test]
    async fn a_panic_refuses_one_request_and_tells_nothing() {
        let router = router(Allowance::quick(1, Duration::from_secs(45)));
        let response = router.clone().oneshot(ask("/choke")).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(response.into_body(), 1024).await.unwrap();
        assert!(body.starts_with(b"{") && !body.windows(6).any(|part| part == b"canary"));
        assert_eq!(
            router.oneshot(ask("/ok")).await.unwrap().status(),
            StatusCode::OK
        );
    }
}
