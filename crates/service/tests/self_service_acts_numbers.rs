//! Rows H1 to H3, PH2, PH14, PH15 and PH17: numbers, landlines, and proving by a call.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::client::{Client, Reply};
use common::{Phone, Service, activation_ask, contains};
use countersign_protocol::activation::ActivationText;
use countersign_protocol::signing::keys::SigningKey;
use countersign_service::access::AsUser;
use countersign_service::activation::ActivationOutcome;
use countersign_service::clock::Clock as _;
use countersign_service::model::User;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{Enrolment, MINUTE_MS, Site, YOUNG_MS};
use countersign_service::self_service::call::Phones;
use countersign_service::self_service::phone_number::Countries;
use countersign_service::self_service::simulated_phone::SimulatedPhone;
use ring::rand::SystemRandom;
use serde_json::{Value, json};

const MOBILE: &str = "+447700900471";
const LANDLINE: &str = "+442079460012";
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A service that reaches people by a simulated phone, and what that phone was told.
struct Hospital {
    service: Service,
    phone: SimulatedPhone,
    told: Arc<Mutex<Vec<Value>>>,
}

impl Hospital {
    async fn start() -> Self {
        Self::at(|_| ()).await
    }

    async fn at(change: impl FnOnce(&mut Site)) -> Self {
        let told: Arc<Mutex<Vec<Value>>> = Arc::default();
        let telling = told.clone();
        let phone = SimulatedPhone::new(move |value| telling.lock().unwrap().push(value.clone()));
        let phones = Phones {
            texter: Some(Arc::new(phone.clone())),
            caller: Some(Arc::new(phone.clone())),
            countries: Countries::default().with_fictional(),
        };
        Self {
            service: Service::with_phones(phones, change).await,
            phone,
            told,
        }
    }

    /// Alice with a phone, open in a browser.
    async fn alice(&self) -> (User, Phone, Client) {
        let alice = self.service.person("alice").await;
        let phone = self.service.phone(&alice).await;
        self.service.clock.advance(1);
        let browser = Client::browser(&self.service);
        browser.open(&self.service, "alice", &phone).await;
        (alice, phone, browser)
    }

    /// What the simulated phone was told last under that name.
    fn last(&self, what: &str) -> String {
        let told = self.told.lock().unwrap();
        let mut values = told.iter().rev().filter_map(|value| value[what].as_str());
        values.next().unwrap_or_default().to_owned()
    }

    /// The six digits in the last text.
    fn code(&self) -> String {
        let digits: String = self.last("text").chars().take(6).collect();
        assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{digits}");
        digits
    }

    /// Waits until the simulated phone takes a command.
    async fn command(&self, command: &str) {
        let taken = async {
            while self.phone.command(command) != "ok" {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), taken).await;
        waited.unwrap_or_else(|_| panic!("nothing takes {command}"));
    }

    /// Confirms a number in a session, by text or by a call, and gives its id there.
    async fn confirmed(&self, browser: &Client, number: &str, landline: bool) -> Value {
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
    async fn phone_with(&self, browser: &Client, number: &str) -> Phone {
        let number = self.confirmed(browser, number, false).await;
        let body =
            json!({ "for": "new", "kind": "phone", "platform": "android", "number": number });
        let made = browser.post("/activations", body).await.good();
        let text = ActivationText::read(made["text"].as_str().unwrap());
        let key = SigningKey::make_p256(&SystemRandom::new()).unwrap();
        let ask = activation_ask(&text.unwrap().unwrap().code, &key);
        match self.service.core.activate(&ask).await.unwrap() {
            ActivationOutcome::Activated(done) => Phone::new(*done, key),
            _ => panic!("not activated"),
        }
    }
}

fn wanted(number: &str, landline: bool) -> Value {
    json!({ "number": number, "landline": landline, "extension": null })
}

async fn confirm(browser: &Client, id: &str, code: &str) -> Reply {
    let body = json!({ "code": code });
    browser.post(&format!("/numbers/{id}/confirm"), body).await
}

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[tokio::test]
async fn h1_without_anybody_who_texts_or_calls_no_number_is_taken() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &phone).await;
    let reply = browser
        .post("/numbers", wanted("07400 123471", false))
        .await;
    reply.refused(409, "cannot_do_that");
    let site = browser.get("/site").await.good();
    assert_eq!(
        (&site["calls"], &site["texts"]),
        (&json!(false), &json!(false))
    );
}

