//! Rows S3, S4, S6 and C9, PH3, PH5, PH6 and PH20: what a person does with their own devices.

use crate::common;

use std::sync::Arc;

use axum::http::Method;
use common::client::Client;
use common::{ADDRESS, Phone, Service, ask};
use countersign_service::challenge::{AnswerRefusal, Choice, Verdict};
use countersign_service::model::{DeviceState, User};
use countersign_service::policy::{MINUTE_MS, YOUNG_MS};
use countersign_service::preauth::PreauthAsk;
use countersign_service::request::{Outcome, RequestState};
use countersign_service::sign_in::{AskedFactor, Begun, UserRef};
use serde_json::{Value, json};

/// Alice with a phone, and after a day with another; open in a browser by the first.
async fn alice_with_two() -> (Service, User, Phone, Phone, Client) {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let first = service.phone(&alice).await;
    service.clock.advance(YOUNG_MS);
    let second = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &first).await;
    (service, alice, first, second, browser)
}

fn device(phone: &Phone, rest: &str) -> String {
    format!("/devices/{}{rest}", phone.device.id)
}

/// The ids of a session's devices, in their order.
fn ids(view: &Value) -> Vec<&str> {
    let devices = view["devices"].as_array().unwrap();
    devices
        .iter()
        .map(|device| device["id"].as_str().unwrap())
        .collect()
}

async fn removed(service: &Service, phone: &Phone) -> bool {
    let device = service.core.store.device(&phone.device.id).await.unwrap();
    device.unwrap().state == DeviceState::Removed
}

#[tokio::test]
async fn ph03_a_device_gets_another_name_and_no_two_have_one() {
    let (_service, _, first, second, browser) = alice_with_two().await;
    let view = browser.session().await;
    assert_eq!(view["devices"][0]["name"], "Ward phone");
    assert_eq!(view["devices"][1]["name"], "Ward phone 2");
    let rename = |phone: &Phone, name: &str| {
        let (path, body) = (device(phone, "/name"), json!({ "name": name }));
        let browser = &browser;
        async move { browser.put(&path, body).await }
    };
    let view = rename(&first, "  My\u{202e} phone ").await.good();
    assert_eq!(view["devices"][0]["name"], "My phone");
    rename(&second, "my PHONE").await.refused(409, "name_taken");
    rename(&first, "MY phone").await.good();
    for bad in ["", "  \u{200b} ", &"x".repeat(41)] {
        rename(&second, bad).await.refused(422, "bad_name");
    }
    let view = browser.session().await;
    assert_eq!(view["devices"][1]["name"], "Ward phone 2");
}

#[tokio::test]
async fn ph05_the_default_comes_first_at_applications_and_is_what_auto_means() {
    let (service, _, first, second, browser) = alice_with_two().await;
    let vpn = service.integration(0).await;
    let preauth = PreauthAsk {
        user: UserRef::Name("alice".into()),
        address: ADDRESS.into(),
        can_show_number: false,
    };
    let mut expected = [&first, &second];
    for round in 0..2 {
        let listed = service.core.preauth(&vpn, &preauth).await.unwrap();
        let listed: Vec<_> = listed
            .devices
            .iter()
            .map(|listed| listed.device.id.clone())
            .collect();
        assert_eq!(listed, expected.map(|phone| phone.device.id.clone()));
        let begun = service
            .core
            .begin(&vpn, &ask("alice", AskedFactor::Auto))
            .await
            .unwrap();
        assert!(matches!(begun, Begun::Waiting(_)));
        let pending = service.one_pending(expected[0]).await;
        service
            .answer(&expected[0].answer(&pending, Choice::Approve, None))
            .await;
        if round == 0 {
            let body = json!({ "first": "push" });
            let view = browser.put(&device(&second, "/first"), body).await.good();
            expected.reverse();
            assert_eq!(view["devices"][0]["default"], true);
            assert_eq!(view["devices"][1]["default"], false);
        }
    }
}

#[tokio::test]
async fn ph20_what_happens_first_is_kept_and_what_cannot_happen_is_refused() {
    let (_service, _, first, _, browser) = alice_with_two().await;
    for (wanted, refused) in [("ask", false), ("push", false), ("call", true)] {
        let reply = browser
            .put(&device(&first, "/first"), json!({ "first": wanted }))
            .await;
        if refused {
            reply.refused(409, "cannot_do_that");
        } else {
            assert_eq!(reply.good()["devices"][0]["first"], wanted);
        }
    }
    assert_eq!(browser.session().await["devices"][0]["first"], "push");
}

