//! Rows D3, D4 and A5: whoever holds a key that was good once is told what became of it, and nobody else.

use crate::common;
use crate::support;

use common::client::{Client, Reply, list_call, list_call_at};
use common::{Phone, START, Service};
use countersign_protocol::notice::NoticeAnswer;
use countersign_protocol::signing::{device::authorization, keys::SigningKey};
use countersign_protocol::time::UnixMillis;
use countersign_service::challenge::{AnswerRefusal, Choice, Verdict};
use countersign_service::clock::Clock as _;
use countersign_service::model::{User, UserStatus};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::MINUTE_MS;
use countersign_service::store::notices::NoticeReply;
use reqwest::{Method, StatusCode};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use support::{device::Device, device::failure};

/// A refusal with nothing in it but what everybody is told.
fn plain() -> Value {
    json!({ "stat": "FAIL", "code": 40103, "message": "Invalid signature in request credentials" })
}

async fn called(service: &Service, phone: &Phone) -> Reply {
    Client::app(service).send(list_call(service, phone)).await
}

/// What a phone that asks for its list is told of its key.
async fn told(service: &Service, phone: &Phone) -> Value {
    let reply = called(service, phone).await;
    assert_eq!(reply.status, 401, "{}", reply.body);
    assert_eq!(reply.body["code"], 40103);
    reply.body["stopped"].clone()
}

async fn alice() -> (Service, User, Phone) {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    (service, alice, phone)
}

/// A phone with the names of `phone` and another key.
fn with_another_key(phone: &Phone) -> Phone {
    phone.impostor(SigningKey::make_p256(&SystemRandom::new()).unwrap())
}

async fn remove(service: &Service, alice: &User, phone: &Phone) {
    let core = &service.core;
    let removed = core.remove_device(alice, &phone.device.id, OPERATOR).await;
    assert!(removed.unwrap());
}

async fn copy_answers(service: &Service, phone: &Phone) {
    let vpn = service.integration(0).await;
    for expected in [true, false] {
        service.pushed(&vpn, "alice").await;
        let pending = service.one_pending(phone).await;
        let answer = phone.answer_at(&pending, Choice::Deny, None, 1);
        let verdict = service.answer(&answer).await;
        let copied = Verdict::Refuse(AnswerRefusal::SequenceReused);
        assert_eq!(verdict != copied, expected);
    }
}

#[tokio::test]
async fn d3_a_phone_whose_key_was_replaced_is_told_by_which_device_and_when() {
    let (service, alice, old) = alice().await;
    service.clock.advance(MINUTE_MS);
    let again = service.phone_by(&alice, Some(&old.device.id)).await;
    let told_old =
        json!({ "cause": "replaced", "at": START.0 + MINUTE_MS, "device": "Ward phone" });
    assert_eq!(told(&service, &old).await, told_old);
    assert_eq!(called(&service, &again).await.status, 200);
    // What becomes of the new key is not the old one's business
    remove(&service, &alice, &old).await;
    assert_eq!(told(&service, &old).await, told_old);
    let removed = json!({ "cause": "removed", "at": START.0 + MINUTE_MS });
    assert_eq!(told(&service, &again).await, removed);
}

#[tokio::test]
async fn d3_an_earlier_key_than_the_last_that_was_replaced_tells_nothing() {
    let (service, alice, oldest) = alice().await;
    let old = service.phone_by(&alice, Some(&oldest.device.id)).await;
    service.phone_by(&alice, Some(&oldest.device.id)).await;
    assert_eq!(told(&service, &old).await["cause"], "replaced");
    assert_eq!(called(&service, &oldest).await.body, plain());
}

#[tokio::test]
async fn d4_a_phone_of_which_two_copies_are_at_work_is_told_so_until_it_is_activated_again() {
    let (service, alice, phone) = alice().await;
    copy_answers(&service, &phone).await;
    let copied = json!({ "cause": "copied", "at": START.0 });
    assert_eq!(told(&service, &phone).await, copied);
    let again = service.phone_by(&alice, Some(&phone.device.id)).await;
    assert_eq!(called(&service, &again).await.status, 200);
    let device = service.core.store.device(&phone.device.id).await.unwrap();
    let device = device.unwrap();
    assert_eq!((device.stopped_at, device.stopped_by), (None, None));
    assert_eq!(told(&service, &phone).await["cause"], "replaced");
}

#[tokio::test]
async fn s5_a_phone_that_somebody_said_is_not_theirs_is_told_so() {
    let (service, alice, first) = alice().await;
    let strange = service.phone(&alice).await;
    let list = called(&service, &first).await.good();
    let id = list["response"]["notices"][0]["id"].as_str().unwrap();
    let reply = NoticeReply {
        device_id: first.device.id.clone(),
        generation: first.device.generation,
        id: id.parse().unwrap(),
        answer: NoticeAnswer::NotMe,
        address: common::ADDRESS.into(),
    };
    service.core.answer_notice(&reply).await.unwrap();
    let not_me = json!({ "cause": "not_me", "at": START.0 });
    assert_eq!(told(&service, &strange).await, not_me);
    assert_eq!(called(&service, &first).await.status, 200);
}

