//! A small device that speaks both dialects, made of the protocol crate alone.

use std::time::Duration;

use countersign_protocol::{
    PROTOCOL,
    challenge::{Challenge, context_hash},
    params::Params,
    passcode::{self, Algorithm, Digits, OtpSecret, Period},
    random,
    signing::{
        device::{ACTIVATION, authorization, canonical_request},
        keys::{PublicKey, Scheme, SigningKey},
    },
    time::{UnixMillis, format_http_date},
    wire::{
        device::{ActivationAnswer, Transaction, TransactionsAnswer},
        envelope::{Envelope, Failure},
    },
};
use data_encoding::BASE64;
use reqwest::{Method, StatusCode};
use ring::rand::SystemRandom;
use serde_json::Value;

use super::service::Service;

/// The machine's clock; the service under test runs on it too.
pub fn now() -> UnixMillis {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test outside the service has no clock to take"
    )]
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    UnixMillis(i64::try_from(since.as_millis()).unwrap())
}

/// An activated device.
pub struct Device {
    pub activation: ActivationAnswer,
    key: SigningKey,
    host: String,
    client: reqwest::Client,
    sequence: u64,
}

/// HTTP status and body.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
}

impl Reply {
    pub fn code(&self) -> u64 {
        self.body["code"].as_u64().unwrap_or_default()
    }
}

/// A request that is ready to be sent, once or more often.
#[derive(Clone)]
pub struct Signed {
    pub method: Method,
    pub path: String,
    pub params: String,
    pub date: String,
    pub authorization: String,
}

impl Device {
    /// Activates with `countersign/1`.
    pub async fn activate(service: &Service, code: &str) -> Self {
        let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
        Self::activate_with(service, code, key).await
    }

    /// Activates as a device of the plain dialect, with an RSA key.
    pub async fn activate_legacy(service: &Service, code: &str) -> Self {
        let key = tokio::task::spawn_blocking(SigningKey::make_rsa)
            .await
            .unwrap()
            .unwrap();
        Self::activate_with(service, code, key).await
    }

    /// Asks once with `code` and that key, and gives what came.
    pub async fn ask_activation(service: &Service, code: &str, key: &SigningKey) -> Reply {
        let signed = activation_request(&service.host(), code, key);
        send(&service.client(), &service.host(), &signed).await
    }

    /// Activates with that key.
    pub async fn activate_with(service: &Service, code: &str, key: SigningKey) -> Self {
        let client = service.client();
        let reply = Self::ask_activation(service, code, &key).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let activation = serde_json::from_value(reply.body["response"].clone()).unwrap();
        Self {
            activation,
            key,
            host: service.host(),
            client,
            sequence: 0,
        }
    }

    fn scheme(&self) -> Scheme {
        self.key.scheme()
    }

    /// The `pkey`, which is also preauth's `device`.
    pub fn id(&self) -> &str {
        self.activation.pkey.as_str()
    }

    /// The passcode of this moment.
    pub fn passcode(&self) -> String {
        assert!(self.activation.use_totp);
        self.passcode_at(Period::THIRTY.step(now()).unwrap())
    }

    /// The passcode of a step or counter.
    pub fn passcode_at(&self, counter: u64) -> String {
        let secret = OtpSecret::from_hotp_secret(&self.activation.hotp_secret);
        passcode::code(&secret, Algorithm::Sha1, Digits::SIX, counter).to_string()
    }

    /// Signs a request the way this device does, with the parameters common to all its calls.
    pub fn sign(&self, method: Method, path: &str, params: Params) -> Signed {
        self.sign_at(now(), method, path, params)
    }

    fn sign_at(&self, time: UnixMillis, method: Method, path: &str, params: Params) -> Signed {
        let params = params
            .with("akey", self.activation.akey.as_str())
            .with("pkpush", self.scheme().as_str());
        let params = if self.scheme() == Scheme::EcdsaP256Sha256 {
            params.with("protocol", PROTOCOL)
        } else {
            params
        };
        sign(
            &self.key,
            self.id(),
            &self.host,
            time,
            (method, path),
            &params,
        )
    }

    /// Sends what was signed.
    pub async fn send(&self, signed: &Signed) -> Reply {
        send(&self.client, &self.host, signed).await
    }

    /// A poll that is ready to be sent.
    pub fn sign_poll(&self, wait: u32, seen: Option<&str>) -> Signed {
        let mut params = Params::new().with("nonce", random::nonce(&SystemRandom::new()).unwrap());
        if let Some(seen) = seen {
            params = params.with("wait", wait.to_string()).with("seen", seen);
        }
        self.sign(Method::GET, "/push/v2/device/transactions", params)
    }

    /// A poll by a phone whose clock shows `time`.
    pub fn sign_poll_at(&self, time: UnixMillis) -> Signed {
        let nonce = random::nonce(&SystemRandom::new()).unwrap();
        self.sign_at(
            time,
            Method::GET,
            "/push/v2/device/transactions",
            Params::new().with("nonce", nonce),
        )
    }

