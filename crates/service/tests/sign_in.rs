//! Ordinary days: activation, pushes, numbers, passcodes, as integrations and phones see them.

use crate::common;

use common::{ADDRESS, Service};
use countersign_service::activation::ActivationWish;
use countersign_service::challenge::{AnswerRefusal, Choice, Verdict};
use countersign_service::model::UserStatus;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::IntegrationPolicy;
use countersign_service::preauth::{PreauthAsk, PreauthResult};
use countersign_service::request::Outcome;
use countersign_service::sign_in::{AuthRefusal, Begun, UserRef};
use countersign_service::status::{StatusRefusal, StatusResult};

const APPROVED: Verdict = Verdict::Decide {
    outcome: Outcome::Approved,
    reported: false,
};
const DENIED: Verdict = Verdict::Decide {
    outcome: Outcome::Denied,
    reported: false,
};

#[tokio::test]
async fn a_plain_push_is_approved_and_its_answer_repeats_for_a_while() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    let txid = service.pushed(&vpn, "alice").await;
    assert_eq!(service.status(&vpn, &txid).await.status, "pushed");
    let pending = service.one_pending(&phone).await;
    assert_eq!(pending.context.summary, "VPN");
    assert!(pending.request.unusual);
    let approve = phone.answer(&pending, Choice::Approve, None);
    assert_eq!(service.answer(&approve).await, APPROVED);
    assert_eq!(service.answer(&approve).await, Verdict::Repeat);
    for _ in 0..3 {
        assert_eq!(
            service.status(&vpn, &txid).await.result,
            StatusResult::Allow
        );
    }
    service.clock.advance(5 * 60_000 + 1);
    assert!(matches!(
        service.core.auth_status(&vpn, &txid).await,
        Err(StatusRefusal::Txid)
    ));
    service.pushed(&vpn, "alice").await;
    assert!(
        !service.one_pending(&phone).await.request.unusual,
        "the address is known now"
    );
}

#[tokio::test]
async fn a_denial_can_be_reported_within_five_minutes_and_pauses_pushes() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let early = phone.answer(&pending, Choice::Report, None);
    assert_eq!(
        service.answer(&early).await,
        Verdict::Refuse(AnswerRefusal::Field("answer"))
    );
    assert_eq!(
        service
            .answer(&phone.answer(&pending, Choice::Deny, None))
            .await,
        DENIED
    );
    assert_eq!(service.status(&vpn, &txid).await.status, "deny");
    let report = phone.answer(&pending, Choice::Report, None);
    assert_eq!(service.answer(&report).await, Verdict::Report);
    assert_eq!(service.answer(&report).await, Verdict::Repeat);
    let status = service.status(&vpn, &txid).await;
    assert_eq!(
        (status.result, status.status),
        (StatusResult::Deny, "fraud")
    );
    let Begun::Decided {
        status,
        txid: Some(refused),
    } = service.push(&vpn, "alice").await.unwrap()
    else {
        panic!("a push was made while pushes are paused");
    };
    assert!(
        status.message.starts_with("Pushes are paused"),
        "{}",
        status.message
    );
    assert_eq!(service.status(&vpn, &refused).await, status);
    let right = service
        .passcode(&vpn, "alice", &phone.code_at(common::START))
        .await
        .unwrap();
    assert_eq!(right.result, StatusResult::Allow, "passcodes stay open");
}

#[tokio::test]
async fn a_late_report_is_refused() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    assert_eq!(
        service
            .answer(&phone.answer(&pending, Choice::Deny, None))
            .await,
        DENIED
    );
    service.clock.advance(5 * 60_000 + 1);
    let report = service
        .answer(&phone.answer(&pending, Choice::Report, None))
        .await;
    assert_eq!(report, Verdict::Refuse(AnswerRefusal::DecidedOtherwise));
}

#[tokio::test]
async fn a_number_is_shown_to_the_client_and_typed_on_the_phone() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(3).await;
    let (txid, number) = service.pushed_with_number(&vpn, "alice").await;
    assert_eq!(number.len(), 3);
    let pending = service.one_pending(&phone).await;
    assert_eq!(pending.request.number.digits, 3);
    assert_eq!(
        service
            .answer(&phone.answer(&pending, Choice::Approve, Some(&number)))
            .await,
        APPROVED
    );
    assert_eq!(
        service.status(&vpn, &txid).await.result,
        StatusResult::Allow
    );
}