#[tokio::test]
async fn k6_a_phone_that_the_help_desk_stopped_is_told_so() {
    let (service, alice, phone) = alice().await;
    let olga = service.person("olga").await;
    let olgas = service.phone(&olga).await;
    service.make_operator(&olga).await;
    let desk = Client::browser(&service);
    desk.open(&service, "olga", &olgas).await;
    let suspend = format!(
        "/desk/people/{}/devices/{}/suspend",
        alice.id, phone.device.id
    );
    let reason = json!({ "reason": "Lost on the bus" });
    desk.post(&suspend, reason).await.good();
    let by_desk = json!({ "cause": "desk", "at": START.0 });
    assert_eq!(told(&service, &phone).await, by_desk);
}

#[tokio::test]
async fn a_person_who_may_not_sign_in_is_told_so_and_may_again() {
    let (service, alice, phone) = alice().await;
    for (status, expected) in [
        (UserStatus::Disabled, json!({ "cause": "disabled" })),
        (UserStatus::Active, Value::Null),
    ] {
        let set = service.core.set_user_status(&alice, status, OPERATOR).await;
        assert!(set.unwrap());
        let reply = called(&service, &phone).await;
        assert_eq!(reply.body["stopped"], expected, "{}", reply.body);
    }
}

#[tokio::test]
async fn a5_who_holds_no_key_is_told_the_same_of_every_device_that_is_there_or_not() {
    let (service, alice, working) = alice().await;
    let replaced = service.phone(&alice).await;
    service.phone_by(&alice, Some(&replaced.device.id)).await;
    let removed = service.phone(&alice).await;
    remove(&service, &alice, &removed).await;
    let bob = service.person("bob").await;
    let disabled = service.phone(&bob).await;
    let off = UserStatus::Disabled;
    assert!(
        service
            .core
            .set_user_status(&bob, off, OPERATOR)
            .await
            .unwrap()
    );
    let spare = service.phone(&alice).await;
    let mut nobody = with_another_key(&spare);
    nobody.device.id = "DP00000000000000ZZZZ".parse().unwrap();
    for phone in [&working, &replaced, &removed, &disabled, &nobody] {
        let stranger = with_another_key(phone);
        assert_eq!(called(&service, &stranger).await.body, plain());
        let mut forged = list_call(&service, phone);
        let word = authorization(phone.device.id.as_str(), &[7; 64]);
        forged
            .headers_mut()
            .insert("authorization", word.parse().unwrap());
        let reply = Client::app(&service).send(forged).await;
        assert_eq!(reply.body, plain());
    }
    // Somebody who holds another device's key
    let key_of =
        |phone: &Phone| SigningKey::from_pkcs8(phone.key.scheme(), phone.key.expose_pkcs8());
    let other = removed.impostor(key_of(&working));
    assert_eq!(called(&service, &other).await.body, plain());
    // Its own key, and the name of another activation
    let mut renamed = removed.impostor(key_of(&removed));
    renamed.device.akey = working.device.akey.clone();
    assert_eq!(called(&service, &renamed).await.body, plain());
}

#[tokio::test]
async fn c10_a_call_that_was_recorded_tells_nothing_later() {
    let (service, alice, phone) = alice().await;
    remove(&service, &alice, &phone).await;
    let now = service.clock.now();
    for (seconds, is_told) in [
        (0, true),
        (299, true),
        (-299, true),
        (302, false),
        (-302, false),
    ] {
        let at = UnixMillis(now.0 + seconds * 1000);
        let reply = Client::app(&service).send(list_call_at(at, &phone)).await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.body["stopped"].is_object(), is_told, "{seconds} s");
    }
}

#[tokio::test]
async fn d4_over_the_wire_the_copy_that_is_caught_and_the_list_that_is_held_hear_the_same() {
    let service = support::service::Service::start();
    let integration = service.add_integration(&["Ward terminal", "--number-digits", "0"]);
    let mut phone = Device::activate(&service, &service.add_user("alice")).await;
    // Two calls alike within a second are one call
    let ask = |kind: &'static str| {
        let (service, integration) = (&service, &integration);
        async move {
            let params = countersign_protocol::params::Params::new()
                .with("async", "1")
                .with("device", "auto")
                .with("factor", "push")
                .with("type", kind)
                .with("username", "alice");
            let call = support::integration::Call::v2(
                service,
                integration,
                Method::POST,
                "/auth/v2/auth",
                &params,
            );
            support::integration::good(call.send(&service.client()).await);
        }
    };
    ask("Shift").await;
    let first = phone.next_request().await;
    assert_eq!(
        phone.answer(&first, "deny", None).await.status,
        StatusCode::OK
    );
    ask("Ward").await;
    let second = phone.next_request().await;
    let seen = phone.poll().await.revision.unwrap();
    let held = phone.sign_poll(50, Some(&seen));
    phone.go_back_by_one_answer();
    let caught = phone.sign_answer(&second, "approve", None);
    let (held, caught) = tokio::join!(phone.send(&held), async {
        // Once the list is held
        while phone.poll().await.revision.as_ref() != Some(&seen) {}
        phone.send(&caught).await
    });
    assert_eq!(
        (held.status, caught.status),
        (StatusCode::UNAUTHORIZED, StatusCode::CONFLICT)
    );
    assert_eq!(failure(&caught).code, 40902);
    let told = failure(&caught).stopped.unwrap();
    assert_eq!(failure(&held).stopped.as_ref(), Some(&told));
    assert_eq!(serde_json::to_value(told.cause).unwrap(), "copied");
}
