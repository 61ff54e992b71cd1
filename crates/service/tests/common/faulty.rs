//! A store that fails at its n-th call, before or after it did its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, IntegrationKey, Txid, Urgid, UserId};
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{First, ProofState};
use countersign_service::access::{AsDevice, AsIntegration, AsUser};
use countersign_service::audit::AuditEntry;
use countersign_service::carrier::limits::Limits;
use countersign_service::challenge::Answer;
use countersign_service::directory::person::PersonId;
use countersign_service::model::{
    Activation, BypassCode, Device, Integration, NewDevice, NewUser, Scan, StoredIdentity, User,
    UserStatus,
};
use countersign_service::names::CanonicalName;
use countersign_service::prompt::{PromptId, RedirectUri};
use countersign_service::request::{NewRequest, Outcome, Request};
use countersign_service::self_service::phone_number::E164;
use countersign_service::self_service::session::{SessionId, TokenHash};
use countersign_service::store::carriers::{
    Admitted, HandedOver, Kind, PlacedCallOver, Planned, Rate,
};
use countersign_service::store::desk::{DeskAct, DeskDone, Happened, Released};
use countersign_service::store::directory::{KnownPerson, Sight, Sighted};
use countersign_service::store::gate::{
    Holder, NewProof, NewSession, Opening, Standing, StoredPassword, StoredProof, StoredSession,
};
use countersign_service::store::moves::{FollowedMove, MoveOf};
use countersign_service::store::notices::{NoticeReplied, NoticeReply, StoredNotice};
use countersign_service::store::own::{
    Card, CardDone, Changed, CodeAdded, FollowedActivation, LandlineAdded, NewCode, NewLandline,
    NewNumber, NumberOwner, OwnedDevice, Removed, StoredNumber,
};
use countersign_service::store::prompts::{NewPrompt, Redeemed, ShownCode, StoredPrompt};
use countersign_service::store::{
    Activated, Added, Answered, CarrierStore, Claim, DecidedRecord, DeskStore, DeviceRequests,
    DirectoryStore, Expired, GateStore, MoveStore, NoticeStore, OwnStore, PasscodeMaterial,
    PasscodeUse, PromptStore, Started, Store, StoreError, StoredAnswer, StoredAudit,
};
use countersign_service::texts::reports::Report;
use countersign_service::throttle::{Admission, Subject};

use super::Service;
use super::hospital::Hospital;

/// When a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before it does anything.
    Before,
    /// After it did its work, so that the caller does not know.
    After,
}

/// A store whose n-th call from now fails.
#[derive(Debug)]
pub struct Faulty {
    pub inner: Arc<dyn Store>,
    calls_left: AtomicI64,
    after: bool,
}

impl Faulty {
    /// From now on the call after so many fails.
    pub fn arm(&self, calls: i64) {
        self.calls_left.store(calls, Ordering::SeqCst);
    }

    /// Behaves again; whether a call failed.
    pub fn disarm(&self) -> bool {
        self.calls_left.swap(i64::MAX, Ordering::SeqCst) < 0
    }

    /// Whether the call that fails was made.
    pub fn is_spent(&self) -> bool {
        self.calls_left.load(Ordering::SeqCst) < 0
    }

    /// Counts a call; whether it is the one that fails.
    fn is_due(&self) -> bool {
        self.calls_left.fetch_sub(1, Ordering::SeqCst) == 0
    }
}

fn fault() -> StoreError {
    StoreError::Engine("the disk is gone".into())
}

macro_rules! failing {
    ($store:ident by |$inner:ident| $of:expr; { $($whole:item)* }
     $(fn $name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)+) => {
        #[async_trait]
        impl $store for Faulty {
            $($whole)*

            $(async fn $name(&self, $($argument: $kind),*) -> Result<$result, StoreError> {
                let due = self.is_due();
                if due && !self.after {
                    return Err(fault());
                }
                let $inner = &self.inner;
                let result = $of.$name($($argument),*).await?;
                if due { Err(fault()) } else { Ok(result) }
            })+
        }
    };
}

