//! The two clients of self-service, a browser and an app, on the real router.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use countersign_protocol::PROTOCOL;
use countersign_protocol::ids::DeviceId;
use countersign_protocol::params::Params;
use countersign_protocol::random;
use countersign_protocol::signing::device::{authorization, canonical_request};
use countersign_protocol::signing::keys::SigningKey;
use countersign_protocol::signing::self_service::{header, signing_text};
use countersign_protocol::time::{UnixMillis, format_http_date};
use countersign_service::challenge::Choice;
use countersign_service::clock::{Clock as _, ManualClock};
use countersign_service::core::Core;
use countersign_service::http::Edge;
use countersign_service::http::router::router;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{ADDRESS, PASSWORD, Phone, Service};

/// Where our pages come from.
pub const ORIGIN: &str = "https://api-c0ffee0.countersign.test";
const BASE: &str = "/self-service/v1";
const COOKIE: &str = "__Host-countersign";

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    /// The body of a good answer.
    #[track_caller]
    pub fn good(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }

    /// Asserts a refusal.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
    }
}

/// What a client keeps.
#[derive(Debug, Clone, Default)]
pub struct Jar {
    /// The token.
    pub token: Option<String>,
    /// The word that goes with what changes something.
    pub csrf: String,
}

/// A client of the self-service API.
pub struct Client {
    router: Router,
    clock: Arc<ManualClock>,
    jar: Mutex<Jar>,
    kind: Kind,
    address: &'static str,
    /// Its end would end held calls.
    stopping: Arc<watch::Sender<bool>>,
}

enum Kind {
    Browser,
    /// An app, with the key it holds.
    App(Option<(DeviceId, SigningKey)>),
}

impl Client {
    /// A browser.
    pub fn browser(service: &Service) -> Self {
        Self::new(&service.core, &service.clock, Kind::Browser)
    }

    /// An app without a key.
    pub fn app(service: &Service) -> Self {
        Self::new(&service.core, &service.clock, Kind::App(None))
    }

    /// The app on a phone.
    pub fn app_of(service: &Service, phone: &Phone) -> Self {
        let key = SigningKey::from_pkcs8(phone.key.scheme(), phone.key.expose_pkcs8());
        let held = (phone.device.id.clone(), key);
        Self::new(&service.core, &service.clock, Kind::App(Some(held)))
    }

    fn new(core: &Arc<Core>, clock: &Arc<ManualClock>, kind: Kind) -> Self {
        let (sender, stopping) = watch::channel(false);
        Self {
            router: router(Edge::new(core.clone(), stopping)),
            clock: clock.clone(),
            jar: Mutex::default(),
            kind,
            address: ADDRESS,
            stopping: Arc::new(sender),
        }
    }

    /// Another browser at the same service, which calls from there.
    pub fn browser_at(&self, address: &'static str) -> Self {
        Self {
            router: self.router.clone(),
            clock: self.clock.clone(),
            jar: Mutex::default(),
            kind: Kind::Browser,
            address,
            stopping: self.stopping.clone(),
        }
    }

    /// What it keeps now.
    pub fn jar(&self) -> Jar {
        self.jar.lock().unwrap().clone()
    }

    /// Puts back what it kept before.
    pub fn set_jar(&self, jar: Jar) {
        *self.jar.lock().unwrap() = jar;
    }

