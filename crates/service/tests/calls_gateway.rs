//! Calls over an HTTP voice gateway: a proof from end to end against one that answers as it should, and row H4.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

use crate::support;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use countersign_service::calls::gateway::seal::Seal;
use countersign_service::calls::gateway::{SIGNATURE, TIMESTAMP};
use serde_json::{Value, json};
use support::device::now;
use support::portal::{App, SetUp, set_up};
use support::service::Service;
use support::sip_phone::until;

const NUMBER: &str = "+447700900471";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const UNDER_WAY: [&str; 3] = ["calling", "ringing", "answered"];

/// A voice gateway as a site would run it: it takes what is signed, and keeps what it was asked.
#[derive(Clone)]
struct Gateway(Arc<Mutex<Vec<(String, Value)>>>, Arc<Seal>);

async fn take(
    State(gateway): State<Gateway>,
    uri: Uri,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> StatusCode {
    let header = |name| headers.get(name).unwrap().to_str().unwrap();
    let signed = gateway
        .1
        .check(header(TIMESTAMP), header(SIGNATURE), &body, now());
    if signed.is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let body = serde_json::from_slice(&body).unwrap();
    gateway
        .0
        .lock()
        .unwrap()
        .push((uri.path().to_owned(), body));
    StatusCode::NO_CONTENT
}

/// A site with its gateway, and what an event of one call is sent with.
struct Site {
    service: Service,
    gateway: Gateway,
    answering: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Site {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret: PathBuf = folder.path().join("secret");
        std::fs::write(&secret, SECRET).unwrap();
        let gateway = Gateway(Arc::default(), Arc::new(Seal::read(&secret).unwrap()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/voice", post(take))
            .route("/voice/{call}/{act}", post(take))
            .with_state(gateway.clone());
        let answering = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let service = Service::start_with(&format!(
            "enrolment = \"open\"\n[texts]\nsimulated = true\n[calls.gateway]\nurl = \"http://{address}/voice\"\nsecret_file = \"{}\"\n",
            secret.display()
        ));
        Self {
            service,
            gateway,
            answering,
            _folder: folder,
        }
    }

    async fn ask<'s>(&'s self, alice: &SetUp<'s>) -> (App<'s>, Value, String) {
        let mut page = App::of(&self.service);
        page.sign_in("alice").await;
        let wanted = json!({ "way": "call", "device": alice.device["id"] });
        let proof = page.post("/proofs", wanted).await;
        until(|| self.asked("/voice").is_some(), "a call").await;
        let call = self.asked("/voice").unwrap();
        (page, proof, call["call"].as_str().unwrap().to_owned())
    }

    /// The last body that was sent there.
    fn asked(&self, path: &str) -> Option<Value> {
        let asked = self.gateway.0.lock().unwrap();
        let mut there = asked.iter().rev().filter(|(sent, _)| sent == path);
        Some(there.next()?.1.clone())
    }

    async fn event(&self, call: &str, sequence: u64, event: &str) -> StatusCode {
        let body = json!({ "call": call, "sequence": sequence, "event": event });
        self.send(body, |signed| signed).await
    }

    async fn send(
        &self,
        body: Value,
        alter: impl FnOnce((String, String)) -> (String, String),
    ) -> StatusCode {
        let body = body.to_string();
        let (timestamp, signature) = alter(self.gateway.1.sign(body.as_bytes(), now()));
        let sent = self
            .service
            .client()
            .post(self.service.url("/calls/v1/events"))
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature)
            .body(body)
            .send();
        sent.await.unwrap().status()
    }
}

#[tokio::test]
async fn ph14_a_call_over_a_gateway_proves() {
    let site = Site::start().await;
    let alice = set_up(&site.service, NUMBER).await;
    let (mut page, proof, call) = site.ask(&alice).await;
    let wanted = site.asked("/voice").unwrap();
    assert_eq!(
        (&wanted["to"], &wanted["language"]),
        (&json!(NUMBER), &json!("en"))
    );
    let events = wanted["events"].as_str().unwrap();
    assert_eq!(events, site.service.url("/calls/v1/events"));
    assert_eq!(
        site.event(&call, 1, "ringing").await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        site.event(&call, 2, "answered").await,
        StatusCode::NO_CONTENT
    );
    let say = format!("/voice/{call}/say");
    until(|| site.asked(&say).is_some(), "the question").await;
    let question = json!({ "say": ["ask-number"], "until_key": true });
    assert_eq!(site.asked(&say).unwrap(), question);
    let shown = proof["number"].as_str().unwrap();
    assert!(
        !site
            .gateway
            .0
            .lock()
            .unwrap()
            .iter()
            .any(|(_, body)| body.to_string().contains(shown))
    );
    for (place, key) in (3..).zip(shown.chars()) {
        let key = key.to_string();
        let body = json!({ "call": call, "sequence": place, "event": "key", "key": key });
        assert_eq!(
            site.send(body, |signed| signed).await,
            StatusCode::NO_CONTENT
        );
    }
    until(
        || site.asked(&say).unwrap()["say"] == json!(["confirmed"]),
        "thanks",
    )
    .await;
    assert_eq!(site.event(&call, 9, "said").await, StatusCode::NO_CONTENT);
    let proof = page.follow(&proof, &UNDER_WAY).await;
    assert_eq!(proof["state"], "confirmed");
    let hang_up = format!("/voice/{call}/hang-up");
    until(|| site.asked(&hang_up).is_some(), "the end").await;
    assert!(!site.service.log().contains(NUMBER), "row H4");
    assert!(!site.service.log().contains(SECRET));
}

#[tokio::test]
async fn h1_a_gateway_that_is_down_is_told_nobody_gets_in_and_the_next_call_is_placed() {
    let site = Site::start().await;
    let alice = set_up(&site.service, NUMBER).await;
    site.answering.abort();
    let mut page = App::of(&site.service);
    page.sign_in("alice").await;
    let wanted = json!({ "way": "call", "device": alice.device["id"] });
    let proof = page.post("/proofs", wanted.clone()).await;
    let proof = page.follow(&proof, &UNDER_WAY).await;
    assert_eq!(proof["state"], "call_failed");
    let session = page.get("/session").await;
    assert_eq!(session["stage"], "prove");
    // Her number is not kept busy by a call that never was
    let again = page.post("/proofs", wanted).await;
    assert_eq!(
        page.follow(&again, &UNDER_WAY).await["state"],
        "call_failed"
    );
}

#[tokio::test]
async fn h4_forged_replayed_and_out_of_order_events_are_refused() {
    type Alter<'a> = Box<dyn FnOnce((String, String)) -> (String, String) + 'a>;

    let site = Site::start().await;
    let alice = set_up(&site.service, NUMBER).await;
    let (mut page, proof, call) = site.ask(&alice).await;
    let ringing = || json!({ "call": call, "sequence": 1, "event": "ringing" });
    // Forged: not signed, signed by somebody else, for another body, another time, long ago
    let other = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(other.path(), "another secret of thirty-two characters").unwrap();
    let other = Seal::read(other.path()).unwrap();
    let old = site
        .gateway
        .1
        .sign(ringing().to_string().as_bytes(), now() + -301_000);
    let forged: [Alter<'_>; 5] = [
        Box::new(|(time, _)| (time, String::new())),
        Box::new(|(time, _)| (time, other.sign(ringing().to_string().as_bytes(), now()).1)),
        Box::new(|(time, _)| (time, site.gateway.1.sign(b"{}", now()).1)),
        Box::new(|(_, signature)| ("1".into(), signature)),
        Box::new(|_| old),
    ];
    for alter in forged {
        let refused = site.send(ringing(), alter).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
    }
    // Too early, then as it should be, then the same again
    assert_eq!(site.event(&call, 2, "answered").await, StatusCode::CONFLICT);
    assert_eq!(
        site.event(&call, 1, "ringing").await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(site.event(&call, 1, "ringing").await, StatusCode::CONFLICT);
    assert_eq!(
        site.event("0000", 1, "ringing").await,
        StatusCode::NOT_FOUND
    );
    for wrong in [
        json!({ "call": call, "sequence": 2, "event": "approved" }),
        json!({ "call": call, "sequence": 2, "event": "key" }),
        json!({ "call": call, "sequence": 2, "event": "key", "key": "12" }),
        json!({ "call": call, "sequence": 2, "event": "ringing", "key": "1" }),
        json!({ "call": call, "sequence": -1, "event": "ringing" }),
        json!({ "call": call, "sequence": 2, "event": "ringing", "approve": true }),
    ] {
        let refused = site.send(wrong, |signed| signed).await;
        assert_eq!(refused, StatusCode::BAD_REQUEST);
    }
    let ringing = page.follow(&proof, &["calling"]).await;
    assert_eq!(ringing["state"], "ringing", "nothing else was taken");
    assert_eq!(site.event(&call, 2, "busy").await, StatusCode::NO_CONTENT);
    let proof = page.follow(&ringing, &UNDER_WAY).await;
    assert_eq!(proof["state"], "busy");
    assert_eq!(
        site.event(&call, 3, "answered").await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(page.get("/session").await["stage"], "prove");
}

#[tokio::test]
async fn h1_without_a_gateway_there_is_nobody_to_tell() {
    let service = Service::start();
    let sent = service
        .client()
        .post(service.url("/calls/v1/events"))
        .body("{}")
        .send();
    assert_eq!(sent.await.unwrap().status(), StatusCode::NOT_FOUND);
}
