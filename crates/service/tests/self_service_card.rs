//! The recovery card: rows O7, S1, S6, O5, S5 and K6 of the codes that a person keeps on paper.

use crate::common;

use std::sync::Arc;
use std::time::Duration;

use common::client::Client;
use common::scanning::{again, scan};
use common::{ADDRESS, Phone, Service, contains};
use countersign_protocol::notice::NoticeAnswer;
use countersign_service::model::{DeviceState, User, UserStatus};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{
    CARD_CODES, CARD_LIFE_MS, CARDS_PER_DAY, DAY_MS, MINUTE_MS, YOUNG_MS,
};
use countersign_service::status::Status;
use countersign_service::store::notices::{NoticeReplied, NoticeReply};
use countersign_service::throttle::{Admission, Subject};
use serde_json::{Value, json};

/// Alice with one phone and an open session.
async fn alice() -> (Service, User, Phone, Client) {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    // What follows a code is told from what was there before it
    service.clock.advance(1);
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &phone).await;
    (service, alice, phone, browser)
}

fn codes(card: &Value) -> Vec<String> {
    let codes = card["codes"].as_array().unwrap().iter();
    codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

async fn card(browser: &Client) -> Vec<String> {
    codes(&browser.post("/card", json!({})).await.good())
}

async fn left(browser: &Client) -> Value {
    browser.session().await["card"]["codes_left"].clone()
}

/// Whether a passcode lets somebody sign in to an application.
async fn lets_in(service: &Service, name: &str, code: &str) -> bool {
    let vpn = service.integration(0).await;
    let status = service.passcode(&vpn, name, code).await.unwrap();
    status.result == Status::of_passcode(true).result
}

async fn kinds(service: &Service, phone: &Phone) -> Vec<String> {
    let list = service.core.pending(&phone.device, None, Duration::ZERO);
    let notices = list.await.unwrap().unwrap().notices;
    notices.into_iter().map(|notice| notice.kind).collect()
}

#[tokio::test]
async fn o7_a_card_is_shown_once_and_its_codes_work_once_each_wherever_a_passcode_does() {
    let (service, _, _, browser) = alice().await;
    assert_eq!(browser.session().await["card"], Value::Null);
    let now = service.core.now();
    let made = browser.post("/card", json!({})).await.good();
    assert_eq!(made["made_at"], now.0);
    assert_eq!(made["expires_at"], (now + CARD_LIFE_MS).0);
    let codes = codes(&made);
    assert_eq!(codes.len(), CARD_CODES);
    let nine = |code: &String| code.len() == 9 && code.bytes().all(|byte| byte.is_ascii_digit());
    assert!(codes.iter().all(nine));
    let told = browser.session().await;
    assert_eq!(told["card"]["codes_left"], CARD_CODES);
    assert!(codes.iter().all(|code| !told.to_string().contains(code)));

    let grouped = format!("{} {} {}", &codes[0][..3], &codes[0][3..6], &codes[0][6..]);
    assert!(lets_in(&service, "alice", &grouped).await);
    assert!(!lets_in(&service, "alice", &codes[0]).await, "used");
    let other = Client::browser(&service);
    let before = other.sign_in("alice").await;
    assert_eq!(
        before["card"],
        Value::Null,
        "a password alone is told nothing"
    );
    other
        .try_passcode(&codes[0])
        .await
        .refused(422, "passcode_used");
    other.try_passcode(&codes[1]).await.good();
    assert_eq!(left(&other).await, CARD_CODES - 2);
    assert_eq!(service.audit_count("passcode.check", "card_code").await, 2);
    assert_eq!(service.audit_count("card.make", "done").await, 1);
    let disk = service.bytes_on_disk();
    assert!(codes.iter().all(|code| !contains(&disk, code.as_bytes())));
}

#[tokio::test]
async fn o7_a_card_ends_after_a_year_and_a_new_one_ends_the_one_before() {
    let (service, _, phone, browser) = alice().await;
    let first = card(&browser).await;
    assert!(lets_in(&service, "alice", &first[0]).await);
    let second = card(&browser).await;
    assert!(!lets_in(&service, "alice", &first[1]).await);
    browser.sign_in("alice").await;
    let refused = browser.try_passcode(&first[0]).await;
    refused.refused(422, "wrong_passcode");
    browser.prove(&service, &phone).await;
    assert_eq!(left(&browser).await, CARD_CODES);

    service.clock.advance(CARD_LIFE_MS - 1);
    assert!(lets_in(&service, "alice", &second[0]).await);
    service.clock.advance(1);
    assert!(!lets_in(&service, "alice", &second[1]).await);
    browser.open(&service, "alice", &phone).await;
    assert_eq!(browser.session().await["card"], Value::Null);
}

#[tokio::test]
async fn o7_the_card_and_the_help_desks_codes_do_not_replace_each_other() {
    let (service, alice, _, browser) = alice().await;
    let core = &service.core;
    let bypass = core.make_bypass_codes(&alice, 1, OPERATOR).await.unwrap();
    let card = card(&browser).await;
    assert!(lets_in(&service, "alice", &bypass.codes[0]).await);
    core.make_bypass_codes(&alice, 1, OPERATOR).await.unwrap();
    assert_eq!(left(&browser).await, CARD_CODES);
    assert!(lets_in(&service, "alice", &card[0]).await);
}

#[tokio::test]
async fn o7_another_persons_card_opens_nothing() {
    let (service, _, _, browser) = alice().await;
    let codes = card(&browser).await;
    let bob = service.person("bob").await;
    service.phone(&bob).await;
    assert!(!lets_in(&service, "bob", &codes[0]).await);
    let thief = Client::browser(&service);
    thief.sign_in("bob").await;
    let refused = thief.try_passcode(&codes[0]).await;
    refused.refused(422, "wrong_passcode");
    assert_eq!(left(&browser).await, CARD_CODES);
}

#[tokio::test]
async fn o5_guessed_codes_are_counted_and_a_right_one_is_not_looked_at_then() {
    let (service, _, _, browser) = alice().await;
    let codes = card(&browser).await;
    let wrong = (0..).map(|n| format!("{n:09}"));
    let thief = Client::browser(&service);
    thief.sign_in("alice").await;
    let mut locked = None;
    for guess in wrong.filter(|guess| !codes.contains(guess)).take(10) {
        let reply = thief.try_passcode(&guess).await;
        locked = (reply.status == 429).then_some(reply);
    }
    locked.expect("waits").refused(429, "locked");
    let refused = thief.try_passcode(&codes[0]).await;
    refused.refused(429, "locked");
    assert_eq!(left(&browser).await, CARD_CODES);
}

#[tokio::test]
async fn s1_a_card_asks_for_a_proof_of_the_last_five_minutes() {
    let (service, _, _, browser) = alice().await;
    let password = Client::browser(&service);
    password.sign_in("alice").await;
    let refused = password.post("/card", json!({})).await;
    refused.refused(403, "proof_needed");
    service.clock.advance(5 * MINUTE_MS);
    card(&browser).await;
    service.clock.advance(1000);
    let refused = browser.post("/card", json!({})).await;
    refused.refused(403, "proof_needed");
    browser.delete("/card").await.refused(403, "proof_needed");
    assert_eq!(left(&browser).await, CARD_CODES);
}

#[tokio::test]
async fn s6_a_young_device_makes_no_card_while_an_older_one_is_there() {
    let (service, alice, old, browser) = alice().await;
    let codes = card(&browser).await;
    service.clock.advance(MINUTE_MS);
    let young = service.phone(&alice).await;
    browser.open(&service, "alice", &young).await;
    let refused = browser.post("/card", json!({})).await;
    refused.refused(403, "proof_too_young");
    browser
        .delete("/card")
        .await
        .refused(403, "proof_too_young");
    assert!(
        lets_in(&service, "alice", &codes[0]).await,
        "it is as it was"
    );
    assert_eq!(service.audit_count("card.make", "young_proof").await, 1);
    service.clock.advance(MINUTE_MS);
    browser.open(&service, "alice", &old).await;
    card(&browser).await;
    service.clock.advance(YOUNG_MS);
    browser.open(&service, "alice", &young).await;
    card(&browser).await;
}

#[tokio::test]
async fn o7_codes_beget_no_codes() {
    let (service, alice, phone, browser) = alice().await;
    let codes = card(&browser).await;
    let bypass = service.core.make_bypass_codes(&alice, 1, OPERATOR).await;
    for code in [codes[0].as_str(), bypass.unwrap().codes[0].as_str()] {
        let found = Client::browser(&service);
        found.sign_in("alice").await;
        found.try_passcode(code).await.good();
        let refused = found.post("/card", json!({})).await;
        refused.refused(403, "device_needed");
    }
    assert_eq!(service.audit_count("card.make", "by_code").await, 2);
    assert!(lets_in(&service, "alice", &codes[1]).await);
    // What such a session may do, as with a bypass code: activate the device again, which asks it then
    let found = Client::browser(&service);
    found.sign_in("alice").await;
    found.try_passcode(&codes[2]).await.good();
    let id = phone.device.id.as_str();
    let again = json!({ "for": "again", "device": id, "platform": "ios" });
    found.post("/activations", again).await.good();
}

/// Whoever found a card puts the person's phone onto their own, whose push then proves.
#[tokio::test]
async fn o7_a_device_activated_after_a_code_makes_no_card_for_a_day() {
    let (service, alice, phone, browser) = alice().await;
    let code = card(&browser).await.remove(0);
    service.clock.advance(MINUTE_MS);
    let found = Client::browser(&service);
    found.sign_in("alice").await;
    found.try_passcode(&code).await.good();
    let activation = found.post("/activations", again(&phone)).await.good();
    let theirs = scan(&service, &found, &activation).await.unwrap();
    found.open(&service, "alice", &theirs).await;
    let refused = found.post("/card", json!({})).await;
    refused.refused(403, "device_needed");
    // Nor once the card is gone, of which the code was, and everything old is forgotten
    found.delete("/card").await.good();
    found.delete("/card").await.refused(404, "not_found");
    service.clock.advance(DAY_MS - 1);
    let store = &service.core.store;
    store.forget_old(service.core.now()).await.unwrap();
    found.open(&service, "alice", &theirs).await;
    assert_eq!(found.session().await["card"], Value::Null);
    let refused = found.post("/card", json!({})).await;
    refused.refused(403, "device_needed");
    assert_eq!(service.audit_count("card.make", "by_code").await, 2);
    service.clock.advance(1);
    let codes = card(&found).await;
    // A code of the help desk is no better, and another person's says nothing
    let bob = service.person("bob").await;
    for (user, name, makes) in [(&bob, "bob", true), (&alice, "alice", false)] {
        let made = service.core.make_bypass_codes(user, 1, OPERATOR).await;
        assert!(lets_in(&service, name, &made.unwrap().codes[0]).await);
        let anew = service.phone_by(&alice, Some(&theirs.device.id)).await;
        found.open(&service, "alice", &anew).await;
        let reply = found.post("/card", json!({})).await;
        assert_eq!(reply.status == 200, makes, "{name}");
    }
    assert!(!lets_in(&service, "alice", &codes[0]).await, "replaced");
}

#[tokio::test]
async fn o5_cards_are_counted_before_their_slow_hashes() {
    let (service, alice, phone, browser) = alice().await;
    let subjects = [Subject::CardsOf(alice.id.clone())];
    let now = service.core.now();
    for _ in 0..10 {
        let counted = service.core.store.count_attempts(&subjects, now).await;
        assert!(matches!(counted.unwrap(), Admission::Counted(_)));
    }
    let before = service.core.slow_hashes.made();
    let refused = browser.post("/card", json!({})).await;
    refused.refused(429, "too_many");
    assert_eq!(refused.body["until"], (now + 60 * MINUTE_MS).0);
    assert_eq!(service.core.slow_hashes.made(), before);
    assert_eq!(service.audit_count("card.make", "too_many").await, 1);
    assert_eq!(browser.session().await["card"], Value::Null);
    service.clock.advance(60 * MINUTE_MS);
    browser.open(&service, "alice", &phone).await;
    card(&browser).await;
}

#[tokio::test]
async fn o7_of_cards_made_side_by_side_each_one_leaves_its_row() {
    let (service, _, _, browser) = alice().await;
    let before = service.core.slow_hashes.made();
    let calls = (0..12).map(|_| browser.post("/card", json!({})));
    let mut made = 0;
    for reply in futures_util::future::join_all(calls).await {
        if reply.status == 200 {
            made += 1;
        } else {
            reply.refused(429, "too_many");
        }
    }
    assert_eq!(made, CARDS_PER_DAY);
    let hashes = service.core.slow_hashes.made() - before;
    let count = service.audit_count("card.make", "done").await;
    assert_eq!(i64::try_from(count).unwrap(), CARDS_PER_DAY);
    assert_eq!(
        service.audit_count("card.make", "too_many").await,
        12 - count
    );
    // Two of them were held back before they cost anything
    let most = u64::try_from(10 * CARD_CODES).unwrap();
    assert!(hashes <= most, "{hashes}");
}

#[tokio::test]
async fn o7_two_cards_made_side_by_side_leave_one() {
    let (service, _, _, browser) = alice().await;
    let browser = Arc::new(browser);
    let races = [(); 2].map(|()| {
        let browser = browser.clone();
        tokio::spawn(async move { card(&browser).await })
    });
    let made = futures_util::future::join_all(races).await;
    let mut alive = 0;
    for codes in made.into_iter().map(Result::unwrap) {
        alive += usize::from(lets_in(&service, "alice", &codes[0]).await);
    }
    assert_eq!(alive, 1);
    assert_eq!(left(&browser).await, CARD_CODES - 1);
}

#[tokio::test]
async fn o7_one_code_used_side_by_side_lets_in_once() {
    let (service, _, _, browser) = alice().await;
    let code = card(&browser).await.remove(0);
    let vpn = service.integration(0).await;
    let tries = (0..4).map(|_| service.passcode(&vpn, "alice", &code));
    let mut right = 0;
    for status in futures_util::future::join_all(tries).await {
        right += usize::from(status.unwrap().result == Status::of_passcode(true).result);
    }
    assert_eq!(right, 1);
}

#[tokio::test]
async fn o7_a_sixth_card_within_a_day_is_too_many() {
    let (service, _, phone, browser) = alice().await;
    for _ in 0..CARDS_PER_DAY {
        card(&browser).await;
    }
    let refused = browser.post("/card", json!({})).await;
    refused.refused(429, "too_many");
    assert!(refused.body["until"].is_number());
    service.clock.advance(DAY_MS);
    browser.open(&service, "alice", &phone).await;
    card(&browser).await;
}

#[tokio::test]
async fn s5_a_card_each_of_its_codes_and_its_end_are_told_to_every_device() {
    let (service, _, phone, browser) = alice().await;
    let codes = card(&browser).await;
    assert_eq!(kinds(&service, &phone).await, ["card_made"]);
    service.clock.advance(1);
    assert!(lets_in(&service, "alice", &codes[0]).await);
    service.clock.advance(1);
    assert!(lets_in(&service, "alice", &codes[1]).await);
    service.clock.advance(1);
    let told = browser.delete("/card").await.good();
    assert_eq!(told["card"], Value::Null);
    let all = ["card_made", "card_used", "card_used", "card_stopped"];
    assert_eq!(kinds(&service, &phone).await, all);
    assert!(!lets_in(&service, "alice", &codes[2]).await);
    browser.delete("/card").await.refused(404, "not_found");
}

#[tokio::test]
async fn s5_not_me_takes_the_card_back_and_so_does_disabling() {
    let (service, alice, phone, browser) = alice().await;
    let codes = card(&browser).await;
    let list = service.core.pending(&phone.device, None, Duration::ZERO);
    let notice = list.await.unwrap().unwrap().notices.remove(0);
    let reply = NoticeReply {
        device_id: phone.device.id.clone(),
        generation: phone.device.generation,
        id: notice.id,
        answer: NoticeAnswer::NotMe,
        address: ADDRESS.into(),
    };
    service.core.answer_notice(&reply).await.unwrap();
    assert!(!lets_in(&service, "alice", &codes[0]).await);
    assert_eq!(service.audit_count("card.stop", "not_me").await, 1);

    browser.open(&service, "alice", &phone).await;
    let codes = card(&browser).await;
    for status in [UserStatus::Disabled, UserStatus::Active] {
        let core = &service.core;
        core.set_user_status(&alice, status, OPERATOR)
            .await
            .unwrap();
        assert!(!lets_in(&service, "alice", &codes[0]).await, "{status:?}");
    }
}

/// The rows of cards that were taken back: by whom, whose and why.
async fn stopped(service: &Service) -> Vec<[String; 3]> {
    let rows = service.audit().await.into_iter();
    rows.filter(|row| row.fields[1] == "card.stop")
        .map(|row| [0, 2, 3].map(|field: usize| row.fields[field].clone()))
        .collect()
}

#[tokio::test]
async fn s5_not_me_to_a_device_tells_everyone_that_the_card_went_too() {
    let (service, alice, phone, browser) = alice().await;
    let tablet = service.phone(&alice).await;
    browser.open(&service, "alice", &phone).await;
    service.clock.advance(1);
    let came = service.phone(&alice).await;
    service.clock.advance(1);
    card(&browser).await;
    service.clock.advance(1);
    assert_eq!(
        kinds(&service, &tablet).await,
        ["device_added", "card_made"]
    );
    let core = &service.core;
    let say = async |phone: &Phone, kind: &str, answer| {
        let list = core.pending(&phone.device, None, Duration::ZERO);
        let notices = list.await.unwrap().unwrap().notices;
        // Of two that came, the later
        let notice = notices.into_iter().rfind(|notice| notice.kind == kind);
        let reply = NoticeReply {
            device_id: phone.device.id.clone(),
            generation: phone.device.generation,
            id: notice.unwrap().id,
            answer,
            address: ADDRESS.into(),
        };
        let replied = core.answer_notice(&reply).await.unwrap();
        assert!(matches!(replied, NoticeReplied::Taken { .. }));
    };
    for kind in ["device_added", "card_made"] {
        say(&tablet, kind, NoticeAnswer::Seen).await;
    }
    let empty = core.pending(&tablet.device, None, Duration::ZERO).await;
    let seen = empty.unwrap().unwrap().revision;
    let held = core.pending(&tablet.device, Some(&seen), Duration::from_secs(50));
    let answered = say(&phone, "device_added", NoticeAnswer::NotMe);
    let both = async { tokio::join!(held, answered).0 };
    let woken = tokio::time::timeout(Duration::from_secs(10), both).await;
    let told = woken.expect("it was woken").unwrap().unwrap().notices;
    let told: Vec<_> = told.into_iter().map(|notice| notice.kind).collect();
    assert!(told.iter().any(|kind| kind == "card_stopped"), "{told:?}");
    let told = kinds(&service, &phone).await;
    assert!(told.iter().any(|kind| kind == "card_stopped"), "{told:?}");
    let by = format!("device:{}", phone.device.id);
    let row = [by, alice.id.to_string(), "not_me".to_owned()];
    assert_eq!(stopped(&service).await, [row]);
    let came = core.store.device(&came.device.id).await.unwrap().unwrap();
    assert_eq!(came.state, DeviceState::Suspended);
}

#[tokio::test]
async fn s5_the_devices_of_somebody_who_was_disabled_are_told_that_the_card_went_too() {
    let (service, alice, phone, browser) = alice().await;
    card(&browser).await;
    service.clock.advance(1);
    let core = &service.core;
    for status in [
        UserStatus::Disabled,
        UserStatus::Disabled,
        UserStatus::Active,
    ] {
        let set = core.set_user_status(&alice, status, OPERATOR).await;
        assert!(set.unwrap());
    }
    assert_eq!(kinds(&service, &phone).await, ["card_made", "card_stopped"]);
    let row = [OPERATOR, alice.id.as_str(), "disabled"].map(str::to_owned);
    assert_eq!(stopped(&service).await, [row], "once");
}

#[tokio::test]
async fn k6_the_help_desk_sees_how_many_codes_are_left_and_takes_a_card_back() {
    let (service, alice, phone, browser) = alice().await;
    let codes = card(&browser).await;
    let olga = service.person("olga").await;
    let olgas = service.phone(&olga).await;
    service.make_operator(&olga).await;
    let desk = Client::browser(&service);
    desk.open(&service, "olga", &olgas).await;
    let path = format!("/desk/people/{}", alice.id);
    let told = desk.get(&path).await.good();
    assert_eq!(told["card"]["codes_left"], CARD_CODES);
    assert!(codes.iter().all(|code| !told.to_string().contains(code)));
    let reason = json!({ "reason": "Bag stolen, badge seen" });
    let stop = format!("{path}/card");
    desk.post(&stop, json!({ "reason": "" }))
        .await
        .refused(422, "reason_needed");
    service.clock.advance(1);
    let told = desk.post(&stop, reason.clone()).await.good();
    assert_eq!(told["card"], Value::Null);
    assert!(!lets_in(&service, "alice", &codes[0]).await);
    assert_eq!(kinds(&service, &phone).await, ["card_made", "card_stopped"]);
    let seen = browser.session().await;
    assert_eq!(seen["by_desk"][0]["act"], "card");
    desk.post(&stop, reason.clone())
        .await
        .refused(404, "not_found");
    // Nobody does it to themselves
    card(&desk).await;
    let own = format!("/desk/people/{}/card", olga.id);
    desk.post(&own, reason).await.refused(403, "not_allowed");
}
