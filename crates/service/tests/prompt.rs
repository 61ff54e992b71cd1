//! The sign-in prompt: who is asked what, by which ways they confirm, and what the application learns (PROMPT.md).

use crate::common;

use axum::http::StatusCode;
use common::hospital::{Hospital, MOBILE};
use common::prompt::{App, CALLBACK, STATE, location};
use common::{Phone, Service};
use countersign_service::challenge::Choice;
use countersign_service::clock::Clock as _;
use countersign_service::model::{User, UserStatus};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{Enrolment, IntegrationPolicy, MINUTE_MS};
use serde_json::{Value, json};

/// An application, and Alice with a phone.
async fn alice() -> (Service, User, Phone, App) {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    service.clock.advance(1);
    let app = App::new(&service).await;
    (service, alice, phone, app)
}

#[tokio::test]
async fn a_push_lets_somebody_in_and_the_application_learns_who() {
    let (service, alice, phone, app) = alice().await;
    // The name as the application writes it is not the name as we keep it
    let mut tab = app.send(&service, "HOSPITAL\\Alice").await;
    let view = tab.view().await;
    assert_eq!(view["application"], "Patient Records");
    assert_eq!(view["account"], "HOSPITAL\\Alice");
    assert_eq!(view["stage"], "open");
    assert_eq!(view["ways"][0]["name"], phone.device.name);
    let first = json!({ "kind": "push", "device": phone.device.id.as_str() });
    assert_eq!(view["first"], first, "row PH20");

    let proof = tab.try_push(&phone).await.good();
    let again = tab.view().await;
    assert_eq!(
        (&again["first"], &again["proof"]),
        (&Value::Null, &proof),
        "a page that is loaded again goes on and asks nobody twice"
    );
    let pending = service.one_pending(&phone).await;
    assert_eq!(pending.context.kind, "Login");
    assert_eq!(pending.context.summary, "Patient Records");
    let number = proof["number"].as_str().unwrap();
    let mut answer = phone.answer(&pending, Choice::Approve, Some(number));
    answer.address = "198.51.100.9".into();
    service.answer(&answer).await;
    assert_eq!(tab.view().await["stage"], "confirmed");

    let code = tab.leave().await;
    let left = tab.view().await;
    assert_eq!(
        (&left["stage"], &left["account"]),
        (&json!("left"), &json!(""))
    );
    let tokens = app
        .exchange(&service, &code, CALLBACK, "jti of 16 or more")
        .await;
    let tokens = tokens.good();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 300);
    assert!(tokens["access_token"].as_str().unwrap().len() >= 32);
    let claims = app.read(tokens["id_token"].as_str().unwrap());
    let now = service.clock.now().seconds();
    assert_eq!(
        claims["iss"],
        "https://api-c0ffee0.countersign.test/oauth/v1/token"
    );
    assert_eq!(claims["aud"], app.id());
    assert_eq!(claims["preferred_username"], "HOSPITAL\\Alice");
    assert_eq!(claims["nonce"], "a nonce of the application");
    assert_eq!(claims["exp"], now + 300);
    assert_eq!(claims["auth_result"]["result"], "allow");
    assert_eq!(claims["auth_context"]["factor"], "duo_push");
    assert_eq!(claims["auth_context"]["user"]["key"], alice.id.as_str());
    assert_eq!(
        claims["auth_context"]["auth_device"]["name"],
        phone.device.name
    );
    // Where the browser is, and where the phone is
    let context = &claims["auth_context"];
    assert_eq!(context["access_device"]["ip"], common::ADDRESS);
    assert_eq!(context["auth_device"]["ip"], "198.51.100.9");
    for (action, result) in [
        ("prompt.begin", "done"),
        ("request.ask", "done"),
        ("prompt.proof", "push"),
        ("prompt.leave", "done"),
        ("prompt.redeem", "done"),
    ] {
        assert_eq!(service.audit_count(action, result).await, 1, "{action}");
    }
    // Neither the cookie, nor the code, nor the number is kept anywhere
    let kept = service.bytes_on_disk();
    let (_, secret) = tab.cookie.split_once('=').unwrap();
    for never in [secret, &code] {
        assert!(!common::contains(&kept, never.as_bytes()));
    }
}

