//! Rows H2, H3, S6 and A4, PH2, PH14 and PH15: landlines, and proving by a call.

use crate::common;

use std::time::Duration;

use common::client::Client;
use common::hospital::{Hospital, LANDLINE, MOBILE, call};
use countersign_service::access::AsUser;
use countersign_service::carrier::limits::Limits;
use countersign_service::clock::Clock as _;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{Enrolment, MINUTE_MS, YOUNG_MS};
use serde_json::{Value, json};

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
async fn ph02_a_mobile_phone_without_the_app_is_called_and_stays_a_mobile_phone() {
    let site = Hospital::start().await;
    let (alice, _, browser) = site.alice().await;
    let number = site.confirmed(&browser, MOBILE, false).await;
    let view = browser
        .post("/landlines", json!({ "number": number }))
        .await
        .good();
    let device = &view["devices"][1];
    assert_eq!(
        (&device["kind"], &device["name"], &device["standing"]),
        (
            &json!("phone"),
            &json!("Mobile phone"),
            &json!("calls_only")
        )
    );
    assert_eq!(
        (&device["push"], &device["passcode"], &device["call"]),
        (&json!(false), &json!(false), &json!(true))
    );
    let ways = view["ways"].as_array().unwrap();
    let mut calls = ways.iter().filter(|way| way["kind"] == "call");
    assert_eq!(calls.next().unwrap()["device"], device["id"]);
    // It makes no passcodes, so none of its is ever looked for
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

/// A site that calls somebody more often than three times within an hour who does not confirm.
async fn with_room_for_failures() -> Hospital {
    let limits = Limits {
        person_an_hour: 10,
        number_a_day: 10,
        ..Limits::calls()
    };
    Hospital::limited(limits).await
}

#[tokio::test]
async fn ph14_a_call_proves_when_the_number_on_the_page_is_typed_on_the_keypad() {
    let site = with_room_for_failures().await;
    let (_, _, browser) = site.alice().await;
    site.phone_with(&browser, MOBILE).await;
    let half = Client::browser(&site.service);
    for (keys, typed, expected) in [
        ("1", "hangup", "denied"),
        ("", "hangup", "no_answer"),
        ("000000000001", "keys", "wrong_number"),
        ("", "right", "confirmed"),
        ("*", "keys", "reported"),
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
    let site = with_room_for_failures().await;
    let (_, _, browser) = site.alice().await;
    let added = site.phone_with(&browser, MOBILE).await;
    let half = Client::browser(&site.service);
    half.sign_in("alice").await;
    for _ in 0..5 {
        let proof = call(&site, &half, MOBILE, "1", "hangup").await;
        assert_eq!(proof["state"], "denied");
    }
    let wanted = json!({ "way": "call", "device": added.device.id.as_str() });
    half.post("/proofs", wanted).await.refused(429, "too_many");
    let ways = half.session().await["ways"].clone();
    let paused = ways
        .as_array()
        .unwrap()
        .iter()
        .find(|way| way["kind"] == "call");
    assert_eq!(paused.unwrap()["why_not"], "paused");
    assert_ne!(ways[0]["kind"], "call", "what works comes first");
    site.service.clock.advance(30 * MINUTE_MS);
    half.sign_in("alice").await;
    let proof = call(&site, &half, MOBILE, "", "right").await;
    assert_eq!(proof["state"], "confirmed");
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
