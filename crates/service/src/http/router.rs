//! Every route and every limit, in one place.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    Edge, activate_page, auth_api,
    bodies::{BODY_BYTES, Bodies},
    calls, device_api,
    envelope::{Code, Failure},
    health,
    limits::{Bounds, allow, refuse_after_panic},
    oauth,
    observe::observe,
    portal_files, prompt, qr_picture, self_service, text_reports,
};

/// Calls that answer at once: how many may be at work, and for how long. What is full for some is not for the others.
const QUICK_CALLS: usize = 1024;
const QUICK_TIME: Duration = Duration::from_secs(45);
/// Calls of monitoring at a time.
const MONITORING_CALLS: usize = 64;
/// Calls of devices and applications that wait for a person or a change: each costs a little memory and nothing else.
const HELD_CALLS: usize = 50_000;
/// The same of pages.
const HELD_BY_PAGES: usize = 10_000;
const HELD_TIME: Duration = Duration::from_secs(100);

/// The whole service over HTTP.
pub fn router(edge: Edge) -> Router {
    let bounds = Bounds {
        limits: &edge.limits,
        bodies: &Arc::new(Bodies::new(edge.limits.shares("bodies", 0))),
    };
    let quick = bounds.quick(QUICK_CALLS, QUICK_TIME);
    let held = bounds.held(HELD_CALLS, HELD_TIME, edge.stopping.clone());
    let pages = bounds.quick(QUICK_CALLS, QUICK_TIME);
    let held_by_pages = bounds.held(HELD_BY_PAGES, HELD_TIME, edge.stopping.clone());
    let monitoring = bounds.quick(MONITORING_CALLS, QUICK_TIME);
    // One value of several layers, the outermost first: as layers of their own each would keep another box for as long
    // as a call is held
    let around = (
        from_fn_with_state(edge.clone(), observe),
        CatchPanicLayer::custom(refuse_after_panic),
        DefaultBodyLimit::max(BODY_BYTES),
    );
    Router::new()
        .merge(self_service::routes(&edge, &held_by_pages, &pages))
        .merge(prompt::routes(&edge, &held_by_pages, &pages))
        .merge(
            oauth::routes()
                .merge(portal_files::routes())
                .merge(others())
                .layer(from_fn_with_state(pages, allow)),
        )
        .merge(held_calls().layer(from_fn_with_state(held, allow)))
        .merge(quick_calls().layer(from_fn_with_state(quick, allow)))
        .merge(health::routes().layer(from_fn_with_state(monitoring, allow)))
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
        .route(
            "/push/v2/device/move/{id}",
            get(device_api::moves::news).post(device_api::moves::act),
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
        .route("/push/v2/device/move", post(device_api::moves::begin))
}

/// What browsers of people with older phones and gateways of texts call.
fn others() -> Router<Edge> {
    Router::new()
        .route("/calls/v1/events", post(calls::event))
        .route("/activate", get(activate_page::help))
        .route("/activate/{code}", get(activate_page::legacy))
        .route("/frame/qr", get(qr_picture::picture))
        .route("/texts/reports", post(text_reports::report))
}
