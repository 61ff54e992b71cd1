//! Row S8: what other sites' pages can bring about, which is nothing, and the headers of every kind of answer.

use crate::common;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use common::client::{Client, Reply};
use common::{PASSWORD, Service};
use serde_json::{Value, json};

/// Every call that changes something, open or not.
fn changes() -> Vec<(Method, &'static str, Value)> {
    vec![
        (
            Method::POST,
            "/session",
            json!({ "username": "alice", "password": PASSWORD }),
        ),
        (
            Method::POST,
            "/session/recognised",
            json!({ "account": "alice" }),
        ),
        (Method::POST, "/session/stay", json!({})),
        (Method::DELETE, "/session", json!({})),
        (
            Method::POST,
            "/proofs",
            json!({ "way": "passcode", "passcode": "123456" }),
        ),
        (Method::DELETE, "/proofs/x", json!({})),
        (Method::PUT, "/devices/x/name", json!({ "name": "x" })),
        (Method::PUT, "/devices/x/first", json!({ "first": "ask" })),
        (Method::DELETE, "/devices/x", json!({})),
        (Method::POST, "/devices/x/test", json!({})),
        (
            Method::POST,
            "/numbers",
            json!({ "number": "1", "landline": true, "extension": null }),
        ),
        (Method::POST, "/numbers/x/code", json!({ "by": "call" })),
        (
            Method::POST,
            "/numbers/x/confirm",
            json!({ "code": "123456" }),
        ),
        (Method::POST, "/landlines", json!({ "number": "x" })),
        (
            Method::POST,
            "/activations",
            json!({ "for": "again", "device": "x", "platform": "ios" }),
        ),
        (Method::POST, "/activations/x/confirm", json!({})),
        (Method::POST, "/activations/x/text", json!({})),
        (Method::DELETE, "/activations/x", json!({})),
        (
            Method::POST,
            "/desk/people/x/bypass",
            json!({ "reason": "because" }),
        ),
        (
            Method::POST,
            "/desk/people/x/release",
            json!({ "reason": "because" }),
        ),
        (
            Method::POST,
            "/desk/people/x/unlock",
            json!({ "reason": "because" }),
        ),
        (
            Method::POST,
            "/desk/people/x/devices/x/suspend",
            json!({ "reason": "because" }),
        ),
    ]
}

/// What it does to the headers.
type Change = fn(&mut HeaderMap);

/// What a hostile page can make a browser add, change or leave out; the cookie is sent all the same, at worst.
fn from_elsewhere() -> Vec<(&'static str, Change)> {
    fn set(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
        headers.insert(name, value.parse().unwrap());
    }
    vec![
        ("a form", |headers| {
            set(headers, "content-type", "application/x-www-form-urlencoded");
            set(headers, "origin", "https://evil.example");
            set(headers, "sec-fetch-site", "cross-site");
            headers.remove("x-countersign-csrf");
        }),
        ("a form of our own page", |headers| {
            set(headers, "content-type", "application/x-www-form-urlencoded");
        }),
        ("a form that says nothing of where it is from", |headers| {
            set(headers, "content-type", "text/plain");
            headers.remove("origin");
            headers.remove("sec-fetch-site");
        }),
        ("a fetch", |headers| {
            set(headers, "origin", "https://evil.example");
            set(headers, "sec-fetch-site", "cross-site");
        }),
        ("a fetch of an old browser", |headers| {
            set(headers, "origin", "https://evil.example");
            headers.remove("sec-fetch-site");
        }),
        ("another program on this host", |headers| {
            set(
                headers,
                "origin",
                "https://api-c0ffee0.countersign.test:8444",
            );
            set(headers, "sec-fetch-site", "same-site");
        }),
        ("a sandboxed frame", |headers| {
            set(headers, "origin", "null");
            set(headers, "sec-fetch-site", "cross-site");
        }),
        ("a page without TLS", |headers| {
            set(headers, "origin", "http://api-c0ffee0.countersign.test");
            set(headers, "sec-fetch-site", "cross-site");
        }),
    ]
}

