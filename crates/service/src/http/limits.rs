//! Middleware that bounds what a request may cost (row R1, `LIMITS.md`) and turns every excess into a refusal.

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::header;
use tokio::sync::{Semaphore, watch};

use super::{
    bodies::{Bodies, address},
    envelope::{Code, Failure},
};
use crate::shares::{Limits, Shares};

/// One address may have a quarter of the places.
const SHARE_OF_ONE: usize = 4;

/// How long a group of calls may take, how many run at once, and whether they are cut short when the service stops.
#[derive(Clone)]
pub struct Allowance(Arc<Places>);

struct Places {
    free: Semaphore,
    shares: Arc<Shares>,
    bodies: Arc<Bodies>,
    time: Duration,
    stopping: Option<watch::Receiver<bool>>,
}

/// What every allowance is made within.
pub struct Bounds<'a> {
    /// What the operator says.
    pub limits: &'a Limits,
    /// The bodies that are on their way to any of them.
    pub bodies: &'a Arc<Bodies>,
}

impl Bounds<'_> {
    /// For calls that answer at once.
    pub fn quick(&self, places: usize, time: Duration) -> Allowance {
        self.allowance(places, time, None)
    }

    /// For calls that wait for something to happen. Once `stopping` turns true they are refused, never answered with an
    /// early "waiting": clients of the twenty-poll kind would count it (`unix-clients.md`).
    pub fn held(
        &self,
        places: usize,
        time: Duration,
        stopping: watch::Receiver<bool>,
    ) -> Allowance {
        self.allowance(places, time, Some(stopping))
    }

    fn allowance(
        &self,
        places: usize,
        time: Duration,
        stopping: Option<watch::Receiver<bool>>,
    ) -> Allowance {
        Allowance(Arc::new(Places {
            free: Semaphore::new(places),
            shares: self.limits.shares("calls", places.div_ceil(SHARE_OF_ONE)),
            bodies: self.bodies.clone(),
            time,
            stopping,
        }))
    }
}

/// Reads the body, then runs the rest within its allowance, else refuses. What only begins to arrive has no place yet.
pub async fn allow(
    State(Allowance(allowance)): State<Allowance>,
    request: Request,
    next: Next,
) -> Response {
    let request = if request.body().is_end_stream() {
        request
    } else {
        // In a box of its own, so that a call that is held later does not keep room for it
        match Box::pin(allowance.bodies.whole(request)).await {
            Ok(request) => request,
            Err(refused) => return refused.into_response(),
        }
    };
    let Some(_share) = allowance.shares.take(address(request.extensions())) else {
        return Failure::new(Code::TooMany).retry_after(2).into_response();
    };
    let Ok(_place) = allowance.free.try_acquire() else {
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
    use std::{net::SocketAddr, task::Poll};

    use axum::{
        Router, body::to_bytes, extract::ConnectInfo, http::StatusCode,
        middleware::from_fn_with_state, routing::get,
    };
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    fn bounded<T>(make: impl FnOnce(Bounds<'_>) -> T) -> T {
        let limits = Limits::default();
        make(Bounds {
            bodies: &Arc::new(Bodies::new(limits.shares("bodies", 1))),
            limits: &limits,
        })
    }

    fn quick(places: usize) -> Allowance {
        bounded(|bounds| bounds.quick(places, Duration::from_secs(45)))
    }

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

    fn from(path: &str, last: u8) -> Request {
        let mut ask = ask(path);
        let peer = SocketAddr::from(([192, 0, 2, last], 50_000));
        ask.extensions_mut().insert(ConnectInfo(peer));
        ask
    }

    #[tokio::test(start_paused = true)]
    async fn r1_a_call_that_never_ends_is_refused() {
        let router = router(quick(1));
        let response = router.clone().oneshot(ask("/never")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            router.oneshot(ask("/ok")).await.unwrap().status(),
            StatusCode::OK,
            "its place is free again"
        );
    }

    #[tokio::test]
    async fn r1_one_address_gets_a_quarter_of_the_places_and_is_told_so() {
        let router = router(quick(8));
        let mut held: Vec<_> = (0..2)
            .map(|_| Box::pin(router.clone().oneshot(from("/never", 1))))
            .collect();
        for call in &mut held {
            let waiting =
                std::future::poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_pending())).await;
            assert!(waiting);
        }
        let third = router.clone().oneshot(from("/ok", 1)).await.unwrap();
        assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(third.headers().contains_key(header::RETRY_AFTER));
        let other = router.clone().oneshot(from("/ok", 2)).await.unwrap();
        assert_eq!(other.status(), StatusCode::OK);
        drop(held);
        let again = router.oneshot(from("/ok", 1)).await.unwrap();
        assert_eq!(again.status(), StatusCode::OK, "it gave its places back");
    }

    #[tokio::test]
    async fn r1_more_calls_than_places_are_refused() {
        let router = router(quick(1));
        let mut first = std::pin::pin!(router.clone().oneshot(from("/never", 1)));
        let waiting =
            std::future::poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_pending())).await;
        assert!(waiting, "it has the only place");
        let second = router.oneshot(from("/ok", 2)).await.unwrap();
        assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(second.headers().contains_key(header::RETRY_AFTER));
    }

    #[tokio::test]
    async fn a_stop_refuses_what_is_held() {
        let (stop, stopping) = watch::channel(false);
        let held = tokio::spawn(
            router(bounded(|bounds| {
                bounds.held(1, Duration::from_secs(100), stopping)
            }))
            .oneshot(ask("/never")),
        );
        stop.send(true).unwrap();
        assert_eq!(
            held.await.unwrap().unwrap().status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
    }

    #[tokio::test]
    async fn a_panic_refuses_one_request_and_tells_nothing() {
        let router = router(quick(1));
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
