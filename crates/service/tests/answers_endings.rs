//! Rows C9 and D4: what ends a device's say, and with it what it approved and nobody fetched yet.

use crate::common;

use common::{Phone, Service};
use countersign_service::access::AsIntegration;
use countersign_service::challenge::{AnswerRefusal, Choice, Verdict};
use countersign_service::model::UserStatus;
use countersign_service::operator::OPERATOR;
use countersign_service::policy::FINAL_ANSWER_REPEATS_MS;
use countersign_service::request::{Outcome, RequestState};
use countersign_service::status::StatusResult;

const APPROVED: Verdict = Verdict::Decide {
    outcome: Outcome::Approved,
    reported: false,
};

/// Removes the phone or disables its owner while it answers: nobody is let in by an answer that nobody heard of before,
/// even where it came first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c9_removed_device_cannot_answer() {
    let service = Service::start().await;
    let vpn = service.integration(0).await;
    let mut removed_first = 0;
    for round in 0..100 {
        let name = format!("user{round}");
        let user = service.user(&name).await;
        let phone = service.phone(&user).await;
        let txid = service.pushed(&vpn, &name).await;
        let pending = service.one_pending(&phone).await;
        let answer = phone.answer(&pending, Choice::Approve, None);
        let core = service.core.clone();
        // From side by side to long after, so that both ways of the race are seen on a busy machine as well.
        let later = std::time::Duration::from_millis(round / 2 % 5 * 5);
        let answering = tokio::spawn(async move {
            tokio::time::sleep(later).await;
            core.answer(&answer).await.unwrap().verdict
        });
        let (core, id, owner) = (service.core.clone(), phone.device.id.clone(), user.clone());
        let removing = tokio::spawn(async move {
            if round % 2 == 0 {
                core.remove_device(&owner, &id, OPERATOR).await.unwrap()
            } else {
                core.set_user_status(&owner, UserStatus::Disabled, OPERATOR)
                    .await
                    .unwrap()
            }
        });
        assert!(removing.await.unwrap());
        let verdict = answering.await.unwrap();
        let status = service.status(&vpn, &txid).await.result;
        assert_eq!(status, StatusResult::Deny, "{verdict:?}");
        match verdict {
            APPROVED => {}
            Verdict::Refuse(AnswerRefusal::Unauthorized) => removed_first += 1,
            other => panic!("{other:?}"),
        }
        let late = service
            .answer(&phone.answer(&pending, Choice::Approve, None))
            .await;
        assert_eq!(late, Verdict::Refuse(AnswerRefusal::Unauthorized));
        assert!(
            service
                .core
                .pending(&phone.device, None, std::time::Duration::ZERO)
                .await
                .unwrap()
                .unwrap()
                .requests
                .is_empty()
        );
    }
    assert!(removed_first > 0, "the race never went the other way");
}

/// An approval is fetched by its integration; what stood behind it may end before that (or between two fetches).
#[tokio::test]
async fn c9_an_approval_that_nobody_fetched_ends_with_what_stood_behind_it() {
    let service = Service::start().await;
    let vpn = service.integration(0).await;
    let approved = async |name: &str, phone: &Phone| {
        let txid = service.pushed(&vpn, name).await;
        let pending = service.one_pending(phone).await;
        let answer = phone.answer(&pending, Choice::Approve, None);
        assert_eq!(service.answer(&answer).await, APPROVED);
        (txid, answer)
    };
    for (name, ending) in [
        ("disabled", &["disable", "enable"][..]),
        ("in-bypass", &["bypass", "enable"]),
        ("removed", &["remove"]),
        ("again", &["again"]),
        ("copied", &["copy"]),
    ] {
        let user = service.user(name).await;
        let phone = service.phone(&user).await;
        let (old, _) = approved(name, &phone).await;
        service.clock.advance(FINAL_ANSWER_REPEATS_MS + 1);
        let (fetched, _) = approved(name, &phone).await;
        assert_eq!(
            service.status(&vpn, &fetched).await.result,
            StatusResult::Allow
        );
        let (txid, answer) = approved(name, &phone).await;
        for step in ending {
            let core = &service.core;
            let status = match *step {
                "disable" => UserStatus::Disabled,
                "bypass" => UserStatus::Bypass,
                "enable" => UserStatus::Active,
                "remove" => {
                    let removed = core.remove_device(&user, &phone.device.id, OPERATOR).await;
                    assert!(removed.unwrap());
                    continue;
                }
                "again" => {
                    let again = service.phone_by(&user, Some(&phone.device.id)).await;
                    assert!(again.reactivated);
                    continue;
                }
                _ => {
                    service.pushed(&vpn, name).await;
                    let pending = service.one_pending(&phone).await;
                    let copy = phone.answer_at(&pending, Choice::Deny, None, 1);
                    let copied = service.answer(&copy).await;
                    assert_eq!(copied, Verdict::Refuse(AnswerRefusal::SequenceReused));
                    continue;
                }
            };
            assert!(core.set_user_status(&user, status, OPERATOR).await.unwrap());
        }
        for ended in [&txid, &fetched] {
            let status = service.status(&vpn, ended).await;
            assert_eq!(
                (status.result, status.status),
                (StatusResult::Deny, "deny"),
                "{name}"
            );
        }
        let scope = AsIntegration::of(&vpn);
        let kept = service
            .core
            .store
            .request(&scope, &old)
            .await
            .unwrap()
            .unwrap();
        let RequestState::Decided(kept) = kept.state else {
            panic!("{name}: it was decided")
        };
        assert_eq!(
            kept.outcome,
            Outcome::Approved,
            "{name}: what is history stays"
        );
        // The phone that approved sends the same again, because the answer to it was lost: no copy of it is at work
        if *ending == ["disable", "enable"] {
            let (_, _) = approved(name, &phone).await;
            assert_eq!(service.answer(&answer).await, Verdict::Repeat);
        }
    }
}

#[tokio::test]
async fn d4_two_copies_of_a_phone_are_told_apart_and_a_retry_is_not() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let answer = phone.answer_at(&pending, Choice::Deny, None, 7);
    service.answer(&answer).await;
    assert_eq!(service.answer(&answer).await, Verdict::Repeat);
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let copy = service
        .answer(&phone.answer_at(&pending, Choice::Approve, None, 7))
        .await;
    assert_eq!(copy, Verdict::Refuse(AnswerRefusal::SequenceReused));
    let after = service
        .answer(&phone.answer_at(&pending, Choice::Approve, None, 8))
        .await;
    assert_eq!(
        after,
        Verdict::Refuse(AnswerRefusal::Unauthorized),
        "suspended"
    );
    assert_eq!(service.status(&vpn, &txid).await.result, StatusResult::Deny);
    assert_eq!(
        service
            .audit_count("device.suspend", "sequence_reused")
            .await,
        1
    );
    let again = service.phone_by(&alice, Some(&phone.device.id)).await;
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&again).await;
    assert_eq!(
        service
            .answer(&again.answer(&pending, Choice::Approve, None))
            .await,
        APPROVED,
        "a new activation ends it"
    );
}
