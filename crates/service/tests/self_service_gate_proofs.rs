//! Rows S2, S4, S7, C4 and C5 for the proofs of self-service: what confirms one, what does not, and how it ends.

use crate::common;

use std::sync::Arc;

use common::client::{Client, Reply};
use common::{Phone, START, Service};
use countersign_protocol::time::UnixMillis;
use countersign_service::challenge::{AnswerRefusal, Choice, Verdict};
use countersign_service::device_api::TestAsked;
use countersign_service::model::User;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::MINUTE_MS;
use serde_json::{Value, json};

/// Alice, signed in, with her phone.
async fn alice() -> (Service, User, Phone, Client) {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let phone = service.phone(&alice).await;
    let browser = Client::browser(&service);
    browser.sign_in("alice").await;
    (service, alice, phone, browser)
}

fn path(proof: &Value) -> String {
    format!("/proofs/{}", proof["id"].as_str().unwrap())
}

async fn state(browser: &Client, proof: &Value) -> Value {
    browser.get(&path(proof)).await.good()["state"].clone()
}

#[tokio::test]
async fn c4_a_proof_asks_for_six_digits_whatever_the_applications_allow() {
    let (service, _, phone, browser) = alice().await;
    service.integration(0).await;
    let proof = browser.ask(&phone).await;
    assert_eq!(proof["state"], "waiting");
    assert_eq!(proof["name"], phone.device.name);
    let number = proof["number"].as_str().unwrap();
    assert!(number.len() == 6 && number.bytes().all(|b| b.is_ascii_digit()));
    let pending = service.one_pending(&phone).await;
    assert_eq!(pending.request.number.digits, 6);
    assert_eq!(pending.context.kind, "Self-service");
    assert_eq!(pending.context.summary, "My Settings & Devices");
    let without = phone.answer(&pending, Choice::Approve, None);
    let field = AnswerRefusal::Field("step_up_code");
    assert_eq!(service.answer(&without).await, Verdict::Refuse(field));
    assert_eq!(state(&browser, &proof).await, "waiting");
    let typed = phone.answer(&pending, Choice::Approve, Some(number));
    service.answer(&typed).await;
    let news = browser.get(&path(&proof)).await.good();
    assert_eq!(
        (&news["state"], &news["number"]),
        (&json!("confirmed"), &Value::Null)
    );
    assert_eq!(news["revision"], 2);
    assert_eq!(service.audit_count("self_service.proof", "push").await, 1);
    // The device was told nothing of the number
    assert!(!format!("{:?}", pending.context).contains(number));
}

#[tokio::test]
async fn c4_two_wrong_numbers_end_a_proof() {
    let (service, _, phone, browser) = alice().await;
    let proof = browser.ask(&phone).await;
    let number = proof["number"].as_str().unwrap();
    let wrong = if number == "000000" {
        "000001"
    } else {
        "000000"
    };
    let pending = service.one_pending(&phone).await;
    for expected in ["waiting", "wrong_number", "wrong_number"] {
        service
            .answer(&phone.answer(&pending, Choice::Approve, Some(wrong)))
            .await;
        assert_eq!(state(&browser, &proof).await, expected);
    }
    service
        .answer(&phone.answer(&pending, Choice::Approve, Some(number)))
        .await;
    assert_eq!(state(&browser, &proof).await, "wrong_number");
    assert_eq!(browser.session().await["stage"], "prove");
}

#[tokio::test]
async fn c4_only_a_device_that_signs_the_number_is_asked() {
    let service = Service::start().await;
    let alice = service.person("alice").await;
    let legacy = service.legacy_phone(&alice).await;
    let browser = Client::browser(&service);
    let view = browser.sign_in("alice").await;
    assert_eq!(
        view["ways"].as_array().unwrap().len(),
        1,
        "a passcode alone: {view}"
    );
    let wanted = json!({ "way": "push", "device": legacy.device.id.as_str() });
    browser
        .post("/proofs", wanted)
        .await
        .refused(409, "cannot_do_that");
}

#[tokio::test]
async fn c4_a_test_request_confirms_no_proof_and_a_proof_no_test() {
    let (service, _, phone, browser) = alice().await;
    let proof = browser.ask(&phone).await;
    service.clock.advance(1);
    let asked = service.core.make_test_request(&phone.device).await.unwrap();
    assert!(matches!(asked, TestAsked::Made(_)));
    let pending = service.pending(&phone).await;
    assert_eq!(pending.len(), 2);
    service
        .answer(&phone.answer(&pending[1], Choice::Approve, None))
        .await;
    assert_eq!(state(&browser, &proof).await, "waiting");
    assert_eq!(browser.session().await["stage"], "prove");
    let number = proof["number"].as_str();
    service
        .answer(&phone.answer(&pending[0], Choice::Approve, number))
        .await;
    assert_eq!(state(&browser, &proof).await, "confirmed");
}

