//! What people do with their own devices in self-service. Same terms as [`super::Store`]; every method carries the owner,
//! and another's id is as unknown as one that never was (row S4).

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, Urgid};
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{DeviceKind, First};

use super::StoreError;
use crate::access::AsUser;
use crate::audit::AuditEntry;
use crate::model::{BypassCode, Device, LivePart, Scan, Unproven};
use crate::request::Request;
use crate::secrets::Sealed;
use crate::self_service::devices::RemovalRefused;
use crate::self_service::phone_number::E164;
use crate::self_service::session::SessionId;
use crate::throttle::Subject;

/// A device with what its owner sees of it.
#[derive(Debug, Clone)]
pub struct OwnedDevice {
    /// The device.
    pub device: Device,
    /// What it is.
    pub kind: DeviceKind,
    /// Its number, which was confirmed.
    pub number: Option<E164>,
    /// When it was.
    pub number_confirmed_at: Option<UnixMillis>,
    /// Dialled after the answer; empty for none.
    pub extension: String,
    /// What happens first when the owner signs in.
    pub first: First,
    /// Whether a request to it ran out since it was last heard of.
    pub silent: bool,
    /// When something was last signed with the key that its present one replaced.
    pub replaced_key_seen_at: Option<UnixMillis>,
    /// When it was added.
    pub added_at: UnixMillis,
}

/// How a change of a device ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is so now.
    Done,
    /// The owner has no such device.
    NotThere,
    /// Another device of the owner has that name.
    NameTaken,
}

/// How a removal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It is gone, with what hung on it.
    Done,
    /// The owner has no such device.
    NotThere,
    /// The session ended meanwhile, or never was proven.
    NotProven,
    /// The rules keep it.
    Refused(RemovalRefused),
}

/// An activation as the page that made it follows it.
#[derive(Debug, Clone)]
pub struct FollowedActivation {
    /// The page's part of it.
    pub live: LivePart,
    /// The device that is activated again; `None` for a new one.
    pub device: Option<DeviceId>,
    /// The device that came of it.
    pub made: Option<DeviceId>,
    /// Hex SHA-256 of its code.
    pub code_hash: String,
    /// Who scanned it.
    pub scan: Option<Scan>,
    /// Whether it was ended before its time.
    pub cancelled: bool,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// A number to be confirmed.
#[derive(Debug, Clone)]
pub struct NewNumber {
    /// Its name for the session.
    pub id: String,
    /// The session it belongs to.
    pub session: SessionId,
    /// The number.
    pub number: E164,
    /// Called only.
    pub landline: bool,
    /// Dialled after the answer; empty for none.
    pub extension: String,
    /// Taken from the organisation's directory and not typed.
    pub listed: bool,
}

impl NewNumber {
    /// What is counted as one telephone: a switchboard's extensions are lines of their own.
    pub fn line(&self) -> String {
        self.number.line(&self.extension)
    }
}

/// A number that is being confirmed, as stored.
#[derive(Debug, Clone)]
pub struct StoredNumber {
    /// As it was added.
    pub new: NewNumber,
    /// The code that was sent last.
    pub code: Option<Sealed>,
    /// How many were sent; the last one is bound to it.
    pub codes_sent: i64,
    /// When the code runs out.
    pub code_until: Option<UnixMillis>,
    /// When another can be sent.
    pub again_at: Option<UnixMillis>,
    /// Wrong codes that are still taken.
    pub tries_left: i64,
    /// When it was confirmed.
    pub confirmed_at: Option<UnixMillis>,
}

/// Who has a number already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberOwner {
    /// Nobody.
    Nobody,
    /// A device of the same person.
    Own(DeviceId),
    /// Somebody else.
    Another,
}

/// A code to be sent.
#[derive(Debug, Clone)]
pub struct NewCode {
    /// Sealed for the number's id and `count`.
    pub sealed: Sealed,
    /// Which one it is, from 1.
    pub count: i64,
    /// When it runs out.
    pub until: UnixMillis,
    /// When the next one can be sent.
    pub again_at: UnixMillis,
    /// Wrong ones that are taken.
    pub tries: i64,
}

/// How adding a code ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeAdded {
    /// It is to be sent.
    Done,
    /// Too many were sent, until then.
    TooMany(UnixMillis),
    /// Another one was sent a moment ago, or the number is confirmed.
    NotNow,
}

/// A recovery card, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// When it was made.
    pub made_at: UnixMillis,
    /// When its codes run out.
    pub expires_at: UnixMillis,
    /// How many of them were not used.
    pub codes_left: u32,
}

/// How making a recovery card, or taking it back, ended. But for the first, nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardDone {
    /// It is so now.
    Done,
    /// The person has none.
    NotThere,
    /// The session ended meanwhile, or its proof is too old.
    NotProven,
    /// What proved the session is itself a code.
    ByCode,
    /// What proved the session is younger than a day and than another device (row S6).
    ProofTooYoung,
    /// So many were made within a day; until then no more.
    TooMany(UnixMillis),
}

