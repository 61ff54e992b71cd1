//! [`GateStore`] on the embedded engine; each method names its use case and runs it.

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;

use super::{SqliteStore, passcodes, passwords, people, requests, sessions};
use crate::audit::AuditEntry;
use crate::names::CanonicalName;
use crate::self_service::session::{SessionId, TokenHash};
use crate::store::StoreError;
use crate::store::gate::{GateStore, NewSession, StoredPassword, StoredSession};
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
        clear: &Subject,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (session, clear) = (session.clone(), clear.clone());
        self.write(move |db| sessions::add(db, &session, &clear, &audit))
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