async fn send_with(
    client: &Client,
    (method, path, body): &(Method, &'static str, Value),
    change: impl FnOnce(&mut HeaderMap),
) -> Reply {
    let mut request = client.request(method, path, Some(body));
    change(request.headers_mut());
    client.send(request).await
}

#[tokio::test]
async fn s8_cross_site_form_fetch_and_frame_bring_about_nothing() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &phone).await;
    let before = service.audit().await.len();
    for call in changes() {
        for (what, change) in from_elsewhere() {
            let reply = send_with(&browser, &call, change).await;
            assert_eq!(
                (reply.status.as_u16(), reply.body["code"].as_str()),
                (403, Some("other_site")),
                "{what}: {} {}",
                call.0,
                call.1
            );
        }
    }
    let frames = [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ];
    for (name, value) in frames {
        for path in ["/session", "/site", "/proofs/x", "/desk/people?name=a"] {
            let mut request = browser.request(&Method::GET, path, None);
            request.headers_mut().insert(name, value.parse().unwrap());
            browser.send(request).await.refused(403, "other_site");
        }
    }
    assert_eq!(
        service.audit().await.len(),
        before,
        "nothing was even looked at"
    );
    assert_eq!(browser.session().await["stage"], "open");
}

#[tokio::test]
async fn s8_without_its_word_or_with_another_sessions_a_call_changes_nothing() {
    let service = Service::start().await;
    service.person("alice").await;
    let (browser, other) = (Client::browser(&service), Client::browser(&service));
    browser.sign_in("alice").await;
    other.sign_in("alice").await;
    let others_word = other.jar().csrf;
    assert_ne!(others_word, browser.jar().csrf);
    let calls = [
        (Method::POST, "/session/stay", json!({})),
        (
            Method::POST,
            "/proofs",
            json!({ "way": "passcode", "passcode": "123456" }),
        ),
        (Method::DELETE, "/proofs/x", json!({})),
        (Method::DELETE, "/session", json!({})),
    ];
    let before = service.audit().await.len();
    for call in &calls {
        for word in ["", "x", &others_word] {
            let set = |headers: &mut HeaderMap| {
                headers.insert("x-countersign-csrf", word.parse().unwrap());
            };
            send_with(&browser, call, set)
                .await
                .refused(403, "other_site");
        }
        let drop = |headers: &mut HeaderMap| {
            headers.remove("x-countersign-csrf");
        };
        send_with(&browser, call, drop)
            .await
            .refused(403, "other_site");
    }
    assert_eq!(service.audit().await.len(), before);
    browser.session().await;
}

#[tokio::test]
async fn s8_nobody_is_allowed_to_ask_from_elsewhere() {
    let service = Service::start().await;
    let browser = Client::browser(&service);
    let mut request = browser.request(&Method::OPTIONS, "/session", None);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-countersign-session"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let reply = browser.send(request).await;
    assert!(reply.status.is_client_error());
    let allows = |name: &axum::http::HeaderName| name.as_str().starts_with("access-control-");
    assert!(!reply.headers.keys().any(allows), "{:?}", reply.headers);
}

#[tokio::test]
async fn s8_the_headers_of_every_answer() {
    let service = Service::start().await;
    service.person("alice").await;
    let browser = Client::browser(&service);
    let signed_in = browser.try_password("alice", PASSWORD).await;
    let answers = [
        ("site", browser.get("/site").await),
        ("sign-in", signed_in),
        ("session", browser.get("/session").await),
        ("refusal", browser.get("/proofs/x").await),
        ("unknown", browser.get("/nothing").await),
        ("other site", {
            let mut request = browser.request(&Method::GET, "/site", None);
            let evil = "https://evil.example".parse().unwrap();
            request.headers_mut().insert("origin", evil);
            browser.send(request).await
        }),
        ("page", {
            let page = Request::get("/").body(Body::empty()).unwrap();
            browser.send(page).await
        }),
    ];
    for (what, reply) in &answers {
        let header = |name: &str| {
            reply
                .headers
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        };
        assert_eq!(header("cache-control"), "no-store", "{what}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(
            header("strict-transport-security"),
            "max-age=31536000",
            "{what}"
        );
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none';"),
            "{what}: {policy}"
        );
        assert!(
            policy.ends_with("frame-ancestors 'none'"),
            "{what}: {policy}"
        );
        if *what != "page" {
            assert_eq!(
                policy, "default-src 'none'; frame-ancestors 'none'",
                "{what}"
            );
            assert_eq!(header("content-type"), "application/json", "{what}");
        }
    }
    let (_, page) = answers.last().unwrap();
    assert_eq!(
        page.headers["content-security-policy"],
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
}