#[tokio::test]
async fn c5_unanswered_proofs_pause_pushes_and_a_passcode_goes_on() {
    let (service, _, phone, browser) = alice().await;
    for _ in 0..5 {
        let proof = browser.ask(&phone).await;
        service.clock.advance(MINUTE_MS);
        assert_eq!(state(&browser, &proof).await, "unreached");
    }
    let wanted = json!({ "way": "push", "device": phone.device.id.as_str() });
    let refused = browser.post("/proofs", wanted).await;
    refused.refused(429, "too_many");
    assert_eq!(refused.body["until"], START.0 + 35 * MINUTE_MS);
    assert_eq!(service.audit_count("request.ask", "paused").await, 1);
    let view = browser.session().await;
    assert_eq!(view["ways"][0]["kind"], "passcode");
    assert_eq!(view["ways"][0]["best"], true);
    let code = phone.code_at(UnixMillis(START.0 + 5 * MINUTE_MS));
    assert_eq!(
        browser.try_passcode(&code).await.good()["state"],
        "confirmed"
    );
    // A success resets
    browser.ask(&phone).await;
}

#[tokio::test]
async fn c5_a_report_pauses_pushes() {
    let (service, _, phone, browser) = alice().await;
    let proof = browser.ask(&phone).await;
    let pending = service.one_pending(&phone).await;
    service
        .answer(&phone.answer(&pending, Choice::DenyAndReport, None))
        .await;
    assert_eq!(state(&browser, &proof).await, "reported");
    let wanted = json!({ "way": "push", "device": phone.device.id.as_str() });
    browser
        .post("/proofs", wanted)
        .await
        .refused(429, "too_many");
}

#[tokio::test]
async fn a_proof_tells_how_it_ended() {
    let (service, _, phone, browser) = alice().await;
    let denied = browser.ask(&phone).await;
    let pending = service.one_pending(&phone).await;
    service
        .answer(&phone.answer(&pending, Choice::Deny, None))
        .await;
    assert_eq!(state(&browser, &denied).await, "denied");
    let cancelled = browser.ask(&phone).await;
    let reply = browser.delete(&path(&cancelled)).await.good();
    assert_eq!(
        (&reply["state"], &reply["number"]),
        (&json!("cancelled"), &Value::Null)
    );
    assert!(
        service.pending(&phone).await.is_empty(),
        "the phone forgets it"
    );
    let again = browser.delete(&path(&cancelled)).await.good();
    assert_eq!(again, reply);
    let unreached = browser.ask(&phone).await;
    service.clock.advance(MINUTE_MS);
    assert_eq!(state(&browser, &unreached).await, "unreached");
    let expired = browser.ask(&phone).await;
    assert_eq!(service.pending(&phone).await.len(), 1);
    service.clock.advance(MINUTE_MS);
    service.core.tidy().await.unwrap();
    assert_eq!(state(&browser, &expired).await, "expired");
    assert_eq!(browser.session().await["stage"], "prove");
}

