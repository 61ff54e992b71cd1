//! A simulated phone on the real program: a code arrives by text, and a call proves, told by the socket in the data folder.
#![cfg(unix)]

use crate::support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use countersign_protocol::activation::ActivationText;
use countersign_protocol::signing::keys::SigningKey;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use support::device::Device;
use support::service::Service;

const CONFIG: &str = "enrolment = \"open\"\n[texts]\nsimulated = true\n[calls]\nsimulated = true\n";
const PASSWORD: &str = "correct horse battery";
const NUMBER: &str = "+447700900471";

/// An app without a key: it keeps the session that each answer gives.
struct App<'a> {
    service: &'a Service,
    client: reqwest::Client,
    session: String,
}

impl App<'_> {
    async fn post(&mut self, path: &str, body: Value) -> Value {
        let request = self.client.post(self.url(path)).json(&body);
        self.send(request).await
    }

    async fn get(&mut self, path: &str) -> Value {
        let request = self.client.get(self.url(path));
        self.send(request).await
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
async fn printed(service: &Service, key: &str) -> String {
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

fn command(service: &Service, command: &str) -> String {
    let mut stream = UnixStream::connect(service.data().join("phone.sock")).unwrap();
    writeln!(stream, "{command}").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer.trim().to_owned()
}

#[tokio::test]
async fn ph14_a_number_is_confirmed_and_called_on_the_real_program() {
    let service = Service::start_with(CONFIG);
    service.command(&["user", "add", "alice"]);
    let (set, _) = service.command_with_input(&["user", "password", "alice"], PASSWORD);
    assert!(set);
    let mut app = App {
        service: &service,
        client: service.client(),
        session: "new".into(),
    };
    let typed = json!({ "username": "alice", "password": PASSWORD });
    assert_eq!(
        app.post("/session", typed.clone()).await["stage"],
        "first_device"
    );
    let wanted = json!({ "number": "07700 900471", "landline": false, "extension": null });
    let number = app.post("/numbers", wanted).await["id"].clone();
    let path = format!("/numbers/{}", number.as_str().unwrap());
    app.post(&format!("{path}/code"), json!({ "by": "text" }))
        .await;
    let text = printed(&service, "text").await;
    let code = &text[..6];
    app.post(&format!("{path}/confirm"), json!({ "code": code }))
        .await;
    let wanted = json!({ "for": "new", "kind": "phone", "platform": "android", "number": number });
    let made = app.post("/activations", wanted).await;
    let text = ActivationText::read(made["text"].as_str().unwrap());
    let activation = text.unwrap().unwrap().code;
    let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
    let first = Device::ask_activation(&service, activation.expose(), &key).await;
    assert_eq!(first.body["response"]["compare"], true, "{}", first.body);
    let path = format!("/activations/{}", made["id"].as_str().unwrap());
    let check = app.get(&path).await["scanned"]["check"].clone();
    app.post(&format!("{path}/confirm"), json!({ "check": check }))
        .await;
    Device::activate_with(&service, activation.expose(), key).await;
    let done = app.get(&path).await["done"].clone();
    assert_eq!(done["number"], "+44 •••• ••0471");

    let wanted = json!({ "way": "call", "device": done["id"] });
    let mut proof = app.post("/proofs", wanted).await;
    printed(&service, "call").await;
    assert_eq!(command(&service, &format!("answer {NUMBER}")), "ok");
    let shown = proof["number"].as_str().unwrap().to_owned();
    assert_eq!(command(&service, &format!("keys {NUMBER} {shown}")), "ok");
    while ["calling", "ringing", "answered"].contains(&proof["state"].as_str().unwrap()) {
        let id = proof["id"].as_str().unwrap();
        let path = format!("/proofs/{id}?after={}", proof["revision"]);
        proof = app.get(&path).await;
    }
    assert_eq!(proof["state"], "confirmed");
    assert_eq!(app.get("/session").await["stage"], "open");
    let log = service.log();
    // Six digits may be anything in a log; the words around them are not
    for secret in ["is your code", activation.expose(), PASSWORD] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    assert!(!log.contains(NUMBER), "a number is in the log (row H4)");
}
