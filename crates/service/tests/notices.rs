//! Row S5: a change of one device is told to the others, and "Not me" stops it.

use crate::common;
use crate::support;

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use common::client::Client;
use common::hospital::{Hospital, LANDLINE};
use common::{ADDRESS, Phone, START, Service};
use countersign_protocol::ids::NoticeId;
use countersign_protocol::notice::{Notice, NoticeAnswer};
use countersign_protocol::params::Params;
use countersign_protocol::signing::keys::PublicKey;
use countersign_protocol::wire::device::NoticeOfDevice;
use countersign_service::model::DeviceState;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{NOTICE_KEPT_MS, YOUNG_MS};
use countersign_service::request::{Outcome, RequestState};
use countersign_service::store::notices::{NoticeReplied, NoticeReply};
use data_encoding::BASE64;
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::device::Device;

/// What the phone's list says of other devices.
async fn notices(service: &Service, phone: &Phone) -> Vec<NoticeOfDevice> {
    let list = service
        .core
        .pending(&phone.device, None, Duration::ZERO)
        .await;
    list.unwrap().unwrap().notices
}

async fn one_notice(service: &Service, phone: &Phone) -> NoticeOfDevice {
    let mut notices = notices(service, phone).await;
    assert_eq!(notices.len(), 1);
    notices.remove(0)
}

fn reply(phone: &Phone, id: &NoticeId, answer: NoticeAnswer) -> NoticeReply {
    NoticeReply {
        device_id: phone.device.id.clone(),
        generation: phone.device.generation,
        id: id.clone(),
        answer,
        address: ADDRESS.into(),
    }
}

async fn say(
    service: &Service,
    phone: &Phone,
    id: &NoticeId,
    answer: NoticeAnswer,
) -> NoticeReplied {
    let reply = reply(phone, id, answer);
    service.core.answer_notice(&reply).await.unwrap()
}

async fn state(service: &Service, phone: &Phone) -> DeviceState {
    let device = service.core.store.device(&phone.device.id).await.unwrap();
    device.unwrap().state
}

fn taken(replied: &NoticeReplied) -> bool {
    matches!(replied, NoticeReplied::Taken { .. })
}

/// What a page that wants to change something is answered.
async fn acts(browser: &Client) -> StatusCode {
    let body = json!({ "way": "passcode", "passcode": "000000" });
    browser.post("/proofs", body).await.status
}

#[tokio::test(start_paused = true)]
async fn s5_within_one_held_poll_the_others_are_told_and_nobody_else() {
    let service = Service::start().await;
    let (alice, bob) = (service.user("alice").await, service.user("bob").await);
    let first = service.phone(&alice).await;
    let legacy = service.legacy_phone(&alice).await;
    let bobs = service.phone(&bob).await;
    let id = one_notice(&service, &first).await.id;
    say(&service, &first, &id, NoticeAnswer::Seen).await;
    let empty = service
        .core
        .pending(&first.device, None, Duration::ZERO)
        .await;
    let seen = empty.unwrap().unwrap().revision;
    let held = service
        .core
        .pending(&first.device, Some(&seen), Duration::from_secs(50));
    let mut held = std::pin::pin!(held);
    let waits = std::future::poll_fn(|cx| Poll::Ready(held.as_mut().poll(cx).is_pending()));
    assert!(waits.await);
    let second = service.phone(&alice).await;
    let started = tokio::time::Instant::now();
    let list = held.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(1), "it was woken");
    assert_ne!(list.revision, seen);
    let told = &list.notices[0];
    assert_eq!(
        (
            told.kind.as_str(),
            told.device_name.as_str(),
            told.created_at
        ),
        ("device_added", "Ward phone 2", START.0)
    );
    let key = PublicKey::from_pem(service.core.service_key_pem()).unwrap();
    let signature = BASE64.decode(told.signature.as_bytes()).unwrap();
    let mine = Notice::of(told, &first.device.id, service.core.service_id());
    assert!(key.verify(mine.signing_text().as_bytes(), &signature));
    let others = Notice::of(told, &bobs.device.id, service.core.service_id());
    assert!(!key.verify(others.signing_text().as_bytes(), &signature));
    for untold in [&second, &legacy, &bobs] {
        assert_eq!(notices(&service, untold).await, []);
    }
}

