//! An application that sends people to the sign-in prompt, and the browser tab that they are in.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use countersign_protocol::time::UnixMillis;
use countersign_service::challenge::Choice;
use countersign_service::clock::Clock as _;
use countersign_service::http::Edge;
use countersign_service::http::router::router;
use countersign_service::model::{Integration, User};
use countersign_service::policy::IntegrationPolicy;
use countersign_service::prompt::RedirectUri;
use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::client::{ORIGIN, Reply};
use super::{ADDRESS, Phone, Service};

/// Where the application has people sent back to.
pub const CALLBACK: &str = "https://records.hospital.test/duo-callback";
/// Its state.
pub const STATE: &str = "0123456789abcdef0123456789abcdef";
const HOST: &str = "api-c0ffee0.countersign.test";

/// An application, and Alice with a phone.
pub async fn alice() -> (Service, User, Phone, App) {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    service.clock.advance(1);
    let app = App::new(&service).await;
    (service, alice, phone, app)
}

/// A protected application.
pub struct App {
    pub integration: Integration,
    pub secret: String,
    router: Router,
    /// How many people it sent.
    sent: AtomicU32,
    _stopping: watch::Sender<bool>,
}

/// A browser tab in front of a prompt.
pub struct Tab {
    router: Router,
    pub id: String,
    pub cookie: String,
    pub csrf: String,
    _stopping: watch::Sender<bool>,
}

