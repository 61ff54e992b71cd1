//! [`Store`] on the embedded engine; each method names its use case and runs it.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, IntegrationKey, Txid, UserId};
use countersign_protocol::time::UnixMillis;

use super::{
    SqliteStore, activations, answers, audit, devices, directory, expiry, live_activations,
    passcodes, people, pushes, replays, requests,
};
use crate::access::{AsDevice, AsIntegration, AsUser};
use crate::audit::AuditEntry;
use crate::challenge::Answer;
use crate::model::{
    Activation, BypassCode, Device, Integration, NewDevice, NewUser, Scan, StoredIdentity, User,
    UserStatus,
};
use crate::names::CanonicalName;
use crate::request::{NewRequest, Outcome, Request, RequestState};
use crate::store::{
    Activated, Added, Answered, CarrierStore, Claim, DecidedRecord, DeskStore, DeviceRequests,
    DirectoryStore, Expired, GateStore, MoveStore, NoticeStore, OwnStore, PasscodeMaterial,
    PasscodeUse, PromptStore, Started, Store, StoreError, StoredAnswer, StoredAudit,
};
use crate::throttle::{Admission, Subject};

#[async_trait]
impl Store for SqliteStore {
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

    async fn ping(&self) -> Result<(), StoreError> {
        self.readers.read(|db| db.only("select 1", &[], |_| Ok(())))
    }

    async fn close(&self) {
        self.readers.close();
        self.writer.close();
    }

    async fn changed_elsewhere(&self) -> Result<bool, StoreError> {
        // For the connection that writes, a change that is not its own is another process's
        let version: i64 = self
            .write_with_next(|db| db.only("pragma data_version", &[], |row| Ok(row.get(0)?)))
            .await?;
        Ok(self.version_elsewhere.swap(version, Ordering::SeqCst) != version)
    }

    async fn identity(&self) -> Result<Option<StoredIdentity>, StoreError> {
        self.readers.read(people::identity)
    }

    async fn make_identity(
        &self,
        identity: &StoredIdentity,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let identity = identity.clone();
        self.write(move |db| people::make_identity(db, &identity, now))
            .await
    }

    async fn add_user(&self, user: &NewUser, audit: AuditEntry) -> Result<Added, StoreError> {
        let user = user.clone();
        self.write(move |db| people::add_user(db, &user, &audit))
            .await
    }

    async fn user_by_name(&self, name: &CanonicalName) -> Result<Option<User>, StoreError> {
        self.readers.read(|db| people::user_by_name(db, name))
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.readers.read(|db| people::user(db, id))
    }

    async fn add_integration(
        &self,
        integration: &Integration,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let integration = integration.clone();
        self.write(move |db| people::add_integration(db, &integration, &audit))
            .await
    }

    async fn integration(&self, id: &IntegrationKey) -> Result<Option<Integration>, StoreError> {
        self.readers.read(|db| people::integration(db, id))
    }

    async fn add_activation(
        &self,
        activation: &Activation,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let activation = activation.clone();
        self.write(move |db| activations::add(db, &activation, &audit))
            .await
    }

    async fn activation(&self, code_hash: &str) -> Result<Option<Activation>, StoreError> {
        self.readers.read(|db| activations::find(db, code_hash))
    }

    async fn note_scan(
        &self,
        code_hash: &str,
        scan: &Scan,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (code_hash, scan) = (code_hash.to_owned(), scan.clone());
        self.write_or_undo(move |db| live_activations::note_scan(db, &code_hash, &scan, &audit))
            .await
    }

    async fn activate(
        &self,
        code_hash: &str,
        device: &NewDevice,
        now: UnixMillis,
        address: &str,
    ) -> Result<Activated, StoreError> {
        let (code_hash, device, address) =
            (code_hash.to_owned(), device.clone(), address.to_owned());
        self.write_or_undo(move |db| activations::activate(db, &code_hash, &device, now, &address))
            .await
    }

    async fn device(&self, id: &DeviceId) -> Result<Option<Device>, StoreError> {
        self.readers.read(|db| devices::device(db, id))
    }

    async fn devices_of(&self, owner: &AsUser<'_>) -> Result<Vec<Device>, StoreError> {
        self.readers.read(|db| devices::devices_of(db, owner.id()))
    }

    async fn remove_device(
        &self,
        owner: &AsUser<'_>,
        device: &DeviceId,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (owner, device) = (owner.id().clone(), device.clone());
        self.write(move |db| devices::remove(db, &owner, &device, &audit))
            .await
    }

    async fn set_user_status(
        &self,
        user: &UserId,
        status: UserStatus,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let user = user.clone();
        self.write(move |db| {
            directory::forget_barring(db, &user)?;
            people::set_status(db, &user, status, &audit)
        })
        .await
    }

    async fn use_nonce(
        &self,
        device: &AsDevice<'_>,
        nonce: &str,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        let (device, nonce) = (device.id().clone(), nonce.to_owned());
        self.write_with_next(move |db| devices::use_nonce(db, &device, &nonce, now))
            .await
    }

    async fn prepare_request(
        &self,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let request = request.clone();
        self.write(move |db| pushes::prepare(db, &request, &audit))
            .await
    }