    /// The list at this moment.
    pub async fn poll(&self) -> TransactionsAnswer {
        let reply = self.send(&self.sign_poll(0, None)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        serde_json::from_value(reply.body["response"].clone()).unwrap()
    }

    /// Waits in the long poll, or by asking again for a legacy device, until a request is there; checks its signature.
    pub async fn next_request(&self) -> Transaction {
        let waited = tokio::time::timeout(Duration::from_secs(30), self.wait_for_request()).await;
        waited.expect("a request arrives within half a minute")
    }

    async fn wait_for_request(&self) -> Transaction {
        let mut answer = self.poll().await;
        loop {
            if let Some(first) = answer.transactions.into_iter().next() {
                self.check(&first);
                return first;
            }
            let signed = self.sign_poll(20, answer.revision.as_deref().or(Some("")));
            let reply = self.send(&signed).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
            answer = serde_json::from_value(reply.body["response"].clone()).unwrap();
        }
    }

    /// The service's signature on the request, as PROTOCOL.md §5 wants it checked.
    fn check(&self, transaction: &Transaction) {
        let (Some(learned), Some(more)) = (&self.activation.countersign, &transaction.countersign)
        else {
            return;
        };
        let challenge = Challenge {
            context: context(transaction),
            created: UnixMillis(more.created_at),
            expires: UnixMillis(more.expires),
            integration: more.integration.clone(),
            nonce: more.nonce.clone(),
            number_digits: more.number_digits,
            pkey: self.activation.pkey.clone(),
            service: learned.service.clone(),
            unusual: more.unusual,
            urgid: transaction.urgid.clone(),
            user: more.user.clone(),
        };
        let key = PublicKey::from_pem(&learned.service_key).unwrap();
        let signature = BASE64.decode(more.signature.as_bytes()).unwrap();
        assert!(
            key.verify(challenge.signing_text().as_bytes(), &signature),
            "the challenge is the service's"
        );
    }

    /// An answer that is ready to be sent: `approve`, `deny`, `report` or, from a legacy device, `fraud`.
    pub fn sign_answer(
        &mut self,
        transaction: &Transaction,
        answer: &str,
        number: Option<&str>,
    ) -> Signed {
        let mut params = Params::new().with("answer", answer);
        if let Some(number) = number {
            params = params.with("step_up_code", number);
        }
        if let (Some(learned), Some(more)) =
            (&self.activation.countersign, &transaction.countersign)
        {
            self.sequence += 1;
            params = params
                .with("pkey", self.id())
                .with("context", context(transaction))
                .with("integration", more.integration.as_str())
                .with("service", learned.service.as_str())
                .with("user", learned.user.as_str())
                .with("nonce", &*more.nonce)
                .with("sequence", self.sequence.to_string());
        }
        if answer == "report" {
            params = params.with("reason", "not_me");
        }
        let path = format!("/push/v2/device/transactions/{}", transaction.urgid);
        self.sign(Method::POST, &path, params)
    }

    /// Goes on as a copy would that was made before the last answer.
    pub fn go_back_by_one_answer(&mut self) {
        self.sequence -= 1;
    }

    /// Answers.
    pub async fn answer(
        &mut self,
        transaction: &Transaction,
        answer: &str,
        number: Option<&str>,
    ) -> Reply {
        let signed = self.sign_answer(transaction, answer, number);
        self.send(&signed).await
    }
}

/// The hash of what a person is shown.
fn context(transaction: &Transaction) -> String {
    context_hash(
        &transaction.kind,
        &transaction.summary,
        &transaction.attributes,
    )
}

/// An activation that is ready to be sent.
pub fn activation_request(host: &str, code: &str, key: &SigningKey) -> Signed {
    held_activation_request(host, code, key, 0)
}

/// The same by a phone that lets it be held for so many seconds.
pub fn held_activation_request(host: &str, code: &str, key: &SigningKey, wait: u32) -> Signed {
    let rng = SystemRandom::new();
    let mut params = Params::new()
        .with("customer_protocol", "1")
        .with("platform", "Android")
        .with("model", "Pixel 3a")
        .with("device_name", "Ward phone")
        .with("app_version", "4.60.0")
        .with("pubkey", key.public(&rng).unwrap().to_pem().unwrap())
        .with("pkpush", key.scheme().as_str());
    if key.scheme() == Scheme::EcdsaP256Sha256 {
        params = params
            .with("protocol", PROTOCOL)
            .with("key_storage", "software")
            .with("nonce", random::nonce(&rng).unwrap());
    }
    if wait > 0 {
        params = params.with("wait", wait.to_string());
    }
    let path = format!("/push/v2/activation/{code}");
    sign(key, ACTIVATION, host, now(), (Method::POST, &path), &params)
}

fn sign(
    key: &SigningKey,
    who: &str,
    host: &str,
    time: UnixMillis,
    (method, path): (Method, &str),
    params: &Params,
) -> Signed {
    let (params, date) = (params.canonical(), format_http_date(time).unwrap());
    let text = canonical_request(&date, method.as_str(), host, path, &params);
    let signature = key.sign(text.as_bytes(), &SystemRandom::new()).unwrap();
    Signed {
        method,
        path: path.to_owned(),
        params,
        date,
        authorization: authorization(who, &signature),
    }
}

/// Sends what was signed, parameters in the query of a GET and in the body of a POST.
pub async fn send(client: &reqwest::Client, host: &str, signed: &Signed) -> Reply {
    let url = format!("https://{host}{}", signed.path);
    let request = if signed.method == Method::GET {
        client.get(format!("{url}?{}", signed.params))
    } else {
        client
            .request(signed.method.clone(), url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(signed.params.clone())
    };
    let response = request
        .header("x-duo-date", &signed.date)
        .header("authorization", &signed.authorization)
        .send()
        .await
        .unwrap();
    Reply {
        status: response.status(),
        body: response.json().await.unwrap(),
    }
}

/// The envelope's failure, for a look at its extra fields.
pub fn failure(reply: &Reply) -> Failure {
    match serde_json::from_value::<Envelope<Value>>(reply.body.clone()).unwrap() {
        Envelope::Fail(failure) => failure,
        Envelope::Ok { response } => panic!("not a failure: {response}"),
    }
}