/// A JWT of these claims, with any header and algorithm.
pub fn jwt_as(header: &Value, algorithm: hmac::Algorithm, key: &[u8], claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let text = format!("{}.{}", part(header), part(claims));
    let tag = hmac::sign(&hmac::Key::new(algorithm, key), text.as_bytes());
    format!("{text}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
}

/// A query or form of these pairs.
pub fn pairs(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn new_router(service: &Service) -> (Router, watch::Sender<bool>) {
    let (sender, stopping) = watch::channel(false);
    (router(Edge::new(service.core.clone(), stopping)), sender)
}

/// A call from that address.
async fn send(router: &Router, from: &str, mut request: Request<Body>) -> Reply {
    let from: IpAddr = from.parse().unwrap();
    let from = SocketAddr::new(from, 40000);
    request.extensions_mut().insert(ConnectInfo(from));
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
    Reply {
        status,
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

/// Where an answer leads.
pub fn location(headers: &HeaderMap) -> &str {
    headers
        .get("location")
        .map_or("", |value| value.to_str().unwrap())
}

impl App {
    /// With a number of three digits and [`CALLBACK`].
    pub async fn new(service: &Service) -> Self {
        Self::with(service, IntegrationPolicy::with_digits(3).unwrap()).await
    }

    pub async fn with(service: &Service, policy: IntegrationPolicy) -> Self {
        let core = &service.core;
        let made = core
            .add_integration("Patient Records", policy)
            .await
            .unwrap();
        let callback = RedirectUri::parse(CALLBACK).unwrap();
        assert!(
            core.add_redirect_uris(&made.ikey, &[callback])
                .await
                .unwrap()
        );
        let (router, stopping) = new_router(service);
        Self {
            integration: core.store.integration(&made.ikey).await.unwrap().unwrap(),
            secret: made.skey.to_string(),
            router,
            sent: AtomicU32::new(0),
            _stopping: stopping,
        }
    }

    pub fn id(&self) -> &str {
        self.integration.id.as_str()
    }

    /// A JWT as the clients make it: signed with HS512 by the secret, `exp` a float.
    pub fn jwt(&self, claims: &Value) -> String {
        let header = json!({ "alg": "HS512", "typ": "JWT" });
        jwt_as(&header, hmac::HMAC_SHA512, self.secret.as_bytes(), claims)
    }

    /// The claims of a link for `name`.
    pub fn wish(&self, name: &str, now: UnixMillis) -> Value {
        json!({
            "scope": "openid",
            "response_type": "code",
            "client_id": self.id(),
            "iss": self.id(),
            "aud": format!("https://{HOST}"),
            "redirect_uri": CALLBACK,
            "state": STATE,
            "duo_uname": name,
            "use_duo_code_attribute": true,
            "exp": (now + 300_000).seconds(),
        })
    }

    /// The query of a link.
    pub fn query(&self, request: &str) -> String {
        pairs(&[
            ("response_type", "code"),
            ("client_id", self.id()),
            ("request", request),
            ("nonce", "a nonce of the application"),
        ])
    }

    /// A browser without cookies opens a link.
    pub async fn open_query(&self, query: &str) -> Reply {
        self.open_with(query, "").await
    }

    /// A browser with these cookies opens a link.
    pub async fn open_with(&self, query: &str, cookies: &str) -> Reply {
        self.open_from(query, cookies, ADDRESS).await
    }

    /// A browser with these cookies opens a link from that address.
    pub async fn open_from(&self, query: &str, cookies: &str, address: &str) -> Reply {
        let request = Request::builder()
            .uri(format!("/oauth/v1/authorize?{query}"))
            .header("host", HOST)
            .header("sec-fetch-site", "cross-site")
            .header("cookie", cookies)
            .body(Body::empty())
            .unwrap();
        send(&self.router, address, request).await
    }

    /// Opens a link of these claims.
    pub async fn open(&self, claims: &Value) -> Reply {
        self.open_query(&self.query(&self.jwt(claims))).await
    }

    /// Sends `name` to the prompt, by a link that is no other's.
    pub async fn send(&self, service: &Service, name: &str) -> Tab {
        let mut wish = self.wish(name, service.clock.now());
        wish["jti"] = json!(self.sent.fetch_add(1, Ordering::SeqCst));
        let reply = self.open(&wish).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        let mut tab = Tab::after(service, &reply);
        tab.view().await;
        tab
    }

    /// The claims of an assertion at `path`.
    pub fn claims_at(&self, path: &str, jti: &str, now: UnixMillis) -> Value {
        json!({
            "iss": self.id(),
            "sub": self.id(),
            "aud": format!("https://{HOST}{path}"),
            "exp": 300.54 + std::time::Duration::from_millis(now.0.unsigned_abs()).as_secs_f64(),
            "jti": jti,
        })
    }

    /// A call of the application, with its parameters in the form.
    pub async fn call(&self, path: &str, parameters: &[(&str, &str)]) -> Reply {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("host", HOST)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(pairs(parameters)))
            .unwrap();
        send(&self.router, ADDRESS, request).await
    }

    /// The same with them in the query, and nothing in the body.
    pub async fn call_by_query(&self, path: &str, parameters: &[(&str, &str)]) -> Reply {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{path}?{}", pairs(parameters)))
            .header("host", HOST)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::empty())
            .unwrap();
        send(&self.router, ADDRESS, request).await
    }

    /// Exchanges a code; `jti` names the assertion.
    pub async fn exchange(
        &self,
        service: &Service,
        code: &str,
        callback: &str,
        jti: &str,
    ) -> Reply {
        self.exchange_by(service, code, callback, jti, false).await
    }

    /// The same as Node's client does it, in a form.
    pub async fn exchange_by_form(&self, service: &Service, code: &str, jti: &str) -> Reply {
        self.exchange_by(service, code, CALLBACK, jti, true).await
    }

    async fn exchange_by(
        &self,
        service: &Service,
        code: &str,
        callback: &str,
        jti: &str,
        form: bool,
    ) -> Reply {
        let path = "/oauth/v1/token";
        let assertion = self.jwt(&self.claims_at(path, jti, service.clock.now()));
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", callback),
            ("client_id", self.id()),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", &assertion),
        ];
        if form {
            self.call(path, &parameters).await
        } else {
            self.call_by_query(path, &parameters).await
        }
    }

    /// The claims of a token that the service signed for this application.
    pub fn read(&self, token: &str) -> Value {
        let (signed, tag) = token.rsplit_once('.').unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA512, self.secret.as_bytes());
        let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).unwrap();
        hmac::verify(&key, signed.as_bytes(), &tag).unwrap();
        let (_, claims) = signed.split_once('.').unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap()
    }
}