#[tokio::test]
async fn two_wrong_numbers_close_the_request_and_the_next_number_is_long() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(3).await;
    let (txid, number) = service.pushed_with_number(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let wrong = if number == "000" { "111" } else { "000" };
    let first = phone.answer(&pending, Choice::Approve, Some(wrong));
    assert_eq!(
        service.answer(&first).await,
        Verdict::WrongNumber {
            tries_left: 1,
            counted: false
        }
    );
    assert_eq!(
        service.answer(&first).await,
        Verdict::WrongNumber {
            tries_left: 1,
            counted: true
        },
        "a retry is free"
    );
    let second = phone.answer(&pending, Choice::Approve, Some(wrong));
    assert_eq!(
        service.answer(&second).await,
        Verdict::WrongNumber {
            tries_left: 0,
            counted: false
        }
    );
    assert_eq!(
        service.answer(&second).await,
        Verdict::WrongNumber {
            tries_left: 0,
            counted: true
        }
    );
    let third = service
        .answer(&phone.answer(&pending, Choice::Approve, Some(&number)))
        .await;
    assert_eq!(third, Verdict::Refuse(AnswerRefusal::DecidedOtherwise));
    assert_eq!(service.status(&vpn, &txid).await.status, "deny");
    let (_, number) = service.pushed_with_number(&vpn, "alice").await;
    assert_eq!(number.len(), 6);
}

#[tokio::test]
async fn a_passcode_works_once_and_its_neighbours_within_the_window() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(3).await;
    let now = phone.code_at(common::START);
    assert_eq!(
        service.passcode(&vpn, "alice", &now).await.unwrap().result,
        StatusResult::Allow
    );
    let again = service.passcode(&vpn, "alice", &now).await.unwrap();
    assert_eq!((again.result, again.status), (StatusResult::Deny, "deny"));
    assert_eq!(again.message, "Incorrect passcode. Please try again.");
    let earlier = phone.code_at(common::START + -30_000);
    assert_eq!(
        service
            .passcode(&vpn, "alice", &earlier)
            .await
            .unwrap()
            .result,
        StatusResult::Deny,
        "an earlier step"
    );
    let later = phone.code_at(common::START + 30_000);
    assert_eq!(
        service
            .passcode(&vpn, "alice", &later)
            .await
            .unwrap()
            .result,
        StatusResult::Allow
    );
}

#[tokio::test]
async fn a_bypass_code_works_once_for_its_user() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let bob = service.user("bob").await;
    let vpn = service.integration(3).await;
    let made = service
        .core
        .make_bypass_codes(&alice, 2, OPERATOR)
        .await
        .unwrap();
    service
        .core
        .make_bypass_codes(&bob, 1, OPERATOR)
        .await
        .unwrap();
    assert_eq!(
        service
            .passcode(&vpn, "bob", &made.codes[0])
            .await
            .unwrap()
            .result,
        StatusResult::Deny
    );
    for code in &made.codes {
        assert_eq!(
            service.passcode(&vpn, "alice", code).await.unwrap().result,
            StatusResult::Allow
        );
        assert_eq!(
            service.passcode(&vpn, "alice", code).await.unwrap().result,
            StatusResult::Deny
        );
    }
    for code in &made.codes {
        assert!(!common::contains(&service.bytes_on_disk(), code.as_bytes()));
    }
}

