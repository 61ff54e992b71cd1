//! Rows A1 to A5 and D3 for activations that a page makes and follows.

use crate::common;

use std::sync::Arc;

use common::client::{Client, list_call};
use common::scanning::{again, alice, ask, code, confirm, digits, key, new, path, scan, state};
use common::{Phone, Service, activation_ask};
use countersign_protocol::activation::ActivationCode;
use countersign_protocol::signing::device::authorization;
use countersign_service::activation::ActivationOutcome;
use countersign_service::challenge::{AnswerRefusal, Choice, Verdict};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{Enrolment, MINUTE_MS};
use ring::rand::SystemRandom;
use serde_json::{Value, json};

const HOST: &str = "api-c0ffee0.countersign.test";

#[tokio::test]
async fn ph04_a_code_and_its_picture_are_told_once_and_the_page_is_held_until_the_scan() {
    let (service, _, _, browser) = alice().await;
    let browser = Arc::new(browser);
    let made = browser
        .post("/activations", new("phone", "android"))
        .await
        .good();
    let text = made["text"].as_str().unwrap();
    assert!(
        text.starts_with(&format!("https://{HOST}/activate#")),
        "{text}"
    );
    let picture = made["picture"].as_str().unwrap();
    assert!(picture.contains("<svg") && !picture.contains(code(&made).expose()));
    let (waiting, held_path) = (browser.clone(), format!("{}?after=0", path(&made)));
    let held = tokio::spawn(async move { waiting.get(&held_path).await });
    let key = key();
    ask(&service, &made, &key).await;
    let news = held.await.unwrap().good();
    assert_eq!(
        (&news["state"], &news["revision"], &news["done"]),
        (&json!("scanned"), &json!(1), &Value::Null)
    );
    let shown = digits(&service, &made, &key);
    assert_eq!(
        news["scanned"],
        json!({ "model": "Ward phone", "check": shown })
    );
    confirm(&browser, &made, &shown).await;
    let (waiting, held_path) = (browser.clone(), format!("{}?after=2", path(&made)));
    let held = tokio::spawn(async move { waiting.get(&held_path).await });
    let ActivationOutcome::Activated(phone) = ask(&service, &made, &key).await else {
        panic!("not activated")
    };
    let news = held.await.unwrap().good();
    assert_eq!(
        (&news["state"], &news["revision"], &news["scanned"]),
        (&json!("done"), &json!(3), &Value::Null)
    );
    assert_eq!(
        (&news["text"], &news["picture"]),
        (&Value::Null, &Value::Null)
    );
    let device = &news["done"];
    assert_eq!(device["id"], phone.device.id.as_str());
    assert_eq!(
        device["name"], "Android phone",
        "not as the device says itself"
    );
    assert_eq!(device["default"], false);
    assert_eq!(device["standing"], "works");
}

#[tokio::test]
async fn ph02_new_devices_get_a_kind_and_a_name_of_their_own() {
    let (service, _, _, browser) = alice().await;
    for (kind, platform, name) in [
        ("phone", "ios", "iPhone"),
        ("phone", "ios", "iPhone 2"),
        ("tablet", "android", "Tablet"),
        ("tablet", "ios", "iPad"),
        ("tablet", "desktop", "Computer"),
    ] {
        let made = browser
            .post("/activations", new(kind, platform))
            .await
            .good();
        scan(&service, &browser, &made).await.unwrap();
        let device = browser.get(&path(&made)).await.good()["done"].clone();
        assert_eq!(
            (&device["kind"], &device["name"]),
            (&json!(kind), &json!(name))
        );
    }
    for (kind, platform) in [("landline", "ios"), ("phone", "desktop")] {
        let reply = browser.post("/activations", new(kind, platform)).await;
        reply.refused(409, "cannot_do_that");
    }
    let mut unknown = new("phone", "ios");
    unknown["owner"] = "mallory".into();
    let reply = browser.post("/activations", unknown).await;
    reply.refused(400, "bad_request");
}

