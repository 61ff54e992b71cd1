//! How long a yes is good for at the sign-in prompt, and that no step of the clock makes it good for longer (rows C3, R4).

use crate::common;

use axum::http::StatusCode;
use common::Service;
use common::hospital::{Hospital, MOBILE};
use common::prompt::{App, Tab, alice, location};
use countersign_service::challenge::Choice;
use countersign_service::clock::Clock as _;
use countersign_service::model::UserStatus;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::{CLOCK_STEP_MS, MINUTE_MS};
use serde_json::json;

/// An hour, in milliseconds.
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The page says that it is over and stays there; the way back is open, without a code.
async fn is_over(tab: &mut Tab) {
    for _ in 0..2 {
        assert_eq!(tab.view().await["stage"], "over");
        let reply = tab.get("/leave").await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        assert!(!location(&reply.headers).contains("duo_code"));
    }
    let gave_up = tab.post("/give-up", json!({})).await;
    assert_eq!(gave_up.status, StatusCode::NO_CONTENT);
    let reply = tab.get("/leave").await;
    assert!(location(&reply.headers).contains("error=access_denied"));
}

/// A code that is refused for that reason.
async fn is_refused(service: &Service, app: &App, code: &str, why: &str) {
    let before = service.audit_count("prompt.redeem", why).await;
    let jti = format!("0123456789abcdef-{why}-{before}");
    let reply = app.exchange_by_form(service, code, &jti).await;
    assert_eq!(reply.body["error"], "invalid_grant");
    assert_eq!(
        service.audit_count("prompt.redeem", why).await,
        before + 1,
        "{why}"
    );
}

#[tokio::test]
async fn c3_a_page_that_leaves_has_a_minute_from_the_yes() {
    let (service, _, phone, app) = alice().await;
    for in_time in [true, false] {
        let mut tab = app.send(&service, "alice").await;
        tab.confirm(&service, &phone).await;
        service.clock.advance(MINUTE_MS - i64::from(in_time));
        if in_time {
            assert_eq!(tab.view().await["stage"], "confirmed");
            tab.leave().await;
        } else {
            is_over(&mut tab).await;
        }
    }
}

#[tokio::test]
async fn c3_the_minute_counts_for_an_account_without_second_factor_too() {
    let (service, alice, _, app) = alice().await;
    let set = service
        .core
        .set_user_status(&alice, UserStatus::Bypass, OPERATOR);
    assert!(set.await.unwrap());
    let mut tab = app.send(&service, "alice").await;
    service.clock.advance(MINUTE_MS);
    is_over(&mut tab).await;
}

#[tokio::test]
async fn c3_a_yes_that_no_page_heard_of_for_a_minute_has_run_out() {
    let (service, _, phone, app) = alice().await;
    for in_time in [true, false] {
        let mut tab = app.send(&service, "alice").await;
        let proof = tab
            .answered_unheard(&service, &phone, Choice::Approve)
            .await;
        service.clock.advance(MINUTE_MS - i64::from(in_time));
        if in_time {
            assert_eq!(tab.view().await["stage"], "confirmed");
            continue;
        }
        assert_eq!(tab.view().await["stage"], "open");
        assert_eq!(tab.get(&proof).await.good()["state"], "expired");
        assert_eq!(tab.get("/leave").await.status, StatusCode::SEE_OTHER);
        // The prompt has time left, and its person confirms again
        tab.confirm(&service, &phone).await;
        tab.leave().await;
    }
    assert_eq!(service.audit_count("prompt.proof", "too_late").await, 1);
}

#[tokio::test]
async fn c3_the_yes_of_a_call_runs_out_alike() {
    let site = Hospital::start().await;
    let service = &site.service;
    let (_, _, browser) = site.alice().await;
    let called = site.phone_with(&browser, MOBILE).await;
    let app = App::new(service).await;
    for (turn, in_time) in [(1, true), (2, false)] {
        let tab = app.send(service, "alice").await;
        let wanted = json!({ "way": "call", "device": called.device.id.as_str() });
        let proof = tab.post("/proofs", wanted).await.good();
        let number = proof["number"].as_str().unwrap();
        site.answered_by_keys(MOBILE, number, turn).await;
        service.clock.advance(MINUTE_MS - i64::from(in_time));
        let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
        let state = tab.get(&path).await.good()["state"].clone();
        assert_eq!(state, if in_time { "confirmed" } else { "expired" });
    }
}