    async fn start_request(
        &self,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<Started, StoreError> {
        let request = request.clone();
        self.write_or_undo(move |db| pushes::start(db, &request, &audit))
            .await
    }

    async fn start_prepared(
        &self,
        integration: &AsIntegration<'_>,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<Started, StoreError> {
        let (integration, request) = (integration.id().clone(), request.clone());
        self.write_or_undo(move |db| pushes::start_prepared(db, &integration, &request, &audit))
            .await
    }

    async fn last_request_failed(
        &self,
        user: &UserId,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.readers.read(|db| pushes::last_failed(db, user, now))
    }

    async fn request(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
    ) -> Result<Option<Request>, StoreError> {
        self.readers
            .read(|db| requests::of_integration(db, integration.id(), txid))
    }

    async fn count_poll(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
    ) -> Result<Option<Request>, StoreError> {
        let found = self
            .readers
            .read(|db| requests::of_integration(db, integration.id(), txid))?;
        let waits = |request: &Request| request.state == RequestState::Pending;
        if !found.as_ref().is_some_and(waits) {
            return Ok(found);
        }
        let (integration, txid) = (integration.id().clone(), txid.clone());
        self.write_with_next(move |db| requests::count_poll(db, &integration, &txid))
            .await
    }

    async fn device_requests(
        &self,
        device: &AsDevice<'_>,
        now: UnixMillis,
    ) -> Result<DeviceRequests, StoreError> {
        self.readers
            .read(|db| requests::of_list(db, device.id(), now))
    }

    async fn answer(
        &self,
        answer: &Answer,
        test_integration: &IntegrationKey,
        now: UnixMillis,
    ) -> Result<Answered, StoreError> {
        let (answer, test_integration) = (answer.clone(), test_integration.clone());
        self.write(move |db| answers::answer(db, &answer, &test_integration, now))
            .await
    }

    async fn end_request(
        &self,
        integration: &AsIntegration<'_>,
        txid: &Txid,
        outcome: Outcome,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (integration, txid) = (integration.id().clone(), txid.clone());
        self.write(move |db| requests::end(db, &integration, &txid, outcome, &audit))
            .await
    }

    async fn expire_requests(&self, now: UnixMillis) -> Result<Vec<Expired>, StoreError> {
        if !self.readers.read(|db| expiry::any_over(db, now))? {
            return Ok(Vec::new());
        }
        self.write(move |db| expiry::expire_requests(db, now)).await
    }

    async fn count_attempts(
        &self,
        subjects: &[Subject],
        now: UnixMillis,
    ) -> Result<Admission, StoreError> {
        let subjects = subjects.to_vec();
        self.write_or_undo(move |db| passcodes::count_attempts(db, &subjects, now))
            .await
    }

    async fn clear_attempts(&self, subject: &Subject) -> Result<(), StoreError> {
        let subject = subject.clone();
        self.write(move |db| passcodes::clear_attempts(db, &subject))
            .await
    }

    async fn passcode_material(
        &self,
        owner: &AsUser<'_>,
        now: UnixMillis,
    ) -> Result<PasscodeMaterial, StoreError> {
        self.readers
            .read(|db| passcodes::material(db, owner.id(), now))
    }

    async fn accept_passcode(
        &self,
        owner: &AsUser<'_>,
        used: &PasscodeUse,
        record: Option<&DecidedRecord>,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (owner, used, record) = (owner.id().clone(), used.clone(), record.cloned());
        self.write(move |db| passcodes::accept(db, &owner, &used, record.as_ref(), &audit))
            .await
    }

    async fn count_resync(
        &self,
        owner: &AsUser<'_>,
        device: &Device,
        counter: i64,
        now: UnixMillis,
    ) -> Result<i64, StoreError> {
        let (owner, device, generation) =
            (owner.id().clone(), device.id.clone(), device.generation);
        self.write(move |db| passcodes::count_resync(db, &owner, &device, generation, counter, now))
            .await
    }

    async fn note_decided(
        &self,
        record: Option<&DecidedRecord>,
        outcome: Outcome,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let record = record.cloned();
        self.write(move |db| passcodes::note_decided(db, record.as_ref(), outcome, &audit))
            .await
    }

    async fn replace_bypass_codes(
        &self,
        owner: &AsUser<'_>,
        codes: &[BypassCode],
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let (owner, codes) = (owner.id().clone(), codes.to_vec());
        self.write(move |db| passcodes::replace_bypass_codes(db, &owner, &codes, &audit))
            .await
    }

    async fn claim_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
        now: UnixMillis,
    ) -> Result<Claim, StoreError> {
        let (integration, signature) = (integration.id().clone(), signature.to_owned());
        self.write_with_next(move |db| replays::claim(db, &integration, &signature, now))
            .await
    }

    async fn release_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
    ) -> Result<(), StoreError> {
        let (integration, signature) = (integration.id().clone(), signature.to_owned());
        self.write_with_next(move |db| replays::release(db, &integration, &signature))
            .await
    }

    async fn answer_call(
        &self,
        integration: &AsIntegration<'_>,
        signature: &str,
        answer: &StoredAnswer,
    ) -> Result<(), StoreError> {
        let (integration, signature, answer) = (
            integration.id().clone(),
            signature.to_owned(),
            answer.clone(),
        );
        self.write_with_next(move |db| replays::answer(db, &integration, &signature, &answer))
            .await
    }

    async fn forget_old(&self, now: UnixMillis) -> Result<(), StoreError> {
        self.write_with_next(move |db| expiry::forget_old(db, now))
            .await
    }

    async fn note(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.write(move |db| audit::append(db, &entry)).await
    }

    async fn audit_after(&self, seq: i64, limit: i64) -> Result<Vec<StoredAudit>, StoreError> {
        self.readers.read(|db| audit::after(db, seq, limit))
    }
}
