//! Rows K6 and O7: what the help desk does to somebody, and each use of a bypass code, is told to their devices, and "Not me"
//! takes back what is left of it.

use crate::common;

use std::task::Poll;
use std::time::Duration;

use common::client::Client;
use common::{ADDRESS, Phone, Service};
use countersign_protocol::notice::{Notice, NoticeAnswer};
use countersign_protocol::signing::keys::PublicKey;
use countersign_protocol::wire::device::NoticeOfDevice;
use countersign_service::model::User;
use countersign_service::operator::OPERATOR;
use countersign_service::status::Status;
use countersign_service::store::notices::{NoticeReplied, NoticeReply};
use data_encoding::BASE64;
use serde_json::json;

const REASON: &str = "Phone lost, badge seen";

struct Desk {
    service: Service,
    client: Client,
    alice: User,
    phone: Phone,
    tablet: Phone,
    others: Phone,
}

/// Olga at the help desk, Alice with two devices that have nothing to say any more, and Bob.
async fn desk() -> Desk {
    let service = Service::start().await;
    let olga = service.person("olga").await;
    let olgas = service.phone(&olga).await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let tablet = service.phone(&alice).await;
    let bob = service.user("bob").await;
    let others = service.phone(&bob).await;
    service.make_operator(&olga).await;
    let client = Client::browser(&service);
    client.open(&service, "olga", &olgas).await;
    let desk = Desk {
        service,
        client,
        alice,
        phone,
        tablet,
        others,
    };
    for notice in desk.notices(&desk.phone).await {
        desk.say(&desk.phone, &notice, NoticeAnswer::Seen).await;
    }
    desk
}

impl Desk {
    async fn notices(&self, phone: &Phone) -> Vec<NoticeOfDevice> {
        let core = &self.service.core;
        let list = core.pending(&phone.device, None, Duration::ZERO).await;
        list.unwrap().unwrap().notices
    }

    async fn kinds(&self, phone: &Phone) -> Vec<String> {
        let notices = self.notices(phone).await;
        notices.into_iter().map(|notice| notice.kind).collect()
    }

    async fn say(&self, phone: &Phone, notice: &NoticeOfDevice, answer: NoticeAnswer) {
        let reply = NoticeReply {
            device_id: phone.device.id.clone(),
            generation: phone.device.generation,
            id: notice.id.clone(),
            answer,
            address: ADDRESS.into(),
        };
        let replied = self.service.core.answer_notice(&reply).await.unwrap();
        assert!(
            matches!(replied, NoticeReplied::Taken { .. }),
            "{replied:?}"
        );
    }

    async fn act(&self, what: &str) -> serde_json::Value {
        let path = format!("/desk/people/{}/{what}", self.alice.id);
        let reply = self.client.post(&path, json!({ "reason": REASON })).await;
        reply.good().clone()
    }
}

#[tokio::test]
async fn k6_what_the_help_desk_does_is_told_to_every_device_of_the_person_at_once() {
    let desk = desk().await;
    let core = &desk.service.core;
    let empty = core.pending(&desk.phone.device, None, Duration::ZERO).await;
    let seen = empty.unwrap().unwrap().revision;
    let held = core.pending(&desk.phone.device, Some(&seen), Duration::from_secs(50));
    let mut held = std::pin::pin!(held);
    let waits = std::future::poll_fn(|cx| Poll::Ready(held.as_mut().poll(cx).is_pending()));
    assert!(waits.await);
    desk.act("bypass").await;
    let woken = tokio::time::timeout(Duration::from_secs(10), held).await;
    let told = woken
        .expect("it was woken")
        .unwrap()
        .unwrap()
        .notices
        .remove(0);
    assert_eq!(
        (told.kind.as_str(), told.device_name.as_str()),
        ("bypass_made", "")
    );
    let key = PublicKey::from_pem(core.service_key_pem()).unwrap();
    let signature = BASE64.decode(told.signature.as_bytes()).unwrap();
    let signed = Notice::of(&told, &desk.phone.device.id, core.service_id()).signing_text();
    assert!(key.verify(signed.as_bytes(), &signature));

    desk.act("unlock").await;
    desk.service.clock.advance(1);
    // A later one says it all
    desk.act("bypass").await;
    desk.act("unlock").await;
    let mut kinds = desk.kinds(&desk.tablet).await;
    kinds.sort();
    assert_eq!(kinds, ["bypass_made", "unlocked"]);
    desk.act(&format!("devices/{}/suspend", desk.tablet.device.id))
        .await;
    let notices = desk.notices(&desk.phone).await;
    let suspended = notices.iter().find(|one| one.kind == "device_suspended");
    assert_eq!(suspended.unwrap().device_name, "Ward phone 2");
    assert!(desk.kinds(&desk.others).await.is_empty());
}

#[tokio::test]
async fn o7_each_use_of_a_bypass_code_is_told_to_the_persons_devices() {
    let desk = desk().await;
    let service = &desk.service;
    let vpn = service.integration(0).await;
    let made = service
        .core
        .make_bypass_codes(&desk.alice, 2, OPERATOR)
        .await;
    let codes = made.unwrap().codes;
    service.clock.advance(1);
    let browser = Client::browser(service);
    browser.sign_in("alice").await;
    browser.try_passcode(&codes[0]).await.good();
    service.clock.advance(1);
    let status = service.passcode(&vpn, "alice", &codes[1]).await.unwrap();
    assert_eq!(status.result, Status::of_passcode(true).result);
    for phone in [&desk.phone, &desk.tablet] {
        let kinds = desk.kinds(phone).await;
        assert_eq!(kinds, ["bypass_made", "bypass_used", "bypass_used"]);
    }
    // What was refused was no use
    service.clock.advance(1);
    let again = service.passcode(&vpn, "alice", &codes[1]).await.unwrap();
    assert_ne!(again.result, status.result);
    assert_eq!(desk.kinds(&desk.phone).await.len(), 3);
    assert!(desk.kinds(&desk.others).await.is_empty());
}

#[tokio::test]
async fn k6_not_me_takes_back_what_the_help_desk_gave_and_ends_sessions() {
    let desk = desk().await;
    let service = &desk.service;
    let code = desk.act("bypass").await["code"].clone();
    let browser = Client::browser(service);
    browser.open(service, "alice", &desk.phone).await;
    let notice = desk.notices(&desk.phone).await.remove(0);
    desk.say(&desk.phone, &notice, NoticeAnswer::NotMe).await;
    browser.get("/session").await.refused(401, "signed_out");
    browser.sign_in("alice").await;
    let typed = code.as_str().unwrap();
    let refused = browser.try_passcode(typed).await;
    refused.refused(422, "wrong_passcode");
    let rows = service.audit().await;
    let of = |action: &str| {
        rows.iter()
            .find(|row| row.fields[1] == action)
            .unwrap_or_else(|| panic!("{action}"))
    };
    let (report, withdrawn) = (of("notice.report"), of("bypass.withdraw"));
    assert_eq!(report.fields[2], desk.alice.id.as_str());
    assert_eq!(
        withdrawn.fields[0],
        format!("device:{}", desk.phone.device.id)
    );
    // Both devices stay: nothing was said of them
    assert_eq!(desk.kinds(&desk.tablet).await, ["bypass_made"]);
    // The help desk sees that it was not them
    let told = desk
        .client
        .get(&format!("/desk/people/{}", desk.alice.id))
        .await;
    let events = told.good()["events"].as_array().unwrap().clone();
    assert!(
        events
            .iter()
            .any(|event| event["action"] == "notice.report")
    );
}
