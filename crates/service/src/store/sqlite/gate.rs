//! [`GateStore`] on the embedded engine; each method names its use case and runs it.

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;

use super::{SqliteStore, passcodes, passwords, people, proofs, requests, sessions};
use countersign_protocol::wire::self_service::ProofState;

use crate::access::AsUser;
use crate::audit::AuditEntry;
use crate::model::BypassCode;
use crate::names::CanonicalName;
use crate::request::NewRequest;
use crate::self_service::session::{SessionId, TokenHash};
use crate::store::StoreError;
use crate::store::gate::{
    GateStore, Holder, NewProof, NewSession, Opening, Standing, StoredPassword, StoredProof,
    StoredSession,
};
use crate::store::{PasscodeUse, Started};
use crate::throttle::Subject;

#[async_trait]
impl GateStore for SqliteStore {
    async fn set_password(
        &self,
        user: &UserId,
        phc: &str,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (user, phc) = (user.clone(), phc.to_owned());
        self.write(move |db| passwords::set(db, &user, &phc, &audit))
            .await
    }

    async fn set_operator(
        &self,
        user: &UserId,
        is_operator: bool,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let user = user.clone();
        self.write(move |db| people::set_operator(db, &user, is_operator, &audit))
            .await
    }

    async fn password(&self, name: &CanonicalName) -> Result<Option<StoredPassword>, StoreError> {
        self.readers.read(|db| passwords::of_name(db, name))
    }

    async fn add_session(
        &self,
        session: &NewSession,
        earlier: Option<&TokenHash>,
        password: Option<&str>,
        clear: &[Subject],
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (session, earlier, clear) = (session.clone(), earlier.cloned(), clear.to_vec());
        let password = password.map(str::to_owned);
        self.write(move |db| {
            let (earlier, password) = (earlier.as_ref(), password.as_deref());
            sessions::add(db, &session, earlier, password, &clear, &audit)
        })
        .await
    }

    async fn session(&self, token: &TokenHash) -> Result<Option<StoredSession>, StoreError> {
        self.readers.read(|db| sessions::of_token(db, token))
    }

    async fn touch_session(&self, id: &SessionId, now: UnixMillis) -> Result<(), StoreError> {
        let id = id.clone();
        self.write_with_next(move |db| sessions::touch(db, &id, now))
            .await
    }

    async fn end_session(&self, id: &SessionId, audit: AuditEntry) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |db| sessions::end(db, &id, &audit)).await
    }

    async fn start_push_proof(
        &self,
        proof: &NewProof,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<Started, StoreError> {
        let (proof, request) = (proof.clone(), request.clone());
        self.write_or_undo(move |db| proofs::start_push(db, &proof, &request, &audit))
            .await
    }

    async fn start_call_proof(
        &self,
        proof: &NewProof,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let proof = proof.clone();
        self.write_or_undo(move |db| proofs::start_call(db, &proof, &audit))
            .await
    }

    async fn move_call_proof(
        &self,
        proof: &str,
        to: Standing,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let proof = proof.to_owned();
        self.write(move |db| proofs::move_call(db, &proof, to, audit.as_ref()))
            .await
    }

    async fn prove_by_passcode(
        &self,
        owner: &AsUser<'_>,
        used: &PasscodeUse,
        proof: &NewProof,
        opening: &Opening,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (owner, used) = (owner.id().clone(), used.clone());
        let (proof, opening) = (proof.clone(), opening.clone());
        self.write_or_undo(move |db| {
            proofs::by_passcode(db, &owner, &used, &proof, &opening, &audit)
        })
        .await
    }

    async fn proof(&self, holder: &Holder, id: &str) -> Result<Option<StoredProof>, StoreError> {
        self.readers.read(|db| proofs::of_holder(db, holder, id))
    }

    async fn latest_proof(&self, holder: &Holder) -> Result<Option<String>, StoreError> {
        self.readers.read(|db| proofs::latest(db, holder))
    }

    async fn settle_proof(
        &self,
        holder: &Holder,
        id: &str,
        state: ProofState,
        opening: Option<&Opening>,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (holder, id, opening) = (holder.clone(), id.to_owned(), opening.cloned());
        self.write_or_undo(move |db| {
            proofs::settle(db, &holder, &id, state, opening.as_ref(), &audit)
        })
        .await
    }

    async fn cancel_proof(
        &self,
        holder: &Holder,
        id: &str,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (holder, id) = (holder.clone(), id.to_owned());
        self.write(move |db| proofs::cancel(db, &holder, &id, &audit))
            .await
    }

    async fn used_bypass_codes(
        &self,
        owner: &AsUser<'_>,
        now: UnixMillis,
    ) -> Result<Vec<BypassCode>, StoreError> {
        self.readers
            .read(|db| passcodes::used_bypass_codes(db, owner.id(), now))
    }

    async fn note_fetched(&self, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError> {
        let device = device.clone();
        self.write_with_next(move |db| requests::note_fetched(db, &device, now))
            .await
    }

    async fn blocked_until(&self, subject: &Subject) -> Result<UnixMillis, StoreError> {
        self.readers
            .read(|db| passcodes::blocked_until(db, subject))
    }
}
