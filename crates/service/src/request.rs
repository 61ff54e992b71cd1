//! A request: a sign-in waiting for an answer, and what became of it.

use countersign_protocol::ids::{DeviceId, IntegrationKey, Txid, Urgid, UserId};
use countersign_protocol::time::UnixMillis;

use crate::model::{Device, Dialect};

/// One sign-in, as stored.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name to the device.
    pub urgid: Urgid,
    /// Its name to the integration.
    pub txid: Txid,
    /// Who signs in.
    pub user_id: UserId,
    /// Who asked; `None` for a request of the service itself.
    pub integration_id: Option<IntegrationKey>,
    /// Which device was asked, or answered; `None` while prepared, and for passcodes.
    pub device_id: Option<DeviceId>,
    /// Whether the user's other devices were asked with it (PROTOCOL.md §4).
    pub shared: bool,
    /// What the device shows as the kind: `Login`, `Test`, or the client's own word.
    pub kind: String,
    /// Where it stands.
    pub state: RequestState,
    /// By push or by passcode.
    pub factor: Factor,
    /// The number the person has to type.
    pub number: NumberMatch,
    /// One-use, for the answer.
    pub nonce: String,
    /// What the device shows, JSON.
    pub context: String,
    /// Hex SHA-256 of what the device shows.
    pub context_hash: String,
    /// Whether the user never confirmed from this address before.
    pub unusual: bool,
    /// The address from which the person signs in, as the client said; may be empty.
    pub address: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
    /// What a client is told when the service refused it; else empty.
    pub message: String,
    /// When the person reported it.
    pub reported_at: Option<UnixMillis>,
    /// How often a client asked for it while it was undecided.
    pub polls: i64,
    /// What it is for.
    pub purpose: Purpose,
    /// When its device first took it from its list; `None` when the device never heard of it.
    pub fetched_at: Option<UnixMillis>,
}

impl Request {
    /// Whether a device was asked: as the one that was chosen, or with it. One that came later was not.
    pub fn is_asked_of(&self, device: &Device) -> bool {
        let with_it =
            self.shared && self.user_id == device.user_id && device.activated_at <= self.created_at;
        self.device_id.as_ref() == Some(&device.id)
            || (with_it && device.dialect == Dialect::Countersign1)
    }

    /// Whether nobody can answer it any more.
    pub fn is_over(&self, now: UnixMillis) -> bool {
        matches!(self.state, RequestState::Decided(_)) || now >= self.expires_at
    }
}

/// A shared request that another device of the user answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedAnswer {
    /// The request's name to devices.
    pub urgid: Urgid,
    /// The name of the device that answered.
    pub device_name: String,
    /// Whether it approved.
    pub approved: bool,
    /// When.
    pub at: UnixMillis,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Letting somebody in to an integration.
    SignIn,
    /// Trying the device; it opens nothing and wears nobody down.
    Test,
    /// Proving in self-service who somebody is.
    SelfService,
}

/// Where a request stands. The only ways are prepared to pending, pending to decided, and prepared to decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestState {
    /// Made by `preauth`; nobody was asked yet.
    Prepared,
    /// A device was asked.
    Pending,
    /// Over.
    Decided(Decision),
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// How.
    pub outcome: Outcome,
    /// When.
    pub at: UnixMillis,
    /// SHA-256 of what a device signed to bring it about, if one did.
    pub answer_digest: Option<[u8; 32]>,
    /// From where that came.
    pub answered_from: Option<String>,
    /// SHA-256 of what a device signed to report it, if one did.
    pub report_digest: Option<[u8; 32]>,
}

/// How a request ended, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A device approved, or a passcode was right.
    Approved,
    /// A device denied, or the number was wrong for the last time, or a passcode was wrong.
    Denied,
    /// Nobody answered in time.
    TimedOut,
    /// Its device or user was taken away meanwhile.
    Cancelled,
    /// The service did not ask anyone, by policy.
    Refused,
    /// Too many failures before it.
    Locked,
}

/// By what a person confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// A device is asked.
    Push,
    /// A code is typed.
    Passcode,
}

/// The number on the sign-in page that is typed into the app.
#[derive(Clone, PartialEq, Eq)]
pub struct NumberMatch {
    /// How many digits; 0 for plain push.
    pub digits: u8,
    /// The digits; `None` for plain push and once the request is decided.
    pub expected: Option<String>,
    /// How many wrong numbers are still taken.
    pub tries_left: i64,
}

impl std::fmt::Debug for NumberMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The number is shown on the sign-in page and nowhere else, so not in a log either
        f.debug_struct("NumberMatch")
            .field("digits", &self.digits)
            .field("tries_left", &self.tries_left)
            .finish_non_exhaustive()
    }
}

/// A request to be stored.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Its name to the device.
    pub urgid: Urgid,
    /// Its name to the integration.
    pub txid: Txid,
    /// Who signs in.
    pub user_id: UserId,
    /// Who asked; `None` for a request of the service itself.
    pub integration_id: Option<IntegrationKey>,
    /// Which device is asked; `None` when it is only prepared.
    pub device_id: Option<DeviceId>,
    /// Whether the user's other devices are asked with it (PROTOCOL.md §4).
    pub shared: bool,
    /// What the device shows as the kind.
    pub kind: String,
    /// How many digits, and which.
    pub number: NumberMatch,
    /// One-use, for the answer.
    pub nonce: String,
    /// What the device shows, JSON.
    pub context: String,
    /// Hex SHA-256 of what the device shows.
    pub context_hash: String,
    /// The address from which the person signs in.
    pub address: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
    /// What it is for.
    pub purpose: Purpose,
}
