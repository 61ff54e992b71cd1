//! Attacks on what a session may do: by what is young, by what was stopped, by wearing down, by waiting, by the clock.

use crate::common;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use common::client::Client;
use common::hospital::{Hospital, MOBILE, call};
use common::{Phone, Service};
use countersign_service::challenge::Choice;
use countersign_service::clock::Clock as _;
use countersign_service::model::{DeviceState, User, UserStatus};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{FATIGUE_LIMIT, MINUTE_MS, YOUNG_MS};
use futures_util::stream;
use serde_json::{Value, json};

fn again(phone: &Phone) -> Value {
    json!({ "for": "again", "device": phone.device.id.as_str(), "platform": "android" })
}

fn path(phone: &Phone) -> String {
    format!("/devices/{}", phone.device.id)
}

/// Alice with two phones, and a minute later a third, by which a browser is open.
async fn alice_with_a_young_phone() -> (Service, User, [Phone; 3], Client) {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let old = service.phone(&alice).await;
    let second = service.phone(&alice).await;
    service.clock.advance(MINUTE_MS);
    let young = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &young).await;
    (service, alice, [old, second, young], browser)
}

/// To give an older device other keys is to remove it, and to become as old as it was.
#[tokio::test]
async fn s6_a_young_device_does_not_activate_an_older_one_again() {
    let (service, _, [old, _, young], browser) = alice_with_a_young_phone().await;
    let refused = browser.post("/activations", again(&old)).await;
    refused.refused(403, "proof_too_young");
    assert_eq!(service.audit_count("activation.make", "done").await, 3);
    // What proved may become another phone, and what is old proves for everything
    browser.post("/activations", again(&young)).await.good();
    service.clock.advance(MINUTE_MS);
    browser.open(&service, "alice", &old).await;
    browser.post("/activations", again(&old)).await.good();
    service.clock.advance(YOUNG_MS);
    browser.open(&service, "alice", &young).await;
    browser.post("/activations", again(&old)).await.good();
}

#[tokio::test]
async fn s6_a_young_device_removes_nothing_older_after_it_removed_itself() {
    let (service, _, [old, second, young], browser) = alice_with_a_young_phone().await;
    browser.delete(&path(&young)).await.good();
    let refused = browser.delete(&path(&old)).await;
    refused.refused(403, "proof_too_young");
    let refused = browser.post("/activations", again(&second)).await;
    refused.refused(403, "proof_too_young");
    let device = service.core.store.device(&old.device.id).await.unwrap();
    assert_eq!(device.unwrap().state, DeviceState::Active);
}

/// Whoever stole a password asks, gives up and asks again: the phone rings all the same.
#[tokio::test]
async fn c5_proofs_that_were_given_up_wear_nobody_down() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let thief = Client::browser(&service);
    thief.sign_in("alice").await;
    let wanted = json!({ "way": "push", "device": phone.device.id.as_str() });
    let mut rang = 0;
    for round in 0..40 {
        let asked = thief.post("/proofs", wanted.clone()).await;
        if asked.status == 200 {
            rang += 1;
            let proof = format!("/proofs/{}", asked.body["id"].as_str().unwrap());
            match round % 3 {
                0 => drop(thief.delete(&proof).await.good()),
                1 => assert_eq!(thief.delete("/session").await.status, 204),
                _ => {}
            }
        } else {
            asked.refused(429, "too_many");
        }
        service.clock.advance(1000);
        thief.sign_in("alice").await;
    }
    assert!(rang <= 2 * FATIGUE_LIMIT, "it rang {rang} times");
}

