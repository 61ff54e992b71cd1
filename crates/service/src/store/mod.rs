//! What the service remembers: one trait, one engine a folder.
//!
//! One method is one use case and one transaction. Whatever can happen once is done by a conditional update whose row
//! count is checked, and every change writes its audit row in its own transaction. "Not there" is `Ok(None)`.

pub mod carriers;
pub mod desk;
pub mod directory;
pub mod gate;
pub mod moves;
pub mod notices;
pub mod own;
pub mod prompts;
pub mod sqlite;

pub use carriers::CarrierStore;
pub use desk::DeskStore;
pub use directory::DirectoryStore;
pub use gate::GateStore;
pub use moves::MoveStore;
pub use notices::NoticeStore;
pub use own::OwnStore;
pub use prompts::PromptStore;

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, IntegrationKey, Txid, Urgid, UserId};
use countersign_protocol::time::UnixMillis;

use crate::access::{AsDevice, AsIntegration, AsUser};
use crate::audit::AuditEntry;
use crate::challenge::{Answer, Verdict};
use crate::model::{
    Activation, BypassCode, CodeKind, Device, Integration, NewDevice, NewUser, Scan,
    StoredIdentity, User,
};
use crate::names::CanonicalName;
use crate::request::{Factor, NewRequest, Outcome, Request, SharedAnswer};
use crate::secrets::Sealed;
use crate::throttle::{Admission, Subject};

/// The database did not do it. Nothing of the transaction remains, and every caller treats it as a refusal (row C11).
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine failed: away, full, locked for too long.
    #[error("the database did not answer as it should: {0}")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row holds what this release never writes.
    #[error("the database holds a value that cannot be: {0}")]
    Corrupt(&'static str),
}

/// How adding something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there now.
    Added,
    /// Its name was taken.
    Taken,
}

/// How an activation ended.
#[derive(Debug)]
pub enum Activated {
    /// A device came out of it.
    Done {
        /// The device as it is now.
        device: Box<Device>,
        /// Whether it existed before.
        reactivated: bool,
    },
    /// The code is unknown, used, expired, or its user is disabled: alike (row A5).
    Refused,
}

/// How starting a push ended.
#[derive(Debug)]
pub enum Started {
    /// The device is asked.
    Asked(Box<Request>),
    /// Too many requests of this user wait already.
    TooManyPending,
    /// Pushes to this user are stopped until then.
    Paused(UnixMillis),
    /// The prepared request is not there, not this integration's, for another user, or over.
    NotPrepared,
    /// The user or the device was stopped meanwhile.
    Gone,
}

/// What a device that asks is told of requests.
#[derive(Debug)]
pub struct DeviceRequests {
    /// What waits for its answer, oldest first.
    pub pending: Vec<Request>,
    /// What waited for it too, and another device of the user answered a short time ago, oldest first.
    pub answered: Vec<SharedAnswer>,
}

/// What answering brought about.
#[derive(Debug)]
pub struct Answered {
    /// What happened.
    pub verdict: Verdict,
    /// The request as it is now, if the device has one of that name.
    pub request: Option<Request>,
    /// Which other device answered, where one did.
    pub elsewhere: Option<SharedAnswer>,
}

/// What a passcode check has to know about a user.
#[derive(Debug)]
pub struct PasscodeMaterial {
    /// Active devices, the longest-serving first.
    pub devices: Vec<Device>,
    /// Unused, unexpired bypass codes.
    pub bypass_codes: Vec<BypassCode>,
}

/// What made a passcode good; it is used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasscodeUse {
    /// A counter or time step of a device. It must be later than the last one, and the device unchanged.
    Device {
        /// Which device.
        id: DeviceId,
        /// Its generation when the seed was read.
        generation: i64,
        /// The counter or step.
        counter: i64,
    },
    /// A bypass code.
    Bypass {
        /// Which.
        id: String,
        /// Where it comes from.
        kind: CodeKind,
    },
}

/// A request that was decided at once, to be stored so that `auth_status` can tell of it.
#[derive(Debug, Clone)]
pub struct DecidedRecord {
    /// Its name to the device; no device ever sees it.
    pub urgid: Urgid,
    /// Its name to the integration.
    pub txid: Txid,
    /// Who asked.
    pub integration_id: IntegrationKey,
    /// Who signs in.
    pub user_id: UserId,
    /// By push or by passcode.
    pub factor: Factor,
    /// What the client is told when the service refused it; else empty.
    pub message: String,
}