#[tokio::test]
async fn ph02_a_phone_gets_the_number_that_was_confirmed() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let told = browser.get("/site").await.good();
    assert_eq!(
        (&told["calls"], &told["texts"]),
        (&json!(true), &json!(true))
    );
    let view = browser
        .post("/numbers", wanted(" 07700 900 471", false))
        .await
        .good();
    assert_eq!(view["shown"], "+44 7700 900471");
    assert_eq!(view["by"], json!(["text", "call"]));
    assert_eq!(
        (&view["confirmed"], &view["again_at"]),
        (&json!(false), &Value::Null)
    );
    let added = site.phone_with(&browser, "07700 900471").await;
    let devices = browser.session().await["devices"].clone();
    let device = &devices[1];
    assert_eq!(device["id"], added.device.id.as_str());
    assert_eq!(device["number"], "+44 •••• ••0471");
    assert_eq!(device["call"], true);
    assert_eq!(device["name"], "Android phone");
    let code = site.code();
    let on_disk = site.service.bytes_on_disk();
    assert!(!contains(&on_disk, format!("{code} is").as_bytes()));
}

#[tokio::test]
async fn h1_a_number_that_was_not_confirmed_is_not_used() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let view = browser.post("/numbers", wanted(MOBILE, false)).await.good();
    let body = json!({ "for": "new", "kind": "phone", "platform": "ios", "number": view["id"] });
    browser
        .post("/activations", body)
        .await
        .refused(404, "not_found");
    let view = browser
        .post("/numbers", wanted(LANDLINE, true))
        .await
        .good();
    assert_eq!(view["by"], json!(["call"]));
    let body = json!({ "number": view["id"] });
    browser
        .post("/landlines", body)
        .await
        .refused(404, "not_found");
    assert_eq!(
        browser.session().await["devices"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn h3_what_cannot_be_dialled_or_costs_more_is_refused() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    for bad in ["", "12", "999", "09098 790000", "+1 202 555 0143", "hello"] {
        let reply = browser.post("/numbers", wanted(bad, false)).await;
        reply.refused(422, "bad_number");
    }
    let mut with_extension = wanted(MOBILE, false);
    with_extension["extension"] = "12".into();
    browser
        .post("/numbers", with_extension)
        .await
        .refused(422, "bad_number");
    for _ in 0..20 {
        browser.post("/numbers", wanted(MOBILE, false)).await.good();
    }
    let reply = browser.post("/numbers", wanted(MOBILE, false)).await;
    reply.refused(429, "too_many");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h1_of_two_hundred_parallel_guesses_three_are_looked_at() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let view = browser.post("/numbers", wanted(MOBILE, false)).await.good();
    let id = view["id"].as_str().unwrap().to_owned();
    let body = json!({ "by": "text" });
    browser
        .post(&format!("/numbers/{id}/code"), body)
        .await
        .good();
    let code = site.code();
    let browser = Arc::new(browser);
    let races: Vec<_> = (0..200)
        .map(|_| {
            let (browser, id, guess) = (browser.clone(), id.clone(), wrong(&code));
            tokio::spawn(async move { confirm(&browser, &id, guess).await })
        })
        .collect();
    let mut looked_at = Vec::new();
    for race in races {
        let reply = race.await.unwrap();
        if reply.body["code"] == "wrong_code" {
            looked_at.push(reply.body["number"].as_u64().unwrap());
        } else {
            reply.refused(422, "code_over");
        }
    }
    looked_at.sort_unstable();
    assert_eq!(looked_at, [0, 1, 2]);
    assert_eq!(site.service.audit_count("number.confirm", "wrong").await, 3);
    confirm(&browser, &id, &code)
        .await
        .refused(422, "code_over");
}

#[tokio::test]
async fn h1_a_code_lives_ten_minutes_and_the_next_one_replaces_it() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    let view = browser.post("/numbers", wanted(MOBILE, false)).await.good();
    let id = view["id"].as_str().unwrap();
    confirm(&browser, id, "123456")
        .await
        .refused(422, "code_over");
    let send = || async {
        let body = json!({ "by": "text" });
        browser.post(&format!("/numbers/{id}/code"), body).await
    };
    send().await.good();
    let first = site.code();
    send().await.refused(429, "too_many");
    site.service.clock.advance(MINUTE_MS);
    send().await.good();
    let second = site.code();
    if first != second {
        confirm(&browser, id, &first)
            .await
            .refused(422, "wrong_code");
    }
    for _ in 0..2 {
        // The session is used, and the proof new
        site.service.clock.advance(5 * MINUTE_MS);
        browser.prove(&site.service, &phone).await;
    }
    confirm(&browser, id, &second)
        .await
        .refused(422, "code_over");
    send().await.good();
    let third = site.code();
    let spaced = format!(" {} {} ", &third[..3], &third[3..]);
    assert_eq!(
        confirm(&browser, id, &spaced).await.good()["confirmed"],
        true
    );
    assert_eq!(
        confirm(&browser, id, "again").await.good()["confirmed"],
        true
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn h3_a_person_is_sent_three_codes_an_hour_and_ten_a_day() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    let browser = Arc::new(browser);
    let mut sent = 0;
    let numbers: Vec<String> = (0..6).map(|n| format!("0770090048{n}")).collect();
    for hour in 0..6 {
        let mut this_hour = 0;
        browser.open(&site.service, "alice", &phone).await;
        for number in &numbers {
            let view = browser.post("/numbers", wanted(number, false)).await.good();
            let path = format!("/numbers/{}/code", view["id"].as_str().unwrap());
            let races: Vec<_> = (0..8)
                .map(|_| {
                    let (browser, path) = (browser.clone(), path.clone());
                    tokio::spawn(async move { browser.post(&path, json!({ "by": "text" })).await })
                })
                .collect();
            for race in races {
                let reply = race.await.unwrap();
                if reply.status.is_success() {
                    this_hour += 1;
                } else {
                    reply.refused(429, "too_many");
                }
            }
        }
        sent += this_hour;
        assert_eq!(
            this_hour,
            if hour < 3 {
                3
            } else {
                (10 - (sent - this_hour)).min(3)
            }
        );
        site.service.clock.advance(HOUR_MS + 1);
    }
    assert_eq!(sent, 10);
    let told = site.told.lock().unwrap();
    let texts = told
        .iter()
        .filter(|value| value["text"].is_string())
        .count();
    assert_eq!(texts, sent);
}

#[tokio::test]
async fn ph17_a_number_of_ones_own_wants_reactivating_and_anothers_is_not_taken() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let reply = browser
        .post("/numbers", wanted("07700 900471", false))
        .await;
    reply.refused(409, "number_known");
    assert_eq!(reply.body["device"], added.device.id.as_str());
    let mallory = site.service.person("mallory").await;
    let phone = site.service.phone(&mallory).await;
    let other = Client::browser(&site.service);
    other.open(&site.service, "mallory", &phone).await;
    let reply = other.post("/numbers", wanted(MOBILE, false)).await;
    reply.refused(409, "number_taken");
    assert_eq!(reply.body["device"], Value::Null);
    // Whose device is removed gives the number free
    site.service
        .core
        .remove_device(
            &site
                .service
                .core
                .store
                .user(&added.device.user_id)
                .await
                .unwrap()
                .unwrap(),
            &added.device.id,
            OPERATOR,
        )
        .await
        .unwrap();
    other.post("/numbers", wanted(MOBILE, false)).await.good();
}

