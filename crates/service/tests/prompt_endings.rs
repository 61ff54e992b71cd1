//! What a prompt's confirmation rests on ends, and the confirmation ends with it, whoever heard of it and whoever did not
//! (row C9).

use crate::common;

use axum::http::StatusCode;
use common::hospital::{Hospital, MOBILE};
use common::prompt::{App, Tab, alice, location};
use common::{PASSWORD, Phone, Service};
use countersign_service::challenge::Choice;
use countersign_service::model::{User, UserStatus};
use countersign_service::operator::OPERATOR;
use countersign_service::self_service::password::{PasswordSet, TypedPassword};
use serde_json::json;

/// A phone that is gone, as the command line removes it.
async fn remove(service: &Service, user: &User, phone: &Phone) {
    let removed = service
        .core
        .remove_device(user, &phone.device.id, OPERATOR)
        .await;
    assert!(removed.unwrap());
}

async fn set(service: &Service, user: &User, status: UserStatus) {
    let set = service.core.set_user_status(user, status, OPERATOR).await;
    assert!(set.unwrap());
}

/// A code that is good for nothing.
async fn is_worth_nothing(service: &Service, app: &App, code: &str) {
    let reply = app
        .exchange_by_form(service, code, "jti of 16 or more")
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.body["error"], "invalid_grant");
}

/// The browser is not sent back with a code.
async fn leads_back_without_a_code(tab: &Tab) {
    let reply = tab.get("/leave").await;
    let to = location(&reply.headers);
    assert!(!to.contains("duo_code"), "{to}");
}

/// A yes that no page had heard of lets nobody in, whichever call of the page comes first.
async fn lets_nobody_in(tab: &mut Tab, proof: &str) {
    let view = tab.view().await;
    assert_ne!(view["stage"], "confirmed");
    let told = tab.get(proof).await;
    assert_eq!(told.body["state"], "cancelled", "{}", told.body);
    leads_back_without_a_code(tab).await;
    assert_ne!(tab.view().await["stage"], "confirmed");
}

#[tokio::test]
async fn c9_a_yes_that_no_page_heard_of_ends_when_somebody_is_disabled_for_a_moment() {
    let (service, alice, phone, app) = alice().await;
    let mut tab = app.send(&service, "alice").await;
    let proof = tab
        .answered_unheard(&service, &phone, Choice::Approve)
        .await;
    set(&service, &alice, UserStatus::Disabled).await;
    set(&service, &alice, UserStatus::Active).await;
    lets_nobody_in(&mut tab, &proof).await;
    // The prompt itself goes on
    tab.confirm(&service, &phone).await;
    tab.leave().await;
}

#[tokio::test]
async fn c9_a_yes_that_no_page_heard_of_ends_when_the_account_is_let_in_otherwise() {
    let (service, alice, phone, app) = alice().await;
    let mut tab = app.send(&service, "alice").await;
    let proof = tab
        .answered_unheard(&service, &phone, Choice::Approve)
        .await;
    set(&service, &alice, UserStatus::Bypass).await;
    set(&service, &alice, UserStatus::Active).await;
    lets_nobody_in(&mut tab, &proof).await;
}

#[tokio::test]
async fn c9_a_yes_that_no_page_heard_of_ends_when_the_phone_is_activated_again() {
    let (service, alice, phone, app) = alice().await;
    let mut tab = app.send(&service, "alice").await;
    let proof = tab
        .answered_unheard(&service, &phone, Choice::Approve)
        .await;
    let again = service.phone_by(&alice, Some(&phone.device.id)).await;
    assert!(again.reactivated);
    lets_nobody_in(&mut tab, &proof).await;
    // The new keys confirm
    tab.confirm(&service, &again).await;
}

#[tokio::test]
async fn c9_a_yes_that_no_page_heard_of_ends_when_the_phone_is_removed() {
    let (service, alice, phone, app) = alice().await;
    service.phone(&alice).await;
    let mut tab = app.send(&service, "alice").await;
    let proof = tab
        .answered_unheard(&service, &phone, Choice::Approve)
        .await;
    remove(&service, &alice, &phone).await;
    lets_nobody_in(&mut tab, &proof).await;
}

#[tokio::test]
async fn c9_a_yes_that_no_page_heard_of_ends_when_a_password_is_set() {
    let (service, alice, phone, app) = alice().await;
    let mut tab = app.send(&service, "alice").await;
    let proof = tab
        .answered_unheard(&service, &phone, Choice::Approve)
        .await;
    let password = TypedPassword::of(PASSWORD);
    let set = service.core.set_password(&alice, password, OPERATOR).await;
    assert_eq!(set.unwrap(), PasswordSet::Done);
    lets_nobody_in(&mut tab, &proof).await;
}