#[tokio::test]
async fn s5_not_me_suspends_an_added_device_with_what_waits_for_it_and_ends_sessions() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let first = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &first).await;
    service.clock.advance(1);
    let strange = service.phone(&alice).await;
    let body = json!({ "first": "push" });
    let path = format!("/devices/{}/first", strange.device.id);
    browser.put(&path, body).await.good();
    let vpn = service.integration(0).await;
    let txid = service.pushed(&vpn, "alice").await;
    service.one_pending(&strange).await;
    let id = one_notice(&service, &first).await.id;
    assert!(taken(
        &say(&service, &first, &id, NoticeAnswer::NotMe).await
    ));
    assert_eq!(state(&service, &strange).await, DeviceState::Suspended);
    let as_vpn = countersign_service::access::AsIntegration::of(&vpn);
    let request = service.core.store.request(&as_vpn, &txid).await.unwrap();
    assert!(
        matches!(request.unwrap().state, RequestState::Decided(decision) if decision.outcome == Outcome::Cancelled)
    );
    assert_eq!(acts(&browser).await, 401);
    assert_eq!(notices(&service, &first).await, []);
    for (action, result) in [("notice.report", "done"), ("device.suspend", "not_me")] {
        assert_eq!(service.audit_count(action, result).await, 1, "{action}");
    }
}

#[tokio::test]
async fn s5_a_held_list_of_a_suspended_device_ends_at_once() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let first = service.phone(&alice).await;
    let strange = service.phone(&alice).await;
    let list = service
        .core
        .pending(&strange.device, None, Duration::ZERO)
        .await;
    let seen = list.unwrap().unwrap().revision;
    let held = service
        .core
        .pending(&strange.device, Some(&seen), Duration::from_secs(50));
    let mut held = std::pin::pin!(held);
    let waits = std::future::poll_fn(|cx| Poll::Ready(held.as_mut().poll(cx).is_pending()));
    assert!(waits.await);
    let id = one_notice(&service, &first).await.id;
    say(&service, &first, &id, NoticeAnswer::NotMe).await;
    let told = tokio::time::timeout(Duration::from_secs(4), held).await;
    assert!(told.unwrap().unwrap().is_none());
}

#[tokio::test]
async fn s5_a_reactivated_device_is_told_of_to_the_other_and_not_me_suspends_it() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let first = service.phone(&alice).await;
    let second = service.phone(&alice).await;
    let old = one_notice(&service, &first).await;
    service.clock.advance(1);
    let taken_over = service.phone_by(&alice, Some(&second.device.id)).await;
    let told = one_notice(&service, &first).await;
    assert_eq!(told.kind, "device_reactivated");
    assert_eq!(notices(&service, &taken_over).await, []);
    // The earlier notice gave way to it
    let late = say(&service, &first, &old.id, NoticeAnswer::NotMe).await;
    assert_eq!(late, NoticeReplied::Unknown);
    assert_eq!(state(&service, &second).await, DeviceState::Active);
    assert!(taken(
        &say(&service, &first, &told.id, NoticeAnswer::NotMe).await
    ));
    assert_eq!(state(&service, &second).await, DeviceState::Suspended);
}

#[tokio::test]
async fn s5_a_removal_by_anybody_is_told_and_not_me_brings_no_key_back() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let first = service.phone(&alice).await;
    service.clock.advance(YOUNG_MS);
    let (second, third) = (service.phone(&alice).await, service.phone(&alice).await);
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &first).await;
    browser
        .delete(&format!("/devices/{}", second.device.id))
        .await
        .good();
    let removed = core_remove(&service, &alice, &third).await;
    assert!(removed);
    let told = notices(&service, &first).await;
    let kinds: Vec<&str> = told.iter().map(|notice| notice.kind.as_str()).collect();
    assert_eq!(kinds, ["device_removed", "device_removed"]);
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &first).await;
    say(&service, &first, &told[0].id, NoticeAnswer::NotMe).await;
    assert_eq!(acts(&browser).await, 401);
    assert_eq!(state(&service, &second).await, DeviceState::Removed);
    assert_eq!(service.audit_count("notice.report", "done").await, 1);
    assert_eq!(service.audit_count("device.suspend", "not_me").await, 0);
}

