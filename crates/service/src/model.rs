//! The things the service keeps: users, integrations, devices, activations.

use countersign_protocol::ids::{AccountKey, DeviceId, IntegrationKey, UserId};
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::DeviceKind;

use crate::names::CanonicalName;
use crate::secrets::Sealed;

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id on the wire, beginning `DU`.
    pub id: UserId,
    /// The name as it was given.
    pub name: String,
    /// Whether the person may sign in, and with what.
    pub status: UserStatus,
    /// No pushes are made before this time.
    pub pushes_paused_until: UnixMillis,
    /// As the organisation writes the person; empty where it does not say.
    pub display_name: String,
    /// May use the help desk's page (row K6).
    pub operator: bool,
}

impl User {
    /// The name to show.
    pub fn shown_name(&self) -> &str {
        if self.display_name.is_empty() {
            &self.name
        } else {
            &self.display_name
        }
    }
}

/// What the organisation says about a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// Signs in with a second factor.
    Active,
    /// Signs in without one.
    Bypass,
    /// Does not sign in.
    Disabled,
}

/// A user to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The id on the wire.
    pub id: UserId,
    /// The name as it was given.
    pub name: String,
    /// The name by which it is found.
    pub canonical_name: CanonicalName,
    /// As the organisation writes the person; may be empty.
    pub display_name: String,
}

/// A protected application.
#[derive(Debug, Clone)]
pub struct Integration {
    /// Its `ikey`, beginning `DI`.
    pub id: IntegrationKey,
    /// What devices show as the application.
    pub name: String,
    /// What it allows.
    pub policy: crate::policy::IntegrationPolicy,
    /// Its `skey`, sealed.
    pub skey: Sealed,
    /// Part of what the `skey` is bound to.
    pub skey_version: i64,
}

/// How a device speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `countersign/1`: P-256, nonces, sequences, signed context.
    Countersign1,
    /// Duo's plain dialect, RSA-2048.
    Legacy,
    /// No key: the device makes passcodes and cannot be asked.
    PasscodeOnly,
    /// No app at all: a landline or a mobile phone, which is called and nothing else.
    CallsOnly,
}

/// Where a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceState {
    /// In use.
    Active,
    /// Stopped by the service, because two copies of it are at work. A new activation ends that.
    Suspended,
    /// Taken away by its owner or the help desk.
    Removed,
}

/// By what a device was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedBy {
    /// By the service: two copies of it were at work.
    Copied,
    /// By the help desk.
    Desk,
    /// By another device of its owner, which said that it is not theirs.
    NotMe,
    /// By the device that took its place (PROTOCOL.md section 13).
    Moved,
}

/// How a device makes passcodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasscodeKind {
    /// RFC 6238, 30 s steps.
    Totp,
    /// RFC 4226.
    Hotp,
}

/// A phone or tablet of a user.
#[derive(Debug, Clone)]
pub struct Device {
    /// The `pkey`, beginning `DP`.
    pub id: DeviceId,
    /// The `akey`, beginning `DA`.
    pub akey: AccountKey,
    /// Whose it is.
    pub user_id: UserId,
    /// The owner's name, to show.
    pub username: String,
    /// Whether its owner may sign in; read together with the device, always.
    pub user_status: UserStatus,
    /// The name under which it is listed.
    pub name: String,
    /// As the device said: `Android`, `iOS`, `Linux`.
    pub platform: String,
    /// As the device said.
    pub model: String,
    /// How it speaks.
    pub dialect: Dialect,
    /// PEM; `None` without a key.
    pub push_key: Option<String>,
    /// Where it says its private key lives: `software`, `keystore` or `hardware`.
    pub key_storage: String,
    /// The passcode seed, sealed.
    pub otp: Sealed,
    /// What kind of passcodes it makes.
    pub otp_kind: PasscodeKind,
    /// The last counter or time step that was accepted; -1 for none.
    pub otp_last: i64,
    /// The last sequence it sent.
    pub sequence: i64,
    /// How often it was activated.
    pub generation: i64,
    /// Where it stands.
    pub state: DeviceState,
    /// Since when it is suspended or removed; `None` of an active one, and where that was not kept.
    pub stopped_at: Option<UnixMillis>,
    /// By what, where that was kept; `None` where its owner removed it.
    pub stopped_by: Option<StoppedBy>,
    /// When it was last activated.
    pub activated_at: UnixMillis,
    /// When it last polled, to the minute.
    pub last_seen_at: UnixMillis,
}

impl Device {
    /// Whether it can be asked to approve a sign-in.
    pub fn can_be_asked(&self) -> bool {
        self.state == DeviceState::Active
            && matches!(self.dialect, Dialect::Countersign1 | Dialect::Legacy)
    }

    /// Whether it can be used for signing in to applications: all but what is only called.
    pub fn can_sign_in(&self) -> bool {
        self.state == DeviceState::Active && self.dialect != Dialect::CallsOnly
    }
}

