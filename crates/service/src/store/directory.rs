//! What is remembered of people of the organisation's directory. Same terms as [`super::Store`].

use async_trait::async_trait;
use countersign_protocol::ids::UserId;
use countersign_protocol::time::UnixMillis;

use super::StoreError;
use crate::directory::person::PersonId;
use crate::model::{NewUser, User};
use crate::self_service::phone_number::E164;
use crate::throttle::Subject;

/// A person as the directory has them now.
#[derive(Debug, Clone)]
pub struct Sight {
    /// Who it is.
    pub id: PersonId,
    /// Their names; the id is used when the user is made.
    pub user: NewUser,
    /// Their number.
    pub number: Option<E164>,
    /// Whether they use the help desk's page; `None` where the directory does not decide it.
    pub operator: Option<bool>,
    /// Whether the directory lets them sign in nowhere.
    pub barred: bool,
    /// Whether they may use the portal; else its sessions end.
    pub may_use: bool,
}

/// What became of a sight.
#[derive(Debug, Clone)]
pub enum Sighted {
    /// The user is as the directory has them, but for what an operator said here.
    Known(User),
    /// Another person of the directory had that name when last seen; nothing was changed.
    HeldBy(PersonId),
    /// The name is that of a user of the embedded directory, with a password of their own; nothing was changed.
    KeptHere,
}

/// A person as remembered.
#[derive(Debug, Clone)]
pub struct KnownPerson {
    /// Who it is.
    pub id: PersonId,
    /// Their user.
    pub user: UserId,
}

/// What is remembered of people of the organisation's directory.
#[async_trait]
pub trait DirectoryStore: Send + Sync {
    /// Takes over what the directory says of a person: makes the user at first sight, gives them their present names, bars
    /// them or lets them in again, all in one transaction. A user of that name without a password and without a person is
    /// theirs.
    async fn see(&self, sight: &Sight, now: UnixMillis) -> Result<Sighted, StoreError>;

    /// Bars a person whom the directory has no more.
    async fn note_gone(&self, id: &PersonId, now: UnixMillis) -> Result<(), StoreError>;

    /// The same, and frees the name for somebody else who is called so now.
    async fn free_name(&self, id: &PersonId, now: UnixMillis) -> Result<(), StoreError>;

    /// People whose user can sign in, or was barred by the directory, in the order of their ids after `after`.
    async fn known_people(
        &self,
        after: Option<PersonId>,
        most: i64,
    ) -> Result<Vec<KnownPerson>, StoreError>;

    /// Takes back one counted attempt of each subject, which turned out to be none.
    async fn take_back_attempts(&self, subjects: &[Subject]) -> Result<(), StoreError>;
}