/// What is known about a signed call (row K2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It was never seen; it is claimed now, and its answer has to be stored.
    First,
    /// It is being worked on.
    AtWork,
    /// It was answered before.
    Answered(StoredAnswer),
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, sealed: it may hold an activation code.
    pub body: Sealed,
}

/// A request that ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Its name to the integration.
    pub txid: Txid,
    /// The device that was asked.
    pub device_id: Option<DeviceId>,
}

/// An audit row as stored, with its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAudit {
    /// Its place, rising by one.
    pub seq: i64,
    /// When.
    pub at: UnixMillis,
    /// Actor, action, object, result, source.
    pub fields: [String; 5],
    /// The hash of the row before.
    pub prev: Vec<u8>,
    /// The hash of this row.
    pub hash: Vec<u8>,
}

/// What the service remembers.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// What the gate to self-service remembers: passwords, sessions, proofs.
    fn gate(&self) -> &dyn GateStore;

    /// What the help desk finds and does.
    fn desk(&self) -> &dyn DeskStore;

    /// What is remembered of people of the organisation's directory.
    fn directory(&self) -> &dyn DirectoryStore;

    /// What people do with their own devices in self-service.
    fn own(&self) -> &dyn OwnStore;

    /// Devices that hand over to another.
    fn moves(&self) -> &dyn MoveStore;

    /// What devices are told about each other.
    fn notices(&self) -> &dyn NoticeStore;

    /// What is remembered of texts and calls.
    fn carriers(&self) -> &dyn CarrierStore;

    /// What the sign-in prompt of applications remembers.
    fn prompts(&self) -> &dyn PromptStore;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Ends every connection; what was committed is in the file.
    async fn close(&self);

    /// Whether another process may have written since this was asked last. Cheap: it is asked every second on behalf of
    /// all who wait.
    async fn changed_elsewhere(&self) -> Result<bool, StoreError>;

    /// Who this service is. `None` before the first start.
    async fn identity(&self) -> Result<Option<StoredIdentity>, StoreError>;

    /// Stores who this service is, unless that is known already. The first to come wins; read it again.
    async fn make_identity(
        &self,
        identity: &StoredIdentity,
        now: UnixMillis,
    ) -> Result<(), StoreError>;

    /// Adds a user.
    async fn add_user(&self, user: &NewUser, audit: AuditEntry) -> Result<Added, StoreError>;

    /// The user of that name. `None` if nobody has it.
    async fn user_by_name(&self, name: &CanonicalName) -> Result<Option<User>, StoreError>;

    /// The user of that id. `None` if there is none.
    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// Adds an integration. Its id is random, so a second one of that id is an error.
    async fn add_integration(
        &self,
        integration: &Integration,
        audit: AuditEntry,
    ) -> Result<(), StoreError>;

    /// The integration of that `ikey`. `None` if there is none.
    async fn integration(&self, id: &IntegrationKey) -> Result<Option<Integration>, StoreError>;

    /// Stores an activation code, and ends the earlier unused ones of the same device.
    async fn add_activation(
        &self,
        activation: &Activation,
        audit: AuditEntry,
    ) -> Result<(), StoreError>;

    /// The activation of that code, used or not, expired or not. `None` if it never existed.
    async fn activation(&self, code_hash: &str) -> Result<Option<Activation>, StoreError>;

    /// Binds a page's code, not scanned yet, to the key of `scan` (row A2). `false` if it is another's or of no use by now.
    async fn note_scan(
        &self,
        code_hash: &str,
        scan: &Scan,
        entry: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Uses up an activation code and makes or re-keys its device, all or nothing. A device that is activated again
    /// loses its earlier keys and its open requests at this moment and not before (rows A1, C9, D3).
    async fn activate(
        &self,
        code_hash: &str,
        device: &NewDevice,
        now: UnixMillis,
        address: &str,
    ) -> Result<Activated, StoreError>;

    /// The device of that id with its owner's status, for checking a signature. `None` if there is none.
    async fn device(&self, id: &DeviceId) -> Result<Option<Device>, StoreError>;

    /// The owner's devices that are not removed, the default first, then the longest-serving.
    async fn devices_of(&self, owner: &AsUser<'_>) -> Result<Vec<Device>, StoreError>;

    /// Removes a device of its owner and ends its open requests. `false` if the owner has no such device.
    async fn remove_device(
        &self,
        owner: &AsUser<'_>,
        device: &DeviceId,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Enables or disables a user; disabling ends the open requests. `false` if there is no such user.
    async fn set_user_status(
        &self,
        user: &UserId,
        status: crate::model::UserStatus,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Uses up a nonce of a device and notes that it was seen. `false` if it was used before (row C10).
    async fn use_nonce(
        &self,
        device: &AsDevice<'_>,
        nonce: &str,
        now: UnixMillis,
    ) -> Result<bool, StoreError>;

    /// Stores a request that nobody is asked about yet.
    async fn prepare_request(
        &self,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<(), StoreError>;

    /// Stores a request and asks its device, within the limits on pushes (row C5).
    async fn start_request(
        &self,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<Started, StoreError>;

    /// Asks a device about a prepared request of this integration and user. `request` brings device, context and
    /// expiry; its number is not used: the prepared one stays.
    async fn start_prepared(
        &self,
        integration: &AsIntegration<'_>,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<Started, StoreError>;

    /// Whether the next number should be a long one: the user's last request was denied, reported or left unanswered.
    async fn last_request_failed(&self, user: &UserId, now: UnixMillis)
    -> Result<bool, StoreError>;

    /// The integration's request of that name. `None` for another's, alike with one that never existed.
    async fn request(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
    ) -> Result<Option<Request>, StoreError>;

    /// Counts a poll of an undecided request, and returns the request. `None` as for [`Store::request`].
    async fn count_poll(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
    ) -> Result<Option<Request>, StoreError>;

    /// What waits for an answer of this device, and what does not any more because another answered it.
    async fn device_requests(
        &self,
        device: &AsDevice<'_>,
        now: UnixMillis,
    ) -> Result<DeviceRequests, StoreError>;

    /// Judges an answer against what is stored now and applies the verdict, all in one transaction (rows C1, C2, C9).
    async fn answer(
        &self,
        answer: &Answer,
        test_integration: &IntegrationKey,
        now: UnixMillis,
    ) -> Result<Answered, StoreError>;

    /// Ends an undecided request of the integration. `false` if it was decided before.
    async fn end_request(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
        outcome: Outcome,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Ends every undecided request whose time is over.
    async fn expire_requests(&self, now: UnixMillis) -> Result<Vec<Expired>, StoreError>;

    /// Counts an attempt of every subject in a transaction of its own, or of none if one of them is blocked (row O5).
    async fn count_attempts(
        &self,
        subjects: &[Subject],
        now: UnixMillis,
    ) -> Result<Admission, StoreError>;

    /// Takes back all counted failures of a subject.
    async fn clear_attempts(&self, subject: &Subject) -> Result<(), StoreError>;

    /// What a passcode of this user is compared with.
    async fn passcode_material(
        &self,
        owner: &AsUser<'_>,
        now: UnixMillis,
    ) -> Result<PasscodeMaterial, StoreError>;

    /// Uses up what made a passcode good, clears the user's failures, and stores the decided request if one is given.
    /// `false` if it was used meanwhile; then nothing changed.
    async fn accept_passcode(
        &self,
        owner: &AsUser<'_>,
        used: &PasscodeUse,
        record: Option<&DecidedRecord>,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Notes that a code from far ahead was typed for a counting device, and tells how many in a row it makes within
    /// the time for them (row O3).
    async fn count_resync(
        &self,
        owner: &AsUser<'_>,
        device: &Device,
        counter: i64,
        now: UnixMillis,
    ) -> Result<i64, StoreError>;

    /// Notes a sign-in that was decided at once without using anything up, and stores it if a record is given.
    async fn note_decided(
        &self,
        record: Option<&DecidedRecord>,
        outcome: Outcome,
        audit: AuditEntry,
    ) -> Result<(), StoreError>;

    /// Replaces the user's unused bypass codes; a recovery card stays.
    async fn replace_bypass_codes(
        &self,
        owner: &AsUser<'_>,
        codes: &[BypassCode],
        audit: AuditEntry,
    ) -> Result<(), StoreError>;

    /// Claims a signed call, or tells what became of it (row K2).
    async fn claim_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
        now: UnixMillis,
    ) -> Result<Claim, StoreError>;

    /// Gives a claimed call back, because it came to no answer: the same call may be tried again.
    async fn release_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
    ) -> Result<(), StoreError>;

    /// Stores the answer to a claimed call.
    async fn answer_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
        answer: &StoredAnswer,
    ) -> Result<(), StoreError>;

    /// Drops nonces, calls, codes, counts and decided requests that are too old to matter.
    async fn forget_old(&self, now: UnixMillis) -> Result<(), StoreError>;

    /// Writes a row of something that changed nothing else: a refusal, a pause that was met.
    async fn note(&self, audit: AuditEntry) -> Result<(), StoreError>;

    /// The audit rows after `seq`, oldest first, at most `limit`.
    async fn audit_after(&self, seq: i64, limit: i64) -> Result<Vec<StoredAudit>, StoreError>;
}
