//! The embedded engine: one SQLite file, write-ahead log, every commit on disk before it is answered.

mod activations;
mod answers;
mod audit;
mod devices;
mod expiry;
mod passcodes;
mod people;
mod pushes;
mod replays;
mod requests;
mod rows;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, IntegrationKey, Txid, UserId};
use countersign_protocol::time::UnixMillis;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

use super::{
    Activated, Added, Answered, Claim, DecidedRecord, Expired, PasscodeMaterial, PasscodeUse,
    Started, Store, StoreError, StoredAnswer, StoredAudit,
};
use crate::access::{AsDevice, AsIntegration, AsUser};
use crate::audit::AuditEntry;
use crate::challenge::Answer;
use crate::model::{
    Activation, BypassCode, Device, Integration, NewDevice, NewUser, StoredIdentity, User,
    UserStatus,
};
use crate::names::CanonicalName;
use crate::request::{NewRequest, Outcome, Request};
use crate::throttle::{Admission, Subject};

/// Readers beside the one writer.
const READERS: u32 = 4;
/// How long a command line and the service wait for each other.
const BUSY: Duration = Duration::from_secs(10);

type Tx = Transaction<'static, Sqlite>;

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    /// SQLite has one writer at a time, so there is one connection that writes; its pool is a fair queue.
    writer: SqlitePool,
    readers: SqlitePool,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Engine(Box::new(error))
    }
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        make_private(path)?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!("./migrations/sqlite")
            .run(&writer)
            .await
            .map_err(|error| StoreError::Engine(Box::new(error)))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { writer, readers })
    }

    /// Begins a transaction that may write. It takes the lock at once, so what it reads cannot change under it.
    async fn write(&self) -> Result<Tx, StoreError> {
        Ok(self.writer.begin_with("begin immediate").await?)
    }
}

/// Makes the file readable by its owner alone before SQLite writes to it; the log takes the file's mode.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| StoreError::Engine(Box::new(error)))
}

