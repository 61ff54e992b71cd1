//! Row C11: the database fails at each call in turn, before or after it did its work, and nobody is let in for it.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use common::{START, Service, ask};
use countersign_protocol::ids::{DeviceId, IntegrationKey, Txid, UserId};
use countersign_protocol::time::UnixMillis;
use countersign_service::access::{AsDevice, AsIntegration, AsUser};
use countersign_service::audit::AuditEntry;
use countersign_service::challenge::{Answer, Choice};
use countersign_service::model::{
    Activation, BypassCode, Device, Integration, NewDevice, NewUser, StoredIdentity, User,
    UserStatus,
};
use countersign_service::names::CanonicalName;
use countersign_service::request::{NewRequest, Outcome, Request, RequestState};
use countersign_service::sign_in::{AskedFactor, AuthAsk, Begun};
use countersign_service::status::{Status, StatusResult};
use countersign_service::store::{
    Activated, Added, Answered, Claim, DecidedRecord, DeskStore, Expired, GateStore, OwnStore,
    PasscodeMaterial, PasscodeUse, Started, Store, StoreError, StoredAnswer, StoredAudit,
};
use countersign_service::throttle::{Admission, Subject};
use zeroize::Zeroizing;

/// When a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Before it does anything.
    Before,
    /// After it did its work, so that the caller does not know.
    After,
}

/// A store whose n-th call from now fails.
#[derive(Debug)]
struct Faulty {
    inner: Arc<dyn Store>,
    calls_left: AtomicI64,
    after: bool,
}

impl Faulty {
    /// Counts a call; whether it is the one that fails.
    fn is_due(&self) -> bool {
        self.calls_left.fetch_sub(1, Ordering::SeqCst) == 0
    }
}

fn fault() -> StoreError {
    StoreError::Engine("the disk is gone".into())
}

macro_rules! failing {
    ($(fn $name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)+) => {
        #[async_trait]
        impl Store for Faulty {
            fn gate(&self) -> &dyn GateStore {
                self.inner.gate()
            }

            fn desk(&self) -> &dyn DeskStore {
                self.inner.desk()
            }

            fn own(&self) -> &dyn OwnStore {
                self.inner.own()
            }

            async fn close(&self) {
                self.inner.close().await;
            }

            $(async fn $name(&self, $($argument: $kind),*) -> Result<$result, StoreError> {
                let due = self.is_due();
                if due && !self.after {
                    return Err(fault());
                }
                let result = self.inner.$name($($argument),*).await?;
                if due { Err(fault()) } else { Ok(result) }
            })+
        }
    };
}