#[tokio::test]
async fn ph06_when_the_default_is_removed_the_longest_serving_follows() {
    let (service, alice, first, second, browser) = alice_with_two().await;
    service.clock.advance(1);
    let third = service.phone(&alice).await;
    let body = json!({ "first": "push" });
    let view = browser.put(&device(&second, "/first"), body).await.good();
    let order = [&second, &first, &third].map(|phone| phone.device.id.as_str());
    assert_eq!(ids(&view), order);
    let view = browser.delete(&device(&second, "")).await.good();
    assert_eq!(ids(&view), [order[1], order[2]]);
    assert_eq!(view["devices"][0]["default"], true);
    assert_eq!(service.audit_count("device.remove", "done").await, 1);
}

#[tokio::test]
async fn s3_the_last_way_stays() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let only = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &only).await;
    let refused = browser.delete(&device(&only, "")).await;
    refused.refused(409, "last_way");
    assert!(!removed(&service, &only).await);
    assert_eq!(service.audit_count("device.remove", "refused").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s3_two_parallel_removals_leave_one_device() {
    const ROUNDS: usize = 500;
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let kept = service.phone(&alice).await;
    let browser = Arc::new(Client::browser(&service));
    browser.sign_in("alice").await;
    let mut kept = kept.device.id.clone();
    for round in 0..ROUNDS {
        let other = service.phone(&alice).await;
        if round % 100 == 0 {
            // A bypass code is nobody's device, so neither of the two is too young
            service.clock.advance(MINUTE_MS);
            let codes = service.core.make_bypass_codes(&alice, 1, "test").await;
            let code = codes.unwrap().codes[0].to_string();
            browser.try_passcode(&code).await.good();
        }
        let races = [&kept, &other.device.id].map(|id| {
            let (browser, path) = (browser.clone(), format!("/devices/{id}"));
            tokio::spawn(async move { browser.delete(&path).await })
        });
        let mut refused = 0;
        for race in races {
            let reply = race.await.unwrap();
            if !reply.status.is_success() {
                reply.refused(409, "last_way");
                refused += 1;
            }
        }
        assert_eq!(refused, 1, "round {round}");
        let left = browser.session().await;
        let left = ids(&left);
        assert_eq!(left.len(), 1, "round {round}");
        if left[0] != kept.as_str() {
            kept = other.device.id;
        }
    }
    let done = service.audit_count("device.remove", "done").await;
    assert_eq!(done, ROUNDS);
}

#[tokio::test]
async fn s6_a_young_device_removes_what_is_younger_and_nothing_older_for_a_day() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let old = service.phone(&alice).await;
    service.clock.advance(MINUTE_MS);
    let young = service.phone(&alice).await;
    service.clock.advance(MINUTE_MS);
    let younger = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.open(&service, "alice", &young).await;
    let refused = browser.delete(&device(&old, "")).await;
    refused.refused(403, "proof_too_young");
    browser.delete(&device(&younger, "")).await.good();
    service.clock.advance(YOUNG_MS - MINUTE_MS - 1);
    browser.open(&service, "alice", &young).await;
    let refused = browser.delete(&device(&old, "")).await;
    refused.refused(403, "proof_too_young");
    service.clock.advance(1);
    browser.delete(&device(&old, "")).await.good();
    assert!(removed(&service, &old).await && removed(&service, &younger).await);
    assert!(!removed(&service, &young).await);
}

#[tokio::test]
async fn s1_a_removal_needs_a_proof_of_the_last_five_minutes() {
    let (service, _, _, second, browser) = alice_with_two().await;
    service.clock.advance(5 * MINUTE_MS + 1000);
    let refused = browser.delete(&device(&second, "")).await;
    refused.refused(403, "proof_needed");
    assert!(!removed(&service, &second).await);
    let half = Client::browser(&service);
    half.sign_in("alice").await;
    for (method, rest, body) in [
        (Method::DELETE, "", None),
        (Method::PUT, "/name", Some(json!({ "name": "x" }))),
        (Method::PUT, "/first", Some(json!({ "first": "ask" }))),
        (Method::POST, "/test", None),
    ] {
        let reply = half.call(method, &device(&second, rest), body).await;
        reply.refused(403, "proof_needed");
    }
}

