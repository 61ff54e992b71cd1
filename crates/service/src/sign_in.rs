//! Beginning a sign-in: asking a device, or deciding a passcode at once.

use countersign_protocol::ids::{DeviceId, Txid, Urgid, UserId};
use countersign_protocol::random;
use zeroize::Zeroizing;

use crate::access::AsUser;
use crate::audit::AuditEntry;
use crate::context::{Circumstances, Context};
use crate::core::{Core, Fault};
use crate::model::{Device, Dialect, Integration, User, UserStatus};
use crate::names::CanonicalName;
use crate::policy::{IntegrationPolicy, REQUEST_LIFE_MS};
use crate::request::{Factor, NewRequest, NumberMatch, Outcome, Purpose, Request};
use crate::status::Status;
use crate::store::{DecidedRecord, Started};
use crate::throttle::{Admission, Subject};
use crate::waker::Topic;

/// A person as an integration names them.
#[derive(Debug, Clone)]
pub enum UserRef {
    /// By name, in any spelling.
    Name(String),
    /// By `user_id`.
    Id(String),
}

/// What `auth` asks.
#[derive(Debug)]
pub struct AuthAsk {
    /// Who.
    pub user: UserRef,
    /// How.
    pub factor: AskedFactor,
    /// With which device.
    pub device: DeviceChoice,
    /// What the device shows in place of `Login`.
    pub kind: Option<String>,
    /// What the device shows in place of the user's name.
    pub display_username: Option<String>,
    /// What the application tells.
    pub told: Vec<(String, String)>,
    /// A request that `preauth` prepared.
    pub txid: Option<Txid>,
    /// The address the person signs in from; may be empty.
    pub address: String,
    /// Whether the client will ask for the status, so that what is decided at once is kept for it.
    pub is_async: bool,
}

/// By what a person wants to confirm.
pub enum AskedFactor {
    /// The best the device can do.
    Auto,
    /// A push.
    Push,
    /// A code that was typed.
    Passcode(Zeroizing<String>),
    /// A call or a text, which this service does not make.
    Unavailable,
}

impl std::fmt::Debug for AskedFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auto => "Auto",
            Self::Push => "Push",
            Self::Passcode(_) => "Passcode(…)",
            Self::Unavailable => "Unavailable",
        })
    }
}

/// Which device.
#[derive(Debug, Clone)]
pub enum DeviceChoice {
    /// The first that can be asked.
    Auto,
    /// This one.
    Id(String),
    /// The n-th of the list, from 1, as `push2` names it.
    Number(usize),
}

/// How `auth` went on.
#[derive(Debug)]
pub enum Begun {
    /// A device is asked; the status tells the rest.
    Waiting(Txid),
    /// It is decided.
    Decided {
        /// Its name, if the client will ask for the status.
        txid: Option<Txid>,
        /// How.
        status: Status,
    },
}

/// Why `auth` did not begin.
#[derive(Debug, thiserror::Error)]
pub enum AuthRefusal {
    /// Nobody has that name or id.
    #[error("unknown user")]
    UnknownUser,
    /// No such device of this user, or it cannot do that.
    #[error("unknown device")]
    Device,
    /// No such prepared request.
    #[error("unknown txid")]
    Txid,
    /// That factor is not offered.
    #[error("factor is not offered")]
    Factor,
    /// Something failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<crate::store::StoreError> for AuthRefusal {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// Whether a device may answer for an integration.
pub(crate) fn can_answer_for(device: &Device, policy: IntegrationPolicy) -> bool {
    device.can_be_asked() && (device.dialect == Dialect::Countersign1 || policy.allow_legacy)
}

impl Core {
    /// The user that a name or id means. `None` if there is none.
    pub async fn find_user(&self, user: &UserRef) -> Result<Option<User>, Fault> {
        match user {
            UserRef::Name(name) => match CanonicalName::of(name) {
                Some(name) => Ok(self.store.user_by_name(&name).await?),
                None => Ok(None),
            },
            UserRef::Id(id) => match UserId::parse(id) {
                Ok(id) => Ok(self.store.user(&id).await?),
                Err(_) => Ok(None),
            },
        }
    }