#[tokio::test]
async fn s4_a_number_is_of_its_session_alone() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    let view = browser.post("/numbers", wanted(MOBILE, false)).await.good();
    let id = view["id"].as_str().unwrap();
    let other = Client::browser(&site.service);
    other.open(&site.service, "alice", &phone).await;
    let body = json!({ "by": "text" });
    let reply = other.post(&format!("/numbers/{id}/code"), body).await;
    reply.refused(404, "not_found");
    confirm(&other, id, "123456")
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn ph02_a_landline_is_called_and_nothing_else() {
    let site = Hospital::start().await;
    let (alice, _, browser) = site.alice().await;
    let number = site.confirmed(&browser, LANDLINE, true).await;
    let view = browser
        .post("/landlines", json!({ "number": number }))
        .await
        .good();
    let device = &view["devices"][1];
    assert_eq!(
        (&device["kind"], &device["name"]),
        (&json!("landline"), &json!("Landline"))
    );
    assert_eq!(
        (&device["standing"], &device["first"]),
        (&json!("calls_only"), &json!("call"))
    );
    assert_eq!(
        (&device["push"], &device["passcode"], &device["call"]),
        (&json!(false), &json!(false), &json!(true))
    );
    assert_eq!(device["last_used_at"], Value::Null);
    let id = device["id"].as_str().unwrap();
    let push = json!({ "first": "push" });
    let reply = browser.put(&format!("/devices/{id}/first"), push).await;
    reply.refused(409, "cannot_do_that");
    let again = json!({ "for": "again", "device": id, "platform": "ios" });
    browser
        .post("/activations", again)
        .await
        .refused(409, "cannot_do_that");
    let test = browser
        .post(&format!("/devices/{id}/test"), json!({}))
        .await;
    test.refused(409, "cannot_do_that");
    // It is offered to no application, which could only push to it or ask it for a passcode
    let vpn = site.service.integration(0).await;
    let call = json!({ "first": "call" });
    let view = browser
        .put(&format!("/devices/{id}/first"), call)
        .await
        .good();
    assert_eq!(view["devices"][0]["id"], id);
    assert_eq!(view["ways"][0]["kind"], "call");
    let txid = site.service.pushed(&vpn, "alice").await;
    site.service.status(&vpn, &txid).await;
    let owner = AsUser::of(&alice);
    let now = site.service.clock.now();
    let material = site.service.core.store.passcode_material(&owner, now);
    assert_eq!(material.await.unwrap().devices.len(), 1);
}