/// A device as it comes out of an activation.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Used when a new device is made; a reactivated one keeps its own.
    pub id: DeviceId,
    /// Used when a new device is made.
    pub akey: AccountKey,
    /// Name to list it under, unless its activation brings one; a number follows if the person has one of that name.
    pub name: String,
    /// What it is, unless its activation says so.
    pub kind: DeviceKind,
    /// As the device said.
    pub platform: String,
    /// As the device said.
    pub model: String,
    /// As the device said.
    pub app_version: String,
    /// How it speaks.
    pub dialect: Dialect,
    /// PEM; `None` for [`Dialect::PasscodeOnly`].
    pub push_key: Option<String>,
    /// Where its private key lives.
    pub key_storage: String,
    /// The new passcode seed, sealed for this device id and generation.
    pub otp: Sealed,
    /// What kind of passcodes it will make.
    pub otp_kind: PasscodeKind,
    /// The generation the seed was sealed for; the activation is refused when another one came between.
    pub generation: i64,
}

/// An activation code that was made.
#[derive(Debug, Clone)]
pub struct Activation {
    /// Hex SHA-256 of the code.
    pub code_hash: String,
    /// For whom.
    pub user_id: UserId,
    /// The device to activate again, or `None` to make a new one.
    pub device_id: Option<DeviceId>,
    /// Only a client of the plain dialect may use it.
    pub plain: bool,
    /// When it ends, used or not.
    pub expires_at: UnixMillis,
    /// What became of it.
    pub used: Option<ActivationUse>,
    /// What a page of self-service follows it by; `None` when none does.
    pub live: Option<LivePart>,
    /// Who scanned the code that the page shows.
    pub scan: Option<Scan>,
}

/// The phone that scanned a page's code; the code is bound to it (row A2).
#[derive(Debug, Clone)]
pub struct Scan {
    /// Its public key, PEM.
    pub key: String,
    /// What it says it is; may be empty.
    pub model: String,
    /// Whether the page's person said that both show the same digits.
    pub confirmed: bool,
}

/// What lets somebody add a first device without a proof (rows A3, A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// The site lets people do so who never had a device.
    Site,
    /// The help desk released it, once, to somebody without a device that is in use.
    Release,
}

/// The part of an activation whose code is shown to somebody who compares digits (row A2).
#[derive(Debug, Clone)]
pub struct LivePart {
    /// The name under which it is followed; not the code.
    pub id: String,
    /// By whom.
    pub by: LiveBy,
    /// What a new device will be, by what its owner said; `None` for one that is activated again or says it itself.
    pub new: Option<NewPart>,
}

impl LivePart {
    /// What it was made by without a proof.
    pub fn unproven(&self) -> Option<Unproven> {
        match self.by {
            LiveBy::Session { unproven, .. } => unproven,
            LiveBy::Device { .. } => None,
        }
    }
}

/// Who made an activation and follows it. Without that it is of no use.
#[derive(Debug, Clone)]
pub enum LiveBy {
    /// A session of self-service.
    Session {
        /// Which.
        id: String,
        /// Made without a proof; of no use once there is a device.
        unproven: Option<Unproven>,
    },
    /// The device whose place the new one takes, with the keys that it had then (PROTOCOL.md section 13).
    Device {
        /// Which.
        id: DeviceId,
        /// Of its keys.
        generation: i64,
    },
}

/// What a new device will be, by what its owner said.
#[derive(Debug, Clone)]
pub struct NewPart {
    /// A phone or a tablet.
    pub kind: DeviceKind,
    /// Its name.
    pub name: String,
    /// Its number, and when that was confirmed.
    pub number: Option<(String, UnixMillis)>,
}

/// By what an activation code was used up.
#[derive(Debug, Clone)]
pub struct ActivationUse {
    /// The device that came out of it.
    pub device_id: DeviceId,
    /// Its generation at that time.
    pub generation: i64,
}

/// Where a bypass code comes from. Neither kind takes the place of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// The help desk, or the command line.
    Desk,
    /// The person's recovery card.
    Card,
}

impl CodeKind {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Card => "card",
        }
    }

    /// As read.
    pub fn of(text: &str) -> Option<Self> {
        match text {
            "desk" => Some(Self::Desk),
            "card" => Some(Self::Card),
            _ => None,
        }
    }

    /// What the audit log calls it when one was used.
    pub const fn used(self) -> &'static str {
        match self {
            Self::Desk => "bypass_code",
            Self::Card => "card_code",
        }
    }
}

/// A bypass code of the help desk or of a recovery card, as stored.
#[derive(Debug, Clone)]
pub struct BypassCode {
    /// Random, to name it in the audit log.
    pub id: String,
    /// Where it comes from.
    pub kind: CodeKind,
    /// Of the batch.
    pub salt: Vec<u8>,
    /// Argon2id of the code.
    pub hash: Vec<u8>,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// Who this service is, as stored.
#[derive(Debug, Clone)]
pub struct StoredIdentity {
    /// The id on the wire, beginning `DS`.
    pub id: countersign_protocol::ids::ServiceId,
    /// PKCS#8 of the signing key, sealed.
    pub signing_key: Sealed,
}
