//! The number on the sign-in page: nothing goes past it, guesses are counted, none is made twice.

use crate::common;

use std::collections::HashSet;

use common::{ADDRESS, Phone, Service, ask};
use countersign_service::challenge::{Choice, TypedNumber, Verdict};
use countersign_service::policy::IntegrationPolicy;
use countersign_service::request::Outcome;
use countersign_service::sign_in::{AskedFactor, AuthAsk, Begun};
use countersign_service::status::StatusResult;

const APPROVED: Verdict = Verdict::Decide {
    outcome: Outcome::Approved,
    reported: false,
};

#[tokio::test]
async fn c4_no_path_leads_past_the_number() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let policy = IntegrationPolicy {
        allow_legacy: true,
        ..IntegrationPolicy::with_digits(3).unwrap()
    };
    let vpn = service.integration_with(policy).await;
    for phone in [
        service.phone(&alice).await,
        service.legacy_phone(&alice).await,
    ] {
        let device = countersign_service::sign_in::DeviceChoice::Id(phone.device.id.to_string());
        for (factor, is_async) in [
            (AskedFactor::Push, true),
            (AskedFactor::Push, false),
            (AskedFactor::Auto, true),
            (AskedFactor::Auto, false),
        ] {
            let ask = AuthAsk {
                is_async,
                device: device.clone(),
                ..ask("alice", factor)
            };
            let Begun::Decided { status, .. } = service.core.begin(&vpn, &ask).await.unwrap()
            else {
                panic!("asked without a number");
            };
            assert_eq!(status.result, StatusResult::Deny);
        }
        assert!(service.pending(&phone).await.is_empty());

        let txid = service.prepared(&vpn, "alice").await;
        let ask = AuthAsk {
            txid: Some(txid.clone()),
            device,
            ..ask("alice", AskedFactor::Push)
        };
        assert!(matches!(
            service.core.begin(&vpn, &ask).await.unwrap(),
            Begun::Waiting(_)
        ));
        assert!(
            service.core.begin(&vpn, &ask).await.is_err(),
            "a prepared request is used once"
        );
        let pending = service.one_pending(&phone).await;
        let number = pending.request.number.expected.clone().unwrap();
        assert!(
            !format!("{pending:?}").contains(&format!("\"{number}\"")),
            "the number is not shown in a log"
        );
        assert!(
            !pending.request.context.contains(&number) || number.len() < 6,
            "nor told to the device"
        );
        for wrong in [None, Some("")] {
            let verdict = service
                .answer(&phone.answer(&pending, Choice::Approve, wrong))
                .await;
            assert_ne!(verdict, APPROVED, "{wrong:?}");
            assert_eq!(
                service.status(&vpn, &txid).await.result,
                StatusResult::Waiting
            );
        }
        let verdict = service
            .answer(&phone.answer(&pending, Choice::Approve, Some(&format!(" {number}"))))
            .await;
        assert!(
            matches!(verdict, Verdict::WrongNumber { tries_left: 0, .. }),
            "{verdict:?}"
        );
        assert_eq!(service.status(&vpn, &txid).await.result, StatusResult::Deny);
    }
    assert_eq!(service.audit_count("request.approve", "done").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c4_two_hundred_parallel_guesses_are_two_tries() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let policy = IntegrationPolicy {
        allow_legacy: true,
        ..IntegrationPolicy::with_digits(3).unwrap()
    };
    let vpn = service.integration_with(policy).await;
    let phone = service.legacy_phone(&alice).await;
    let (_, number) = service.pushed_with_number(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    let guesses = (0..1000)
        .map(|n| format!("{n:03}"))
        .filter(|guess| *guess != number)
        .take(200);
    let racers: Vec<_> = guesses
        .map(|guess| {
            let answer = phone.answer(&pending, Choice::Approve, Some(&guess));
            let core = service.core.clone();
            tokio::spawn(async move { core.answer(&answer).await.unwrap().verdict })
        })
        .collect();
    let mut tried = 0;
    for racer in racers {
        tried += usize::from(matches!(
            racer.await.unwrap(),
            Verdict::WrongNumber { counted: false, .. }
        ));
    }
    assert_eq!(tried, 2);
}

#[tokio::test]
async fn c6_each_request_has_its_own_number() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(6).await;
    let (first, number) = service.pushed_with_number(&vpn, "alice").await;
    service.clock.advance(200);
    let (second, other) = service.pushed_with_number(&vpn, "alice").await;
    assert_ne!(number, other);
    let pending = service.pending(&phone).await;
    let crossed = service
        .answer(&phone.answer(&pending[1], Choice::Approve, Some(&number)))
        .await;
    assert_eq!(
        crossed,
        Verdict::WrongNumber {
            tries_left: 1,
            counted: false
        }
    );
    assert_eq!(
        service
            .answer(&phone.answer(&pending[0], Choice::Approve, Some(&number)))
            .await,
        APPROVED
    );
    assert_eq!(
        service.status(&vpn, &first).await.result,
        StatusResult::Allow
    );
    assert_eq!(
        service.status(&vpn, &second).await.result,
        StatusResult::Waiting
    );
}

#[tokio::test]
async fn numbers_and_nonces_do_not_repeat() {
    let service = Service::start().await;
    let vpn = service.integration(6).await;
    let mut seen = HashSet::new();
    for n in 0..30 {
        let name = format!("user{n}");
        let user = service.user(&name).await;
        let phone: Phone = service.phone(&user).await;
        service.pushed_with_number(&vpn, &name).await;
        assert!(seen.insert(service.one_pending(&phone).await.request.nonce));
    }
    assert_eq!(
        format!("{:?}", TypedNumber("123456".into())),
        "TypedNumber(…)"
    );
    assert!(!ADDRESS.is_empty());
}
