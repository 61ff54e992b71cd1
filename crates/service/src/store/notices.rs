//! What devices are told about other devices of their user and about the account. Same terms as [`super::Store`] (row S5).

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, NoticeId, UserId};
use countersign_protocol::notice::{NoticeAnswer, NoticeKind};
use countersign_protocol::time::UnixMillis;

use super::StoreError;
use crate::access::AsDevice;

/// A notice that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotice {
    /// Its name.
    pub id: NoticeId,
    /// What happened.
    pub kind: NoticeKind,
    /// The changed device's name at that time; empty where it is about the account.
    pub device_name: String,
    /// Whose devices they are.
    pub user_id: UserId,
    /// When it happened.
    pub created_at: UnixMillis,
}

/// An answer whose signature was checked.
#[derive(Debug, Clone)]
pub struct NoticeReply {
    /// Who signed.
    pub device_id: DeviceId,
    /// The generation of the key that the signature was checked with.
    pub generation: i64,
    /// Which notice is answered.
    pub id: NoticeId,
    /// What the person says.
    pub answer: NoticeAnswer,
    /// The address it came from.
    pub address: String,
}

/// How answering ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeReplied {
    /// It was taken.
    Taken {
        /// Whose devices they are.
        user: UserId,
        /// The device that was changed; `None` where it is about the account.
        changed: Option<DeviceId>,
    },
    /// The same was said before.
    Repeated,
    /// The other answer was given before.
    Otherwise,
    /// Unknown, another device's, too old, or replaced by a later one: alike.
    Unknown,
    /// The device or its user is stopped, or the key is an earlier one.
    Unauthorized,
}

/// What devices are told about each other.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// What this device has not answered yet, oldest first.
    async fn notices(
        &self,
        device: &AsDevice<'_>,
        now: UnixMillis,
    ) -> Result<Vec<StoredNotice>, StoreError>;

    /// The devices of a user that are told of changes.
    async fn told_devices(&self, user: &UserId) -> Result<Vec<DeviceId>, StoreError>;

    /// Takes an answer, and stops what it says to stop, all in one transaction.
    async fn answer_notice(
        &self,
        reply: &NoticeReply,
        now: UnixMillis,
    ) -> Result<NoticeReplied, StoreError>;
}