#[tokio::test]
async fn c9_a_removal_ends_open_requests_activations_and_other_sessions() {
    let (service, _, _first, second, browser) = alice_with_two().await;
    let other = Client::browser(&service);
    let app = Client::app_of(&service, &second);
    other.sign_in("alice").await;
    app.sign_in("alice").await;
    let test = browser
        .post(&device(&second, "/test"), json!({}))
        .await
        .good();
    let pending = service.one_pending(&second).await;
    let again =
        json!({ "for": "again", "device": second.device.id.as_str(), "platform": "android" });
    let activation = browser.post("/activations", again).await.good();
    browser.delete(&device(&second, "")).await.good();
    let answer = second.answer(&pending, Choice::Approve, None);
    let verdict = service.answer(&answer).await;
    assert_eq!(verdict, Verdict::Refuse(AnswerRefusal::Unauthorized));
    let test = browser
        .get(&format!("/tests/{}", test["id"].as_str().unwrap()))
        .await
        .good();
    assert_eq!(test["state"], "expired");
    let path = format!("/activations/{}", activation["id"].as_str().unwrap());
    assert_eq!(browser.get(&path).await.good()["state"], "cancelled");
    for ended in [&other, &app] {
        ended.get("/session").await.refused(401, "signed_out");
    }
    browser.session().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c9_a_removal_between_fetch_and_answer_never_lets_in() {
    const ROUNDS: usize = 200;
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let first = service.phone(&alice).await;
    service.clock.advance(YOUNG_MS);
    let vpn = service.integration(0).await;
    let browser = Arc::new(Client::browser(&service));
    for round in 0..ROUNDS {
        if round % 50 == 0 {
            service.clock.advance(MINUTE_MS);
            browser.open(&service, "alice", &first).await;
        }
        let second = service.phone(&alice).await;
        let mut asked = ask("alice", AskedFactor::Push);
        asked.device =
            countersign_service::sign_in::DeviceChoice::Id(second.device.id.as_str().to_owned());
        let Begun::Waiting(txid) = service.core.begin(&vpn, &asked).await.unwrap() else {
            panic!("not asked");
        };
        let pending = service.one_pending(&second).await;
        let answer = second.answer(&pending, Choice::Approve, None);
        let core = service.core.clone();
        let answering = tokio::spawn(async move { core.answer(&answer).await.unwrap().verdict });
        let (removing, path) = (browser.clone(), device(&second, ""));
        let removing = tokio::spawn(async move { removing.delete(&path).await });
        answering.await.unwrap();
        removing.await.unwrap().good();
        let scope = countersign_service::access::AsIntegration::of(&vpn);
        let request = service.core.store.request(&scope, &txid).await.unwrap();
        let RequestState::Decided(decision) = request.unwrap().state else {
            panic!("round {round}: open after the removal");
        };
        assert_eq!(decision.outcome, Outcome::Cancelled, "round {round}");
    }
}

#[tokio::test]
async fn ph21_a_test_comes_back_and_its_page_is_held_until_then() {
    let (service, _, first, _, browser) = alice_with_two().await;
    let browser = Arc::new(browser);
    for (choice, expected) in [(Choice::Approve, "approved"), (Choice::Deny, "denied")] {
        let test = browser
            .post(&device(&first, "/test"), json!({}))
            .await
            .good();
        assert_eq!(
            (&test["state"], &test["revision"]),
            (&json!("waiting"), &json!(0))
        );
        assert_eq!(test["arrived"], false);
        let path = format!("/tests/{}", test["id"].as_str().unwrap());
        let held = |after: u32| {
            let (browser, path) = (browser.clone(), format!("{path}?after={after}"));
            tokio::spawn(async move { browser.get(&path).await })
        };
        // The page hears that the phone has it, then what became of it
        let arriving = held(0);
        let pending = service.one_pending(&first).await;
        let news = arriving.await.unwrap().good();
        assert_eq!(
            (&news["state"], &news["arrived"], &news["revision"]),
            (&json!("waiting"), &json!(true), &json!(1))
        );
        let answering = held(1);
        service.answer(&first.answer(&pending, choice, None)).await;
        assert_eq!(answering.await.unwrap().good()["state"], expected);
    }
    assert_eq!(service.audit_count("request.test", "done").await, 2);
}

#[tokio::test]
async fn a_test_that_nothing_came_of_names_the_hop_at_which_it_broke() {
    let (service, _, first, _, browser) = alice_with_two().await;
    for arrives in [false, true] {
        let test = browser.post(&device(&first, "/test"), json!({})).await;
        let path = format!("/tests/{}", test.good()["id"].as_str().unwrap());
        if arrives {
            service.one_pending(&first).await;
        }
        service.clock.advance(MINUTE_MS);
        let news = browser.get(&path).await.good();
        assert_eq!(
            (&news["state"], &news["arrived"]),
            (&json!("expired"), &json!(arrives))
        );
    }
}

#[tokio::test]
async fn ph07_a_device_that_never_fetched_its_request_is_silent_until_it_is_heard_of() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    service.clock.advance(MINUTE_MS);
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    let standing = || async { browser.session().await["devices"][0]["standing"].clone() };
    browser.ask(&phone).await;
    assert_eq!(standing().await, "works");
    service.clock.advance(MINUTE_MS);
    assert_eq!(standing().await, "silent");
    service.core.tidy().await.unwrap();
    assert_eq!(standing().await, "silent");
    service.clock.advance(2 * YOUNG_MS);
    service.core.tidy().await.unwrap();
    browser.sign_in("alice").await;
    assert_eq!(standing().await, "silent", "however long ago");
    let scope = countersign_service::access::AsDevice::of(&phone.device);
    let now = countersign_service::clock::Clock::now(service.clock.as_ref());
    let nonce = "0".repeat(64);
    let fresh = service.core.store.use_nonce(&scope, &nonce, now).await;
    assert!(fresh.unwrap());
    assert_eq!(standing().await, "works");
    // One that was fetched and not answered tells nothing about the device
    browser.ask(&phone).await;
    service.pending(&phone).await;
    service.clock.advance(MINUTE_MS);
    assert_eq!(standing().await, "works");
}