impl Tab {
    /// After the link's answer: where it led, and its cookie.
    pub fn after(service: &Service, reply: &Reply) -> Self {
        let (_, id) = location(&reply.headers).split_once('#').unwrap();
        let cookie = reply.headers["set-cookie"].to_str().unwrap();
        let (cookie, _) = cookie.split_once(';').unwrap();
        let (router, stopping) = new_router(service);
        Self {
            router,
            id: id.to_owned(),
            cookie: cookie.to_owned(),
            csrf: String::new(),
            _stopping: stopping,
        }
    }

    /// At the prompt of `mine`, with everything that the browser of `theirs` has.
    pub fn after_of(mine: &Self, theirs: &Self) -> Self {
        let (stopping, _) = watch::channel(false);
        Self {
            router: theirs.router.clone(),
            id: mine.id.clone(),
            cookie: theirs.cookie.clone(),
            csrf: theirs.csrf.clone(),
            _stopping: stopping,
        }
    }

    /// The request as the page makes it, for those who change it first.
    pub fn request(&self, method: &Method, path: &str, body: Option<&Value>) -> Request<Body> {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("/prompt/v1/{}{path}", self.id))
            .header("host", HOST)
            .header("sec-fetch-site", "same-origin")
            .header("cookie", &self.cookie);
        if *method != Method::GET {
            request = request
                .header("origin", ORIGIN)
                .header("content-type", "application/json")
                .header("x-countersign-csrf", &self.csrf);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        request.body(body).unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        send(&self.router, ADDRESS, request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(&Method::GET, path, None)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(&Method::POST, path, Some(&body)))
            .await
    }

    /// What the page is told.
    pub async fn view(&mut self) -> Value {
        let view = self.get("").await.good();
        view["csrf"].as_str().unwrap().clone_into(&mut self.csrf);
        view
    }

    pub async fn try_push(&self, phone: &Phone) -> Reply {
        let wanted = json!({ "way": "push", "device": phone.device.id.as_str() });
        self.post("/proofs", wanted).await
    }

    pub async fn try_passcode(&self, typed: &str) -> Reply {
        let wanted = json!({ "way": "passcode", "passcode": typed });
        self.post("/proofs", wanted).await
    }

    /// Asks a phone, and how that stands after it answered.
    pub async fn answered(&self, service: &Service, phone: &Phone, choice: Choice) -> Value {
        let path = self.answered_unheard(service, phone, choice).await;
        self.get(&path).await.good()
    }

    /// Asks a phone that answers, while no page comes to hear of it: where the proof stands.
    pub async fn answered_unheard(
        &self,
        service: &Service,
        phone: &Phone,
        choice: Choice,
    ) -> String {
        let proof = self.try_push(phone).await.good();
        let pending = service.pending(phone).await;
        let number = proof["number"].as_str();
        let number = number.filter(|_| choice == Choice::Approve);
        let answer = phone.answer(pending.last().unwrap(), choice, number);
        service.answer(&answer).await;
        format!("/proofs/{}", proof["id"].as_str().unwrap())
    }

    /// Confirms by a push.
    pub async fn confirm(&self, service: &Service, phone: &Phone) {
        let proof = self.answered(service, phone, Choice::Approve).await;
        assert_eq!(proof["state"], "confirmed");
    }

    /// Goes back to the application, confirmed: the code.
    pub async fn leave(&self) -> String {
        let reply = self.get("/leave").await;
        assert_eq!(reply.status, StatusCode::FOUND, "{}", reply.body);
        let to = url::Url::parse(location(&reply.headers)).unwrap();
        assert!(to.as_str().starts_with(CALLBACK));
        let said: Vec<(String, String)> = to.query_pairs().into_owned().collect();
        assert_eq!(said[0], ("state".to_owned(), STATE.to_owned()));
        assert_eq!(said[1].0, "duo_code");
        said[1].1.clone()
    }
}