#[tokio::test]
async fn a_reactivated_device_keeps_its_id_and_its_old_keys_stop_when_the_new_ones_begin() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let old = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    let made = service
        .core
        .make_activation(
            &alice,
            ActivationWish {
                device: Some(&old.device.id),
                ..ActivationWish::default()
            },
            OPERATOR,
        )
        .await
        .unwrap()
        .unwrap();
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&old).await;
    assert_eq!(
        service
            .answer(&old.answer(&pending, Choice::Approve, None))
            .await,
        APPROVED,
        "a code alone ends nothing"
    );
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&old).await;
    drop(made);
    let new = service.phone_by(&alice, Some(&old.device.id)).await;
    assert!(new.reactivated);
    assert_eq!(new.device.id, old.device.id);
    assert_ne!(new.device.akey, old.device.akey);
    assert_eq!(
        service
            .answer(&old.answer(&pending, Choice::Approve, None))
            .await,
        Verdict::Refuse(AnswerRefusal::Unauthorized)
    );
    assert_eq!(service.status(&vpn, &txid).await.result, StatusResult::Deny);
    assert!(service.pending(&new).await.is_empty());
    assert_eq!(
        service
            .core
            .store
            .devices_of(&countersign_service::access::AsUser::of(&alice))
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn preauth_tells_what_a_person_has_to_do() {
    let service = Service::start().await;
    let alice = service.user("Alice").await;
    let vpn = service.integration(3).await;
    let asked = |name: &str| PreauthAsk {
        user: UserRef::Name(name.into()),
        address: ADDRESS.into(),
        can_show_number: false,
    };
    let unknown = service.core.preauth(&vpn, &asked("mallory")).await.unwrap();
    assert_eq!(
        (unknown.result, unknown.username),
        (PreauthResult::Deny, None)
    );
    let without = service.core.preauth(&vpn, &asked("alice")).await.unwrap();
    assert_eq!(
        (without.result, without.message),
        (PreauthResult::Deny, unknown.message),
        "alike with an unknown user"
    );
    service.phone(&alice).await;
    let ready = service
        .core
        .preauth(&vpn, &asked("WARD\\alice"))
        .await
        .unwrap();
    assert_eq!((ready.result, ready.txid), (PreauthResult::Auth, None));
    assert_eq!(
        ready.devices[0].capabilities,
        ["auto", "push", "mobile_otp"]
    );
    for (status, result) in [
        (UserStatus::Disabled, PreauthResult::Deny),
        (UserStatus::Bypass, PreauthResult::Allow),
    ] {
        assert!(
            service
                .core
                .set_user_status(&alice, status, OPERATOR)
                .await
                .unwrap()
        );
        assert_eq!(
            service
                .core
                .preauth(&vpn, &asked("alice"))
                .await
                .unwrap()
                .result,
            result
        );
    }
}

#[tokio::test]
async fn a_client_that_cannot_show_a_number_is_told_why_it_gets_no_push() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(3).await;
    let Begun::Decided { status, .. } = service.push(&vpn, "alice").await.unwrap() else {
        panic!("a push was made")
    };
    assert_eq!(status.result, StatusResult::Deny);
    assert!(status.message.contains("number"), "{}", status.message);
    assert!(service.pending(&phone).await.is_empty());
}

#[tokio::test]
async fn a_legacy_phone_answers_only_where_it_is_allowed() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.legacy_phone(&alice).await;
    let strict = service.integration(0).await;
    assert!(matches!(
        service.push(&strict, "alice").await,
        Err(AuthRefusal::Device)
    ));
    let policy = IntegrationPolicy {
        allow_legacy: true,
        ..IntegrationPolicy::with_digits(0).unwrap()
    };
    let lenient = service.integration_with(policy).await;
    let txid = service.pushed(&lenient, "alice").await;
    let pending = service.one_pending(&phone).await;
    assert_eq!(pending.signature, "");
    assert_eq!(
        service
            .answer(&phone.answer(&pending, Choice::DenyAndReport, None))
            .await,
        Verdict::Decide {
            outcome: Outcome::Denied,
            reported: true
        }
    );
    assert_eq!(service.status(&lenient, &txid).await.status, "fraud");
    assert_eq!(
        service
            .passcode(&strict, "alice", &phone.code_of(0))
            .await
            .unwrap()
            .result,
        StatusResult::Allow
    );
}

#[tokio::test]
async fn a_fourth_waiting_push_and_one_after_five_unwanted_ones_are_not_made() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    for _ in 0..3 {
        service.pushed(&vpn, "alice").await;
    }
    assert!(matches!(
        service.push(&vpn, "alice").await.unwrap(),
        Begun::Decided { .. }
    ));
    service.clock.advance(61_000);
    for _ in 0..2 {
        service.pushed(&vpn, "alice").await;
        let pending = service.one_pending(&phone).await;
        service
            .answer(&phone.answer(&pending, Choice::Deny, None))
            .await;
    }
    assert!(
        matches!(
            service.push(&vpn, "alice").await.unwrap(),
            Begun::Decided { .. }
        ),
        "three unanswered, two denied"
    );
    service.clock.advance(31 * 60_000);
    service.pushed(&vpn, "alice").await;
}