#[tokio::test]
async fn s4_another_users_ids_are_unknown_on_every_route_and_verb() {
    let (service, _, first, second, browser) = alice_with_two().await;
    let mallory = service.person("mallory").await;
    let phone = service.phone(&mallory).await;
    service.clock.advance(YOUNG_MS);
    let spare = service.phone(&mallory).await;
    let other = Client::browser(&service);
    other.open(&service, "mallory", &phone).await;
    browser.open(&service, "alice", &first).await;
    let test = browser
        .post(&device(&first, "/test"), json!({}))
        .await
        .good();
    let again = json!({ "for": "again", "device": first.device.id.as_str(), "platform": "ios" });
    let activation = browser.post("/activations", again).await.good();
    let (test, activation) = (
        test["id"].as_str().unwrap(),
        activation["id"].as_str().unwrap(),
    );
    let before = browser.session().await["devices"].clone();
    let never = "DPZZZZZZZZZZZZZZZZZZ";
    for id in [
        second.device.id.as_str(),
        first.device.id.as_str(),
        never,
        "x",
    ] {
        for (method, path, body) in [
            (Method::DELETE, format!("/devices/{id}"), None),
            (
                Method::PUT,
                format!("/devices/{id}/name"),
                Some(json!({ "name": "Mine" })),
            ),
            (
                Method::PUT,
                format!("/devices/{id}/first"),
                Some(json!({ "first": "push" })),
            ),
            (Method::POST, format!("/devices/{id}/test"), Some(json!({}))),
            (
                Method::POST,
                "/activations".to_owned(),
                Some(json!({ "for": "again", "device": id, "platform": "ios" })),
            ),
            (
                Method::POST,
                "/proofs".to_owned(),
                Some(json!({ "way": "push", "device": id })),
            ),
            (
                Method::POST,
                "/proofs".to_owned(),
                Some(json!({ "way": "call", "device": id })),
            ),
        ] {
            let reply = other.call(method.clone(), &path, body).await;
            reply.refused(404, "not_found");
        }
    }
    for id in [test, "0".repeat(20).as_str()] {
        let reply = other.get(&format!("/tests/{id}")).await;
        reply.refused(404, "not_found");
    }
    for id in [activation, "0".repeat(20).as_str()] {
        for method in [Method::GET, Method::DELETE] {
            let reply = other
                .call(method, &format!("/activations/{id}"), None)
                .await;
            reply.refused(404, "not_found");
        }
        for (path, body) in [
            (
                format!("/activations/{id}/confirm"),
                json!({ "check": "123456" }),
            ),
            (format!("/activations/{id}/text"), json!({ "text": "x" })),
            (format!("/numbers/{id}/code"), json!({ "by": "text" })),
            (
                format!("/numbers/{id}/confirm"),
                json!({ "code": "123456" }),
            ),
            ("/landlines".to_owned(), json!({ "number": id })),
            (
                "/activations".to_owned(),
                json!({ "for": "new", "kind": "phone", "platform": "ios", "number": id }),
            ),
        ] {
            other.post(&path, body).await.refused(404, "not_found");
        }
    }
    assert_eq!(browser.session().await["devices"], before);
    assert!(!removed(&service, &spare).await);
    let path = format!("/activations/{activation}");
    assert_eq!(browser.get(&path).await.good()["state"], "waiting");
}
