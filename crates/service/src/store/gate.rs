//! What the gate to self-service remembers: passwords, sessions, proofs; those of sign-in prompts too. Same terms as
//! [`super::Store`].

use async_trait::async_trait;
use countersign_protocol::ids::{DeviceId, UserId};
use countersign_protocol::time::UnixMillis;

use countersign_protocol::wire::self_service::{ProofState, WayKind};

use super::{PasscodeUse, Started, StoreError};
use crate::access::AsUser;
use crate::audit::AuditEntry;
use crate::challenge::TypedNumber;
use crate::model::{BypassCode, User};
use crate::names::CanonicalName;
use crate::prompt::PromptId;
use crate::request::{NewRequest, Request};
use crate::self_service::session::{Proven, ProvenBy, SessionId, TokenHash};
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
    /// What the way to a first device hangs on.
    pub first_device: FirstDevice,
}

/// What it hangs on whether somebody adds a first device without a proof (rows A3, A4).
#[derive(Debug, Clone, Copy)]
pub struct FirstDevice {
    /// A device of theirs is in use.
    pub has_one_in_use: bool,
    /// They ever had one, removed or not.
    pub ever_had_one: bool,
    /// Until when the help desk released it; a time that is past for most.
    pub released_until: UnixMillis,
    /// When a factor of theirs was last confirmed; when they were added, if none ever was.
    pub confirmed_at: UnixMillis,
}

/// What a proof belongs to, and goes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A session of self-service.
    Session(SessionId),
    /// A sign-in to an application.
    Prompt(PromptId),
}

impl Holder {
    /// Its name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Session(id) => id.as_str(),
            Self::Prompt(id) => id.as_str(),
        }
    }
}

/// A proof to be stored.
#[derive(Debug, Clone)]
pub struct NewProof {
    /// Its name within its holder.
    pub id: String,
    /// Whose it is.
    pub holder: Holder,
    /// How.
    pub way: WayKind,
    /// By which device; `None` for a bypass code.
    pub device: Option<DeviceId>,
    /// The device's name.
    pub name: String,
    /// The last four digits of what is called.
    pub ending: Option<String>,
    /// What is typed on the keypad; a request keeps its own number.
    pub number: Option<TypedNumber>,
    /// When it was begun.
    pub created_at: UnixMillis,
    /// When it runs out.
    pub expires_at: UnixMillis,
}

/// A proof as stored, with the request that it stands and falls with.
#[derive(Debug, Clone)]
pub struct StoredProof {
    /// As it was begun.
    pub proof: NewProof,
    /// Where it stands.
    pub standing: Standing,
    /// Rises with every change.
    pub revision: u32,
    /// When the phone's end of a call said yes.
    pub approved_at: Option<UnixMillis>,
    /// The request of a push.
    pub request: Option<Request>,
}

/// Where a proof stands, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As its holder is told.
    Told(ProofState),
    /// The phone's end of a call said yes, and its holder has not been told: it is opened when it asks.
    Approved,
}

/// What a confirmed proof does to its session (row S7).
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The token that works from now on.
    pub token: TokenHash,
    /// When it was proven.
    pub at: UnixMillis,
    /// How.
    pub by: ProvenBy,
    /// By which device.
    pub device: Option<DeviceId>,
}

/// What a confirmed proof does to its prompt.
#[derive(Debug, Clone)]
pub struct Grant {
    /// When it was proven.
    pub at: UnixMillis,
    /// How.
    pub by: ProvenBy,
    /// By which device.
    pub device: Option<DeviceId>,
    /// The device's name.
    pub name: String,
    /// From where the device said so; `None` where none did over the network.
    pub address: Option<String>,
}

/// What a confirmed proof does to its holder.
#[derive(Debug, Clone)]
pub enum Opening {
    /// Renews a session.
    Session(Renewal),
    /// Lets somebody in to an application.
    Prompt(Grant),
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
    /// user, or the organisation's directory has their password.
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

    /// The password of whoever has that name. `None` if nobody has it, it has no password, or the organisation's directory
    /// has their password.
    async fn password(&self, name: &CanonicalName) -> Result<Option<StoredPassword>, StoreError>;

    /// Begins a session in place of the earlier one of the same browser, and takes back the failures of all in `clear`.
    /// `password` is the PHC text of the password that was right, where it is kept here. `false` if that was changed
    /// meanwhile, or the user disabled.
    async fn add_session(
        &self,
        session: &NewSession,
        earlier: Option<&TokenHash>,
        password: Option<&str>,
        clear: &[Subject],
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// The session whose token hashes to that, whether or not its time is over. `None` if there is none.
    async fn session(&self, token: &TokenHash) -> Result<Option<StoredSession>, StoreError>;

    /// Notes that a session was used.
    async fn touch_session(&self, id: &SessionId, now: UnixMillis) -> Result<(), StoreError>;

    /// Ends a session. `false` if it had ended.
    async fn end_session(&self, id: &SessionId, audit: AuditEntry) -> Result<bool, StoreError>;

    /// Begins a proof by asking a device, within the limits on pushes (row C5). It ends the holder's proof before it.
    async fn start_push_proof(
        &self,
        proof: &NewProof,
        request: &NewRequest,
        audit: AuditEntry,
    ) -> Result<Started, StoreError>;

    /// Begins a proof that asks no device; its state is `Calling`. It ends the holder's proof before it. `false` if the
    /// holder ended meanwhile.
    async fn start_call_proof(
        &self,
        proof: &NewProof,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Moves a call's proof on, unless it is over. `false` if it is.
    async fn move_call_proof(
        &self,
        proof: &str,
        to: Standing,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError>;

    /// Uses up what made a passcode good, clears the user's failures, and opens the holder, all or nothing. It ends the
    /// holder's proof before it. `false` if it was used meanwhile, or the holder ended; then nothing changed.
    async fn prove_by_passcode(
        &self,
        owner: &AsUser<'_>,
        used: &PasscodeUse,
        proof: &NewProof,
        opening: &Opening,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// The holder's proof of that name. `None` for another holder's, alike with one that never was.
    async fn proof(&self, holder: &Holder, id: &str) -> Result<Option<StoredProof>, StoreError>;

    /// The name of the holder's latest proof. `None` before the first.
    async fn latest_proof(&self, holder: &Holder) -> Result<Option<String>, StoreError>;

    /// Notes how a proof ended; a confirmed one opens its holder in the same transaction, if its request was really
    /// approved. `false` if it was noted before; then nothing changed.
    async fn settle_proof(
        &self,
        holder: &Holder,
        id: &str,
        state: ProofState,
        opening: Option<&Opening>,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Ends an undecided proof and its request. `false` if it was over.
    async fn cancel_proof(
        &self,
        holder: &Holder,
        id: &str,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Bypass codes of a user that were used and have not run out: what is typed again is told apart from a wrong one.
    async fn used_bypass_codes(
        &self,
        owner: &AsUser<'_>,
        now: UnixMillis,
    ) -> Result<Vec<BypassCode>, StoreError>;

    /// Notes that a device took what waits for it from its list.
    async fn note_fetched(&self, device: &DeviceId, now: UnixMillis) -> Result<(), StoreError>;

    /// Until when attempts of a subject are not looked at; a time that is past for most.
    async fn blocked_until(&self, subject: &Subject) -> Result<UnixMillis, StoreError>;
}
