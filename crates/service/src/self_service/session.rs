//! Sessions: whose call it is, how far the session got, and when it ends (rows S7, S9, S10).

use std::ops::RangeInclusive;

use countersign_protocol::ids::DeviceId;
use countersign_protocol::random;
use countersign_protocol::signing::keys::PublicKey;
use countersign_protocol::signing::self_service::{Claim, signing_text};
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::Stage;
use data_encoding::BASE64URL_NOPAD;
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::model::{DeviceState, Unproven, User, UserStatus};
use crate::policy::{
    CLOCK_STEP_MS, DORMANT_MS, Enrolment, PROOF_LIFE_MS, SESSION_IDLE_MS, SESSION_LIFE_MS,
    SHARED_SESSION_IDLE_MS,
};
use crate::store::gate::StoredSession;

/// How stale the note of a session's last use may be: not every call writes its row.
const TOUCH_EVERY_MS: i64 = 1_000;

/// Names a session for as long as it lives, through every change of its token. Not a secret, and never sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// Draws one.
    pub fn make(random: &dyn ring::rand::SecureRandom) -> Result<Self, Fault> {
        Ok(Self(random_id(random)?))
    }

    /// As read from the database.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Twenty random characters, 103 bits: an id of something that belongs to one session.
pub(crate) fn random_id(random: &dyn ring::rand::SecureRandom) -> Result<String, Fault> {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    Ok(random::text(random, ALPHABET, 20)?)
}

/// What a client shows to be in a session: 256 random bits. Only its hash is kept.
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// Draws one.
    pub fn make(random: &dyn ring::rand::SecureRandom) -> Result<Self, Fault> {
        let bytes = Zeroizing::new(random::bytes::<32>(random)?);
        Ok(Self(Zeroizing::new(BASE64URL_NOPAD.encode(&*bytes))))
    }

    /// As a client sent it.
    pub fn sent(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// What is kept of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(digest(&SHA256, self.0.as_bytes()).as_ref().to_vec())
    }

    /// For the answer that carries it, and for what a device signs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHash(Vec<u8>);

impl TokenHash {
    /// As read from the database.
    pub fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// By what a session or a sign-in was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProvenBy {
    /// A request to a device.
    Push,
    /// A passcode of a device.
    Passcode,
    /// A bypass code of the Service Desk, or one of a recovery card.
    Bypass,
    /// A call.
    Call,
    /// Nothing: the account is let in to applications without a second factor.
    NoFactor,
}

impl ProvenBy {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Passcode => "passcode",
            Self::Bypass => "bypass",
            Self::Call => "call",
            Self::NoFactor => "no_factor",
        }
    }

    /// As read.
    pub fn of(text: &str) -> Option<Self> {
        match text {
            "push" => Some(Self::Push),
            "passcode" => Some(Self::Passcode),
            "bypass" => Some(Self::Bypass),
            "call" => Some(Self::Call),
            "no_factor" => Some(Self::NoFactor),
            _ => None,
        }
    }
}

/// The latest proof of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// When.
    pub at: UnixMillis,
    /// How.
    pub by: ProvenBy,
    /// Which device proved it; `None` for a bypass code.
    pub device: Option<DeviceId>,
    /// Since when that device can prove so: a young one does not remove older ones (row S6).
    pub device_since: Option<UnixMillis>,
}

/// A session that was found good for this call.
#[derive(Debug, Clone)]
pub struct SelfSession {
    /// Its name.
    pub id: SessionId,
    /// Whose it is, as the user is now.
    pub user: User,
    /// Where it stands.
    pub stage: Stage,
    /// What a browser sends with every call that changes something.
    pub csrf: String,
    /// An app's, not a browser's.
    pub app: bool,
    /// On a workstation that many people use.
    pub shared: bool,
    /// When it ends unless it is used before.
    pub idle_at: UnixMillis,
    /// When it ends in any case.
    pub ends_at: UnixMillis,
    /// The latest proof.
    pub proven: Option<Proven>,
    /// The device whose key the app proved to hold, on this call as on every one.
    pub this_device: Option<DeviceId>,
    /// What lets them add a first device without a proof; only in that stage (row A4).
    pub unproven: Option<Unproven>,
    /// Nothing is left but the help desk: no proof, and no device in use that could make one.
    pub only_by_desk: bool,
    /// From where this call came.
    pub address: String,
}

impl SelfSession {
    /// Until when the latest proof covers acts (row S1).
    pub fn proven_until(&self) -> Option<UnixMillis> {
        self.proven.as_ref().map(|proven| proven.at + PROOF_LIFE_MS)
    }

    /// Whether a proof covers acts now.
    pub fn is_fresh(&self, now: UnixMillis) -> bool {
        let at = self.proven.as_ref().map(|proven| proven.at);
        at.is_some_and(|at| fresh_proofs(now).contains(&at))
    }

    /// A row of the audit log for something that the person of this session did.
    pub fn audit(
        &self,
        now: UnixMillis,
        action: &'static str,
        object: &str,
        result: &'static str,
    ) -> AuditEntry {
        AuditEntry::new(now, self.actor(), action, object, result).from_address(&self.address)
    }