async fn core_remove(
    service: &Service,
    user: &countersign_service::model::User,
    phone: &Phone,
) -> bool {
    let core = &service.core;
    core.remove_device(user, &phone.device.id, OPERATOR)
        .await
        .unwrap()
}

#[tokio::test]
async fn s5_a_landline_is_told_of_and_not_called_after_not_me() {
    let site = Hospital::start().await;
    let (_, phone, browser) = site.alice().await;
    let number = site.confirmed(&browser, LANDLINE, true).await;
    let view = browser
        .post("/landlines", json!({ "number": number }))
        .await
        .good();
    let landline = view["devices"][1]["id"].as_str().unwrap().to_owned();
    let told = one_notice(&site.service, &phone).await;
    assert_eq!(
        (told.kind.as_str(), told.device_name.as_str()),
        ("device_added", "Landline")
    );
    say(&site.service, &phone, &told.id, NoticeAnswer::NotMe).await;
    browser.open(&site.service, "alice", &phone).await;
    let view = browser.session().await;
    let devices = view["devices"].as_array().unwrap();
    let found = devices.iter().find(|device| device["id"] == *landline);
    assert_eq!(found.unwrap()["call"], false);
}

#[tokio::test]
async fn s5_an_answer_is_taken_once_and_the_same_again_does_nothing() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let first = service.phone(&alice).await;
    let second = service.phone(&alice).await;
    let id = one_notice(&service, &first).await.id;
    assert!(taken(&say(&service, &first, &id, NoticeAnswer::Seen).await));
    let again = say(&service, &first, &id, NoticeAnswer::Seen).await;
    assert_eq!(again, NoticeReplied::Repeated);
    let other = say(&service, &first, &id, NoticeAnswer::NotMe).await;
    assert_eq!(other, NoticeReplied::Otherwise);
    assert_eq!(state(&service, &second).await, DeviceState::Active);
    assert_eq!(service.audit_count("notice.seen", "done").await, 1);
}

#[tokio::test]
async fn s5_another_users_or_another_devices_notice_is_unknown_and_an_old_key_is_refused() {
    let service = Service::start().await;
    let (alice, bob) = (service.user("alice").await, service.user("bob").await);
    let first = service.phone(&alice).await;
    let second = service.phone(&alice).await;
    let bobs = service.phone(&bob).await;
    let id = one_notice(&service, &first).await.id;
    for other in [&second, &bobs] {
        let replied = say(&service, other, &id, NoticeAnswer::NotMe).await;
        assert_eq!(replied, NoticeReplied::Unknown);
    }
    let again = service.phone_by(&alice, Some(&first.device.id)).await;
    let old_key = say(&service, &first, &id, NoticeAnswer::NotMe).await;
    assert_eq!(old_key, NoticeReplied::Unauthorized);
    assert_eq!(state(&service, &second).await, DeviceState::Active);
    // With its new keys it is still told
    assert!(taken(&say(&service, &again, &id, NoticeAnswer::Seen).await));
}

#[tokio::test]
async fn s5_after_thirty_days_nobody_is_told_any_more() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let first = service.phone(&alice).await;
    let second = service.phone(&alice).await;
    let id = one_notice(&service, &first).await.id;
    service.clock.advance(NOTICE_KEPT_MS - 1);
    assert_eq!(notices(&service, &first).await.len(), 1);
    service.clock.advance(1);
    assert_eq!(notices(&service, &first).await, []);
    let late = say(&service, &first, &id, NoticeAnswer::NotMe).await;
    assert_eq!(late, NoticeReplied::Unknown);
    assert_eq!(state(&service, &second).await, DeviceState::Active);
}