#[tokio::test]
async fn a1_a_code_ends_after_ten_minutes_and_its_page_says_so() {
    let (service, _, phone, browser) = alice().await;
    let made = browser.post("/activations", again(&phone)).await.good();
    service.clock.advance(10 * MINUTE_MS - 1);
    assert_eq!(state(&browser, &made).await, "waiting");
    service.clock.advance(1);
    assert_eq!(state(&browser, &made).await, "expired");
    assert!(scan(&service, &browser, &made).await.is_none());
}

#[tokio::test]
async fn a1_what_was_cancelled_or_replaced_is_of_no_use() {
    let (service, _, phone, browser) = alice().await;
    let first = browser.post("/activations", again(&phone)).await.good();
    let second = browser.post("/activations", again(&phone)).await.good();
    assert_eq!(state(&browser, &first).await, "cancelled");
    assert!(scan(&service, &browser, &first).await.is_none());
    let news = browser.delete(&path(&second)).await.good();
    assert_eq!(news["state"], "cancelled");
    assert!(scan(&service, &browser, &second).await.is_none());
    let third = browser.post("/activations", again(&phone)).await.good();
    scan(&service, &browser, &third).await.unwrap();
    let news = browser.delete(&path(&third)).await.good();
    assert_eq!(news["state"], "done", "too late to cancel");
}

#[tokio::test]
async fn d3_old_keys_work_until_the_new_have_finished() {
    let (service, alice, old, browser) = alice().await;
    let spare = service.phone(&alice).await;
    let id = &old.device.id;
    let body = json!({ "name": "My own" });
    browser
        .put(&format!("/devices/{id}/name"), body)
        .await
        .good();
    let other = Client::browser(&service);
    other.sign_in("alice").await;
    let vpn = service.integration(0).await;
    let made = browser.post("/activations", again(&old)).await.good();
    assert_eq!(made["device"], id.as_str());
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&old).await;
    let verdict = service
        .answer(&old.answer(&pending, Choice::Approve, None))
        .await;
    assert!(matches!(verdict, Verdict::Decide { .. }), "{verdict:?}");
    service.status(&vpn, &txid).await;
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&old).await;

    let fresh = scan(&service, &browser, &made).await.unwrap();
    assert!(fresh.reactivated && &fresh.device.id == id);
    let verdict = service
        .answer(&old.answer(&pending, Choice::Approve, None))
        .await;
    assert_eq!(verdict, Verdict::Refuse(AnswerRefusal::Unauthorized));
    let done = browser.get(&path(&made)).await.good()["done"].clone();
    assert_eq!(
        (&done["name"], &done["default"]),
        (&json!("My own"), &json!(true))
    );
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&fresh).await;
    let verdict = service
        .answer(&fresh.answer(&pending, Choice::Approve, None))
        .await;
    assert!(matches!(verdict, Verdict::Decide { .. }), "{verdict:?}");
    other.get("/session").await.refused(401, "signed_out");
    browser.session().await;
    drop(spare);
}

#[tokio::test]
async fn d3_a_phone_that_still_signs_with_replaced_keys_shows_once_its_successor_is_silent() {
    let (service, _, old, browser) = alice().await;
    let made = browser.post("/activations", again(&old)).await.good();
    let fresh = scan(&service, &browser, &made).await.unwrap();
    let standing = || async { browser.session().await["devices"][0]["standing"].clone() };
    let status = |phone: &Phone| {
        let call = list_call(&service, phone);
        let browser = &browser;
        async move { browser.send(call).await.status.as_u16() }
    };
    assert_eq!(status(&old).await, 401);
    assert_eq!(
        standing().await,
        "works",
        "the successor was just activated"
    );
    service.clock.advance(6 * MINUTE_MS);
    assert_eq!(status(&fresh).await, 200);
    assert_eq!(status(&old).await, 401);
    assert_eq!(standing().await, "works", "the successor calls");
    service.clock.advance(6 * MINUTE_MS);
    assert_eq!(status(&old).await, 401);
    assert_eq!(standing().await, "needs_reactivating");
    assert_eq!(status(&fresh).await, 200);
    assert_eq!(standing().await, "works");
    // Whoever holds neither key tells nothing
    let mut stranger = list_call(&service, &old);
    let forged = authorization(old.device.id.as_str(), &[7; 64]);
    stranger
        .headers_mut()
        .insert("authorization", forged.parse().unwrap());
    service.clock.advance(6 * MINUTE_MS);
    assert_eq!(browser.send(stranger).await.status.as_u16(), 401);
    assert_eq!(standing().await, "works");
}