/// The help desk stopped a phone that was stolen with its SIM card in it.
#[tokio::test]
async fn k6_a_suspended_phone_is_not_called() {
    let site = Hospital::start().await;
    let (alice, _, browser) = site.alice().await;
    let lost = site.phone_with(&browser, MOBILE).await;
    let olga = site.service.person("olga").await;
    let phone = site.service.phone(&olga).await;
    site.service.make_operator(&olga).await;
    let desk = Client::browser(&site.service);
    desk.open(&site.service, "olga", &phone).await;
    let suspend = format!("/desk/people/{}{}/suspend", alice.id, path(&lost));
    let reason = json!({ "reason": "Stolen on the bus" });
    desk.post(&suspend, reason).await.good();
    let thief = Client::browser(&site.service);
    let view = thief.sign_in("alice").await;
    let ways = view["ways"].as_array().unwrap();
    assert!(ways.iter().all(|way| way["kind"] != "call"), "{view}");
    let wanted = json!({ "way": "call", "device": lost.device.id.as_str() });
    let refused = thief.post("/proofs", wanted).await;
    refused.refused(409, "cannot_do_that");
}

/// A body of two halves; the second comes when it is told to.
fn halves(body: &Value, told: tokio::sync::oneshot::Receiver<()>) -> Body {
    let text = body.to_string();
    let (first, second) = text.split_at(1);
    let (first, second) = (
        Bytes::from(first.to_owned()),
        Bytes::from(second.to_owned()),
    );
    let parts = stream::unfold((0, Some(told)), move |(at, told)| {
        let (first, second) = (first.clone(), second.clone());
        async move {
            match (at, told) {
                (0, told) => Some((Ok::<_, std::io::Error>(first), (1, told))),
                (1, Some(told)) => {
                    told.await.unwrap();
                    Some((Ok(second), (2, None)))
                }
                _ => None,
            }
        }
    });
    Body::from_stream(parts)
}

/// A stolen session begins to send an act, and finishes when its owner has ended it.
#[tokio::test]
async fn s1_an_act_that_was_begun_in_time_is_judged_when_it_is_whole() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let owner = std::sync::Arc::new(Client::browser(&service));
    owner.open(&service, "alice", &phone).await;
    let wanted = again(&phone);
    for late in [false, true] {
        let thief = std::sync::Arc::new(Client::browser(&service));
        thief.set_jar(owner.jar());
        let (tell, told) = tokio::sync::oneshot::channel();
        let mut request = thief.request(&Method::POST, "/activations", None);
        *request.body_mut() = halves(&wanted, told);
        let begun = {
            let thief = thief.clone();
            tokio::spawn(async move { thief.send(request).await })
        };
        tokio::time::sleep(Duration::ZERO).await;
        if late {
            service.clock.advance(5 * MINUTE_MS + 1000);
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!begun.is_finished());
        if !late {
            owner.delete("/session").await;
        }
        tell.send(()).unwrap();
        let reply = begun.await.unwrap();
        if late {
            reply.refused(403, "proof_needed");
        } else {
            reply.refused(401, "signed_out");
            service.clock.advance(MINUTE_MS);
            owner.open(&service, "alice", &phone).await;
        }
    }
}

/// The clock was wrong by hours and is put right.
#[tokio::test]
async fn s1_a_clock_that_is_put_back_keeps_no_proof_fresh() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    service.clock.advance(10 * MINUTE_MS);
    browser.prove(&service, &phone).await;
    service.clock.advance(-9 * MINUTE_MS);
    let refused = browser.post("/activations", again(&phone)).await;
    refused.refused(403, "proof_needed");
}

/// Calls are of a number that was confirmed, whoever is in the session.
#[tokio::test]
async fn h1_a_call_is_no_way_before_its_number_was_confirmed() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    let body = json!({ "number": MOBILE, "landline": false, "extension": null });
    browser.post("/numbers", body).await.good();
    let wanted = json!({ "way": "call", "device": phone.device.id.as_str() });
    let refused = browser.post("/proofs", wanted).await;
    refused.refused(409, "cannot_do_that");
    let added = site.phone_with(&browser, MOBILE).await;
    let proof = call(&site, &browser, MOBILE, "", "right").await;
    assert_eq!(proof["state"], "confirmed", "{}", added.device.id);
}