    /// The devices a person can use at an application, the default first, then the longest-serving.
    pub(crate) async fn active_devices(&self, user: &User) -> Result<Vec<Device>, Fault> {
        let mut devices = self.store.devices_of(&AsUser::of(user)).await?;
        devices.retain(Device::can_sign_in);
        Ok(devices)
    }

    /// Begins a sign-in: asks a device, or decides a passcode at once.
    pub async fn begin(
        &self,
        integration: &Integration,
        ask: &AuthAsk,
    ) -> Result<Begun, AuthRefusal> {
        let Some(user) = self.find_user(&ask.user).await? else {
            return self.begin_for_nobody(ask).await;
        };
        let settled = match user.status {
            UserStatus::Active => None,
            UserStatus::Disabled => Some((Outcome::Refused, "Your account is disabled.")),
            UserStatus::Bypass => Some((Outcome::Approved, "")),
        };
        if let Some((outcome, message)) = settled {
            return Ok(self
                .decide_at_once(integration, ask, &user, outcome, message)
                .await?);
        }
        match &ask.factor {
            AskedFactor::Passcode(typed) => {
                Ok(self.begin_passcode(integration, ask, &user, typed).await?)
            }
            AskedFactor::Auto | AskedFactor::Push => self.begin_push(integration, ask, &user).await,
            AskedFactor::Unavailable => Err(AuthRefusal::Factor),
        }
    }

    /// Names nobody has are throttled like those of users, so that guessing names and codes costs the same.
    async fn begin_for_nobody(&self, ask: &AuthAsk) -> Result<Begun, AuthRefusal> {
        let (AskedFactor::Passcode(_), UserRef::Name(name)) = (&ask.factor, &ask.user) else {
            return Err(AuthRefusal::UnknownUser);
        };
        let Some(name) = CanonicalName::of(name) else {
            return Err(AuthRefusal::UnknownUser);
        };
        match self
            .store
            .count_attempts(&[Subject::UnknownName(name)], self.now())
            .await?
        {
            Admission::Counted(_) => Err(AuthRefusal::UnknownUser),
            Admission::Refused { until } => Ok(Begun::Decided {
                txid: None,
                status: Status::locked(until - self.now()),
            }),
        }
    }

    async fn begin_push(
        &self,
        integration: &Integration,
        ask: &AuthAsk,
        user: &User,
    ) -> Result<Begun, AuthRefusal> {
        let device = self.chosen_device(integration, ask, user).await?;
        if ask.txid.is_none() && !integration.policy.allows_plain_push() {
            let message = "This application cannot show the number that has to be typed. Use a passcode instead.";
            return Ok(self
                .decide_at_once(integration, ask, user, Outcome::Refused, message)
                .await?);
        }
        let request = self.push_request(integration, ask, user, &device)?;
        let entry = AuditEntry::new(
            self.now(),
            actor(integration),
            "request.ask",
            request.urgid.as_str(),
            "done",
        )
        .from_address(&ask.address);
        let started = match &ask.txid {
            Some(_) => {
                let integration = crate::access::AsIntegration::of(integration);
                self.store
                    .start_prepared(&integration, &request, entry)
                    .await?
            }
            None => self.store.start_request(&request, entry).await?,
        };
        let message = match started {
            Started::Asked(asked) => {
                self.wake_asked(&asked).await;
                return Ok(Begun::Waiting(asked.txid));
            }
            Started::NotPrepared => return Err(AuthRefusal::Txid),
            Started::Gone => return Err(AuthRefusal::Device),
            Started::TooManyPending => {
                "Too many sign-ins are waiting. Answer them or wait a minute.".to_owned()
            }
            Started::Paused(until) => {
                let minutes = (until - self.now()).max(0) / crate::policy::MINUTE_MS + 1;
                format!("Pushes are paused for {minutes} minutes. Use a passcode instead.")
            }
        };
        Ok(self
            .decide_at_once(integration, ask, user, Outcome::Refused, &message)
            .await?)
    }

