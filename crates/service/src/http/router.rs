//! Every route and every limit, in one place.

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    Edge, activate_page, auth_api, calls, device_api,
    envelope::{Code, Failure},
    health,
    limits::{Allowance, allow, refuse_after_panic},
    oauth,
    observe::observe,
    portal_files, prompt, qr_picture, self_service, text_reports,
};

/// The largest body that is read (row R1).
const BODY_BYTES: usize = 64 * 1024;
/// Calls that answer at once: how many may be at work, and for how long. A slow body has 30 s of its own.
const QUICK_CALLS: usize = 1024;
const QUICK_TIME: Duration = Duration::from_secs(45);
/// Calls that wait for a person or a change: each costs a little memory and nothing else.
const HELD_CALLS: usize = 50_000;
const HELD_TIME: Duration = Duration::from_secs(100);

/// The whole service over HTTP.
pub fn router(edge: Edge) -> Router {
    let quick = Allowance::quick(QUICK_CALLS, QUICK_TIME);
    let held = Allowance::held(HELD_CALLS, HELD_TIME, edge.stopping.clone());
    // One value of several layers, the outermost first: as layers of their own each would keep another box for as long
    // as a call is held
    let around = (
        from_fn_with_state(edge.clone(), observe),
        CatchPanicLayer::custom(refuse_after_panic),
        DefaultBodyLimit::max(BODY_BYTES),
    );
    Router::new()
        .merge(self_service::routes(&edge, &held, &quick))
        .merge(prompt::routes(&edge, &held, &quick))
        .merge(oauth::routes().layer(from_fn_with_state(quick.clone(), allow)))
        .merge(portal_files::routes().layer(from_fn_with_state(quick.clone(), allow)))
        .merge(held_calls().layer(from_fn_with_state(held, allow)))
        .merge(quick_calls().layer(from_fn_with_state(quick, allow)))
        .fallback(async || Failure::new(Code::NotFound))
        .method_not_allowed_fallback(async || Failure::new(Code::MethodNotAllowed))
        .layer(around)
        .with_state(edge)
}

/// Calls that may take a minute because a person, or a change, is waited for.
fn held_calls() -> Router<Edge> {
    Router::new()
        .route("/auth/v2/auth", post(auth_api::auth::auth))
        .route(
            "/auth/v2/auth_status",
            get(auth_api::auth_status::auth_status),
        )
        .route(
            "/push/v2/activation/{code}",
            post(device_api::activation::activation),
        )
        .route(
            "/push/v2/device/transactions",
            get(device_api::transactions::transactions),
        )
}

fn quick_calls() -> Router<Edge> {
    Router::new()
        .route("/auth/v2/ping", get(auth_api::ping::ping))
        .route("/auth/v2/check", get(auth_api::check::check))
        .route("/auth/v2/logo", get(auth_api::logo::logo))
        .route("/auth/v2/enroll", post(auth_api::enroll::enroll))
        .route(
            "/auth/v2/enroll_status",
            post(auth_api::enroll_status::enroll_status),
        )
        .route("/auth/v2/preauth", post(auth_api::preauth::preauth))
        .route(
            "/push/v2/device/transactions/{urgid}",
            post(device_api::answer::answer),
        )
        .route(
            "/push/v2/device/notices/{id}",
            post(device_api::notice::notice),
        )
        .route(
            "/push/v2/device/info",
            get(device_api::info::info).post(device_api::info::info),
        )
        .route(
            "/push/v2/device/registration",
            post(device_api::registration::registration),
        )
        .route(
            "/push/v2/device/test",
            post(device_api::test_request::test_request),
        )
        .route("/calls/v1/events", post(calls::event))
        .route("/activate", get(activate_page::help))
        .route("/activate/{code}", get(activate_page::legacy))
        .route("/frame/qr", get(qr_picture::picture))
        .route("/texts/reports", post(text_reports::report))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::counts))
}