#[tokio::test]
async fn s1_the_five_minutes_of_a_call_count_from_its_yes() {
    let site = Hospital::start().await;
    let service = &site.service;
    let (_, _, browser) = site.alice().await;
    let called = site.phone_with(&browser, MOBILE).await;
    let wanted = json!({ "way": "call", "device": called.device.id.as_str() });
    let proof = browser.post("/proofs", wanted).await.good();
    let number = proof["number"].as_str().unwrap();
    site.answered_by_keys(MOBILE, number, 1).await;
    let said_at = service.clock.now();
    service.clock.advance(4 * MINUTE_MS);
    let path = format!("/proofs/{}", proof["id"].as_str().unwrap());
    assert_eq!(browser.get(&path).await.good()["state"], "confirmed");
    let until = browser.session().await["proven_until"].clone();
    assert_eq!(until, json!((said_at + 5 * MINUTE_MS).0));
}

#[tokio::test]
async fn r4_nothing_that_was_stored_an_hour_ahead_counts_when_the_clock_steps_back() {
    let (service, _, phone, app) = alice().await;
    service.clock.advance(HOUR_MS);
    let mut open = app.send(&service, "alice").await;
    let mut unheard = app.send(&service, "alice").await;
    let proof = unheard
        .answered_unheard(&service, &phone, Choice::Approve)
        .await;
    let mut confirmed = app.send(&service, "alice").await;
    confirmed.confirm(&service, &phone).await;
    let left = app.send(&service, "alice").await;
    left.confirm(&service, &phone).await;
    let code = left.leave().await;

    service.clock.advance(-HOUR_MS);
    open.try_push(&phone).await.refused(409, "cannot_do_that");
    let passcode = phone.code_at(service.clock.now());
    let reply = open.try_passcode(&passcode).await;
    assert_ne!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(unheard.get(&proof).await.good()["state"], "expired");
    for tab in [&mut open, &mut unheard, &mut confirmed] {
        is_over(tab).await;
    }
    is_refused(&service, &app, &code, "too_early").await;
}

#[tokio::test]
async fn r4_a_yes_of_later_than_now_lets_nobody_in() {
    let (service, _, phone, app) = alice().await;
    let mut confirmed = app.send(&service, "alice").await;
    let left = app.send(&service, "alice").await;
    service.clock.advance(3 * MINUTE_MS);
    confirmed.confirm(&service, &phone).await;
    left.confirm(&service, &phone).await;
    let code = left.leave().await;
    service.clock.advance(-3 * MINUTE_MS);
    is_over(&mut confirmed).await;
    is_refused(&service, &app, &code, "too_early").await;
}

#[tokio::test]
async fn r4_the_small_steps_by_which_clocks_are_kept_right_stop_nobody() {
    let (service, _, phone, app) = alice().await;
    let mut tab = app.send(&service, "alice").await;
    service.clock.advance(-CLOCK_STEP_MS);
    assert_eq!(tab.view().await["stage"], "open");
    service.clock.advance(CLOCK_STEP_MS);
    tab.confirm(&service, &phone).await;
    service.clock.advance(-CLOCK_STEP_MS);
    let code = tab.leave().await;
    service.clock.advance(-CLOCK_STEP_MS / 2);
    // Of later than the prompt by more than a step by now, all in all
    is_refused(&service, &app, &code, "too_early").await;

    let tab = app.send(&service, "alice").await;
    tab.confirm(&service, &phone).await;
    let code = tab.leave().await;
    service.clock.advance(-CLOCK_STEP_MS);
    let reply = app
        .exchange_by_form(&service, &code, "jti of 16 or more")
        .await;
    reply.good();
}

#[tokio::test]
async fn r4_a_clock_that_steps_ahead_ends_what_it_passes() {
    let (service, _, phone, app) = alice().await;
    let mut open = app.send(&service, "alice").await;
    let mut confirmed = app.send(&service, "alice").await;
    confirmed.confirm(&service, &phone).await;
    let left = app.send(&service, "alice").await;
    left.confirm(&service, &phone).await;
    let code = left.leave().await;
    service.clock.advance(HOUR_MS);
    for tab in [&mut open, &mut confirmed] {
        is_over(tab).await;
    }
    is_refused(&service, &app, &code, "too_late").await;
}