    async fn chosen_device(
        &self,
        integration: &Integration,
        ask: &AuthAsk,
        user: &User,
    ) -> Result<Device, AuthRefusal> {
        let devices = self.active_devices(user).await?;
        let chosen = match &ask.device {
            DeviceChoice::Auto => devices
                .into_iter()
                .find(|device| can_answer_for(device, integration.policy)),
            DeviceChoice::Id(id) => {
                let id = DeviceId::parse(id).map_err(|_| AuthRefusal::Device)?;
                devices.into_iter().find(|device| device.id == id)
            }
            DeviceChoice::Number(number) => {
                let index = number.checked_sub(1).ok_or(AuthRefusal::Device)?;
                devices.into_iter().nth(index)
            }
        };
        chosen
            .filter(|device| can_answer_for(device, integration.policy))
            .ok_or(AuthRefusal::Device)
    }

    fn push_request(
        &self,
        integration: &Integration,
        ask: &AuthAsk,
        user: &User,
        device: &Device,
    ) -> Result<NewRequest, Fault> {
        let now = self.now();
        let context = Context::of(&Circumstances {
            kind: ask.kind.as_deref().unwrap_or("Login"),
            organisation: &self.site.organisation,
            username: ask.display_username.as_deref().unwrap_or(&user.name),
            integration: &integration.name,
            address: &ask.address,
            at: now,
            told: &ask.told,
        });
        Ok(NewRequest {
            urgid: Urgid::make(self.random.as_ref())?,
            txid: ask
                .txid
                .clone()
                .map_or_else(|| Txid::make(self.random.as_ref()), Ok)?,
            user_id: user.id.clone(),
            integration_id: Some(integration.id.clone()),
            device_id: Some(device.id.clone()),
            shared: matches!(ask.device, DeviceChoice::Auto),
            kind: context.kind.clone(),
            // A prepared request keeps its number; without one this is a plain push
            number: NumberMatch {
                digits: 0,
                expected: None,
                tries_left: 0,
            },
            nonce: random::nonce(self.random.as_ref())?,
            context_hash: context.hash(),
            context: context.to_stored()?,
            address: ask.address.clone(),
            created_at: now,
            expires_at: now + REQUEST_LIFE_MS,
            purpose: Purpose::SignIn,
        })
    }

    /// Decides a sign-in without asking anybody, and keeps that for the status.
    async fn decide_at_once(
        &self,
        integration: &Integration,
        ask: &AuthAsk,
        user: &User,
        outcome: Outcome,
        message: &str,
    ) -> Result<Begun, Fault> {
        let record = self.record(integration, ask, user, Factor::Push, message)?;
        let result = if outcome == Outcome::Approved {
            "bypass"
        } else {
            "refused"
        };
        let entry = AuditEntry::new(
            self.now(),
            actor(integration),
            "sign_in",
            user.id.as_str(),
            result,
        )
        .from_address(&ask.address);
        self.store
            .note_decided(record.as_ref(), outcome, entry)
            .await?;
        Ok(Begun::Decided {
            txid: record.map(|record| record.txid),
            status: Status::at_once(outcome, message),
        })
    }

    /// What is kept of a sign-in that is decided at once; `None` when the client will not ask for it.
    pub(crate) fn record(
        &self,
        integration: &Integration,
        ask: &AuthAsk,
        user: &User,
        factor: Factor,
        message: &str,
    ) -> Result<Option<DecidedRecord>, Fault> {
        if !ask.is_async {
            return Ok(None);
        }
        Ok(Some(DecidedRecord {
            urgid: Urgid::make(self.random.as_ref())?,
            txid: Txid::make(self.random.as_ref())?,
            integration_id: integration.id.clone(),
            user_id: user.id.clone(),
            factor,
            message: message.to_owned(),
        }))
    }

    /// Wakes those who wait for a request and for the lists of the devices that were asked.
    pub(crate) async fn wake_for(&self, request: &Request) {
        self.waker.wake(&Topic::Request(request.txid.clone()));
        self.wake_asked(request).await;
    }

    async fn wake_asked(&self, request: &Request) {
        if request.shared {
            self.wake_devices_of(&request.user_id).await;
        }
        if let Some(device) = &request.device_id {
            self.waker.wake(&Topic::Device(device.clone()));
        }
    }
}

/// How the audit log names an integration.
pub(crate) fn actor(integration: &Integration) -> String {
    format!("integration:{}", integration.id)
}
