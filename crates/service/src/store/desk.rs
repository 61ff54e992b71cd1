//! What the help desk finds and does. Same terms as [`super::Store`]; every act keeps its reason in the audit log, and who
//! acts is looked at once more in the transaction of the act (row K6).

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::model::{BypassCode, User};
use crate::names::CanonicalName;
use crate::self_service::session::SessionId;

/// An act of an operator.
#[derive(Debug, Clone)]
pub struct DeskAct {
    /// Who acts.
    pub operator: UserId,
    /// In which session: it has to be open, and proven lately, when the act is done.
    pub session: SessionId,
    /// To whom it is done.
    pub user: UserId,
    /// What is done; its object is the user.
    pub audit: AuditEntry,
    /// Why.
    pub reason: String,
}

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskDone {
    /// It is done.
    Done,
    /// This operator did so too often within a day; until then no more.
    TooMany(UnixMillis),
    /// There is no such user or device.
    NotThere,
    /// Whoever acts is no operator, not of this session, or it would be done to their own account.
    NotAllowed,
    /// What proved the session is too long ago by now.
    NotFresh,
    /// A code proved the session, and whoever found one lets in nobody else.
    ByCode,
    /// It would let in somebody who has another way.
    NotNeeded,
}

/// How letting somebody add a first device ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// They may.
    Done,
    /// They have a device that is in use, or may not sign in at all.
    NotNeeded,
    /// There is no such user.
    NotThere,
}

/// Something that happened, as the audit log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: UnixMillis,
    /// What.
    pub action: String,
    /// How it ended.
    pub result: String,
    /// From where.
    pub source: String,
}

/// What the help desk finds and does.
#[async_trait]
pub trait DeskStore: Send + Sync {
    /// Users whose canonical name begins so, in its order, at most so many.
    async fn people(&self, beginning: &CanonicalName, most: i64) -> Result<Vec<User>, StoreError>;

    /// Until when a user may add a first device without a proof; a time that is past for most.
    async fn released_until(&self, user: &UserId) -> Result<UnixMillis, StoreError>;

    /// When the help desk did something for a user since then, and which act it was; newest first, at most so many.
    async fn done_by_desk(
        &self,
        user: &UserId,
        since: UnixMillis,
        most: i64,
    ) -> Result<Vec<(UnixMillis, String)>, StoreError>;

    /// The last things that happened to a user, their devices and their requests, newest first, at most so many.
    /// `also` names what is kept of them under another name: failed sign-ins.
    async fn happened(
        &self,
        user: &UserId,
        also: &str,
        most: i64,
    ) -> Result<Vec<Happened>, StoreError>;

    /// Gives a user one bypass code in place of unused ones, and lets passcodes be tried again, unless the operator made
    /// `most` within a day.
    async fn make_bypass(
        &self,
        act: &DeskAct,
        code: &BypassCode,
        most: i64,
    ) -> Result<DeskDone, StoreError>;

    /// Takes back all counted failures of a user's passcodes and password, unless the operator did so `most` times within
    /// a day.
    async fn unlock(&self, act: &DeskAct, most: i64) -> Result<DeskDone, StoreError>;

    /// Lets a user without a device in use add one without a proof, until then and once, within the same bound.
    async fn release(
        &self,
        act: &DeskAct,
        until: UnixMillis,
        most: i64,
    ) -> Result<DeskDone, StoreError>;

    /// The same from the command line, which asks for no reason and knows no bound.
    async fn release_by_command(
        &self,
        user: &UserId,
        until: UnixMillis,
        audit: AuditEntry,
    ) -> Result<Released, StoreError>;

    /// Takes a user's recovery card back, within the same bound.
    async fn stop_card(&self, act: &DeskAct, most: i64) -> Result<DeskDone, StoreError>;

    /// Stops a device of a user until it is activated again, ends what it was asked, and the user's sessions, within the
    /// same bound.
    async fn suspend(
        &self,
        act: &DeskAct,
        device: &DeviceId,
        most: i64,
    ) -> Result<DeskDone, StoreError>;
}
