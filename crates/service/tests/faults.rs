//! Row C11: the database fails at each call in turn, before or after it did its work, and nobody is let in for it.

use crate::common;

use common::faulty::{When, service};
use common::{START, Service, ask};
use countersign_protocol::ids::Txid;
use countersign_service::access::AsIntegration;
use countersign_service::challenge::Choice;
use countersign_service::model::Integration;
use countersign_service::request::{Outcome, RequestState};
use countersign_service::sign_in::{AskedFactor, AuthAsk, Begun};
use countersign_service::status::{Status, StatusResult};
use zeroize::Zeroizing;

#[tokio::test]
async fn c11_a_push_that_meets_a_fault_lets_nobody_in() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let (service, faulty) = service(when).await;
            let alice = service.user("alice").await;
            let phone = service.phone(&alice).await;
            let vpn = service.integration(3).await;
            let txid = service.prepared(&vpn, "alice").await;
            faulty.arm(call);
            let outcome = approve(&service, &phone, &vpn, &txid).await;
            let was_met = faulty.disarm();
            let stored = faulty
                .inner
                .request(&AsIntegration::of(&vpn), &txid)
                .await
                .unwrap()
                .unwrap();
            let approved = matches!(&stored.state, RequestState::Decided(decision) if decision.outcome == Outcome::Approved);
            let rows = service.audit_count("request.approve", "done").await;
            assert_eq!(rows, usize::from(approved), "{when:?} call {call}");
            // Whom to wake is asked too, and a fault there fails nothing: they look by themselves
            assert!(
                outcome.is_some() || was_met,
                "{when:?} call {call}: {outcome:?}"
            );
            if !was_met {
                assert_eq!(outcome.unwrap().result, StatusResult::Allow);
                assert!(call >= 5, "the faults were in the way");
                break;
            }
        }
    }
}

/// The whole way of a push; `None` as soon as anything fails.
async fn approve(
    service: &Service,
    phone: &common::Phone,
    vpn: &Integration,
    txid: &Txid,
) -> Option<Status> {
    let ask = AuthAsk {
        txid: Some(txid.clone()),
        ..ask("alice", AskedFactor::Push)
    };
    service.core.begin(vpn, &ask).await.ok()?;
    let list = service
        .core
        .pending(&phone.device, None, std::time::Duration::ZERO)
        .await
        .ok()?;
    let pending = list.as_ref()?.requests.first()?;
    let number = pending.request.number.expected.clone();
    service
        .core
        .answer(&phone.answer(pending, Choice::Approve, number.as_deref()))
        .await
        .ok()?;
    service.core.auth_status(vpn, txid).await.ok()
}

#[tokio::test]
async fn c11_a_passcode_that_meets_a_fault_lets_nobody_in() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let (service, faulty) = service(when).await;
            let alice = service.user("alice").await;
            let phone = service.phone(&alice).await;
            let vpn = service.integration(3).await;
            faulty.arm(call);
            let typed = Zeroizing::new(phone.code_at(START));
            let begun = service
                .core
                .begin(&vpn, &ask("alice", AskedFactor::Passcode(typed)))
                .await;
            let was_met = faulty.disarm();
            assert_eq!(begun.is_err(), was_met, "{when:?} call {call}");
            if let Ok(Begun::Decided { status, .. }) = begun {
                assert_eq!(status.result, StatusResult::Allow);
                assert!(call >= 3, "the faults were in the way");
                break;
            }
        }
    }
}