#[tokio::test]
async fn s5_of_two_hundred_parallel_answers_one_is_taken() {
    let service = Arc::new(Service::start().await);
    let alice = service.user("alice").await;
    let first = service.phone(&alice).await;
    service.phone(&alice).await;
    let id = one_notice(&service, &first).await.id;
    let racers: Vec<_> = (0..200)
        .map(|racer| {
            let answer = [NoticeAnswer::Seen, NoticeAnswer::NotMe][racer % 2];
            let (service, reply) = (Arc::clone(&service), reply(&first, &id, answer));
            tokio::spawn(async move { service.core.answer_notice(&reply).await.unwrap() })
        })
        .collect();
    let mut transitions = 0;
    for racer in racers {
        transitions += usize::from(taken(&racer.await.unwrap()));
    }
    assert_eq!(transitions, 1);
    let seen = service.audit_count("notice.seen", "done").await;
    let reported = service.audit_count("notice.report", "done").await;
    assert_eq!(seen + reported, 1);
    let suspended = service.audit_count("device.suspend", "not_me").await;
    assert_eq!(suspended, reported);
}

/// An answer to a notice, as the device signs it, with what is changed in it.
fn signed(
    device: &Device,
    notice: &NoticeOfDevice,
    changed: (&str, &str),
) -> support::device::Signed {
    let learned = device.activation.countersign.as_ref().unwrap();
    let mut params = Params::new();
    for (name, value) in [
        ("pkey", device.id()),
        ("answer", "not_me"),
        ("service", learned.service.as_str()),
        ("user", learned.user.as_str()),
    ] {
        params = params.with(name, if name == changed.0 { changed.1 } else { value });
    }
    let path = format!("/push/v2/device/notices/{}", notice.id);
    device.sign(Method::POST, &path, params)
}

#[tokio::test]
async fn s5_over_the_wire_a_notice_arrives_and_only_its_own_signed_answer_counts() {
    let service = support::service::Service::start();
    let first = Device::activate(&service, &service.add_user("alice")).await;
    let bobs = Device::activate(&service, &service.add_user("bob")).await;
    let empty = first.poll().await;
    let held = first.sign_poll(50, empty.revision.as_deref());
    let (held, second) = tokio::join!(first.send(&held), async {
        // The code is made by another process
        Device::activate(&service, &service.activation("alice")).await
    });
    assert_eq!(held.status, StatusCode::OK);
    let told = first.poll().await.notices.remove(0);
    assert_eq!(told.kind, "device_added");
    assert_eq!(second.poll().await.notices, []);
    assert_eq!(bobs.poll().await.notices, []);
    for (changed, code) in [
        (("user", "DU3RP9I2WOC59VZX672N"), 40002),
        (("service", "DS7QF2M9K4X1B8N6V3T5"), 40002),
        (("answer", "approve"), 40002),
        (("pkey", bobs.id()), 40103),
    ] {
        let reply = first.send(&signed(&first, &told, changed)).await;
        assert_eq!(reply.code(), code, "{changed:?}");
    }
    let foreign = bobs.send(&signed(&bobs, &told, ("", ""))).await;
    assert_eq!(foreign.code(), 40401);
    let mut altered = signed(&first, &told, ("answer", "seen"));
    altered.params = altered.params.replace("answer=seen", "answer=not_me");
    assert_eq!(first.send(&altered).await.code(), 40103);
    assert_eq!(second.poll().await.transactions, []);
    let not_me = signed(&first, &told, ("", ""));
    let reply = first.send(&not_me).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.body["response"]["result"], "not_me");
    let again = first.send(&not_me).await;
    assert_eq!(again, reply);
    let other = first.send(&signed(&first, &told, ("answer", "seen"))).await;
    assert_eq!(other.code(), 40901);
    let refused = second.send(&second.sign_poll(0, None)).await;
    assert_eq!(refused.code(), 40103);
    // The command line removes a device, in another process
    let third = Device::activate(&service, &service.activation("alice")).await;
    let seen = first.poll().await.revision;
    service.command(&["user", "remove-device", "alice", third.id()]);
    let held = first.send(&first.sign_poll(50, seen.as_deref())).await;
    assert_eq!(
        held.body["response"]["notices"][0]["kind"],
        "device_removed"
    );
}
