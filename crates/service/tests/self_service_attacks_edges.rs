//! Attacks on the edges: what is kept and logged, what is sent in strange shapes, what looks alike, what piles up.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, Method};
use common::client::{Client, ORIGIN};
use common::hospital::{Hospital, LANDLINE, MOBILE, call};
use common::{PASSWORD, Service, contains};
use countersign_protocol::activation::ActivationText;
use countersign_service::clock::Clock as _;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{DAY_MS, DESK_ACTS_PER_DAY, MINUTE_MS};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn g2_no_secret_is_logged_at_any_level_or_kept_as_it_is() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let site = Hospital::start().await;
    let (alice, phone, browser) = site.alice().await;
    let service = &site.service;
    let mut kept_by_nobody = vec![PASSWORD.to_owned(), browser.jar().token.unwrap()];
    let mut logged_by_nobody = vec![browser.jar().csrf];
    let wrong = "Wrong-password-2741";
    Client::browser(service).try_password("alice", wrong).await;
    kept_by_nobody.push(wrong.to_owned());
    let activation = browser
        .post(
            "/activations",
            json!({ "for": "again", "device": phone.device.id.as_str(), "platform": "ios" }),
        )
        .await
        .good();
    let shown = text(&activation["text"]);
    let read = ActivationText::read(&shown).unwrap().unwrap();
    kept_by_nobody.push(read.code.expose().to_owned());
    site.phone_with(&browser, MOBILE).await;
    logged_by_nobody.push(site.code());
    let proof = call(&site, &browser, MOBILE, "", "right").await;
    assert_eq!(proof["state"], "confirmed");
    kept_by_nobody.push(browser.jar().token.unwrap());
    site.confirmed(&browser, LANDLINE, true).await;
    let passcode = phone.code_at(service.clock.now());
    browser.try_passcode(&passcode).await.good();
    logged_by_nobody.push(passcode);
    let olga = service.person("olga").await;
    let olgas = service.phone(&olga).await;
    service.make_operator(&olga).await;
    let desk = Client::app_of(service, &olgas);
    desk.open(service, "olga", &olgas).await;
    kept_by_nobody.push(desk.jar().token.unwrap());
    let path = format!("/desk/people/{}/bypass", alice.id);
    let made = desk.post(&path, json!({ "reason": "Phone lost" })).await;
    let bypass = text(&made.good()["code"]);
    browser.try_passcode(&bypass).await.good();
    browser
        .try_passcode(&bypass)
        .await
        .refused(422, "passcode_used");
    kept_by_nobody.push(bypass);

    let logged = log.0.lock().unwrap().clone();
    assert!(contains(&logged, b"/self-service/v1/proofs"));
    assert!(contains(&logged, b"TRACE") || contains(&logged, b"DEBUG") || logged.len() > 1000);
    let stored = service.bytes_on_disk();
    for secret in &kept_by_nobody {
        assert!(!contains(&stored, secret.as_bytes()), "kept: {secret}");
    }
    for secret in kept_by_nobody.iter().chain(&logged_by_nobody) {
        assert!(!contains(&logged, secret.as_bytes()), "logged: {secret}");
    }
}

/// A dishonest operator and somebody who guesses: each guess needs another lock to be taken back.
#[tokio::test]
async fn k6_every_act_of_an_operator_is_limited_a_day() {
    let service = Service::start().await;
    let olga = service.person("olga").await;
    let phone = service.phone(&olga).await;
    let alice = service.person("alice").await;
    service.make_operator(&olga).await;
    let desk = Client::browser(&service);
    desk.open(&service, "olga", &phone).await;
    let unlock = format!("/desk/people/{}/unlock", alice.id);
    let reason = json!({ "reason": "Asked at the desk" });
    for _ in 0..DESK_ACTS_PER_DAY {
        desk.post(&unlock, reason.clone()).await.good();
    }
    let refused = desk.post(&unlock, reason.clone()).await;
    refused.refused(429, "too_many");
    assert_eq!(service.audit_count("desk.unlock", "too_many").await, 1);
    service.clock.advance(24 * 60 * MINUTE_MS);
    desk.open(&service, "olga", &phone).await;
    desk.post(&unlock, reason).await.good();
}

