//! What an account is: an organisation's, whose keys are bound to this device, or a third party's, which a backup restores.

use countersign_protocol::wire::stopped::Stopped;

use crate::secret::{DeviceBound, Restorable};

/// One account of the list.
pub enum Account {
    /// Push and passcodes for one service.
    Organisation(OrganisationAccount),
    /// A third party's passcodes.
    Other(OtherAccount),
}

impl Account {
    /// The name the person gave it, if any.
    pub fn custom_name(&self) -> Option<&str> {
        match self {
            Self::Organisation(account) => account.custom_name.as_deref(),
            Self::Other(account) => account.custom_name.as_deref(),
        }
    }

    /// The counter of the passcode that comes next; `None` where passcodes follow the clock.
    pub fn next_counter(&self) -> Option<u64> {
        match self {
            Self::Organisation(OrganisationAccount {
                state:
                    OrganisationState::Working {
                        keys: DeviceKeys { passcodes, .. },
                        ..
                    },
                ..
            }) => match passcodes {
                OrganisationPasscodes::Counted { next_counter } => Some(*next_counter),
                OrganisationPasscodes::Timed { .. } => None,
            },
            Self::Other(OtherAccount {
                passcodes: OtherPasscodes::Counted { next_counter },
                ..
            }) => Some(*next_counter),
            _ => None,
        }
    }

    pub(crate) fn set_next_counter(&mut self, value: u64) {
        match self {
            Self::Organisation(OrganisationAccount {
                state:
                    OrganisationState::Working {
                        keys:
                            DeviceKeys {
                                passcodes: OrganisationPasscodes::Counted { next_counter },
                                ..
                            },
                        ..
                    },
                ..
            })
            | Self::Other(OtherAccount {
                passcodes: OtherPasscodes::Counted { next_counter },
                ..
            }) => *next_counter = value,
            _ => {}
        }
    }

    pub(crate) fn set_custom_name(&mut self, name: Option<String>) {
        match self {
            Self::Organisation(account) => account.custom_name = name,
            Self::Other(account) => account.custom_name = name,
        }
    }

    /// The passcode seed, where the account has one.
    pub(crate) fn seed(&self) -> Option<&[u8]> {
        match self {
            Self::Organisation(account) => match &account.state {
                OrganisationState::Working { keys, .. } => Some(keys.seed.expose()),
                _ => None,
            },
            Self::Other(account) => Some(account.seed.expose()),
        }
    }
}

/// An account at one service. Its secrets are [`DeviceBound`], so no backup holds it.
pub struct OrganisationAccount {
    /// The service's host as the person confirmed it, with a port where it has one.
    pub host: String,
    /// Who the service proved to be; `None` for hosts that speak only Duo's dialect.
    pub service: Option<ServiceIdentity>,
    /// The organisation's name as the service gives it.
    pub organisation: String,
    /// The person's name at the service.
    pub username: String,
    /// The name the person gave the account.
    pub custom_name: Option<String>,
    /// The organisation's emblem: a PNG that we encoded.
    pub logo: Option<Vec<u8>>,
    /// How this device and the service talk.
    pub dialect: Dialect,
    /// Whether it works here, with the secrets that belong to the state.
    pub state: OrganisationState,
}

impl OrganisationAccount {
    /// The account as it is once this device's keys are gone. `None` where an activation was under way: nothing is left of it.
    pub(crate) fn without_keys(&self) -> Option<Self> {
        let (OrganisationState::Working { registration, .. }
        | OrganisationState::NeedsReactivating { registration }) = &self.state
        else {
            return None;
        };
        Some(Self {
            host: self.host.clone(),
            service: self.service.clone(),
            organisation: self.organisation.clone(),
            username: self.username.clone(),
            custom_name: self.custom_name.clone(),
            logo: self.logo.clone(),
            dialect: self.dialect,
            state: OrganisationState::NeedsReactivating {
                registration: registration.clone(),
            },
        })
    }
}

/// The service's own signing identity (`countersign/1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceIdentity {
    /// Its id, `DS…`.
    pub id: String,
    /// Its public key as the protocol carries it.
    pub public_key: Vec<u8>,
}

/// What the device and the service speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `countersign/1`.
    Countersign1,
    /// Duo's plain dialect; listed as weaker.
    Legacy,
}

/// Whether an organisation account works on this device.
pub enum OrganisationState {
    /// An activation was begun and its answer has not arrived; it can be tried again with the same key.
    Finishing(PendingActivation),
    /// It answers requests and makes passcodes.
    Working {
        /// What the service calls this device.
        registration: Registration,
        /// The device's secrets there.
        keys: DeviceKeys,
        /// What the service said last became of those keys, while it takes them no more. It is not signed, so nothing but a
        /// sentence follows from it.
        stopped: Option<Box<Stopped>>,
    },
    /// The service does not know this device's keys any more; they are gone from here too.
    NeedsReactivating {
        /// What the service called this device.
        registration: Registration,
    },
}

/// An activation that was sent and not answered.
pub struct PendingActivation {
    /// The activation code, as ASCII text.
    pub code: DeviceBound,
    /// The private key whose public half was sent, as PKCS#8 DER.
    pub device_key: DeviceBound,
}

/// The names a service gave at activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The account key, `akey`.
    pub account_key: String,
    /// This device's id there, `pkey`.
    pub device_id: String,
    /// The person's id there, where the service tells it.
    pub user_id: Option<String>,
}

/// A device's secrets at one service.
pub struct DeviceKeys {
    /// The private key that signs answers, as PKCS#8 DER.
    pub device_key: DeviceBound,
    /// The passcode seed's bytes.
    pub seed: DeviceBound,
    /// How passcodes move on.
    pub passcodes: OrganisationPasscodes,
}

/// How an organisation's passcodes move on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganisationPasscodes {
    /// With the clock (RFC 6238).
    Timed {
        /// Length of a step.
        period_seconds: u32,
    },
    /// With each use (RFC 4226).
    Counted {
        /// The counter of the next passcode. The vault moves it; see [`crate::Vault::next_counter`].
        next_counter: u64,
    },
}

/// A third party's account.
pub struct OtherAccount {
    /// Who issued it.
    pub issuer: String,
    /// The person's name there.
    pub account: String,
    /// The name the person gave the account.
    pub custom_name: Option<String>,
    /// The seed's bytes.
    pub seed: Restorable,
    /// The hash of its HMAC.
    pub algorithm: Algorithm,
    /// Digits of a passcode.
    pub digits: u8,
    /// How passcodes move on.
    pub passcodes: OtherPasscodes,
}

/// How a third party's passcodes move on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherPasscodes {
    /// Steam's own: five letters and digits that follow the clock in steps of 30 seconds.
    Steam,
    /// With the clock (RFC 6238).
    Timed {
        /// Length of a step.
        period_seconds: u32,
    },
    /// With each use (RFC 4226).
    Counted {
        /// The counter of the next passcode. The vault moves it; see [`crate::Vault::next_counter`].
        next_counter: u64,
    },
}

/// The hash under a passcode's HMAC (RFC 6238 §1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// SHA-1, the usual one.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}
