//! Rows H1, H3, H4 and S6: texts over a gateway's HTTP interface, within limits, and what the gateway reports of them.

use crate::common;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use common::client::Client;
use common::hospital::{Hospital, MOBILE, confirm, wanted};
use common::scanning::{path, scan};
use common::{START, Service};
use countersign_service::carrier::limits::Limits;
use countersign_service::policy::{MINUTE_MS, YOUNG_MS};
use countersign_service::self_service::call::Phones;
use countersign_service::self_service::phone_number::E164;
use countersign_service::store::carriers::{Admitted, Carried, Kind, Planned, Rate, TextPurpose};
use countersign_service::texts::http::HttpGateway;
use countersign_service::texts::http::settings::Http;
use data_encoding::HEXLOWER;
use ring::hmac;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

const NUMBER: &str = "+447400123471";
const KEY: &str = "the gateway's own key";

/// A gateway of the tests: what came to it, and what it answers.
struct Gateway {
    address: SocketAddr,
    came: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    answer: Arc<Mutex<(StatusCode, &'static str)>>,
    folder: TempDir,
}

type Shared = (
    Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    Arc<Mutex<(StatusCode, &'static str)>>,
);

impl Gateway {
    async fn start() -> Self {
        let shared: Shared = (
            Arc::default(),
            Arc::new(Mutex::new((StatusCode::ACCEPTED, "queued"))),
        );
        let (came, answer) = shared.clone();
        let app = axum::Router::new()
            .route("/messages", axum::routing::post(take))
            .with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            address,
            came,
            answer,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn answers(&self, status: StatusCode, body: &'static str) {
        *self.answer.lock().unwrap() = (status, body);
    }

    fn texts(&self) -> Vec<Value> {
        let came = self.came.lock().unwrap();
        came.iter().map(|(_, body)| body.clone()).collect()
    }

    /// How people are reached by it.
    fn phones(&self, rest: &str, limits: Limits) -> Phones {
        let (token, key) = (
            file(&self.folder, "token", "t0ken"),
            file(&self.folder, "key", KEY),
        );
        let text = format!(
            "url = \"http://{}/messages\"\ntoken_file = \"{}\"\naccepted = \"queued\"\n\
             json = {{ to = \"{{to}}\", text = \"{{text}}\", ref = \"{{id}}\" }}\n\
             reports = {{ key_file = \"{}\" }}\n{rest}",
            self.address,
            token.display(),
            key.display()
        );
        let http: Http = toml::from_str(&text).unwrap();
        let mut settings = http.open().unwrap();
        Phones {
            text_reports: settings.reports.take().map(Arc::new),
            texter: Some(Arc::new(HttpGateway::new(settings).unwrap())),
            text_limits: limits,
            ..Phones::default()
        }
    }
}

async fn take(
    State((came, answer)): State<Shared>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> (StatusCode, &'static str) {
    came.lock().unwrap().push((headers, body.0));
    *answer.lock().unwrap()
}

fn file(folder: &TempDir, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

async fn person(service: &Service, name: &str) -> Client {
    let person = service.person(name).await;
    let phone = service.phone(&person).await;
    service.clock.advance(1);
    let browser = Client::browser(service);
    browser.open(service, name, &phone).await;
    browser
}

/// Adds a number, and gives the path at which codes are asked for.
async fn number(browser: &Client, number: &str) -> (String, String) {
    let view = browser.post("/numbers", wanted(number, false)).await.good();
    let id = view["id"].as_str().unwrap().to_owned();
    let path = format!("/numbers/{id}/code");
    (id, path)
}

fn by_text() -> Value {
    json!({ "by": "text" })
}

#[tokio::test]
async fn h1_a_code_that_a_gateway_carried_confirms_a_number() {
    let gateway = Gateway::start().await;
    let phones = gateway.phones("", Limits::texts());
    let service = Service::with_phones(phones, |_| ()).await;
    let browser = person(&service, "alice").await;
    let (id, path) = number(&browser, NUMBER).await;
    browser.post(&path, by_text()).await.good();
    let (headers, body) = gateway.came.lock().unwrap()[0].clone();
    assert_eq!(headers["authorization"], "Bearer t0ken");
    assert_eq!(body["to"], NUMBER);
    let text = body["text"].as_str().unwrap();
    let (code, words) = text.split_at(6);
    assert!(
        words.starts_with(" is your code for General Hospital."),
        "{words}"
    );
    let view = confirm(&browser, &id, code).await.good();
    assert_eq!(view["confirmed"], true);
    // The row of a text has no word of it
    let on_disk = service.bytes_on_disk();
    assert!(!common::contains(&on_disk, text.as_bytes()));
    assert!(common::contains(
        &on_disk,
        body["ref"].as_str().unwrap().as_bytes()
    ));
}

#[tokio::test]
async fn h3_what_a_gateway_refused_costs_nothing_and_what_it_took_counts() {
    let gateway = Gateway::start().await;
    let limits = Limits {
        spend_a_day: 8,
        ..Limits::texts()
    };
    let service = Service::with_phones(gateway.phones("", limits), |_| ()).await;
    let browser = person(&service, "alice").await;
    let (_, path) = number(&browser, NUMBER).await;
    for (status, body) in [
        (StatusCode::INTERNAL_SERVER_ERROR, "queued"),
        (StatusCode::OK, "error: no credit"),
    ] {
        gateway.answers(status, body);
        browser
            .post(&path, by_text())
            .await
            .refused(503, "unavailable");
        service.clock.advance(MINUTE_MS);
    }
    gateway.answers(StatusCode::OK, "it is queued");
    browser.post(&path, by_text()).await.good();
    // Nobody else's either, whoever asks
    let browser = person(&service, "bob").await;
    let (_, path) = number(&browser, "+447400123472").await;
    browser
        .post(&path, by_text())
        .await
        .refused(429, "too_many");
    assert_eq!(gateway.texts().len(), 3);
    assert_eq!(service.audit_count("text.stop", "spend").await, 1);
}

/// What stands before a gateway, and heard nothing of it, does not know whether the text went out.
#[tokio::test]
async fn h3_a_text_whose_fate_nobody_knows_counts() {
    for status in [StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT] {
        let gateway = Gateway::start().await;
        let limits = Limits {
            spend_a_day: 8,
            ..Limits::texts()
        };
        let service = Service::with_phones(gateway.phones("", limits), |_| ()).await;
        let browser = person(&service, "alice").await;
        let (_, path) = number(&browser, NUMBER).await;
        gateway.answers(status, "");
        let unknown = browser.post(&path, by_text()).await;
        unknown.refused(503, "unavailable");
        service.clock.advance(MINUTE_MS);
        gateway.answers(StatusCode::OK, "it is queued");
        let another = browser.post(&path, by_text()).await;
        another.refused(429, "too_many");
    }
}

#[tokio::test]
async fn h3_a_thousand_numbers_side_by_side_never_cost_more_than_a_day_may() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let limits = Limits {
        person_a_day: 5000,
        an_hour: 5000,
        spend_a_day: 200,
        price: 8,
        ..Limits::texts()
    };
    let mut asked = JoinSet::new();
    for at in 0..1000 {
        let (store, limits) = (service.core.store.clone(), limits.clone());
        let text = Planned {
            id: format!("text{at}"),
            user: alice.id.clone(),
            number: E164::from_stored(format!("+4474001{at:05}")),
            what: Carried::Text {
                purpose: TextPurpose::Code,
                parts: 1,
            },
            cost: 8,
            at: START,
        };
        asked.spawn(async move { store.carriers().admit(&text, &limits).await.unwrap() });
    }
    let answers = asked.join_all().await;
    let yes = answers.iter().filter(|answer| **answer == Admitted::Yes);
    assert_eq!(yes.count(), 25);
    let day = 24 * 60 * MINUTE_MS;
    let stopped = Admitted::SpendStop(START + day);
    assert_eq!(
        answers.iter().filter(|answer| **answer == stopped).count(),
        975
    );
}

#[tokio::test]
async fn h3_a_person_a_number_and_the_site_have_their_limits() {
    let service = Service::start().await;
    let (alice, bob) = (service.person("alice").await, service.person("bob").await);
    let limits = Limits {
        person_a_day: 3,
        number_a_day: 2,
        an_hour: 4,
        ..Limits::texts()
    };
    let mut count = 0;
    let mut ask = async |user: &countersign_service::model::User, number: &str, at: i64| {
        count += 1;
        let text = Planned {
            id: format!("text{count}"),
            user: user.id.clone(),
            number: E164::from_stored(number.into()),
            what: Carried::Text {
                purpose: TextPurpose::Link,
                parts: 2,
            },
            cost: 16,
            at: START + at,
        };
        let texts = service.core.store.carriers();
        texts.admit(&text, &limits).await.unwrap()
    };
    let day = 24 * 60 * MINUTE_MS;
    let (one, two, three) = ("+447400123471", "+447400123472", "+447400123473");
    assert_eq!(ask(&alice, one, 0).await, Admitted::Yes);
    assert_eq!(ask(&bob, one, 1).await, Admitted::Yes);
    assert_eq!(ask(&alice, one, 2).await, Admitted::TooMany(START + day));
    assert_eq!(ask(&alice, two, 3).await, Admitted::Yes);
    assert_eq!(ask(&alice, three, 4).await, Admitted::Yes);
    assert_eq!(ask(&alice, three, 5).await, Admitted::TooMany(START + day));
    assert_eq!(
        ask(&bob, two, 6).await,
        Admitted::TooMany(START + 60 * MINUTE_MS)
    );
    assert_eq!(ask(&bob, two, 60 * MINUTE_MS).await, Admitted::Yes);
}

/// Reports to the service as a gateway does.
async fn report(browser: &Client, body: &Value, key: Option<&str>) -> StatusCode {
    let bytes = serde_json::to_vec(body).unwrap();
    let mut request =
        Request::post("/texts/reports").header("host", "api-c0ffee0.countersign.test");
    if let Some(key) = key {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let signature = HEXLOWER.encode(hmac::sign(&key, &bytes).as_ref());
        request = request.header("x-signature", signature);
    }
    browser
        .send(request.body(Body::from(bytes)).unwrap())
        .await
        .status
}

#[tokio::test]
async fn h4_the_first_signed_report_of_a_text_stands() {
    let gateway = Gateway::start().await;
    let phones = gateway.phones("", Limits::texts());
    let service = Service::with_phones(phones, |_| ()).await;
    let browser = person(&service, "alice").await;
    let (_, path) = number(&browser, NUMBER).await;
    browser.post(&path, by_text()).await.good();
    let id = gateway.texts()[0]["ref"].clone();
    let rate = async || {
        service
            .core
            .store
            .carriers()
            .rate(Kind::Text, START + -1)
            .await
            .unwrap()
    };
    let nothing = Rate { of: 0, reached: 0 };
    let delivered = json!({ "id": id, "status": "delivered" });
    let failed = json!({ "id": id, "status": "failed" });
    for key in [None, Some("another key of somebody")] {
        assert_eq!(
            report(&browser, &delivered, key).await,
            StatusCode::UNAUTHORIZED
        );
    }
    for (body, status) in [
        (
            json!({ "id": "nobody", "status": "delivered" }),
            StatusCode::NO_CONTENT,
        ),
        (
            json!({ "id": id, "status": "queued" }),
            StatusCode::NO_CONTENT,
        ),
        (json!({ "id": id }), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(report(&browser, &body, Some(KEY)).await, status, "{body}");
    }
    assert_eq!(rate().await, nothing);
    // Replayed, and out of order
    for body in [&delivered, &delivered, &failed] {
        assert_eq!(
            report(&browser, body, Some(KEY)).await,
            StatusCode::NO_CONTENT
        );
        let once = Rate { of: 1, reached: 1 };
        assert_eq!(rate().await, once);
    }
}

#[tokio::test]
async fn h4_nobody_reports_where_no_key_is_configured() {
    let service = Service::start().await;
    let browser = Client::browser(&service);
    let body = json!({ "id": "a", "status": "delivered" });
    assert_eq!(
        report(&browser, &body, Some(KEY)).await,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn h1_neither_a_text_nor_a_token_follows_a_redirect() {
    let gateway = Gateway::start().await;
    let elsewhere = Gateway::start().await;
    let to = format!("http://{}/messages", elsewhere.address);
    let app = axum::Router::new().fallback(async move || axum::response::Redirect::temporary(&to));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirecting = Gateway {
        address: listener.local_addr().unwrap(),
        ..gateway
    };
    tokio::spawn(async move { axum::serve(listener, app).await });
    let phones = redirecting.phones("", Limits::texts());
    let service = Service::with_phones(phones, |_| ()).await;
    let browser = person(&service, "alice").await;
    let (_, path) = number(&browser, NUMBER).await;
    browser
        .post(&path, by_text())
        .await
        .refused(503, "unavailable");
    assert!(elsewhere.texts().is_empty());
}

#[tokio::test]
async fn s6_a_phone_set_up_by_a_texted_link_removes_nothing_older_for_a_day() {
    let site = Hospital::start().await;
    let (_, old, browser) = site.alice().await;
    let id = site.confirmed(&browser, MOBILE, false).await;
    let body = json!({ "for": "new", "kind": "phone", "platform": "android", "number": id });
    let made = browser.post("/activations", body).await.good();
    let link = json!({ "text": made["text"] });
    browser
        .post(&format!("{}/text", path(&made)), link)
        .await
        .good();
    assert!(site.last("text").contains(made["text"].as_str().unwrap()));
    let new = scan(&site.service, &browser, &made).await.unwrap();

    let thief = Client::browser(&site.service);
    site.service.clock.advance(1);
    thief.open(&site.service, "alice", &new).await;
    let older = format!("/devices/{}", old.device.id);
    thief.delete(&older).await.refused(403, "proof_too_young");
    site.service.clock.advance(YOUNG_MS);
    thief.open(&site.service, "alice", &new).await;
    thief.delete(&older).await.good();
}