#[tokio::test]
async fn k6_what_an_operator_tries_on_their_own_account_is_written_down() {
    let service = Service::start().await;
    let olga = service.person("olga").await;
    let phone = service.phone(&olga).await;
    service.make_operator(&olga).await;
    let desk = Client::browser(&service);
    desk.open(&service, "olga", &phone).await;
    let path = format!("/desk/people/{}/bypass", olga.id);
    let refused = desk.post(&path, json!({ "reason": "My own phone" })).await;
    refused.refused(403, "not_allowed");
    assert_eq!(service.audit_count("desk.bypass", "own_account").await, 1);
}

/// Two names that differ only in how their letters are written look the same on every screen.
#[tokio::test]
async fn t5_no_two_devices_look_alike_by_another_spelling() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let first = service.phone(&alice).await;
    let second = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &first).await;
    let path = |id: &countersign_protocol::ids::DeviceId| format!("/devices/{id}/name");
    let rename = json!({ "name": "Caf\u{e9} phone" });
    browser.put(&path(&first.device.id), rename).await.good();
    for alike in [
        "Cafe\u{301} phone",
        "caf\u{e9}\u{2003}phone",
        "CAFE\u{301} PHONE",
    ] {
        let refused = browser
            .put(&path(&second.device.id), json!({ "name": alike }))
            .await;
        refused.refused(409, "name_taken");
    }
}

