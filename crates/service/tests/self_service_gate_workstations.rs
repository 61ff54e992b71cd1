//! Workstations that many people use: short sessions of browsers, told before and after sign-in.

use crate::common;
use crate::support::name_server::NameServer;

use std::net::{SocketAddr, UdpSocket};

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use common::client::Client;
use common::{START, Service};
use countersign_service::http::{Edge, router::router};
use countersign_service::policy::{MINUTE_MS, SESSION_LIFE_MS};
use countersign_service::workstations::dns::Dns;
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

/// A service in whose networks workstations have the names that `server` tells.
async fn named_by(server: &str) -> Service {
    let text = format!(
        "shared = [\"203.0.113.0/24\"]\n[names]\nshared = [\"clin-*.hosp.test\"]\nwithin = [\"192.0.2.0/24\", \"2001:db8::/32\"]\nservers = [\"{server}\"]"
    );
    let service = Service::at_site(|site| site.workstations = toml::from_str(&text).unwrap()).await;
    let names = service.core.site.workstations.names.clone().unwrap();
    let dns = Dns::of(&names.servers).unwrap();
    service.changed(|core| core.with_host_names(dns))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph12_a_workstation_is_shared_where_its_name_says_so_and_on_any_doubt() {
    let server = NameServer::start(&[
        "pc17.hosp.test=192.0.2.17",
        "CLIN-4.hosp.test=192.0.2.4",
        "clin-4.icu.hosp.test=192.0.2.5",
        // Two names, as a computer that changed its use has for a while
        "pc18.hosp.test=192.0.2.18",
        "192.0.2.18=clin-18.hosp.test",
        // The address has another computer's name, and a name that leads nowhere
        "192.0.2.6=pc17.hosp.test",
        "192.0.2.7=gone.hosp.test",
        "pc19.hosp.test=2001:db8::19",
        "clin-9.hosp.test=2001:db8::9",
    ]);
    let service = named_by(&server.at).await;
    for (from, shared) in [
        ("192.0.2.17:4000", false),
        ("[::ffff:192.0.2.17]:4000", false),
        ("[2001:db8::19]:4000", false),
        ("192.0.2.4:4000", true),
        ("192.0.2.5:4000", true),
        ("192.0.2.18:4000", true),
        ("[2001:db8::9]:4000", true),
        ("192.0.2.6:4000", true),
        ("192.0.2.7:4000", true),
        ("192.0.2.99:4000", true),
        ("[2001:db8::99]:4000", true),
        // By its network, and one outside whose name nobody asks for
        ("203.0.113.4:4000", true),
        ("198.51.100.4:4000", false),
    ] {
        assert_eq!(site(&service, from, &[]).await["shared"], shared, "{from}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ph12_where_no_name_server_answers_every_workstation_there_is_taken_for_shared() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let service = named_by(&silent.local_addr().unwrap().to_string()).await;
    assert_eq!(site(&service, "192.0.2.17:4000", &[]).await["shared"], true);
    assert_eq!(
        site(&service, "198.51.100.4:4000", &[]).await["shared"],
        false
    );
    // Signing in goes on, in a short session
    service.person("alice").await;
    let browser = Client::browser(&service);
    let view = browser.sign_in("alice").await;
    assert_eq!(view["shared"], true);
    assert_eq!(view["idle_at"], START.0 + 5 * MINUTE_MS);
}