#[tokio::test]
async fn there_is_one_proof_at_a_time() {
    let (service, _, phone, browser) = alice().await;
    let first = browser.ask(&phone).await;
    let stale = service.one_pending(&phone).await;
    let second = browser.ask(&phone).await;
    assert_eq!(state(&browser, &first).await, "cancelled");
    assert_eq!(service.pending(&phone).await.len(), 1);
    let number = first["number"].as_str();
    let answer = phone.answer(&stale, Choice::Approve, number);
    let unknown = Verdict::Refuse(AnswerRefusal::Unknown);
    assert_eq!(service.answer(&answer).await, unknown);
    assert_eq!(state(&browser, &second).await, "waiting");
    // Signing out ends it too
    browser.delete("/session").await;
    assert!(service.pending(&phone).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_call_answers_as_soon_as_the_phone_does() {
    let (service, _, phone, browser) = alice().await;
    let proof = browser.ask(&phone).await;
    let held = format!("{}?after={}", path(&proof), proof["revision"]);
    let begun = tokio::time::Instant::now();
    let (news, ()) = tokio::join!(browser.get(&held), async {
        let pending = service.one_pending(&phone).await;
        let answer = phone.answer(&pending, Choice::Approve, proof["number"].as_str());
        service.answer(&answer).await;
    });
    assert_eq!(news.good()["state"], "confirmed");
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(5),
        "it was woken"
    );
    assert_eq!(browser.session().await["stage"], "open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s7_of_two_hundred_who_ask_one_gets_the_new_token() {
    let (service, _, phone, browser) = alice().await;
    let proof = browser.ask(&phone).await;
    let pending = service.one_pending(&phone).await;
    let answer = phone.answer(&pending, Choice::Approve, proof["number"].as_str());
    service.answer(&answer).await;
    let before = browser.jar();
    let browser = Arc::new(browser);
    let asks: Vec<_> = (0..200)
        .map(|_| {
            let (browser, path, jar) = (browser.clone(), path(&proof), before.clone());
            tokio::spawn(async move {
                browser.set_jar(jar);
                browser.get(&path).await
            })
        })
        .collect();
    let mut given = 0;
    for ask in asks {
        let reply: Reply = ask.await.unwrap();
        assert!(
            matches!(reply.status.as_u16(), 200 | 401),
            "{}",
            reply.status
        );
        given += usize::from(reply.headers.contains_key("set-cookie"));
    }
    assert_eq!(given, 1);
    assert_eq!(service.audit_count("self_service.proof", "push").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s2_of_two_hundred_parallel_guesses_five_are_looked_at() {
    let (service, _, _, browser) = alice().await;
    let other = Client::browser(&service);
    other.sign_in("alice").await;
    let clients = [Arc::new(browser), Arc::new(other)];
    let guesses: Vec<_> = (0..200)
        .map(|n| {
            let client = clients[n % 2].clone();
            tokio::spawn(async move { client.try_passcode(&format!("{n:06}")).await })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        let reply = guess.await.unwrap();
        if reply.status == 422 {
            looked_at += 1;
        } else {
            reply.refused(429, "locked");
        }
    }
    assert_eq!(looked_at, 5);
    assert_eq!(service.audit_count("passcode.check", "wrong").await, 5);
}

#[tokio::test]
async fn s2_a_guess_in_self_service_counts_with_those_of_applications() {
    let (service, _, phone, browser) = alice().await;
    let vpn = service.integration(0).await;
    for _ in 0..4 {
        service.passcode(&vpn, "alice", "000000").await.unwrap();
    }
    let reply = browser.try_passcode("000000").await;
    reply.refused(422, "wrong_passcode");
    assert_eq!(reply.body["number"], 5);
    let code = phone.code_at(START);
    browser.try_passcode(&code).await.refused(429, "locked");
    assert_eq!(
        service.passcode(&vpn, "alice", &code).await.unwrap().status,
        "locked_out"
    );
}

#[tokio::test]
async fn o4_a_passcode_proves_once_and_is_told_apart_when_it_is_typed_again() {
    let (service, _, phone, browser) = alice().await;
    let code = phone.code_at(START);
    let view = browser.try_passcode(&code).await.good();
    assert_eq!(
        (&view["way"], &view["state"]),
        (&json!("passcode"), &json!("confirmed"))
    );
    assert_eq!(browser.session().await["stage"], "open");
    browser
        .try_passcode(&code)
        .await
        .refused(422, "passcode_used");
    browser
        .try_passcode("12345")
        .await
        .refused(422, "wrong_passcode");
    let vpn = service.integration(0).await;
    let used = service.passcode(&vpn, "alice", &code).await.unwrap();
    assert_eq!(used.status, "deny");
}

#[tokio::test]
async fn o7_a_bypass_code_proves_once_and_for_its_own_person() {
    let (service, alice, _, browser) = alice().await;
    let mallory = service.person("mallory").await;
    let codes = service
        .core
        .make_bypass_codes(&alice, 1, OPERATOR)
        .await
        .unwrap();
    service
        .core
        .make_bypass_codes(&mallory, 1, OPERATOR)
        .await
        .unwrap();
    let stranger = Client::browser(&service);
    stranger.sign_in("mallory").await;
    stranger
        .try_passcode(&codes.codes[0])
        .await
        .refused(422, "wrong_passcode");
    assert_eq!(
        browser.try_passcode(&codes.codes[0]).await.good()["state"],
        "confirmed"
    );
    browser
        .try_passcode(&codes.codes[0])
        .await
        .refused(422, "passcode_used");
    assert_eq!(
        service.audit_count("passcode.check", "bypass_code").await,
        1
    );
}

#[tokio::test]
async fn s4_proofs_and_devices_of_others_are_not_there() {
    let (service, _, phone, browser) = alice().await;
    let proof = browser.ask(&phone).await;
    let mallory = service.person("mallory").await;
    let hers = service.phone(&mallory).await;
    let stranger = Client::browser(&service);
    stranger.sign_in("mallory").await;
    let same_person = Client::browser(&service);
    same_person.sign_in("alice").await;
    for client in [&stranger, &same_person] {
        client.get(&path(&proof)).await.refused(404, "not_found");
        client
            .get(&format!("{}?after=1", path(&proof)))
            .await
            .refused(404, "not_found");
        client.delete(&path(&proof)).await.refused(404, "not_found");
    }
    for device in [hers.device.id.as_str(), "DPAAAAAAAAAAAAAAAAAA", "x", ""] {
        let wanted = json!({ "way": "push", "device": device });
        browser
            .post("/proofs", wanted)
            .await
            .refused(404, "not_found");
    }
    assert_eq!(state(&browser, &proof).await, "waiting");
    assert!(service.pending(&hers).await.is_empty());
}

#[tokio::test]
async fn s1_the_five_minutes_count_from_the_yes() {
    let (service, _, phone, browser) = alice().await;
    let proof = browser.ask(&phone).await;
    let pending = service.one_pending(&phone).await;
    let answer = phone.answer(&pending, Choice::Approve, proof["number"].as_str());
    service.answer(&answer).await;
    service.clock.advance(6 * MINUTE_MS);
    assert_eq!(state(&browser, &proof).await, "confirmed");
    let view = browser.session().await;
    assert_eq!(view["stage"], "open");
    assert_eq!(view["proven_until"], START.0 + 5 * MINUTE_MS);
}