/// A landline to be added.
#[derive(Debug, Clone)]
pub struct NewLandline {
    /// Its id.
    pub id: DeviceId,
    /// Never used, but every device has one.
    pub akey: countersign_protocol::ids::AccountKey,
    /// Its name; a number follows if the person has one of that name.
    pub name: String,
    /// The same where the number is a mobile phone's, which has no app.
    pub mobile_name: String,
    /// Only if the person never had a device (rows A3, A4).
    pub unproven: Option<Unproven>,
}

/// How adding a landline ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LandlineAdded {
    /// It is there.
    Done,
    /// No such number was confirmed in this session.
    NotThere,
    /// Somebody has that number by now.
    Taken(NumberOwner),
    /// The person has a device by now.
    NotFirst,
}

/// What people do with their own devices.
#[async_trait]
pub trait OwnStore: Send + Sync {
    /// The owner's devices that are not removed, the default first, then the longest-serving.
    async fn own_devices(
        &self,
        owner: &AsUser<'_>,
        now: UnixMillis,
    ) -> Result<Vec<OwnedDevice>, StoreError>;

    /// Gives a device another name.
    async fn rename_device(
        &self,
        owner: &AsUser<'_>,
        device: &DeviceId,
        name: &str,
        audit: AuditEntry,
    ) -> Result<Changed, StoreError>;

    /// Makes a device the default, and notes what happens first with it.
    async fn set_first(
        &self,
        owner: &AsUser<'_>,
        device: &DeviceId,
        first: First,
        audit: AuditEntry,
    ) -> Result<Changed, StoreError>;

    /// Removes a device, judged and done in one transaction (rows S3, S6): its open requests and activations end with it
    /// (row C9), and all other sessions of its owner.
    async fn remove_own_device(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        device: &DeviceId,
        calls: bool,
        audit: AuditEntry,
    ) -> Result<Removed, StoreError>;

    /// Notes that something was signed with the key that the device's present one replaced.
    async fn note_replaced_key(&self, device: &DeviceId, now: UnixMillis)
    -> Result<(), StoreError>;

    /// The public key that the device's present one replaced, PEM.
    async fn replaced_key(&self, device: &DeviceId) -> Result<Option<String>, StoreError>;

    /// Notes that a landline was called and somebody typed the number. A phone is heard of by its app.
    async fn note_called(&self, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError>;

    /// A test request of the owner.
    async fn own_test(
        &self,
        owner: &AsUser<'_>,
        urgid: &Urgid,
    ) -> Result<Option<Request>, StoreError>;

    /// An activation that was made in this session.
    async fn followed_activation(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
    ) -> Result<Option<FollowedActivation>, StoreError>;

    /// Takes the person's word that the phone with `key`, which scanned this session's code, shows the same digits. `false`
    /// if nothing waits for that.
    async fn confirm_scan(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        key: &str,
        entry: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Ends an activation that was made in this session and not used yet. `false` if there is none.
    async fn cancel_activation(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// The number that the organisation's directory has for the owner, unless somebody's device has it.
    async fn listed_number(&self, owner: &AsUser<'_>) -> Result<Option<E164>, StoreError>;

    /// Who has a number and extension on a device that is not removed.
    async fn number_owner(
        &self,
        owner: &AsUser<'_>,
        number: &E164,
        extension: &str,
    ) -> Result<NumberOwner, StoreError>;

    /// Stores a number that is to be confirmed.
    async fn add_number(
        &self,
        owner: &AsUser<'_>,
        number: &NewNumber,
        audit: AuditEntry,
    ) -> Result<(), StoreError>;

    /// A number of this session.
    async fn number(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
    ) -> Result<Option<StoredNumber>, StoreError>;

    /// Stores the code that is about to be sent, and counts it by every limit, all or nothing.
    async fn add_code(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        code: &NewCode,
        limits: &[Subject],
        audit: AuditEntry,
    ) -> Result<CodeAdded, StoreError>;

    /// Counts a try before it is looked at, and tells what it is compared with. `None` when there is no code to compare
    /// with, or no try left.
    async fn count_code_try(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        now: UnixMillis,
    ) -> Result<Option<StoredNumber>, StoreError>;

    /// Notes that the code of that count was right. `false` if it is over meanwhile.
    async fn confirm_number(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        id: &str,
        count: i64,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// The owner's recovery card, while its time is not over.
    async fn card(&self, owner: &AsUser<'_>, now: UnixMillis) -> Result<Option<Card>, StoreError>;

    /// Whether the owner may make a card in that session now.
    async fn judge_card(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        now: UnixMillis,
    ) -> Result<CardDone, StoreError>;

    /// Puts a card in the place of the one before, judged and done in one transaction (rows O7, S6).
    async fn make_card(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        codes: &[BypassCode],
        audit: AuditEntry,
    ) -> Result<CardDone, StoreError>;

    /// Takes the owner's card back, judged and done in one transaction.
    async fn stop_card(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        audit: AuditEntry,
    ) -> Result<CardDone, StoreError>;

    /// Adds a landline whose number was confirmed in this session.
    async fn add_landline(
        &self,
        owner: &AsUser<'_>,
        session: &SessionId,
        number: &str,
        landline: &NewLandline,
        audit: AuditEntry,
    ) -> Result<LandlineAdded, StoreError>;
}
