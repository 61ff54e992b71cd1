//! Rows C1 to C4, C9 and C10: what an answer can and cannot do, against a real database.

use crate::common;

use std::sync::Arc;

use common::Service;
use countersign_protocol::challenge::Challenge;
use countersign_protocol::signing::keys::PublicKey;
use countersign_service::access::AsDevice;
use countersign_service::activation::ActivationWish;
use countersign_service::challenge::{Answer, AnswerRefusal, Choice, Verdict};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::IntegrationPolicy;
use countersign_service::request::Outcome;
use countersign_service::status::{StatusRefusal, StatusResult};
use data_encoding::BASE64;

const APPROVED: Verdict = Verdict::Decide {
    outcome: Outcome::Approved,
    reported: false,
};

/// What is done to an answer after it was signed.
type Change = fn(&mut Answer);

#[tokio::test]
async fn c1_each_changed_field_is_refused() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let changes: [(&str, Change); 4] = [
        ("context", |answer| {
            change(&mut answer.claims.as_mut().unwrap().context);
        }),
        ("integration", |answer| {
            change(&mut answer.claims.as_mut().unwrap().integration);
        }),
        ("user", |answer| {
            change(&mut answer.claims.as_mut().unwrap().user);
        }),
        ("nonce", |answer| {
            change(&mut answer.claims.as_mut().unwrap().nonce);
        }),
    ];
    for (name, change) in changes {
        let mut answer = phone.answer(&pending, Choice::Approve, None);
        change(&mut answer);
        assert_eq!(
            service.answer(&answer).await,
            Verdict::Refuse(AnswerRefusal::Field(name))
        );
    }
    let mut without = phone.answer(&pending, Choice::Approve, None);
    without.claims = None;
    assert_eq!(
        service.answer(&without).await,
        Verdict::Refuse(AnswerRefusal::Unauthorized),
        "as if it were legacy"
    );
    assert_eq!(
        service.status(&vpn, &txid).await.result,
        StatusResult::Waiting
    );
    assert_eq!(service.audit_count("request.answer", "altered").await, 4);
    assert_eq!(
        service
            .answer(&phone.answer(&pending, Choice::Approve, None))
            .await,
        APPROVED
    );
}

fn change(text: &mut String) {
    let last = text.pop().unwrap();
    text.push(if last == '0' { '1' } else { '0' });
}

#[tokio::test]
async fn c1_an_answer_to_one_request_does_not_answer_another() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    service.clock.advance(1);
    let second = service.pushed(&vpn, "alice").await;
    let pending = service.pending(&phone).await;
    let moved = Answer {
        urgid: pending[1].request.urgid.clone(),
        ..phone.answer(&pending[0], Choice::Approve, None)
    };
    assert_eq!(
        service.answer(&moved).await,
        Verdict::Refuse(AnswerRefusal::Field("nonce"))
    );
    assert_eq!(
        service.status(&vpn, &second).await.result,
        StatusResult::Waiting
    );
}

