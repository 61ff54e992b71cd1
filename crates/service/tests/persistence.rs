//! What an attacker who knows the password and does not give up can and cannot do.

use crate::common;

use common::{Service, ask};
use countersign_service::challenge::Choice;
use countersign_service::operator::OPERATOR;
use countersign_service::sign_in::{AskedFactor, AuthAsk, Begun};
use countersign_service::status::StatusResult;

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn o6_after_a_day_of_wrong_codes_the_service_desks_code_works() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let vpn = service.integration(0).await;
    for guess in 0..150 {
        service.clock.advance(HOUR_MS / 4);
        service
            .passcode(&vpn, "alice", &format!("{guess:06}"))
            .await
            .unwrap();
    }
    let stopped = service.passcode(&vpn, "alice", "999999").await.unwrap();
    assert_eq!(stopped.status, "locked_out");
    let made = service
        .core
        .make_bypass_codes(&alice, 1, OPERATOR)
        .await
        .unwrap();
    let status = service
        .passcode(&vpn, "alice", &made.codes[0])
        .await
        .unwrap();
    assert_eq!(status.result, StatusResult::Allow);
}

#[tokio::test]
async fn c7_a_success_does_not_lift_the_pause_of_a_report() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    service
        .answer(&phone.answer(&pending, Choice::Deny, None))
        .await;
    service
        .answer(&phone.answer(&pending, Choice::Report, None))
        .await;
    let code = phone.code_at(service.core.now());
    let signed_in = service.passcode(&vpn, "alice", &code).await.unwrap();
    assert_eq!(signed_in.result, StatusResult::Allow);
    let begun = service.push(&vpn, "alice").await;
    assert!(service.pending(&phone).await.is_empty(), "{begun:?}");
    service.clock.advance(HOUR_MS);
    service.pushed(&vpn, "alice").await;
    assert_eq!(service.pending(&phone).await.len(), 1);
}

#[tokio::test]
async fn c4_after_a_denial_no_refused_request_brings_three_digits_back() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(3).await;
    service.pushed_with_number(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    service
        .answer(&phone.answer(&pending, Choice::Deny, None))
        .await;
    for _ in 0..3 {
        service.clock.advance(1_000);
        let (_, number) = service.pushed_with_number(&vpn, "alice").await;
        assert_eq!(number.len(), 6);
    }
    service.clock.advance(1_000);
    let refused = AuthAsk {
        txid: Some(service.prepared(&vpn, "alice").await),
        is_async: true,
        ..ask("alice", AskedFactor::Push)
    };
    let refused = service.core.begin(&vpn, &refused).await.unwrap();
    assert!(matches!(refused, Begun::Decided { .. }), "{refused:?}");
    service.clock.advance(61_000);
    let (_, number) = service.pushed_with_number(&vpn, "alice").await;
    assert_eq!(number.len(), 6);
}