    /// The request as this client makes it, for those who change it first.
    pub fn request(&self, method: &Method, path: &str, body: Option<&Value>) -> Request<Body> {
        let jar = self.jar();
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{BASE}{path}"))
            .header("host", "api-c0ffee0.countersign.test");
        match &self.kind {
            Kind::Browser => {
                request = request.header("sec-fetch-site", "same-origin");
                if *method != Method::GET {
                    request = request
                        .header("origin", ORIGIN)
                        .header("content-type", "application/json")
                        .header("x-countersign-csrf", &jar.csrf);
                }
                if let Some(token) = &jar.token {
                    request = request.header("cookie", format!("{COOKIE}={token}"));
                }
            }
            Kind::App(held) => {
                let token = jar.token.as_deref().unwrap_or("new");
                request = request.header("x-countersign-session", token);
                if body.is_some() {
                    request = request.header("content-type", "application/json");
                }
                if let Some((device, key)) = held {
                    let value = device_header(device, key, token, self.clock.now());
                    request = request.header("x-countersign-device", value);
                }
            }
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        request.body(body).unwrap()
    }

    /// Sends a request, and keeps what the answer gives to keep.
    pub async fn send(&self, mut request: Request<Body>) -> Reply {
        let from: SocketAddr = format!("{}:40000", self.address).parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(from));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let mut jar = self.jar.lock().unwrap();
        if let Some(token) = given(&headers) {
            jar.token = (!token.is_empty()).then_some(token);
        }
        if let Some(csrf) = body["csrf"].as_str() {
            csrf.clone_into(&mut jar.csrf);
        }
        drop(jar);
        Reply {
            status,
            headers,
            body,
        }
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let request = self.request(&method, path, body.as_ref());
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    /// Tries to sign in.
    pub async fn try_password(&self, name: &str, password: &str) -> Reply {
        let typed = json!({ "username": name, "password": password });
        self.post("/session", typed).await
    }

    /// Signs in with the password of everybody.
    pub async fn sign_in(&self, name: &str) -> Value {
        self.try_password(name, PASSWORD).await.good()
    }

    /// What the session is told.
    pub async fn session(&self) -> Value {
        self.get("/session").await.good()
    }

    /// Asks a phone for a proof.
    pub async fn ask(&self, phone: &Phone) -> Value {
        let wanted = json!({ "way": "push", "device": phone.device.id.as_str() });
        self.post("/proofs", wanted).await.good()
    }

    /// Tries a passcode.
    pub async fn try_passcode(&self, typed: &str) -> Reply {
        let wanted = json!({ "way": "passcode", "passcode": typed });
        self.post("/proofs", wanted).await
    }

    /// Proves with a phone: its person types the number.
    pub async fn prove(&self, service: &Service, phone: &Phone) {
        let proof = self.ask(phone).await;
        let pending = service.pending(phone).await;
        let newest = pending.last().unwrap();
        let number = proof["number"].as_str().unwrap();
        let answer = phone.answer(newest, Choice::Approve, Some(number));
        service.answer(&answer).await;
        let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
        let news = self.get(&path).await.good();
        assert_eq!(news["state"], "confirmed");
    }

    /// Signs in and proves: open from here on.
    pub async fn open(&self, service: &Service, name: &str, phone: &Phone) {
        self.sign_in(name).await;
        self.prove(service, phone).await;
    }
}

/// A signed call of a device, as it arrives.
pub fn list_call(service: &Service, phone: &Phone) -> Request<Body> {
    list_call_at(service.clock.now(), phone)
}

/// The same with that date.
pub fn list_call_at(now: UnixMillis, phone: &Phone) -> Request<Body> {
    let date = format_http_date(now).unwrap();
    let params = Params::new()
        .with("nonce", random::nonce(&SystemRandom::new()).unwrap())
        .with("akey", phone.device.akey.as_str())
        .with("pkpush", phone.key.scheme().as_str())
        .with("protocol", PROTOCOL)
        .canonical();
    let route = "/push/v2/device/transactions";
    let text = canonical_request(&date, "GET", "api-c0ffee0.countersign.test", route, &params);
    let signature = phone
        .key
        .sign(text.as_bytes(), &SystemRandom::new())
        .unwrap();
    Request::builder()
        .method(Method::GET)
        .uri(format!("{route}?{params}"))
        .header("host", "api-c0ffee0.countersign.test")
        .header("x-duo-date", date)
        .header(
            "authorization",
            authorization(phone.device.id.as_str(), &signature),
        )
        .body(Body::empty())
        .unwrap()
}

/// What an app adds to its calls.
pub fn device_header(device: &DeviceId, key: &SigningKey, token: &str, at: UnixMillis) -> String {
    let text = signing_text(device, token, at);
    let signature = key.sign(text.as_bytes(), &SystemRandom::new()).unwrap();
    header(device, at, &signature)
}

/// The token that an answer gives; empty when it takes the old one back.
fn given(headers: &HeaderMap) -> Option<String> {
    if let Some(token) = headers.get("x-countersign-session") {
        return Some(token.to_str().unwrap().to_owned());
    }
    let cookie = headers.get("set-cookie")?.to_str().unwrap();
    let (pair, _) = cookie.split_once(';').unwrap();
    Some(pair.strip_prefix(COOKIE)?.strip_prefix('=')?.to_owned())
}
