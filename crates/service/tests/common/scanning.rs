//! A phone that scans a page's code, and the page's person who compares the digits.

use countersign_protocol::activation::{ActivationCode, ActivationText};
use countersign_protocol::check::{CheckValue, Compared};
use countersign_protocol::signing::keys::SigningKey;
use countersign_service::activation::ActivationOutcome;
use countersign_service::model::User;
use ring::rand::SystemRandom;
use serde_json::{Value, json};

use super::client::Client;
use super::{Phone, Service, activation_ask};

/// Alice with a phone, and her open page.
pub async fn alice() -> (Service, User, Phone, Client) {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    service.clock.advance(1);
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &phone).await;
    (service, alice, phone, browser)
}

/// What a page sends that activates a phone anew.
pub fn again(phone: &Phone) -> Value {
    json!({ "for": "again", "device": phone.device.id.as_str(), "platform": "android" })
}

/// What a page sends that adds a device.
pub fn new(kind: &str, platform: &str) -> Value {
    json!({ "for": "new", "kind": kind, "platform": platform, "number": null })
}

pub async fn state(browser: &Client, activation: &Value) -> Value {
    browser.get(&path(activation)).await.good()["state"].clone()
}

/// The code of an activation, as its page shows it.
pub fn code(activation: &Value) -> ActivationCode {
    let text = activation["text"].as_str().unwrap();
    ActivationText::read(text).unwrap().unwrap().code
}

pub fn path(activation: &Value) -> String {
    format!("/activations/{}", activation["id"].as_str().unwrap())
}

pub fn key() -> SigningKey {
    SigningKey::make_p256(&SystemRandom::new()).unwrap()
}

/// What a phone with that key shows after it scanned that code.
pub fn digits(service: &Service, activation: &Value, key: &SigningKey) -> String {
    let pem = key.public(&SystemRandom::new()).unwrap().to_pem().unwrap();
    let compared = Compared {
        code_hash: &code(activation).hashed(),
        device_key: &pem,
        service: service.core.service_id(),
        service_key: service.core.service_key_pem(),
    };
    CheckValue::of(&compared).to_string()
}

/// One call of a phone with a code.
pub async fn ask(service: &Service, activation: &Value, key: &SigningKey) -> ActivationOutcome {
    let ask = activation_ask(&code(activation), key);
    service.core.activate(&ask).await.unwrap()
}

/// The page's person says that both show the same.
pub async fn confirm(browser: &Client, activation: &Value, digits: &str) -> Value {
    let route = format!("{}/confirm", path(activation));
    let body = json!({ "check": digits });
    browser.post(&route, body).await.good()
}

/// A phone scans the picture, and the digits are compared. `None` if the code is refused.
pub async fn scan(service: &Service, browser: &Client, activation: &Value) -> Option<Phone> {
    let key = key();
    match ask(service, activation, &key).await {
        ActivationOutcome::Compare { .. } => {}
        ActivationOutcome::UnknownCode => return None,
        ActivationOutcome::Activated(_) => panic!("activated before anybody compared"),
        ActivationOutcome::UnusableKey | ActivationOutcome::TooMany { .. } => {
            panic!("refused for another reason")
        }
    }
    confirm(browser, activation, &digits(service, activation, &key)).await;
    match ask(service, activation, &key).await {
        ActivationOutcome::Activated(done) => Some(Phone::new(*done, key)),
        ActivationOutcome::UnknownCode => None,
        _ => panic!("not activated after the digits were compared"),
    }
}