/// JSON that other readers would read otherwise, and calls that want to be others.
#[tokio::test]
async fn s8_strange_shapes_are_refused_and_change_nothing() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let id = phone.device.id.as_str();
    for text in [
        r#"{"way":"passcode","passcode":"1","passcode":"2"}"#.to_owned(),
        format!(r#"{{"way":"push","way":"push","device":"{id}"}}"#),
        format!(r#"{{"way":"push","device":"{id}","number":1e999}}"#),
        format!(r#"{{"way":"push","device":"{id}","confirmed":true}}"#),
        format!(r#"{{"way":"push","device":["{id}"]}}"#),
        format!(r#"{{"way":"push","device":"{id}"}}{{}}"#),
        format!("\u{feff}{{\"way\":\"push\",\"device\":\"{id}\"}}"),
        format!(r#"{{"way":"push","device":{deep}}}"#),
        deep,
        "{\"way\":\"passcode\",\"passcode\":\"\\ud800\"}".to_owned(),
        " ".repeat(70_000),
        String::new(),
    ] {
        let mut request = browser.request(&Method::POST, "/proofs", None);
        *request.body_mut() = Body::from(text.clone());
        let reply = browser.send(request).await;
        let shown: String = text.chars().take(60).collect();
        assert_eq!(reply.status, 400, "{shown}: {}", reply.body);
        assert_eq!(reply.body["code"], "bad_request", "{shown}");
    }
    assert!(service.pending(&phone).await.is_empty());
    let device = format!("/devices/{id}");
    for header in [
        "x-http-method-override",
        "x-method-override",
        "x-http-method",
    ] {
        let mut request = browser.request(&Method::POST, &device, None);
        request
            .headers_mut()
            .insert(header, "DELETE".parse().unwrap());
        browser.send(request).await.refused(404, "not_found");
    }
    for method in ["TRACE", "OPTIONS", "CONNECT", "PATCH", "PROPFIND"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let reply = browser.call(method.clone(), "/session", None).await;
        assert!(reply.status.is_client_error(), "{method}");
        let allow = |headers: &HeaderMap| headers.contains_key("access-control-allow-origin");
        assert!(!allow(&reply.headers), "{method}");
    }
    assert_eq!(browser.session().await["stage"], "prove");
}

#[tokio::test]
async fn s8_paths_lead_nowhere_else() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    let id = phone.device.id.as_str();
    for path in [
        format!("/site/../devices/{id}"),
        format!("//devices/{id}"),
        format!("/devices/{id}/"),
        format!("/devices/%2e%2e/devices/{id}"),
        format!("/devices%2f{id}"),
        format!("/DEVICES/{id}"),
        format!("/devices/{id};x"),
        format!("/devices/{id}%00"),
        "/devices/%ff".to_owned(),
    ] {
        let reply = browser.delete(&path).await;
        // Either there is no such place, or it is this one and asks for a proof
        assert!(
            reply.status == 404 || reply.status == 400 || reply.body["code"] == "proof_needed",
            "{path}: {} {}",
            reply.status,
            reply.body
        );
    }
    let get = async |path: &str| {
        let mut request = browser.request(&Method::GET, "", None);
        *request.uri_mut() = path.parse().unwrap();
        browser.send(request).await
    };
    for path in [
        "/assets/..%2f..%2fpackage.json",
        "/assets/%2e%2e/%2e%2e/package.json",
        "/..%2fpackage.json",
        "/assets//etc/os-release.txt",
        "/assets/%2fetc%2fhosts.txt",
        "/assets/..%5c..%5cpackage.json",
    ] {
        assert_eq!(get(path).await.status, 404, "{path}");
    }
}

/// A name and a header are shown and sent as they are, and make no other header.
#[tokio::test]
async fn s8_nothing_that_is_sent_comes_back_as_a_header() {
    let service = Service::start().await;
    service.person("alice").await;
    let browser = Client::browser(&service);
    let typed = json!({ "username": "alice\r\nset-cookie: a=b", "password": PASSWORD });
    let reply = browser.post("/session", typed).await;
    assert!(!reply.headers.contains_key("set-cookie"));
    assert_eq!(reply.status, 401);
    // The same cookie twice is nobody's
    let signed_in = Client::browser(&service);
    signed_in.sign_in("alice").await;
    let token = signed_in.jar().token.unwrap();
    let mut request = signed_in.request(&Method::GET, "/session", None);
    let twice = format!("__Host-countersign={token}; __Host-countersign=x");
    request
        .headers_mut()
        .insert("cookie", twice.parse().unwrap());
    signed_in.send(request).await.refused(401, "signed_out");
    // A browser's token is no app's, which needs no word against other sites
    let mut request = signed_in.request(&Method::DELETE, "/session", None);
    let headers = request.headers_mut();
    headers.remove("cookie");
    headers.remove("x-countersign-csrf");
    headers.insert("x-countersign-session", token.parse().unwrap());
    headers.insert("origin", ORIGIN.parse().unwrap());
    signed_in.send(request).await.refused(401, "signed_out");
    assert_eq!(signed_in.session().await["stage"], "prove");
}

/// What a session leaves behind is gone a day after it, but for the audit log.
#[tokio::test]
async fn r1_what_sessions_leave_behind_does_not_pile_up() {
    let site = Hospital::start().await;
    let (alice, phone, browser) = site.alice().await;
    let service = &site.service;
    site.confirmed(&browser, MOBILE, false).await;
    let again = json!({ "for": "again", "device": phone.device.id.as_str(), "platform": "ios" });
    browser.post("/activations", again).await.good();
    let codes = service.core.make_bypass_codes(&alice, 2, OPERATOR).await;
    assert!(codes.is_ok());
    Client::browser(service)
        .try_password("alice", "wrong")
        .await;
    browser.ask(&phone).await;
    service.core.tidy().await.unwrap();
    service.clock.advance(3 * DAY_MS);
    service.core.tidy().await.unwrap();
    // Writes of this kind wait for the next one
    browser.get("/session").await.refused(401, "signed_out");
    service.user("bob").await;
    let database = rusqlite::Connection::open(service.folder.path().join("countersign.db"));
    let database = database.unwrap();
    for table in [
        "sessions",
        "proofs",
        "numbers",
        "activations",
        "throttles",
        "nonces",
        "bypass_codes",
    ] {
        let count = format!("select count(*) from {table}");
        let left: i64 = database.query_row(&count, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
}