/// The clock was ahead when somebody signed in; what came before a time to come is no reason to ask on and on.
#[tokio::test]
async fn c5_a_clock_that_is_put_back_opens_no_flood() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    service.clock.advance(120 * MINUTE_MS);
    browser.open(&service, "alice", &phone).await;
    service.clock.advance(-119 * MINUTE_MS);
    let thief = Client::browser(&service);
    let wanted = json!({ "way": "push", "device": phone.device.id.as_str() });
    let mut rang = 0;
    for _ in 0..20 {
        thief.sign_in("alice").await;
        rang += usize::from(thief.post("/proofs", wanted.clone()).await.status == 200);
        service.clock.advance(1000);
    }
    assert!(rang <= 10, "it rang {rang} times");
}

/// Whoever is called and says that it was not them is not called again by the same attacker.
#[tokio::test]
async fn c7_a_call_that_was_reported_is_the_last_for_a_while() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let thief = Client::browser(&site.service);
    thief.sign_in("alice").await;
    let proof = call(&site, &thief, MOBILE, "*", "keys").await;
    assert_eq!(proof["state"], "reported");
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    let refused = thief.post("/proofs", wanted.clone()).await;
    refused.refused(429, "too_many");
    site.service.clock.advance(30 * MINUTE_MS);
    thief.sign_in("alice").await;
    thief.post("/proofs", wanted).await.good();
}

#[tokio::test]
async fn s7_a_session_of_before_is_dead_after_its_user_was_disabled_and_enabled() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &phone).await;
    for status in [UserStatus::Disabled, UserStatus::Active] {
        let core = &service.core;
        assert!(
            core.set_user_status(&alice, status, OPERATOR)
                .await
                .unwrap()
        );
    }
    browser.get("/session").await.refused(401, "signed_out");
}

/// Two proofs of one session at once: one token comes out of it that works, and the session is proven once for each.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s7_a_push_and_a_passcode_at_once_leave_one_token() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    for round in 0..20 {
        let browser = std::sync::Arc::new(Client::browser(&service));
        service.clock.advance(MINUTE_MS);
        browser.sign_in("alice").await;
        let before = browser.jar();
        let proof = browser.ask(&phone).await;
        let pending = service.pending(&phone).await;
        let number = proof["number"].as_str();
        let answer = phone.answer(pending.last().unwrap(), Choice::Approve, number);
        service.answer(&answer).await;
        let (other, code) = (
            Client::browser(&service),
            phone.code_at(service.clock.now()),
        );
        other.set_jar(before.clone());
        let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
        let following = {
            let browser = browser.clone();
            tokio::spawn(async move { browser.get(&path).await })
        };
        let typed = other.try_passcode(&code).await;
        let followed = following.await.unwrap();
        let mut works = 0;
        for jar in [before.clone(), browser.jar(), other.jar()] {
            let client = Client::browser(&service);
            client.set_jar(jar);
            works += usize::from(client.get("/session").await.status == 200);
        }
        assert_eq!(works, 1, "round {round}: {typed:?} {followed:?}");
        browser.set_jar(before);
        browser.get("/session").await.refused(401, "signed_out");
    }
}

/// Whoever tricked an operator once adds a phone of their own; it lets nobody in while the operator's is older.
#[tokio::test]
async fn s6_a_young_device_of_an_operator_makes_no_bypass_code() {
    let service = Service::start().await;
    let olga = service.person("olga").await;
    let own = service.phone(&olga).await;
    let alice = service.person("alice").await;
    service.make_operator(&olga).await;
    service.clock.advance(MINUTE_MS);
    let added = service.phone(&olga).await;
    let desk = Client::browser(&service);
    let bypass = format!("/desk/people/{}/bypass", alice.id);
    let reason = json!({ "reason": "Phone lost, badge seen" });
    desk.open(&service, "olga", &added).await;
    let refused = desk.post(&bypass, reason.clone()).await;
    refused.refused(403, "proof_too_young");
    assert_eq!(service.audit_count("desk.bypass", "young_proof").await, 1);
    desk.open(&service, "olga", &own).await;
    desk.post(&bypass, reason.clone()).await.good();
    service.clock.advance(YOUNG_MS);
    desk.open(&service, "olga", &added).await;
    desk.post(&bypass, reason).await.good();
}
