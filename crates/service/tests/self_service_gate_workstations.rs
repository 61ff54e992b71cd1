//! Workstations that many people use: short sessions of browsers, told before and after sign-in.

use crate::common;

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use common::client::Client;
use common::{START, Service};
use countersign_service::http::{Edge, router::router};
use countersign_service::policy::{MINUTE_MS, SESSION_LIFE_MS};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A service to whom the address of every client here is that of a shared workstation.
async fn shared() -> Service {
    Service::at_site(|site| {
        site.workstations = toml::from_str("shared = [\"192.0.2.0/29\"]").unwrap();
    })
    .await
}

#[tokio::test]
async fn a_browsers_session_at_a_shared_workstation_ends_after_five_minutes_without_use() {
    let service = shared().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    let view = browser.sign_in("alice").await;
    assert_eq!(view["shared"], true);
    assert_eq!(view["idle_at"], START.0 + 5 * MINUTE_MS);
    assert_eq!(view["ends_at"], START.0 + SESSION_LIFE_MS);
    browser.prove(&service, &phone).await;
    service.clock.advance(5 * MINUTE_MS - 1);
    let stayed = browser.post("/session/stay", json!({})).await.good();
    assert_eq!(stayed["idle_at"], START.0 + 10 * MINUTE_MS - 1);
    service.clock.advance(5 * MINUTE_MS);
    browser.get("/session").await.refused(401, "signed_out");
    // An app is one person's, wherever it is
    let app = Client::app_of(&service, &phone);
    let view = app.sign_in("alice").await;
    assert_eq!(view["shared"], false);
    service.clock.advance(10 * MINUTE_MS);
    app.get("/session").await.good();
}

/// The site, as told to whoever calls from there with these headers.
async fn site(service: &Service, from: &str, headers: &[(&str, &str)]) -> Value {
    let (_stop, stopping) = tokio::sync::watch::channel(false);
    let mut request = Request::builder()
        .method(Method::GET)
        .uri("/self-service/v1/site")
        .header("host", "api-c0ffee0.countersign.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let from: SocketAddr = from.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(from));
    let router = router(Edge::new(service.core.clone(), stopping));
    let response = router.oneshot(request).await.unwrap();
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn r3_only_the_address_that_connects_says_where_a_workstation_stands() {
    let service = shared().await;
    let forged = [
        ("x-forwarded-for", "192.0.2.7"),
        ("forwarded", "for=192.0.2.7"),
        ("x-real-ip", "192.0.2.7"),
    ];
    for (from, headers, shared) in [
        ("192.0.2.7:4000", &[][..], true),
        ("[::ffff:192.0.2.7]:4000", &[], true),
        ("192.0.2.8:4000", &[], false),
        ("192.0.2.8:4000", &forged, false),
        (
            "192.0.2.7:4000",
            &[("x-forwarded-for", "198.51.100.1")],
            true,
        ),
    ] {
        let view = site(&service, from, headers).await;
        assert_eq!(view["shared"], shared, "{from} {headers:?}");
    }
}