failing! {
    fn ping() -> ();
    fn changed_elsewhere() -> bool;
    fn identity() -> Option<StoredIdentity>;
    fn make_identity(identity: &StoredIdentity, now: UnixMillis) -> ();
    fn add_user(user: &NewUser, audit: AuditEntry) -> Added;
    fn user_by_name(name: &CanonicalName) -> Option<User>;
    fn user(id: &UserId) -> Option<User>;
    fn add_integration(integration: &Integration, audit: AuditEntry) -> ();
    fn integration(id: &IntegrationKey) -> Option<Integration>;
    fn add_activation(activation: &Activation, audit: AuditEntry) -> ();
    fn activation(code_hash: &str) -> Option<Activation>;
    fn activate(code_hash: &str, device: &NewDevice, now: UnixMillis, address: &str) -> Activated;
    fn device(id: &DeviceId) -> Option<Device>;
    fn devices_of(owner: &AsUser<'_>) -> Vec<Device>;
    fn remove_device(owner: &AsUser<'_>, device: &DeviceId, audit: AuditEntry) -> bool;
    fn set_user_status(user: &UserId, status: UserStatus, audit: AuditEntry) -> bool;
    fn use_nonce(device: &AsDevice<'_>, nonce: &str, now: UnixMillis) -> bool;
    fn prepare_request(request: &NewRequest, audit: AuditEntry) -> ();
    fn start_request(request: &NewRequest, audit: AuditEntry) -> Started;
    fn start_prepared(integration: &AsIntegration<'_>, request: &NewRequest, audit: AuditEntry) -> Started;
    fn last_request_failed(user: &UserId, now: UnixMillis) -> bool;
    fn request(integration: &AsIntegration<'_>, txid: &Txid) -> Option<Request>;
    fn count_poll(integration: &AsIntegration<'_>, txid: &Txid) -> Option<Request>;
    fn pending_requests(device: &AsDevice<'_>, now: UnixMillis) -> Vec<Request>;
    fn answer(answer: &Answer, test_integration: &IntegrationKey, now: UnixMillis) -> Answered;
    fn end_request(integration: &AsIntegration<'_>, txid: &Txid, outcome: Outcome, audit: AuditEntry) -> bool;
    fn expire_requests(now: UnixMillis) -> Vec<Expired>;
    fn count_attempts(subjects: &[Subject], now: UnixMillis) -> Admission;
    fn clear_attempts(subject: &Subject) -> ();
    fn passcode_material(owner: &AsUser<'_>, now: UnixMillis) -> PasscodeMaterial;
    fn accept_passcode(owner: &AsUser<'_>, used: &PasscodeUse, record: Option<&DecidedRecord>, audit: AuditEntry) -> bool;
    fn count_resync(owner: &AsUser<'_>, device: &Device, counter: i64, now: UnixMillis) -> i64;
    fn note_decided(record: Option<&DecidedRecord>, outcome: Outcome, audit: AuditEntry) -> ();
    fn replace_bypass_codes(owner: &AsUser<'_>, codes: &[BypassCode], audit: AuditEntry) -> ();
    fn claim_call(integration: &AsIntegration<'_>, signature: &str, now: UnixMillis) -> Claim;
    fn release_call(integration: &AsIntegration<'_>, signature: &str) -> ();
    fn answer_call(integration: &AsIntegration<'_>, signature: &str, answer: &StoredAnswer) -> ();
    fn forget_old(now: UnixMillis) -> ();
    fn note(audit: AuditEntry) -> ();
    fn audit_after(seq: i64, limit: i64) -> Vec<StoredAudit>;
}

/// A service on a faulty store that behaves until it is armed.
async fn service(when: When) -> (Service, Arc<Faulty>) {
    let mut kept = None;
    let service = Service::wrapped(|inner| {
        let faulty = Arc::new(Faulty {
            inner,
            calls_left: AtomicI64::new(i64::MAX),
            after: when == When::After,
        });
        kept = Some(faulty.clone());
        faulty
    })
    .await;
    (service, kept.unwrap())
}

#[tokio::test]
async fn c11_a_push_that_meets_a_fault_lets_nobody_in() {
    for when in [When::Before, When::After] {
        for call in 0.. {
            let (service, faulty) = service(when).await;
            let alice = service.user("alice").await;
            let phone = service.phone(&alice).await;
            let vpn = service.integration(3).await;
            let txid = service.prepared(&vpn, "alice").await;
            faulty.calls_left.store(call, Ordering::SeqCst);
            let outcome = approve(&service, &phone, &vpn, &txid).await;
            let was_met = faulty.calls_left.swap(i64::MAX, Ordering::SeqCst) < 0;
            let stored = faulty
                .inner
                .request(&AsIntegration::of(&vpn), &txid)
                .await
                .unwrap()
                .unwrap();
            let approved = matches!(&stored.state, RequestState::Decided(decision) if decision.outcome == Outcome::Approved);
            let rows = service.audit_count("request.approve", "done").await;
            assert_eq!(rows, usize::from(approved), "{when:?} call {call}");
            assert_eq!(
                outcome.is_none(),
                was_met,
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
            faulty.calls_left.store(call, Ordering::SeqCst);
            let typed = Zeroizing::new(phone.code_at(START));
            let begun = service
                .core
                .begin(&vpn, &ask("alice", AskedFactor::Passcode(typed)))
                .await;
            let was_met = faulty.calls_left.swap(i64::MAX, Ordering::SeqCst) < 0;
            assert_eq!(begun.is_err(), was_met, "{when:?} call {call}");
            if let Ok(Begun::Decided { status, .. }) = begun {
                assert_eq!(status.result, StatusResult::Allow);
                assert!(call >= 3, "the faults were in the way");
                break;
            }
        }
    }
}