#[tokio::test]
async fn n2_the_challenge_is_signed_by_the_service_and_binds_what_is_shown() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let challenge = Challenge {
        context: pending.context.hash(),
        created: pending.request.created_at,
        expires: pending.request.expires_at,
        integration: vpn.id.clone(),
        nonce: pending.request.nonce.clone(),
        number_digits: 0,
        pkey: phone.device.id.clone(),
        service: service.core.service_id().clone(),
        unusual: pending.request.unusual,
        urgid: pending.request.urgid.clone(),
        user: alice.id.clone(),
    };
    let key = PublicKey::from_pem(service.core.service_key_pem()).unwrap();
    let signature = BASE64.decode(pending.signature.as_bytes()).unwrap();
    assert!(key.verify(challenge.signing_text().as_bytes(), &signature));
    let other = Challenge {
        number_digits: 3,
        ..challenge
    };
    assert!(!key.verify(other.signing_text().as_bytes(), &signature));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c2_of_two_hundred_mixed_answers_one_decides() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = Arc::new(service.legacy_phone(&alice).await);
    let policy = IntegrationPolicy {
        allow_legacy: true,
        ..IntegrationPolicy::with_digits(0).unwrap()
    };
    let vpn = service.integration_with(policy).await;
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let racers: Vec<_> = (0..200)
        .map(|n| {
            let choice = if n % 2 == 0 {
                Choice::Approve
            } else {
                Choice::Deny
            };
            let answer = phone.answer(&pending, choice, None);
            let core = service.core.clone();
            tokio::spawn(async move { core.answer(&answer).await.unwrap().verdict })
        })
        .collect();
    let mut decided = Vec::new();
    for racer in racers {
        match racer.await.unwrap() {
            Verdict::Decide { outcome, .. } => decided.push(outcome),
            // Another racer with the same choice signs the same bytes in this dialect: a repeat
            Verdict::Refuse(AnswerRefusal::DecidedOtherwise) | Verdict::Repeat => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(decided.len(), 1);
    let rows = service.audit().await;
    let rows: Vec<_> = rows
        .iter()
        .filter(|row| row.fields[2] == pending.request.urgid.as_str())
        .collect();
    let decisions = rows
        .iter()
        .filter(|row| row.fields[1] != "request.ask")
        .count();
    assert_eq!(decisions, 1);
    let expected = if decided[0] == Outcome::Approved {
        StatusResult::Allow
    } else {
        StatusResult::Deny
    };
    assert_eq!(service.status(&vpn, &txid).await.result, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c2_of_two_hundred_sequenced_answers_one_decides() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let racers: Vec<_> = (0..200)
        .map(|n| {
            let answer = phone.answer(
                &pending,
                if n % 2 == 0 {
                    Choice::Approve
                } else {
                    Choice::Deny
                },
                None,
            );
            let core = service.core.clone();
            tokio::spawn(async move { core.answer(&answer).await.unwrap().verdict })
        })
        .collect();
    let mut decided = 0;
    for racer in racers {
        decided += usize::from(matches!(racer.await.unwrap(), Verdict::Decide { .. }));
    }
    assert_eq!(decided, 1);
    let done = service.audit_count("request.approve", "done").await
        + service.audit_count("request.deny", "done").await;
    assert_eq!(done, 1);
}

#[tokio::test]
async fn c2_the_other_answer_afterwards_is_a_conflict() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let deny = phone.answer(&pending, Choice::Deny, None);
    service.answer(&deny).await;
    let approve = service
        .answer(&phone.answer(&pending, Choice::Approve, None))
        .await;
    assert_eq!(approve, Verdict::Refuse(AnswerRefusal::DecidedOtherwise));
    assert_eq!(service.answer(&deny).await, Verdict::Repeat);
    assert_eq!(service.status(&vpn, &txid).await.status, "deny");
}

#[tokio::test]
async fn c3_an_answer_counts_at_59_seconds_and_not_at_61() {
    for (seconds, taken) in [(59, true), (61, false)] {
        let service = Service::start().await;
        let alice = service.user("alice").await;
        let phone = service.phone(&alice).await;
        let vpn = service.integration(0).await;
        let txid = service.pushed(&vpn, "alice").await;
        let pending = service.one_pending(&phone).await;
        service.clock.advance(seconds * 1000);
        let verdict = service
            .answer(&phone.answer(&pending, Choice::Approve, None))
            .await;
        assert_eq!(verdict == APPROVED, taken, "{seconds} s: {verdict:?}");
        let status = service.status(&vpn, &txid).await;
        let expected = if taken {
            (StatusResult::Allow, "allow")
        } else {
            (StatusResult::Deny, "timeout")
        };
        assert_eq!((status.result, status.status), expected, "{seconds} s");
        assert!(service.pending(&phone).await.is_empty());
    }
}

#[tokio::test]
async fn c3_a_result_belongs_to_the_integration_that_asked_and_ends() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let (vpn, mail) = (service.integration(0).await, service.integration(0).await);
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    service
        .answer(&phone.answer(&pending, Choice::Approve, None))
        .await;
    assert!(matches!(
        service.core.auth_status(&mail, &txid).await,
        Err(StatusRefusal::Txid)
    ));
    assert_eq!(
        service.status(&vpn, &txid).await.result,
        StatusResult::Allow
    );
    service.clock.advance(5 * 60_000 + 1);
    assert!(matches!(
        service.core.auth_status(&vpn, &txid).await,
        Err(StatusRefusal::Txid)
    ));
}

#[tokio::test]
async fn c3_requests_end_by_themselves_with_an_audit_row() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    service.clock.advance(60_000);
    service.core.tidy().await.unwrap();
    assert_eq!(service.audit_count("request.expire", "done").await, 1);
    service.core.tidy().await.unwrap();
    assert_eq!(service.audit_count("request.expire", "done").await, 1);
    assert!(service.pending(&phone).await.is_empty());
}

#[tokio::test]
async fn c10_a_nonce_is_used_once_also_after_a_restart() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let nonce = "ab".repeat(32);
    let store = service.core.store.clone();
    assert!(
        store
            .use_nonce(&AsDevice::of(&phone.device), &nonce, common::START)
            .await
            .unwrap()
    );
    assert!(
        !store
            .use_nonce(&AsDevice::of(&phone.device), &nonce, common::START)
            .await
            .unwrap()
    );
    let service = service.restart().await;
    assert!(
        !service
            .core
            .store
            .use_nonce(&AsDevice::of(&phone.device), &nonce, common::START)
            .await
            .unwrap()
    );
    service.clock.advance(4 * 60_000);
    service.core.tidy().await.unwrap();
    assert!(
        !service
            .core
            .store
            .use_nonce(&AsDevice::of(&phone.device), &nonce, common::START)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn s4_a_request_of_another_device_is_as_unknown_as_none() {
    let service = Service::start().await;
    let (alice, bob) = (service.user("alice").await, service.user("bob").await);
    let (hers, his) = (service.phone(&alice).await, service.phone(&bob).await);
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&hers).await;
    assert!(service.pending(&his).await.is_empty());
    let foreign = service
        .answer(&his.answer(&pending, Choice::Approve, None))
        .await;
    assert_eq!(foreign, Verdict::Refuse(AnswerRefusal::Unknown));
    assert!(
        !service
            .core
            .remove_device(&bob, &hers.device.id, OPERATOR)
            .await
            .unwrap()
    );
    assert!(
        service
            .core
            .make_activation(
                &bob,
                ActivationWish {
                    device: Some(&hers.device.id),
                    ..ActivationWish::default()
                },
                OPERATOR
            )
            .await
            .unwrap()
            .is_none()
    );
}