#[async_trait]
impl Store for SqliteStore {
    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.readers).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn identity(&self) -> Result<Option<StoredIdentity>, StoreError> {
        people::identity(self).await
    }

    async fn make_identity(
        &self,
        identity: &StoredIdentity,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        people::make_identity(self, identity, now).await
    }

    async fn add_user(&self, user: &NewUser, audit: AuditEntry) -> Result<Added, StoreError> {
        people::add_user(self, user, audit).await
    }

    async fn user_by_name(&self, name: &CanonicalName) -> Result<Option<User>, StoreError> {
        people::user_by_name(self, name).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        people::user(self, id).await
    }

    async fn add_integration(
        &self,
        integration: &Integration,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        people::add_integration(self, integration, audit).await
    }

    async fn integration(&self, id: &IntegrationKey) -> Result<Option<Integration>, StoreError> {
        people::integration(self, id).await
    }

    async fn add_activation(
        &self,
        activation: &Activation,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        activations::add(self, activation, audit).await
    }

    async fn activation(&self, code_hash: &str) -> Result<Option<Activation>, StoreError> {
        activations::find(self, code_hash).await
    }

    async fn activate(
        &self,
        code_hash: &str,
        device: &NewDevice,
        now: UnixMillis,
        address: &str,
    ) -> Result<Activated, StoreError> {
        activations::activate(self, code_hash, device, now, address).await
    }

    async fn device(&self, id: &DeviceId) -> Result<Option<Device>, StoreError> {
        devices::device(self, id).await
    }

    async fn devices_of(&self, owner: &AsUser<'_>) -> Result<Vec<Device>, StoreError> {
        devices::devices_of(self, owner).await
    }

    async fn remove_device(
        &self,
        owner: &AsUser<'_>,
        device: &DeviceId,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        devices::remove(self, owner, device, audit).await
    }

    async fn set_user_status(
        &self,
        user: &UserId,
        status: UserStatus,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        people::set_status(self, user, status, audit).await
    }

    async fn use_nonce(
        &self,
        device: &AsDevice<'_>,
        nonce: &str,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        devices::use_nonce(self, device, nonce, now).await
    }

    async fn prepare_request(
        &self,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        pushes::prepare(self, request, audit).await
    }

    async fn start_request(
        &self,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<Started, StoreError> {
        pushes::start(self, request, audit).await
    }

    async fn start_prepared(
        &self,
        integration: &AsIntegration<'_>,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<Started, StoreError> {
        pushes::start_prepared(self, integration, request, audit).await
    }

    async fn last_request_failed(
        &self,
        user: &UserId,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        pushes::last_failed(self, user, now).await
    }

    async fn request(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
    ) -> Result<Option<Request>, StoreError> {
        requests::of_integration(self, integration, txid).await
    }

    async fn count_poll(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
    ) -> Result<Option<Request>, StoreError> {
        requests::count_poll(self, integration, txid).await
    }

    async fn pending_requests(
        &self,
        device: &AsDevice<'_>,
        now: UnixMillis,
    ) -> Result<Vec<Request>, StoreError> {
        requests::pending(self, device, now).await
    }

    async fn answer(
        &self,
        answer: &Answer,
        test_integration: &IntegrationKey,
        now: UnixMillis,
    ) -> Result<Answered, StoreError> {
        answers::answer(self, answer, test_integration, now).await
    }

    async fn end_request(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
        outcome: Outcome,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        requests::end(self, integration, txid, outcome, audit).await
    }

    async fn expire_requests(&self, now: UnixMillis) -> Result<Vec<Expired>, StoreError> {
        expiry::expire_requests(self, now).await
    }

    async fn count_attempts(
        &self,
        subjects: &[Subject],
        now: UnixMillis,
    ) -> Result<Admission, StoreError> {
        passcodes::count_attempts(self, subjects, now).await
    }

    async fn clear_attempts(&self, subject: &Subject) -> Result<(), StoreError> {
        passcodes::clear_attempts(self, subject).await
    }

    async fn passcode_material(
        &self,
        owner: &AsUser<'_>,
        now: UnixMillis,
    ) -> Result<PasscodeMaterial, StoreError> {
        passcodes::material(self, owner, now).await
    }

    async fn accept_passcode(
        &self,
        owner: &AsUser<'_>,
        used: &PasscodeUse,
        record: Option<&DecidedRecord>,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        passcodes::accept(self, owner, used, record, audit).await
    }

    async fn count_resync(
        &self,
        owner: &AsUser<'_>,
        device: &Device,
        counter: i64,
        now: UnixMillis,
    ) -> Result<i64, StoreError> {
        passcodes::count_resync(self, owner, device, counter, now).await
    }

    async fn note_decided(
        &self,
        record: Option<&DecidedRecord>,
        outcome: Outcome,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        passcodes::note_decided(self, record, outcome, audit).await
    }

    async fn replace_bypass_codes(
        &self,
        owner: &AsUser<'_>,
        codes: &[BypassCode],
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        passcodes::replace_bypass_codes(self, owner, codes, audit).await
    }

    async fn claim_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
        now: UnixMillis,
    ) -> Result<Claim, StoreError> {
        replays::claim(self, integration, signature, now).await
    }

    async fn release_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
    ) -> Result<(), StoreError> {
        replays::release(self, integration, signature).await
    }

    async fn answer_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
        answer: &StoredAnswer,
    ) -> Result<(), StoreError> {
        replays::answer(self, integration, signature, answer).await
    }

    async fn forget_old(&self, now: UnixMillis) -> Result<(), StoreError> {
        expiry::forget_old(self, now).await
    }

    async fn note(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        audit::append(&mut tx, &entry).await?;
        Ok(tx.commit().await?)
    }

    async fn audit_after(&self, seq: i64, limit: i64) -> Result<Vec<StoredAudit>, StoreError> {
        audit::after(self, seq, limit).await
    }
}