#[tokio::test]
async fn a2_a_code_is_followed_by_its_session_alone_and_ends_with_it() {
    let (service, _, phone, browser) = alice().await;
    let made = browser.post("/activations", again(&phone)).await.good();
    let other = Client::browser(&service);
    other.open(&service, "alice", &phone).await;
    other.get(&path(&made)).await.refused(404, "not_found");
    other.delete(&path(&made)).await.refused(404, "not_found");
    browser.delete("/session").await;
    assert!(scan(&service, &browser, &made).await.is_none());
}

#[tokio::test]
async fn a3_a_password_alone_adds_nothing() {
    let (service, _, phone, _) = alice().await;
    let half = Client::browser(&service);
    half.sign_in("alice").await;
    for (route, body) in [
        ("/activations", again(&phone)),
        ("/activations", new("phone", "ios")),
        (
            "/numbers",
            json!({ "number": "07400 123471", "landline": false, "extension": null }),
        ),
        ("/landlines", json!({ "number": "x" })),
    ] {
        half.post(route, body).await.refused(403, "proof_needed");
    }
}

#[tokio::test]
async fn a4_where_enrolment_is_closed_nobody_adds_the_first_device_by_themselves() {
    let service = Service::start().await;
    service.person("alice").await;
    let browser = Client::browser(&service);
    let view = browser.sign_in("alice").await;
    assert_eq!(view["stage"], "prove");
    let reply = browser.post("/activations", new("phone", "ios")).await;
    reply.refused(403, "enrolment_closed");
}

#[tokio::test]
async fn a4_where_it_is_open_one_device_is_added_and_the_second_needs_a_proof() {
    let service = Service::at_site(|site| site.enrolment = Enrolment::Open).await;
    let alice = service.person("alice").await;
    let browser = Client::browser(&service);
    let view = browser.sign_in("alice").await;
    assert_eq!(view["stage"], "first_device");
    let first = browser
        .post("/activations", new("phone", "ios"))
        .await
        .good();
    let second = browser
        .post("/activations", new("phone", "ios"))
        .await
        .good();
    let phone = scan(&service, &browser, &first).await.unwrap();
    assert_eq!(state(&browser, &first).await, "done");
    assert!(
        scan(&service, &browser, &second).await.is_none(),
        "there is a device by now"
    );
    let view = browser.session().await;
    assert_eq!(view["stage"], "prove");
    assert_eq!(view["devices"].as_array().unwrap().len(), 1);
    let reply = browser.post("/activations", new("phone", "ios")).await;
    reply.refused(403, "proof_needed");
    browser.prove(&service, &phone).await;
    browser
        .post("/activations", new("phone", "ios"))
        .await
        .good();
    // Whoever had a device once does not begin anew by the password alone
    let removed = service
        .core
        .remove_device(&alice, &phone.device.id, OPERATOR);
    assert!(removed.await.unwrap());
    let view = browser.sign_in("alice").await;
    assert_eq!(view["stage"], "prove");
}

#[tokio::test]
async fn a5_used_expired_and_unknown_codes_are_answered_alike() {
    let (service, _, phone, browser) = alice().await;
    let used = browser.post("/activations", again(&phone)).await.good();
    scan(&service, &browser, &used).await.unwrap();
    let expired = browser
        .post("/activations", new("phone", "ios"))
        .await
        .good();
    service.clock.advance(10 * MINUTE_MS);
    for text in [code(&used), code(&expired)] {
        let ask = activation_ask(&text, &key());
        let outcome = service.core.activate(&ask).await.unwrap();
        assert!(matches!(outcome, ActivationOutcome::UnknownCode));
    }
    let unknown = ActivationCode::make(&SystemRandom::new()).unwrap();
    let outcome = service
        .core
        .activate(&activation_ask(&unknown, &key()))
        .await;
    assert!(matches!(outcome.unwrap(), ActivationOutcome::UnknownCode));
    assert_eq!(service.audit_count("device.reactivate", "done").await, 1);
}