#[tokio::test]
async fn c9_d4_a_yes_that_no_page_heard_of_ends_when_the_phone_turns_out_to_be_two() {
    let (service, _, phone, app) = alice().await;
    let mut heard = app.send(&service, "alice").await;
    heard.confirm(&service, &phone).await;
    let mut tab = app.send(&service, "alice").await;
    let proof = tab
        .answered_unheard(&service, &phone, Choice::Approve)
        .await;
    // The same sequence with another content: there is a copy of the phone
    let third = app.send(&service, "alice").await;
    third.try_push(&phone).await.good();
    let pending = service.one_pending(&phone).await;
    let answer = phone.answer_at(&pending, Choice::Deny, None, 2);
    service.answer(&answer).await;
    assert_eq!(
        service
            .audit_count("device.suspend", "sequence_reused")
            .await,
        1
    );
    lets_nobody_in(&mut tab, &proof).await;
    leads_back_without_a_code(&heard).await;
    assert_ne!(
        heard.view().await["stage"],
        "confirmed",
        "a page in a circle"
    );
}

#[tokio::test]
async fn c9_what_waits_for_an_answer_ends_too() {
    let (service, alice, phone, app) = alice().await;
    let tab = app.send(&service, "alice").await;
    let proof = tab.try_push(&phone).await.good();
    let pending = service.one_pending(&phone).await;
    let password = TypedPassword::of(PASSWORD);
    let set = service.core.set_password(&alice, password, OPERATOR).await;
    assert_eq!(set.unwrap(), PasswordSet::Done);
    assert!(service.pending(&phone).await.is_empty());
    let number = proof["number"].as_str();
    service
        .answer(&phone.answer(&pending, Choice::Approve, number))
        .await;
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    assert_eq!(tab.get(&path).await.good()["state"], "cancelled");
    leads_back_without_a_code(&tab).await;
}

#[tokio::test]
async fn c9_what_a_call_said_and_no_page_heard_of_ends_alike() {
    let site = Hospital::start().await;
    let service = &site.service;
    let (alice, _, browser) = site.alice().await;
    let called = site.phone_with(&browser, MOBILE).await;
    let app = App::new(service).await;
    for turn in 1..=2 {
        let mut tab = app.send(service, "alice").await;
        let wanted = json!({ "way": "call", "device": called.device.id.as_str() });
        let proof = tab.post("/proofs", wanted).await.good();
        let number = proof["number"].as_str().unwrap();
        site.answered_by_keys(MOBILE, number, turn).await;
        if turn == 1 {
            set(service, &alice, UserStatus::Disabled).await;
            set(service, &alice, UserStatus::Active).await;
        } else {
            service.phone_by(&alice, Some(&called.device.id)).await;
        }
        let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
        lets_nobody_in(&mut tab, &path).await;
    }
}

#[tokio::test]
async fn c9_what_a_phone_confirmed_ends_when_it_is_removed() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let (thief, _own) = (service.phone(&alice).await, service.phone(&alice).await);
    service.clock.advance(1);
    let app = App::new(&service).await;

    // Approved, and no page came to hear of it yet
    let approved = app.send(&service, "alice").await;
    let proof = approved
        .answered_unheard(&service, &thief, Choice::Approve)
        .await;
    // Confirmed, and confirmed with a code on its way
    let confirmed = app.send(&service, "alice").await;
    confirmed.confirm(&service, &thief).await;
    let left = app.send(&service, "alice").await;
    left.confirm(&service, &thief).await;
    let code = left.leave().await;

    remove(&service, &alice, &thief).await;
    let told = approved.get(&proof).await;
    assert_ne!(told.body["state"], "confirmed", "{}", told.body);
    for tab in [&approved, &confirmed] {
        leads_back_without_a_code(tab).await;
    }
    is_worth_nothing(&service, &app, &code).await;
}

#[tokio::test]
async fn c9_nobody_gets_in_without_a_factor_once_that_has_ended() {
    let (service, alice, _, app) = alice().await;
    set(&service, &alice, UserStatus::Bypass).await;
    let confirmed = app.send(&service, "alice").await;
    let left = app.send(&service, "alice").await;
    let code = left.leave().await;
    set(&service, &alice, UserStatus::Active).await;
    leads_back_without_a_code(&confirmed).await;
    is_worth_nothing(&service, &app, &code).await;
}

#[tokio::test]
async fn c9_nothing_comes_back_to_life_when_somebody_is_disabled_for_a_moment() {
    let (service, alice, phone, app) = alice().await;
    let left = app.send(&service, "alice").await;
    left.confirm(&service, &phone).await;
    let code = left.leave().await;
    set(&service, &alice, UserStatus::Disabled).await;
    set(&service, &alice, UserStatus::Active).await;
    is_worth_nothing(&service, &app, &code).await;
}

#[tokio::test]
async fn a_user_who_was_disabled_meanwhile_is_not_let_in() {
    let (service, alice, phone, app) = alice().await;
    let tab = app.send(&service, "alice").await;
    tab.confirm(&service, &phone).await;
    let code = tab.leave().await;
    set(&service, &alice, UserStatus::Disabled).await;
    is_worth_nothing(&service, &app, &code).await;
    let unknown = service.audit_count("prompt.redeem", "unknown_code").await;
    assert_eq!(unknown, 1);
}
