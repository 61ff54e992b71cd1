//! A service whose people are reached by a simulated phone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_service::carrier::limits::Limits;
use countersign_service::model::User;
use countersign_service::policy::Site;
use countersign_service::self_service::call::{Caller, Phones};
use countersign_service::self_service::phone_number::Countries;
use countersign_service::self_service::simulated_phone::SimulatedPhone;
use countersign_service::store::Store;
use serde_json::{Value, json};

use super::client::{Client, Reply};
use super::scanning::scan;
use super::{Phone, Service};

pub const MOBILE: &str = "+447700900471";
pub const LANDLINE: &str = "+442079460012";

/// A service that reaches people by a simulated phone, and what that phone was told.
pub struct Hospital {
    pub service: Service,
    pub phone: SimulatedPhone,
    pub told: Arc<Mutex<Vec<Value>>>,
}

impl Hospital {
    pub async fn start() -> Self {
        Self::at(|_| ()).await
    }

    pub async fn at(change: impl FnOnce(&mut Site)) -> Self {
        let (phone, told, phones) = simulated();
        Self {
            service: Service::with_phones(phones, change).await,
            phone,
            told,
        }
    }

    /// Starts with other limits on calls.
    pub async fn limited(limits: Limits) -> Self {
        let (phone, told, phones) = simulated();
        let phones = Phones {
            call_limits: limits,
            ..phones
        };
        Self {
            service: Service::with_phones(phones, |_| ()).await,
            phone,
            told,
        }
    }

    /// Starts with somebody else who calls; texts are the simulated phone's.
    pub async fn called_by(caller: Arc<dyn Caller>, limits: Limits) -> Self {
        let (phone, told, phones) = simulated();
        let phones = Phones {
            caller: Some(caller),
            call_limits: limits,
            ..phones
        };
        Self {
            service: Service::with_phones(phones, |_| ()).await,
            phone,
            told,
        }
    }

    /// Starts with a store that is wrapped in another.
    pub async fn wrapped(wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        let (phone, told, phones) = simulated();
        Self {
            service: Service::wrapped_with_phones(phones, wrap).await,
            phone,
            told,
        }
    }

    /// Alice with a phone, open in a browser.
    pub async fn alice(&self) -> (User, Phone, Client) {
        let alice = self.service.person("alice").await;
        let phone = self.service.phone(&alice).await;
        self.service.clock.advance(1);
        let browser = Client::browser(&self.service);
        browser.open(&self.service, "alice", &phone).await;
        (alice, phone, browser)
    }

    /// What the simulated phone was told last under that name.
    pub fn last(&self, what: &str) -> String {
        let told = self.told.lock().unwrap();
        let mut values = told.iter().rev().filter_map(|value| value[what].as_str());
        values.next().unwrap_or_default().to_owned()
    }

    /// The six digits in the last text.
    pub fn code(&self) -> String {
        let digits: String = self.last("text").chars().take(6).collect();
        assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{digits}");
        digits
    }

    /// Waits until the simulated phone takes a command.
    pub async fn command(&self, command: &str) {
        let taken = async {
            while self.phone.command(command) != "ok" {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), taken).await;
        waited.unwrap_or_else(|_| panic!("nothing takes {command}"));
    }

    /// Whoever answers that number types these digits, for the n-th yes of a call that is noted.
    pub async fn answered_by_keys(&self, number: &str, typed: &str, nth: usize) {
        self.command(&format!("answer {number}")).await;
        self.command(&format!("keys {number} {typed}")).await;
        let noted = async {
            while self.service.audit_count("call.answer", "approved").await < nth {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), noted).await;
        waited.expect("a call's yes is noted");
    }

    /// Confirms a number in a session, by text or by a call, and gives its id there.
    pub async fn confirmed(&self, browser: &Client, number: &str, landline: bool) -> Value {
        let view = browser
            .post("/numbers", wanted(number, landline))
            .await
            .good();
        let id = view["id"].as_str().unwrap();
        let by = if landline { "call" } else { "text" };
        let body = json!({ "by": by });
        browser
            .post(&format!("/numbers/{id}/code"), body)
            .await
            .good();
        let code = if landline {
            self.command(&format!("answer {number}")).await;
            self.command(&format!("keys {number} 1")).await;
            let spoken = async {
                while !self.last("said").contains("Your code is") {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), spoken)
                .await
                .unwrap();
            let said = self.last("said");
            said.chars().filter(char::is_ascii_digit).collect()
        } else {
            self.code()
        };
        let view = confirm(browser, id, &code).await.good();
        assert_eq!(view["confirmed"], true);
        view["id"].clone()
    }

    /// Adds a phone with that number.
    pub async fn phone_with(&self, browser: &Client, number: &str) -> Phone {
        let number = self.confirmed(browser, number, false).await;
        let body =
            json!({ "for": "new", "kind": "phone", "platform": "android", "number": number });
        let made = browser.post("/activations", body).await.good();
        scan(&self.service, browser, &made).await.unwrap()
    }
}

/// A simulated phone, what it is told, and who reaches people by it.
fn simulated() -> (SimulatedPhone, Arc<Mutex<Vec<Value>>>, Phones) {
    let told: Arc<Mutex<Vec<Value>>> = Arc::default();
    let telling = told.clone();
    let phone = SimulatedPhone::new(move |value| telling.lock().unwrap().push(value.clone()));
    let phones = Phones {
        texter: Some(Arc::new(phone.clone())),
        caller: Some(Arc::new(phone.clone())),
        countries: Countries::default().with_fictional(),
        ..Phones::default()
    };
    (phone, told, phones)
}

pub fn wanted(number: &str, landline: bool) -> Value {
    json!({ "number": number, "landline": landline, "extension": null })
}

pub async fn confirm(browser: &Client, id: &str, code: &str) -> Reply {
    let body = json!({ "code": code });
    browser.post(&format!("/numbers/{id}/confirm"), body).await
}

pub fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

/// Asks for a proof by the only device that can be called; what is typed is the right number, or `keys`.
pub async fn call(
    site: &Hospital,
    browser: &Client,
    number: &str,
    keys: &str,
    typed: &str,
) -> Value {
    let view = browser.session().await;
    let devices = view["devices"].as_array().unwrap();
    let device = devices
        .iter()
        .find(|device| device["call"] == true)
        .unwrap();
    let wanted = json!({ "way": "call", "device": device["id"] });
    let proof = browser.post("/proofs", wanted).await.good();
    assert_eq!(proof["way"], "call");
    assert_eq!(proof["ending"], &number[number.len() - 4..]);
    let shown = proof["number"].as_str().unwrap();
    site.command(&format!("answer {number}")).await;
    let keys = if typed == "right" { shown } else { keys };
    if !keys.is_empty() {
        site.command(&format!("keys {number} {keys}")).await;
    }
    if typed == "hangup" {
        site.command(&format!("hangup {number}")).await;
    }
    over(browser, &proof).await
}

/// Follows a proof until it is over.
pub async fn over(browser: &Client, proof: &Value) -> Value {
    let mut proof = proof.clone();
    while ["calling", "ringing", "answered"].contains(&proof["state"].as_str().unwrap()) {
        let path = format!(
            "/proofs/{}?after={}",
            proof["id"].as_str().unwrap(),
            proof["revision"]
        );
        proof = browser.get(&path).await.good();
    }
    proof
}