    /// How the audit log names who did it.
    pub fn actor(&self) -> String {
        format!("user:{}", self.user.id)
    }
}

/// From when proofs are that cover acts now. What is of later than now was made while the clock was wrong, but for the
/// steps by which clocks are kept right.
pub(crate) fn fresh_proofs(now: UnixMillis) -> RangeInclusive<UnixMillis> {
    (now + -PROOF_LIFE_MS)..=(now + CLOCK_STEP_MS)
}

/// A call, before anything of it is believed.
pub struct Caller<'a> {
    /// The token it carries.
    pub token: &'a SessionToken,
    /// Whether the token came in an app's header.
    pub app: bool,
    /// What the header of section 3 says.
    pub device: Option<&'a Claim>,
    /// From where.
    pub address: String,
    /// A held call does not count as use.
    pub held: bool,
}

impl Core {
    /// The session of a call. `None` when there is none: unknown, over, its user disabled, or its device not proven.
    pub async fn session_of(&self, caller: Caller<'_>) -> Result<Option<SelfSession>, Fault> {
        let gate = self.store.gate();
        let Some(stored) = gate.session(&caller.token.hash()).await? else {
            return Ok(None);
        };
        let now = self.now();
        let idle_ms = idle_ms(stored.session.shared);
        let over = now >= stored.session.ends_at || now >= stored.used_at + idle_ms;
        if over || stored.user.status == UserStatus::Disabled || stored.session.app != caller.app {
            return Ok(None);
        }
        // What began with a device goes on with that device alone; what began without one never turns into it
        if stored.session.device.is_some() {
            let proves = self.proves_device(&stored.user, caller.device, caller.token.expose());
            if proves.await? != stored.session.device {
                return Ok(None);
            }
        }
        let used_at = if !caller.held && now - stored.used_at >= TOUCH_EVERY_MS {
            gate.touch_session(&stored.session.id, now).await?;
            now
        } else {
            stored.used_at
        };
        Ok(Some(self.resolved(
            stored,
            used_at + idle_ms,
            caller.address,
        )))
    }

    pub(crate) fn resolved(
        &self,
        stored: StoredSession,
        idle_at: UnixMillis,
        address: String,
    ) -> SelfSession {
        let unproven = self.unproven(&stored);
        let stage = match (&stored.proven, unproven) {
            (Some(_), _) => Stage::Open,
            (None, Some(_)) => Stage::FirstDevice,
            (None, None) => Stage::Prove,
        };
        let session = stored.session;
        SelfSession {
            id: session.id,
            user: stored.user,
            stage,
            csrf: session.csrf,
            app: session.app,
            shared: session.shared,
            idle_at: idle_at.min(session.ends_at),
            ends_at: session.ends_at,
            proven: stored.proven,
            this_device: session.device,
            unproven,
            only_by_desk: stage == Stage::Prove && !stored.first_device.has_one_in_use,
            address,
        }
    }

    /// What lets somebody add a first device without a proof, from nothing but rows (rows A3, A4, S10). An account that
    /// lay still for months, or from the beginning, is not taken over by whoever found its password.
    fn unproven(&self, stored: &StoredSession) -> Option<Unproven> {
        let (first, now) = (stored.first_device, self.now());
        if stored.proven.is_some() || first.has_one_in_use {
            None
        } else if now < first.released_until {
            Some(Unproven::Release)
        } else {
            let open = self.site.enrolment == Enrolment::Open;
            let dormant = now - first.confirmed_at >= DORMANT_MS;
            (open && !first.ever_had_one && !dormant).then_some(Unproven::Site)
        }
    }

    /// The device that signed this call for this session, if it is the user's and in use (row S9).
    pub(crate) async fn proves_device(
        &self,
        user: &User,
        claim: Option<&Claim>,
        session: &str,
    ) -> Result<Option<DeviceId>, Fault> {
        let Some(claim) = claim.filter(|claim| claim.is_of(self.now())) else {
            return Ok(None);
        };
        let device = self.store.device(&claim.device).await?;
        let device = device
            .filter(|device| device.user_id == user.id && device.state == DeviceState::Active);
        let key = device
            .as_ref()
            .and_then(|device| PublicKey::from_pem(device.push_key.as_deref()?).ok());
        let text = signing_text(&claim.device, session, claim.time);
        Ok(key
            .filter(|key| key.verify(text.as_bytes(), &claim.signature))
            .map(|_| claim.device.clone()))
    }

    /// Ends a session, as the person asked.
    pub async fn end_session(&self, session: &SelfSession) -> Result<(), Fault> {
        let entry = session.audit(
            self.now(),
            "self_service.sign_out",
            session.user.id.as_str(),
            "done",
        );
        // Somebody else may have ended it meanwhile, which is as good
        self.store.gate().end_session(&session.id, entry).await?;
        Ok(())
    }
}

/// How long a session lasts without use.
pub(crate) const fn idle_ms(shared: bool) -> i64 {
    if shared {
        SHARED_SESSION_IDLE_MS
    } else {
        SESSION_IDLE_MS
    }
}

/// When a session that begins now ends in any case.
pub(crate) fn ends_at(now: UnixMillis) -> UnixMillis {
    now + SESSION_LIFE_MS
}
