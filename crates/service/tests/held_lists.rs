//! Whoever waits: lists that a phone holds open, and integrations that poll.

use crate::common;

use std::task::Poll;
use std::time::Duration;

use common::{START, Service, ask};
use countersign_service::access::AsUser;
use countersign_service::audit::AuditEntry;
use countersign_service::challenge::{AnswerRefusal, Choice, Verdict};
use countersign_service::operator::OPERATOR;
use countersign_service::policy::REQUEST_LIFE_MS;
use countersign_service::request::Outcome;
use countersign_service::sign_in::{AskedFactor, Begun};
use countersign_service::status::{StatusRefusal, StatusResult};
use countersign_service::store::Store as _;
use countersign_service::store::sqlite::SqliteStore;
use countersign_service::waker::REREAD;
use zeroize::Zeroizing;

const APPROVED: Verdict = Verdict::Decide {
    outcome: Outcome::Approved,
    reported: false,
};

#[tokio::test]
async fn the_fourteenth_poll_of_an_undecided_request_ends_it() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    let txid = service.pushed(&vpn, "alice").await;
    let pending = service.one_pending(&phone).await;
    for poll in 1..=13 {
        assert_eq!(
            service.status(&vpn, &txid).await.result,
            StatusResult::Waiting,
            "poll {poll}"
        );
    }
    let last = service.status(&vpn, &txid).await;
    assert_eq!((last.result, last.status), (StatusResult::Deny, "timeout"));
    let late = service
        .answer(&phone.answer(&pending, Choice::Approve, None))
        .await;
    assert_eq!(late, Verdict::Refuse(AnswerRefusal::Unknown));
}

#[tokio::test]
async fn a_held_list_ends_when_a_request_comes() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    let empty = service
        .core
        .pending(&phone.device, None, Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    let (core, device, seen) = (
        service.core.clone(),
        phone.device.clone(),
        empty.revision.clone(),
    );
    let held = tokio::spawn(async move {
        core.pending(&device, Some(&seen), Duration::from_secs(50))
            .await
            .unwrap()
            .unwrap()
    });
    service.pushed(&vpn, "alice").await;
    let list = held.await.unwrap();
    assert_eq!(list.requests.len(), 1);
    assert_ne!(list.revision, empty.revision);
}

#[tokio::test]
async fn d3_what_another_process_changes_is_told_to_whoever_waits() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let store = &service.core.store;
    store.changed_elsewhere().await.unwrap();
    service.user("bob").await;
    assert!(
        !store.changed_elsewhere().await.unwrap(),
        "its own changes wake those whom they concern"
    );
    let seen = service
        .core
        .pending(&phone.device, None, Duration::ZERO)
        .await
        .unwrap()
        .unwrap()
        .revision;
    let held = service
        .core
        .pending(&phone.device, Some(&seen), Duration::from_secs(50));
    let mut held = std::pin::pin!(held);
    let waits = std::future::poll_fn(|cx| Poll::Ready(held.as_mut().poll(cx).is_pending()));
    assert!(waits.await);
    // The command line opens the same file
    let elsewhere = SqliteStore::open(&service.folder.path().join("countersign.db"))
        .await
        .unwrap();
    let entry = AuditEntry::new(START, OPERATOR.into(), "device.remove", "DP", "done");
    let removed = elsewhere
        .remove_device(&AsUser::of(&alice), &phone.device.id, entry)
        .await;
    assert!(removed.unwrap());
    service.core.look_elsewhere().await.unwrap();
    let told = tokio::time::timeout(REREAD / 2, held).await.unwrap();
    assert!(told.unwrap().is_none(), "the device is no longer in use");
}

#[tokio::test]
async fn c3_a_held_list_ends_when_a_request_does() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(0).await;
    service.pushed(&vpn, "alice").await;
    service.clock.advance(REQUEST_LIFE_MS - 100);
    let list = service
        .core
        .pending(&phone.device, None, Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(list.requests.len(), 1);
    let held = service
        .core
        .pending(&phone.device, Some(&list.revision), Duration::from_secs(50));
    let mut held = std::pin::pin!(held);
    let waits = std::future::poll_fn(|cx| Poll::Ready(held.as_mut().poll(cx).is_pending()));
    assert!(waits.await);
    service.clock.advance(100);
    let over = tokio::time::timeout(REREAD / 2, held).await.unwrap();
    assert!(over.unwrap().unwrap().requests.is_empty());
}

#[tokio::test]
async fn a_test_request_opens_nothing() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    service.core.make_test_request(&phone.device).await.unwrap();
    let pending = service.one_pending(&phone).await;
    assert_eq!(
        (
            pending.context.kind.as_str(),
            pending.integration.as_str().get(..2)
        ),
        ("Test", Some("DI"))
    );
    assert_eq!(
        service
            .answer(&phone.answer(&pending, Choice::Approve, None))
            .await,
        APPROVED
    );
    let vpn = service.integration(0).await;
    assert!(matches!(
        service.core.auth_status(&vpn, &pending.request.txid).await,
        Err(StatusRefusal::Txid)
    ));
}

#[tokio::test]
async fn a_passcode_in_async_mode_is_decided_at_once_and_told_by_the_status() {
    let service = Service::start().await;
    let alice = service.user("alice").await;
    let phone = service.phone(&alice).await;
    let vpn = service.integration(3).await;
    for (typed, result) in [
        (phone.code_at(common::START), StatusResult::Allow),
        ("000000".into(), StatusResult::Deny),
    ] {
        let begun = service
            .core
            .begin(
                &vpn,
                &ask("alice", AskedFactor::Passcode(Zeroizing::new(typed))),
            )
            .await
            .unwrap();
        let Begun::Decided {
            txid: Some(txid),
            status,
        } = begun
        else {
            panic!("not decided")
        };
        assert_eq!(status.result, result);
        assert_eq!(service.status(&vpn, &txid).await, status);
        let other = service.integration(3).await;
        assert!(
            matches!(
                service.core.auth_status(&other, &txid).await,
                Err(StatusRefusal::Txid)
            ),
            "another's"
        );
    }
}