#[tokio::test]
async fn a4_a_landline_is_a_first_device_once() {
    let site = Hospital::at(|site| site.enrolment = Enrolment::Open).await;
    site.service.person("alice").await;
    let browser = Client::browser(&site.service);
    browser.sign_in("alice").await;
    let first = site.confirmed(&browser, LANDLINE, true).await;
    let view = browser
        .post("/landlines", json!({ "number": first }))
        .await
        .good();
    assert_eq!(view["devices"].as_array().unwrap().len(), 1);
    assert_eq!(browser.session().await["stage"], "prove");
    let reply = browser.post("/landlines", json!({ "number": first })).await;
    reply.refused(403, "proof_needed");
    call(&site, &browser, LANDLINE, "483920", "right").await;
    assert_eq!(browser.session().await["stage"], "open");
}

/// Asks for a proof by the only device that can be called; what is typed is the right number, or `keys`.
async fn call(site: &Hospital, browser: &Client, number: &str, keys: &str, typed: &str) -> Value {
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
async fn over(browser: &Client, proof: &Value) -> Value {
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

#[tokio::test]
async fn ph14_a_call_proves_when_the_number_on_the_page_is_typed_on_the_keypad() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    site.phone_with(&browser, MOBILE).await;
    let half = Client::browser(&site.service);
    for (keys, typed, expected) in [
        ("*", "keys", "reported"),
        ("1", "hangup", "denied"),
        ("", "hangup", "no_answer"),
        ("000000000001", "keys", "wrong_number"),
        ("", "right", "confirmed"),
    ] {
        half.sign_in("alice").await;
        let before = half.jar();
        let proof = call(&site, &half, MOBILE, keys, typed).await;
        assert_eq!(
            (&proof["state"], &proof["number"]),
            (&json!(expected), &Value::Null)
        );
        let opens = expected == "confirmed";
        assert_eq!(
            half.session().await["stage"],
            if opens { "open" } else { "prove" }
        );
        assert_eq!(before.token != half.jar().token, opens, "row S7");
    }
    assert_eq!(site.service.audit_count("call.answer", "approved").await, 1);
    assert_eq!(site.service.audit_count("call.answer", "reported").await, 1);
}

#[tokio::test]
async fn ph14_a_call_ends_when_its_page_gives_it_up() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    let proof = browser.post("/proofs", wanted).await.good();
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    site.command(&format!("answer {MOBILE}")).await;
    assert_eq!(browser.delete(&path).await.good()["state"], "cancelled");
    let hung_up = async {
        while site.last("call") != "over" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), hung_up)
        .await
        .unwrap();
    assert_eq!(site.phone.command(&format!("keys {MOBILE} 1")), "no call");
}

#[tokio::test]
async fn h3_calls_that_nobody_wants_stop_for_a_while() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    for _ in 0..5 {
        let proof = call(&site, &half, MOBILE, "*", "keys").await;
        assert_eq!(proof["state"], "reported");
    }
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    half.post("/proofs", wanted).await.refused(429, "too_many");
}

#[tokio::test]
async fn s6_a_young_number_removes_nothing_older() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    site.service.clock.advance(1);
    browser.prove(&site.service, &phone).await;
    site.phone_with(&browser, MOBILE).await;
    call(&site, &browser, MOBILE, "", "right").await;
    let path = format!("/devices/{}", phone.device.id);
    browser.delete(&path).await.refused(403, "proof_too_young");
    site.service.clock.advance(YOUNG_MS);
    browser.sign_in("alice").await;
    call(&site, &browser, MOBILE, "", "right").await;
    browser.delete(&path).await.good();
}

#[tokio::test]
async fn ph15_a_call_is_left_when_no_push_can_come() {
    let site = Hospital::start().await;
    let (alice, phone, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let core = &site.service.core;
    let removed = core.remove_device(&alice, &phone.device.id, OPERATOR).await;
    assert!(removed.unwrap());
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    site.service.clock.advance(1);
    half.ask(&added).await;
    site.service.clock.advance(MINUTE_MS);
    let view = half.session().await;
    assert_eq!(view["devices"][0]["standing"], "silent");
    let first = &view["ways"][0];
    assert_eq!(
        (&first["kind"], &first["best"]),
        (&json!("call"), &json!(true))
    );
    let proof = call(&site, &half, MOBILE, "", "right").await;
    assert_eq!(proof["state"], "confirmed");
}
