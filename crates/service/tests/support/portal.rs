//! Self-service as an app without a key uses it: on the real program, with texts that arrive at a simulated phone.

use std::time::Duration;

use countersign_protocol::activation::ActivationText;
use countersign_protocol::signing::keys::SigningKey;
use ring::rand::SystemRandom;
use serde_json::{Value, json};

use super::device::Device;
use super::service::Service;

pub const PASSWORD: &str = "correct horse battery";

/// An app without a key: it keeps the session that each answer gives.
pub struct App<'a> {
    service: &'a Service,
    client: reqwest::Client,
    session: String,
}

/// A person whose phone and number are set up.
pub struct SetUp<'a> {
    pub app: App<'a>,
    /// The phone, which signs.
    pub phone: Device,
    /// The phone as the page shows it.
    pub device: Value,
    /// The code that made it.
    pub activation: String,
}

impl<'a> App<'a> {
    pub fn of(service: &'a Service) -> Self {
        Self {
            service,
            client: service.client(),
            session: "new".into(),
        }
    }

    /// Signed in as a new user; the answer tells how far they got.
    pub async fn of_new_user(service: &'a Service, name: &str) -> (Self, Value) {
        service.command(&["user", "add", name]);
        let (set, printed) = service.command_with_input(&["user", "password", name], PASSWORD);
        assert!(set, "{printed}");
        let mut app = Self::of(service);
        let session = app.sign_in(name).await;
        (app, session)
    }

    pub async fn sign_in(&mut self, name: &str) -> Value {
        let typed = json!({ "username": name, "password": PASSWORD });
        self.post("/session", typed).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Value {
        let request = self.client.post(self.url(path)).json(&body);
        self.send(request).await
    }

    pub async fn get(&mut self, path: &str) -> Value {
        let request = self.client.get(self.url(path));
        self.send(request).await
    }

    /// Follows a proof by a call until it is in a state that is none of `through`.
    pub async fn follow(&mut self, proof: &Value, through: &[&str]) -> Value {
        let mut proof = proof.clone();
        while through.contains(&proof["state"].as_str().unwrap()) {
            let id = proof["id"].as_str().unwrap();
            let path = format!("/proofs/{id}?after={}", proof["revision"]);
            proof = self.get(&path).await;
        }
        proof
    }

    fn url(&self, path: &str) -> String {
        self.service.url(&format!("/self-service/v1{path}"))
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Value {
        let reply = request
            .header("x-countersign-session", &self.session)
            .send()
            .await
            .unwrap();
        if let Some(session) = reply.headers().get("x-countersign-session") {
            session.to_str().unwrap().clone_into(&mut self.session);
        }
        let status = reply.status();
        let body: Value = reply.json().await.unwrap();
        assert!(status.is_success(), "{status} {body}");
        body
    }
}

/// Waits for something that the program prints.
pub async fn printed(service: &Service, key: &str) -> String {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let lines = service.printed();
            let mut values = lines
                .iter()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(text) = values.find_map(|value| Some(value[key].as_str()?.to_owned())) {
                return text;
            }
            tokio::task::yield_now().await;
        }
    });
    waited
        .await
        .unwrap_or_else(|_| panic!("nothing printed {key}"))
}

/// Alice, who confirms a number by a text and adds her phone with it. The site is open for first devices.
pub async fn set_up<'s>(service: &'s Service, number: &str) -> SetUp<'s> {
    let (mut app, session) = App::of_new_user(service, "alice").await;
    assert_eq!(session["stage"], "first_device");
    let wanted = json!({ "number": number, "landline": false, "extension": null });
    let number = app.post("/numbers", wanted).await["id"].clone();
    let path = format!("/numbers/{}", number.as_str().unwrap());
    app.post(&format!("{path}/code"), json!({ "by": "text" }))
        .await;
    let text = printed(service, "text").await;
    let code = &text[..6];
    app.post(&format!("{path}/confirm"), json!({ "code": code }))
        .await;
    let wanted = json!({ "for": "new", "kind": "phone", "platform": "android", "number": number });
    let made = app.post("/activations", wanted).await;
    let text = ActivationText::read(made["text"].as_str().unwrap());
    let activation = text.unwrap().unwrap().code;
    let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    let first = Device::ask_activation(service, activation.expose(), &key).await;
    assert_eq!(first.body["response"]["compare"], true, "{}", first.body);
    let path = format!("/activations/{}", made["id"].as_str().unwrap());
    let check = app.get(&path).await["scanned"]["check"].clone();
    app.post(&format!("{path}/confirm"), json!({ "check": check }))
        .await;
    let phone = Device::activate_with(service, activation.expose(), key).await;
    let device = app.get(&path).await["done"].clone();
    SetUp {
        app,
        phone,
        device,
        activation: activation.expose().to_owned(),
    }
}
