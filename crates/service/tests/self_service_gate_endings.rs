//! A yes that a session has not heard of opens nothing once the device that said it is gone, suspended or another (row C9);
//! and what a copied device opened ends with it (row D4).

use crate::common;

use std::time::Duration;

use common::client::Client;
use common::scanning::scan;
use common::{Phone, Service};
use countersign_service::challenge::Choice;
use countersign_service::model::User;
use countersign_service::policy::{MINUTE_MS, YOUNG_MS};
use serde_json::{Value, json};

/// Alice with two phones, in a session that the first one opened four minutes ago.
async fn alice_with_two() -> (Service, User, Phone, Phone, Client) {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let first = service.phone(&alice).await;
    let second = service.phone(&alice).await;
    service.clock.advance(YOUNG_MS);
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &first).await;
    service.clock.advance(4 * MINUTE_MS);
    (service, alice, first, second, browser)
}

/// The phone says yes to a proof of the session, which hears nothing of it: where the proof stands.
async fn approved_unheard(service: &Service, browser: &Client, phone: &Phone) -> String {
    let proof = browser.ask(phone).await;
    let pending = service.pending(phone).await;
    let number = proof["number"].as_str();
    let answer = phone.answer(pending.last().unwrap(), Choice::Approve, number);
    service.answer(&answer).await;
    path(&proof)
}

fn path(proof: &Value) -> String {
    format!("/proofs/{}", proof["id"].as_str().unwrap())
}

fn device(phone: &Phone) -> String {
    format!("/devices/{}", phone.device.id.as_str())
}

/// The proof is over, and the session is as old as its own proof.
async fn opens_nothing(browser: &Client, proof: &str) {
    let before = browser.session().await["proven_until"].clone();
    let told = browser.get(proof).await.good();
    assert_eq!(told["state"], "cancelled");
    assert_eq!(browser.session().await["proven_until"], before);
}

#[tokio::test]
async fn c9_a_yes_that_no_session_heard_of_ends_when_the_phone_is_removed() {
    let (service, _, _, second, browser) = alice_with_two().await;
    let proof = approved_unheard(&service, &browser, &second).await;
    browser.delete(&device(&second)).await.good();
    opens_nothing(&browser, &proof).await;
}

#[tokio::test]
async fn c9_a_yes_that_no_session_heard_of_ends_when_the_phone_is_activated_again() {
    let (service, _, _, second, browser) = alice_with_two().await;
    let proof = approved_unheard(&service, &browser, &second).await;
    let again =
        json!({ "for": "again", "device": second.device.id.as_str(), "platform": "android" });
    let made = browser.post("/activations", again).await.good();
    assert!(scan(&service, &browser, &made).await.unwrap().reactivated);
    opens_nothing(&browser, &proof).await;
}

#[tokio::test]
async fn c9_d4_a_yes_that_no_session_heard_of_ends_when_the_phone_turns_out_to_be_two() {
    let (service, _, _, second, browser) = alice_with_two().await;
    let proof = approved_unheard(&service, &browser, &second).await;
    let other = Client::browser(&service);
    other.sign_in("alice").await;
    other.ask(&second).await;
    let pending = service.one_pending(&second).await;
    let answer = second.answer_at(&pending, Choice::Deny, None, 1);
    service.answer(&answer).await;
    let suspended = service.audit_count("device.suspend", "sequence_reused");
    assert_eq!(suspended.await, 1);
    opens_nothing(&browser, &proof).await;
}

/// A second message of the phone under a sequence that it used before: there is a copy of it.
async fn turns_out_to_be_two(service: &Service, phone: &Phone) {
    for _ in 0..2 {
        let asking = Client::browser(service);
        asking.sign_in("alice").await;
        asking.ask(phone).await;
    }
    let pending = service.pending(phone).await;
    for waiting in &pending {
        let answer = phone.answer_at(waiting, Choice::Deny, None, 1_000);
        service.answer(&answer).await;
    }
    let suspended = service.audit_count("device.suspend", "sequence_reused");
    assert_eq!(suspended.await, 1);
}

#[tokio::test]
async fn d4_s7_the_sessions_that_a_copied_phone_opened_end_and_the_others_are_told() {
    let (service, alice, first, second, browser) = alice_with_two().await;
    let vpn_app = Client::app_of(&service, &first);
    vpn_app.open(&service, "alice", &first).await;
    let others = Client::browser(&service);
    others.open(&service, "alice", &second).await;
    let unproven = Client::browser(&service);
    unproven.sign_in("alice").await;
    let again =
        json!({ "for": "again", "device": first.device.id.as_str(), "platform": "android" });
    let made = others.post("/activations", again).await.good();
    turns_out_to_be_two(&service, &first).await;
    for ended in [&browser, &vpn_app] {
        ended.get("/session").await.refused(401, "signed_out");
    }
    assert_eq!(others.session().await["stage"], "open");
    assert_eq!(unproven.session().await["stage"], "prove");
    let path = format!("/activations/{}", made["id"].as_str().unwrap());
    assert_eq!(others.get(&path).await.good()["state"], "cancelled");
    let list = service.core.pending(&second.device, None, Duration::ZERO);
    let notices = list.await.unwrap().unwrap().notices;
    let told = notices
        .iter()
        .any(|notice| notice.kind == "device_suspended" && notice.user == alice.id);
    assert!(told, "{notices:?}");
}