#[tokio::test]
async fn c4_three_digits_six_after_a_denial_and_never_none() {
    let (service, _, phone, app) = alice().await;
    let plain = App::with(&service, IntegrationPolicy::with_digits(0).unwrap()).await;
    let tab = app.send(&service, "alice").await;
    let digits = async |app: &App| {
        let tab = app.send(&service, "alice").await;
        let proof = tab.try_push(&phone).await.good();
        let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
        let request = tab.request(&axum::http::Method::DELETE, &path, None);
        assert_eq!(tab.send(request).await.good()["state"], "cancelled");
        service.clock.advance(1);
        proof["number"].as_str().unwrap().len()
    };
    assert_eq!(digits(&app).await, 3);
    assert_eq!(digits(&plain).await, 3, "this page can show a number");
    let proof = tab.answered(&service, &phone, Choice::Deny).await;
    assert_eq!(proof["state"], "denied");
    service.clock.advance(1);
    assert_eq!(digits(&app).await, 6);
    // The prompt goes on after a denial
    tab.confirm(&service, &phone).await;
    tab.leave().await;
}

#[tokio::test]
async fn c4_two_wrong_numbers_end_a_request_and_not_the_prompt() {
    let (service, _, phone, app) = alice().await;
    let mut tab = app.send(&service, "alice").await;
    let proof = tab.try_push(&phone).await.good();
    let number = proof["number"].as_str().unwrap();
    let wrong = if number == "000" { "001" } else { "000" };
    let pending = service.one_pending(&phone).await;
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    for expected in ["waiting", "wrong_number"] {
        service
            .answer(&phone.answer(&pending, Choice::Approve, Some(wrong)))
            .await;
        assert_eq!(tab.get(&path).await.good()["state"], expected);
    }
    let view = tab.view().await;
    assert_eq!(
        (&view["stage"], &view["proof"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(tab.get("/leave").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn c5_given_up_requests_wear_out_the_pushes_of_a_person() {
    let (service, _, phone, app) = alice().await;
    for round in 0..10 {
        let tab = app.send(&service, "alice").await;
        let asked = tab.try_push(&phone).await;
        assert_eq!(asked.status, StatusCode::OK, "round {round}");
        service.clock.advance(1);
        tab.post("/give-up", json!({})).await;
    }
    let mut tab = app.send(&service, "alice").await;
    tab.try_push(&phone).await.refused(429, "too_many");
    let view = tab.view().await;
    assert_eq!(view["ways"][0]["kind"], "passcode");
    assert_eq!(view["ways"][1]["why_not"], "paused");
    assert_eq!(view["first"], Value::Null);
    assert!(service.pending(&phone).await.is_empty(), "nobody waits");
}

#[tokio::test]
async fn s2_o5_a_passcode_is_used_once_and_counted_with_all_others() {
    let (service, alice, phone, app) = alice().await;
    let vpn = service.integration(0).await;
    let now = service.clock.now();
    let good = phone.code_at(now);
    let wrong = if good == "000000" { "000001" } else { "000000" };
    // Failures at another application count here too
    for _ in 0..3 {
        service.passcode(&vpn, "alice", wrong).await.unwrap();
    }
    let mut tab = app.send(&service, "alice").await;
    let refused = tab.try_passcode(wrong).await;
    refused.refused(422, "wrong_passcode");
    assert_eq!(refused.body["number"], 6);
    let proof = tab.try_passcode(&good).await.good();
    assert_eq!(proof["state"], "confirmed");
    assert_eq!(tab.view().await["stage"], "confirmed");
    let code = tab.leave().await;
    let tokens = app
        .exchange(&service, &code, CALLBACK, "jti of 16 or more")
        .await;
    let claims = app.read(tokens.good()["id_token"].as_str().unwrap());
    assert_eq!(claims["auth_context"]["factor"], "duo_mobile_passcode");

    let other = app.send(&service, "alice").await;
    other
        .try_passcode(&good)
        .await
        .refused(422, "passcode_used");
    for _ in 0..9 {
        other.try_passcode(wrong).await;
    }
    let locked = other.try_passcode(wrong).await;
    locked.refused(429, "locked");
    assert!(locked.body["until"].as_i64().unwrap() > now.0);
    // A lock of passcodes is none of pushes
    other.confirm(&service, &phone).await;
    assert_eq!(service.audit_count("passcode.check", "right").await, 1);
    drop(alice);
}

#[tokio::test]
async fn o7_a_bypass_code_lets_in_somebody_whose_phone_is_gone() {
    let (service, alice, phone, app) = alice().await;
    let operator = &service.core;
    let owner = countersign_service::access::AsUser::of(&alice);
    let entry = countersign_service::audit::AuditEntry::new(
        service.clock.now(),
        OPERATOR.into(),
        "device.remove",
        phone.device.id.as_str(),
        "done",
    );
    let gone = operator
        .store
        .remove_device(&owner, &phone.device.id, entry);
    assert!(gone.await.unwrap());
    let mut tab = app.send(&service, "alice").await;
    assert_eq!(tab.view().await["why"], "not_enrolled");
    let made = operator
        .make_bypass_codes(&alice, 1, OPERATOR)
        .await
        .unwrap();
    let view = tab.view().await;
    assert_eq!(
        (&view["stage"], &view["why"]),
        (&json!("open"), &Value::Null)
    );
    let proof = tab.try_passcode(&made.codes[0]).await.good();
    assert_eq!(proof["state"], "confirmed");
    let code = tab.leave().await;
    let tokens = app
        .exchange(&service, &code, CALLBACK, "jti of 16 or more")
        .await;
    let claims = app.read(tokens.good()["id_token"].as_str().unwrap());
    assert_eq!(claims["auth_context"]["factor"], "bypass_code");
}

#[tokio::test]
async fn h1_a_call_confirms_where_the_site_calls() {
    let site = Hospital::start().await;
    let (_, _, browser) = site.alice().await;
    let called = site.phone_with(&browser, MOBILE).await;
    let first = json!({ "first": "call" });
    let id = called.device.id.as_str();
    browser
        .put(&format!("/devices/{id}/first"), first)
        .await
        .good();
    let app = App::new(&site.service).await;
    let mut tab = app.send(&site.service, "alice").await;
    let view = tab.view().await;
    assert_eq!(view["first"], json!({ "kind": "call", "device": id }));
    let wanted = json!({ "way": "call", "device": id });
    let mut proof = tab.post("/proofs", wanted).await.good();
    let number = proof["number"].as_str().unwrap().to_owned();
    site.command(&format!("answer {MOBILE}")).await;
    site.command(&format!("keys {MOBILE} {number}")).await;
    while proof["state"] != "confirmed" {
        let path = format!(
            "/proofs/{}?after={}",
            proof["id"].as_str().unwrap(),
            proof["revision"]
        );
        proof = tab.get(&path).await.good();
    }
    tab.leave().await;
}

#[tokio::test]
async fn who_cannot_confirm_is_told_why_and_goes_back() {
    let (service, alice, phone, app) = alice().await;
    let mut nobody = app.send(&service, "nobody").await;
    assert_eq!(nobody.view().await["why"], "not_enrolled");
    nobody.try_push(&phone).await.refused(409, "cannot_do_that");
    nobody
        .try_passcode("123456")
        .await
        .refused(409, "cannot_do_that");
    assert_eq!(nobody.get("/leave").await.status, StatusCode::SEE_OTHER);

    let mut tab = app.send(&service, "alice").await;
    let mut confirmed = app.send(&service, "alice").await;
    confirmed.confirm(&service, &phone).await;
    let disabled = service
        .core
        .set_user_status(&alice, UserStatus::Disabled, OPERATOR);
    assert!(disabled.await.unwrap());
    assert_eq!(confirmed.view().await["stage"], "over");
    let view = tab.view().await;
    assert_eq!(view["why"], "disabled");
    assert_eq!(view["ways"], json!([]));
    assert_eq!(tab.get("/leave").await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        tab.post("/give-up", json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    let reply = tab.get("/leave").await;
    let to = url::Url::parse(location(&reply.headers)).unwrap();
    assert!(to.as_str().starts_with(CALLBACK));
    let said: Vec<(String, String)> = to.query_pairs().into_owned().collect();
    assert_eq!(said[0], ("error".into(), "access_denied".into()));
    assert_eq!(said[2], ("state".into(), STATE.into()));
}

#[tokio::test]
async fn where_people_may_enrol_the_prompt_sends_them_there() {
    let service = Service::at_site(|site| site.enrolment = Enrolment::Open).await;
    let alice = service.user("alice").await;
    let app = App::new(&service).await;
    let mut tab = app.send(&service, "alice").await;
    assert_eq!(tab.view().await["why"], "enrol_first");
    let phone = service.phone(&alice).await;
    assert_eq!(tab.view().await["stage"], "open", "what was set up counts");
    tab.confirm(&service, &phone).await;
}

#[tokio::test]
async fn an_account_without_second_factor_goes_through() {
    let (service, alice, _, app) = alice().await;
    let set = service
        .core
        .set_user_status(&alice, UserStatus::Bypass, OPERATOR);
    assert!(set.await.unwrap());
    let mut tab = app.send(&service, "alice").await;
    assert_eq!(tab.view().await["stage"], "confirmed");
    let code = tab.leave().await;
    let tokens = app
        .exchange_by_form(&service, &code, "jti of 16 or more")
        .await;
    let claims = app.read(tokens.good()["id_token"].as_str().unwrap());
    assert_eq!(claims["auth_context"]["reason"], "bypass_user");
}

#[tokio::test]
async fn c3_a_prompt_runs_out_and_leads_back_without_a_code() {
    let (service, _, phone, app) = alice().await;
    let mut tab = app.send(&service, "alice").await;
    tab.confirm(&service, &phone).await;
    service.clock.advance(10 * MINUTE_MS);
    assert_eq!(tab.view().await["stage"], "over");
    assert_eq!(tab.get("/leave").await.status, StatusCode::SEE_OTHER);
    tab.post("/give-up", json!({})).await;
    let reply = tab.get("/leave").await;
    assert!(location(&reply.headers).contains("error=access_denied"));

    let late = app.send(&service, "alice").await;
    service.clock.advance(10 * MINUTE_MS - 1000);
    let proof = late.try_push(&phone).await.good();
    let pending = service.one_pending(&phone).await;
    service.clock.advance(1000);
    let number = proof["number"].as_str();
    service
        .answer(&phone.answer(&pending, Choice::Approve, number))
        .await;
    // The yes came after the end
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    late.get(&path).await.refused(401, "signed_out");
    assert_eq!(late.get("/leave").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn c9_a_phone_that_is_removed_is_asked_no_more() {
    let (service, alice, phone, app) = alice().await;
    service.phone(&alice).await;
    let mut tab = app.send(&service, "alice").await;
    tab.try_push(&phone).await.good();
    let owner = countersign_service::access::AsUser::of(&alice);
    let entry = countersign_service::audit::AuditEntry::new(
        service.clock.now(),
        OPERATOR.into(),
        "device.remove",
        phone.device.id.as_str(),
        "done",
    );
    let removed = service
        .core
        .store
        .remove_device(&owner, &phone.device.id, entry);
    assert!(removed.await.unwrap());
    let view = tab.view().await;
    assert_eq!(
        (&view["stage"], &view["proof"]),
        (&json!("open"), &Value::Null)
    );
    tab.try_push(&phone).await.refused(404, "not_found");
}

#[tokio::test]
async fn s5_not_me_ends_sign_ins_that_are_not_finished() {
    let (service, alice, phone, app) = alice().await;
    let mut open = app.send(&service, "alice").await;
    let left = app.send(&service, "alice").await;
    left.confirm(&service, &phone).await;
    let code = left.leave().await;
    service.clock.advance(1);
    // A phone of somebody else's comes, and the person says so on the first one
    let came = service.phone(&alice).await;
    open.try_push(&came).await.good();
    let told = service
        .core
        .pending(&phone.device, None, std::time::Duration::ZERO)
        .await
        .unwrap()
        .unwrap()
        .notices;
    let reply = countersign_service::store::notices::NoticeReply {
        device_id: phone.device.id.clone(),
        generation: phone.device.generation,
        id: told[0].id.clone(),
        answer: countersign_protocol::notice::NoticeAnswer::NotMe,
        address: common::ADDRESS.into(),
    };
    service.core.answer_notice(&reply).await.unwrap();
    assert_eq!(open.view().await["stage"], "over");
    assert!(service.pending(&came).await.is_empty());
    let reply = app
        .exchange(&service, &code, CALLBACK, "jti of 16 or more")
        .await;
    assert_eq!(reply.body["error"], "invalid_grant");
}
