//! What the gate to self-service remembers: passwords, sessions, proofs. Same terms as [`super::Store`].

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::model::User;
use crate::names::CanonicalName;
use crate::self_service::session::{Proven, SessionId, TokenHash};
use crate::throttle::Subject;

/// A password of the embedded directory, as stored.
#[derive(Clone)]
pub struct StoredPassword {
    /// Whose it is.
    pub user: User,
    /// PHC text; it names its own cost.
    pub phc: String,
}

/// A session to be stored.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its name.
    pub id: SessionId,
    /// What its token hashes to.
    pub token: TokenHash,
    /// Whose it is.
    pub user_id: UserId,
    /// The device that the app proved to be.
    pub device: Option<DeviceId>,
    /// An app's, not a browser's.
    pub app: bool,
    /// Against other sites.
    pub csrf: String,
    /// On a workstation that many people use.
    pub shared: bool,
    /// Now.
    pub created_at: UnixMillis,
    /// The end, however much it is used.
    pub ends_at: UnixMillis,
}

/// A session as stored, with what its stage hangs on, read together.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// As it began.
    pub session: NewSession,
    /// Whose it is, as the user is now.
    pub user: User,
    /// When it was last used.
    pub used_at: UnixMillis,
    /// The latest proof.
    pub proven: Option<Proven>,
    /// Whether the user has a device that is not removed.
    pub has_device: bool,
    /// Whether the user ever had one, removed or not (row A4).
    pub ever_had_device: bool,
}

/// Which sessions of a user end.
#[derive(Debug, Clone)]
pub enum EndSessions {
    /// Every one.
    All,
    /// All but this one, which brought the change about.
    AllBut(SessionId),
}

/// What the gate to self-service remembers.
#[async_trait]
pub trait GateStore: Send + Sync {
    /// Gives a user a password in place of the earlier one, and ends the user's sessions. `false` if there is no such
    /// user.
    async fn set_password(
        &self,
        user: &UserId,
        phc: &str,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Makes a user an operator, or no longer one. `false` if there is no such user.
    async fn set_operator(
        &self,
        user: &UserId,
        is_operator: bool,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// The password of whoever has that name. `None` if nobody has it, or it has no password.
    async fn password(&self, name: &CanonicalName) -> Result<Option<StoredPassword>, StoreError>;

    /// Begins a session and takes back the failures of `clear`. `false` if the user was disabled meanwhile.
    async fn add_session(
        &self,
        session: &NewSession,
        clear: &Subject,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// The session whose token hashes to that, whether or not its time is over. `None` if there is none.
    async fn session(&self, token: &TokenHash) -> Result<Option<StoredSession>, StoreError>;

    /// Notes that a session was used.
    async fn touch_session(&self, id: &SessionId, now: UnixMillis) -> Result<(), StoreError>;

    /// Ends a session. `false` if it had ended.
    async fn end_session(&self, id: &SessionId, audit: AuditEntry) -> Result<bool, StoreError>;

    /// Notes that a device took what waits for it from its list.
    async fn note_fetched(&self, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError>;

    /// Until when attempts of a subject are not looked at; a time that is past for most.
    async fn blocked_until(&self, subject: &Subject) -> Result<UnixMillis, StoreError>;
}