failing! {
    Store by |inner| inner;
    {
        fn gate(&self) -> &dyn GateStore {
            self
        }

        fn desk(&self) -> &dyn DeskStore {
            self
        }

        fn directory(&self) -> &dyn DirectoryStore {
            self
        }

        fn own(&self) -> &dyn OwnStore {
            self
        }

        fn moves(&self) -> &dyn MoveStore {
            self
        }

        fn notices(&self) -> &dyn NoticeStore {
            self
        }

        fn carriers(&self) -> &dyn CarrierStore {
            self
        }

        fn prompts(&self) -> &dyn PromptStore {
            self
        }

        async fn close(&self) {
            self.inner.close().await;
        }
    }
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
    fn note_scan(code_hash: &str, scan: &Scan, audit: AuditEntry) -> bool;
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
    fn device_requests(device: &AsDevice<'_>, now: UnixMillis) -> DeviceRequests;
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

failing! {
    GateStore by |inner| inner.gate();
    {}
    fn set_password(user: &UserId, phc: &str, audit: AuditEntry) -> bool;
    fn set_operator(user: &UserId, is_operator: bool, audit: AuditEntry) -> bool;
    fn password(name: &CanonicalName) -> Option<StoredPassword>;
    fn add_session(session: &NewSession, earlier: Option<&TokenHash>, password: Option<&str>, clear: &[Subject], audit: AuditEntry) -> bool;
    fn session(token: &TokenHash) -> Option<StoredSession>;
    fn touch_session(id: &SessionId, now: UnixMillis) -> ();
    fn end_session(id: &SessionId, audit: AuditEntry) -> bool;
    fn start_push_proof(proof: &NewProof, request: &NewRequest, audit: AuditEntry) -> Started;
    fn start_call_proof(proof: &NewProof, audit: AuditEntry) -> bool;
    fn move_call_proof(proof: &str, to: Standing, audit: Option<AuditEntry>) -> bool;
    fn prove_by_passcode(owner: &AsUser<'_>, used: &PasscodeUse, proof: &NewProof, opening: &Opening, audit: AuditEntry) -> bool;
    fn proof(holder: &Holder, id: &str) -> Option<StoredProof>;
    fn latest_proof(holder: &Holder) -> Option<String>;
    fn settle_proof(holder: &Holder, id: &str, state: ProofState, opening: Option<&Opening>, audit: AuditEntry) -> bool;
    fn cancel_proof(holder: &Holder, id: &str, audit: AuditEntry) -> bool;
    fn used_bypass_codes(owner: &AsUser<'_>, now: UnixMillis) -> Vec<BypassCode>;
    fn note_fetched(device: &DeviceId, now: UnixMillis) -> ();
    fn blocked_until(subject: &Subject) -> UnixMillis;
}

failing! {
    OwnStore by |inner| inner.own();
    {}
    fn own_devices(owner: &AsUser<'_>, now: UnixMillis) -> Vec<OwnedDevice>;
    fn rename_device(owner: &AsUser<'_>, device: &DeviceId, name: &str, audit: AuditEntry) -> Changed;
    fn set_first(owner: &AsUser<'_>, device: &DeviceId, first: First, audit: AuditEntry) -> Changed;
    fn remove_own_device(owner: &AsUser<'_>, session: &SessionId, device: &DeviceId, calls: bool, audit: AuditEntry) -> Removed;
    fn note_replaced_key(device: &DeviceId, now: UnixMillis) -> ();
    fn replaced_key(device: &DeviceId) -> Option<String>;
    fn note_called(device: &DeviceId, now: UnixMillis) -> ();
    fn own_test(owner: &AsUser<'_>, urgid: &Urgid) -> Option<Request>;
    fn followed_activation(owner: &AsUser<'_>, session: &SessionId, id: &str) -> Option<FollowedActivation>;
    fn confirm_scan(owner: &AsUser<'_>, session: &SessionId, id: &str, key: &str, audit: AuditEntry) -> bool;
    fn cancel_activation(owner: &AsUser<'_>, session: &SessionId, id: &str, audit: AuditEntry) -> bool;
    fn card(owner: &AsUser<'_>, now: UnixMillis) -> Option<Card>;
    fn judge_card(owner: &AsUser<'_>, session: &SessionId, now: UnixMillis) -> CardDone;
    fn make_card(owner: &AsUser<'_>, session: &SessionId, codes: &[BypassCode], audit: AuditEntry) -> CardDone;
    fn stop_card(owner: &AsUser<'_>, session: &SessionId, audit: AuditEntry) -> CardDone;
    fn listed_number(owner: &AsUser<'_>) -> Option<E164>;
    fn number_owner(owner: &AsUser<'_>, number: &E164, extension: &str) -> NumberOwner;
    fn add_number(owner: &AsUser<'_>, number: &NewNumber, audit: AuditEntry) -> ();
    fn number(owner: &AsUser<'_>, session: &SessionId, id: &str) -> Option<StoredNumber>;
    fn add_code(owner: &AsUser<'_>, session: &SessionId, id: &str, code: &NewCode, limits: &[Subject], audit: AuditEntry) -> CodeAdded;
    fn count_code_try(owner: &AsUser<'_>, session: &SessionId, id: &str, now: UnixMillis) -> Option<StoredNumber>;
    fn confirm_number(owner: &AsUser<'_>, session: &SessionId, id: &str, count: i64, audit: AuditEntry) -> bool;
    fn add_landline(owner: &AsUser<'_>, session: &SessionId, number: &str, landline: &NewLandline, audit: AuditEntry) -> LandlineAdded;
}

failing! {
    PromptStore by |inner| inner.prompts();
    {}
    fn add_redirect_uris(integration: &IntegrationKey, uris: &[RedirectUri], audit: AuditEntry) -> bool;
    fn has_redirect_uri(integration: &AsIntegration<'_>, uri: &str) -> bool;
    fn add_prompt(prompt: &NewPrompt, audit: AuditEntry) -> bool;
    fn prompt(id: &PromptId, secret: &TokenHash) -> Option<StoredPrompt>;
    fn give_up_prompt(id: &PromptId, audit: AuditEntry) -> bool;
    fn leave_prompt(id: &PromptId, code: &TokenHash, until: UnixMillis, audit: AuditEntry) -> bool;
    fn redeem_code(shown: &ShownCode, audit: AuditEntry) -> Redeemed;
}

failing! {
    DeskStore by |inner| inner.desk();
    {}
    fn people(beginning: &CanonicalName, most: i64) -> Vec<User>;
    fn released_until(user: &UserId) -> UnixMillis;
    fn done_by_desk(user: &UserId, since: UnixMillis, most: i64) -> Vec<(UnixMillis, String)>;
    fn happened(user: &UserId, also: &str, most: i64) -> Vec<Happened>;
    fn make_bypass(act: &DeskAct, code: &BypassCode, most: i64) -> DeskDone;
    fn unlock(act: &DeskAct, most: i64) -> DeskDone;
    fn release(act: &DeskAct, until: UnixMillis, most: i64) -> DeskDone;
    fn release_by_command(user: &UserId, until: UnixMillis, audit: AuditEntry) -> Released;
    fn stop_card(act: &DeskAct, most: i64) -> DeskDone;
    fn suspend(act: &DeskAct, device: &DeviceId, most: i64) -> DeskDone;
}

failing! {
    DirectoryStore by |inner| inner.directory();
    {}
    fn see(sight: &Sight, now: UnixMillis) -> Sighted;
    fn note_gone(id: &PersonId, now: UnixMillis) -> ();
    fn free_name(id: &PersonId, now: UnixMillis) -> ();
    fn known_people(after: Option<PersonId>, most: i64) -> Vec<KnownPerson>;
    fn take_back_attempts(subjects: &[Subject]) -> ();
}

failing! {
    NoticeStore by |inner| inner.notices();
    {}
    fn notices(device: &AsDevice<'_>, now: UnixMillis) -> Vec<StoredNotice>;
    fn told_devices(user: &UserId) -> Vec<DeviceId>;
    fn answer_notice(reply: &NoticeReply, now: UnixMillis) -> NoticeReplied;
}

failing! {
    MoveStore by |inner| inner.moves();
    {}
    fn followed_move(of: &MoveOf) -> Option<FollowedMove>;
    fn confirm_move(of: &MoveOf, key: &str, audit: AuditEntry) -> bool;
    fn ask_new_device(of: &MoveOf, request: &NewRequest, audit: AuditEntry) -> Started;
    fn stop_move(of: &MoveOf, audit: AuditEntry) -> bool;
}

failing! {
    CarrierStore by |inner| inner.carriers();
    {}
    fn admit(planned: &Planned, limits: &Limits) -> Admitted;
    fn rate(kind: Kind, since: UnixMillis) -> Rate;
    fn end_call(id: &str, over: PlacedCallOver) -> bool;
    fn text_handed_over(id: &str, ended: HandedOver, now: UnixMillis) -> ();
    fn text_reported(report: &Report, now: UnixMillis) -> Option<bool>;
}

fn behaving(inner: Arc<dyn Store>, when: When) -> Arc<Faulty> {
    Arc::new(Faulty {
        inner,
        calls_left: AtomicI64::new(i64::MAX),
        after: when == When::After,
    })
}

/// A service on a faulty store that behaves until it is armed.
pub async fn service(when: When) -> (Service, Arc<Faulty>) {
    let mut kept = None;
    let service = Service::wrapped(|inner| kept.insert(behaving(inner, when)).clone()).await;
    (service, kept.unwrap())
}

/// The same with a simulated phone.
pub async fn hospital(when: When) -> (Hospital, Arc<Faulty>) {
    let mut kept = None;
    let hospital = Hospital::wrapped(|inner| kept.insert(behaving(inner, when)).clone()).await;
    (hospital, kept.unwrap())
}
