//! Activation: making a code, and exchanging it once for a device (rows A1, A5; PROTOCOL.md section 3).

mod facts;
mod offered_key;

use std::time::Duration;

use countersign_protocol::activation::{ActivationCode, ActivationText, Form};
use countersign_protocol::ids::{AccountKey, DeviceId, UserId};
use countersign_protocol::passcode::OtpSecret;
use countersign_protocol::time::UnixMillis;
use zeroize::Zeroizing;

use crate::audit::AuditEntry;
use crate::comparison::{Asker, Comparison};
use crate::core::{Core, Fault};
use crate::model::{
    Activation, Device, DeviceState, Dialect, LiveBy, LivePart, NewDevice, User, UserStatus,
};
use crate::policy::{ACTIVATION_LIFE_MS, LONGEST_ACTIVATION_SECONDS};
use crate::secrets::{Kind, Purpose};
use crate::store::Activated;
use crate::throttle::{Admission, Subject};
use crate::waker::Topic;
use facts::label;
use offered_key::CheckedKey;

pub use facts::DeviceFacts;
pub use offered_key::OfferedKey;

/// What an activation code is to be good for.
#[derive(Debug, Default, Clone, Copy)]
pub struct ActivationWish<'a> {
    /// The device to activate again; `None` for a new one.
    pub device: Option<&'a DeviceId>,
    /// How long it lives; `None` = ten minutes.
    pub life_seconds: Option<i64>,
    /// Only for clients of the plain dialect.
    pub plain: bool,
    /// What a page of self-service follows it by.
    pub live: Option<&'a LivePart>,
    /// From where it is asked for; empty for the command line.
    pub address: &'a str,
}

/// A code that was made, to be shown once.
pub struct MadeActivation {
    /// The code and the host, in all the forms they are shown in.
    pub text: ActivationText,
    /// When it ends.
    pub expires_at: UnixMillis,
}

/// What a phone sends to be activated.
pub struct ActivationAsk {
    /// The code, which is the credential.
    pub code: ActivationCode,
    /// From which address.
    pub address: String,
    /// The key it offers.
    pub key: OfferedKey,
    /// What it says about itself.
    pub facts: DeviceFacts,
    /// How long it waits for somebody to compare digits (row A2).
    pub wait: Duration,
}

/// How an activation ended.
pub enum ActivationOutcome {
    /// The device may begin.
    Activated(Box<ActivatedDevice>),
    /// The digits have to be compared first; the phone asks again (row A2).
    Compare {
        /// For how long, at most.
        until: UnixMillis,
    },
    /// The code is unknown, used or expired; nobody is told which.
    UnknownCode,
    /// The key cannot be used, or the sender does not hold it.
    UnusableKey,
    /// Too many wrong codes came from there.
    TooMany {
        /// When it may be tried again.
        until: UnixMillis,
    },
}

/// A device with the secret that it is told once.
pub struct ActivatedDevice {
    /// The device.
    pub device: Device,
    /// Its passcode key, as text.
    pub hotp_secret: Zeroizing<String>,
    /// Whether it existed before.
    pub reactivated: bool,
    /// The device whose place it takes once it said yes to the test (PROTOCOL.md section 13).
    pub takes_over: Option<DeviceId>,
}

/// What became of a code, to the one who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationStatus {
    /// It was used.
    Success,
    /// It is still good.
    Waiting,
    /// It is unknown or expired.
    Invalid,
}

impl Core {
    /// Makes an activation code for a user: for a new device, or for one that is activated again. `None` if the user has
    /// no such device.
    pub async fn make_activation(
        &self,
        user: &User,
        wish: ActivationWish<'_>,
        actor: &str,
    ) -> Result<Option<MadeActivation>, Fault> {
        if let Some(device) = wish.device
            && !self
                .store
                .devices_of(&crate::access::AsUser::of(user))
                .await?
                .iter()
                .any(|known| &known.id == device && known.dialect != Dialect::CallsOnly)
        {
            return Ok(None);
        }
        let now = self.now();
        let code = ActivationCode::make(self.random.as_ref())?;
        let life = wish.life_seconds.map_or(ACTIVATION_LIFE_MS, |asked| {
            asked.clamp(1, LONGEST_ACTIVATION_SECONDS) * 1000
        });
        let activation = Activation {
            code_hash: code.hashed(),
            user_id: user.id.clone(),
            device_id: wish.device.cloned(),
            plain: wish.plain,
            expires_at: now + life,
            used: None,
            live: wish.live.cloned(),
            scan: None,
        };
        let entry = AuditEntry::new(
            now,
            actor.to_owned(),
            "activation.make",
            user.id.as_str(),
            "done",
        )
        .from_address(wish.address);
        self.store.add_activation(&activation, entry).await?;
        // A page may follow an earlier one of the same device
        self.waker.wake(&Topic::Person(user.id.clone()));
        let text = ActivationText {
            form: Form::Own,
            host: self.site.host.clone(),
            code,
        };
        Ok(Some(MadeActivation {
            text,
            expires_at: activation.expires_at,
        }))
    }

    /// What became of a code of this user.
    pub async fn activation_status(
        &self,
        user: &UserId,
        code: &ActivationCode,
    ) -> Result<ActivationStatus, Fault> {
        let found = self
            .store
            .activation(&code.hashed())
            .await?
            .filter(|found| &found.user_id == user);
        Ok(match found {
            Some(found) if found.used.is_some() => ActivationStatus::Success,
            Some(found) if found.expires_at > self.now() => ActivationStatus::Waiting,
            _ => ActivationStatus::Invalid,
        })
    }

    /// Exchanges a code for a device, once. The same key may ask again for a lost answer.
    pub async fn activate(&self, ask: &ActivationAsk) -> Result<ActivationOutcome, Fault> {
        let Some(key) = CheckedKey::of(&ask.key) else {
            return Ok(ActivationOutcome::UnusableKey);
        };
        let from = Subject::ActivationFrom(ask.address.clone());
        // Whoever has a code that is good guesses nothing, however often their phone asks while digits are compared
        if !self.is_known(&ask.code).await? {
            let subjects = [from.clone(), Subject::ActivationAnywhere];
            if let Admission::Refused { until } =
                self.store.count_attempts(&subjects, self.now()).await?
            {
                return Ok(ActivationOutcome::TooMany { until });
            }
        }
        if key.dialect == Dialect::Countersign1 && self.is_plain_only(&ask.code).await? {
            return Ok(ActivationOutcome::UnusableKey);
        }
        let hash = ask.code.hashed();
        let asker = Asker {
            key: key
                .pem
                .as_deref()
                .filter(|_| key.dialect == Dialect::Countersign1),
            model: &ask.facts.name(),
            address: &ask.address,
            wait: ask.wait,
        };
        match self.compare(&hash, asker).await? {
            Comparison::Done => {}
            Comparison::Waits { until } => return Ok(ActivationOutcome::Compare { until }),
            Comparison::NotYours => return Ok(ActivationOutcome::UnknownCode),
            Comparison::CannotShow => return Ok(ActivationOutcome::UnusableKey),
        }
        let outcome = match self.exchange(ask, &key).await? {
            Some(done) => Some(done),
            // The same request may have been a moment earlier
            None => self.answer_again(ask, &key).await?,
        };
        let Some(outcome) = outcome else {
            return Ok(ActivationOutcome::UnknownCode);
        };
        self.store.clear_attempts(&from).await?;
        self.waker.wake(&Topic::Device(outcome.device.id.clone()));
        self.waker
            .wake(&Topic::Person(outcome.device.user_id.clone()));
        self.wake_devices_of(&outcome.device.user_id).await;
        self.try_new_device(&ask.code, &outcome.device).await?;
        Ok(ActivationOutcome::Activated(Box::new(outcome)))
    }

    /// Whether there is such a code, not used up, and its time is not over.
    async fn is_known(&self, code: &ActivationCode) -> Result<bool, Fault> {
        let found = self.store.activation(&code.hashed()).await?;
        Ok(found.is_some_and(|found| found.used.is_none() && found.expires_at > self.now()))
    }

    /// Whether the code is good and made for the plain dialect.
    async fn is_plain_only(&self, code: &ActivationCode) -> Result<bool, Fault> {
        let found = self.store.activation(&code.hashed()).await?;
        Ok(found.is_some_and(|found| {
            found.plain && found.used.is_none() && found.expires_at > self.now()
        }))
    }

    async fn exchange(
        &self,
        ask: &ActivationAsk,
        key: &CheckedKey,
    ) -> Result<Option<ActivatedDevice>, Fault> {
        let hash = ask.code.hashed();
        let now = self.now();
        let found = self.store.activation(&hash).await?;
        let Some(found) = found.filter(|found| found.used.is_none() && found.expires_at > now)
        else {
            return Ok(None);
        };
        let existing = match &found.device_id {
            Some(id) => self.store.device(id).await?,
            None => None,
        };
        let random = self.random.as_ref();
        let id = existing
            .as_ref()
            .map_or_else(|| DeviceId::make(random), |device| Ok(device.id.clone()))?;
        let generation = existing.as_ref().map_or(0, |device| device.generation) + 1;
        let hotp_secret = key.make_secret(random)?;
        let otp = self
            .master
            .seal(otp_of(&id, generation), hotp_secret.as_bytes(), random)?;
        let new = NewDevice {
            id,
            akey: AccountKey::make(random)?,
            name: ask.facts.name(),
            kind: ask.facts.kind(),
            platform: label(&ask.facts.platform),
            model: label(&ask.facts.model),
            app_version: label(&ask.facts.app_version),
            dialect: key.dialect,
            push_key: key.pem.clone(),
            key_storage: ask.facts.key_storage(),
            otp,
            otp_kind: key.passcode_kind(&ask.facts.app_version),
            generation,
        };
        match self.store.activate(&hash, &new, now, &ask.address).await? {
            Activated::Refused => Ok(None),
            Activated::Done {
                device,
                reactivated,
            } => Ok(Some(ActivatedDevice {
                device: *device,
                hotp_secret,
                reactivated,
                takes_over: mover(&found),
            })),
        }
    }

    /// The answer of an activation that was done by the same key and whose answer was lost (PROTOCOL.md section 3).
    async fn answer_again(
        &self,
        ask: &ActivationAsk,
        key: &CheckedKey,
    ) -> Result<Option<ActivatedDevice>, Fault> {
        let found = self.store.activation(&ask.code.hashed()).await?;
        let Some(found) = found.filter(|found| found.expires_at > self.now()) else {
            return Ok(None);
        };
        let Some(used) = found.used.as_ref() else {
            return Ok(None);
        };
        let Some(device) = self.store.device(&used.device_id).await? else {
            return Ok(None);
        };
        let same = key.dialect == Dialect::Countersign1
            && device.push_key == key.pem
            && device.generation == used.generation
            && device.state == DeviceState::Active
            && device.user_status != UserStatus::Disabled;
        if !same {
            return Ok(None);
        }
        let hotp_secret = self.hotp_secret(&device)?;
        Ok(Some(ActivatedDevice {
            device,
            hotp_secret,
            reactivated: found.device_id.is_some(),
            takes_over: mover(&found),
        }))
    }

    fn hotp_secret(&self, device: &Device) -> Result<Zeroizing<String>, Fault> {
        let bytes = self
            .master
            .open(otp_of(&device.id, device.generation), &device.otp)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Fault::Broken("passcode seed"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// The passcode key of a device, to compare a passcode with.
    pub(crate) fn otp_secret(&self, device: &Device) -> Result<OtpSecret, Fault> {
        let bytes = self
            .master
            .open(otp_of(&device.id, device.generation), &device.otp)?;
        Ok(OtpSecret::new(bytes.to_vec()))
    }
}

/// The device that made the code for the phone that takes its place.
fn mover(activation: &Activation) -> Option<DeviceId> {
    match &activation.live.as_ref()?.by {
        LiveBy::Device { id, .. } => Some(id.clone()),
        LiveBy::Session { .. } => None,
    }
}

fn otp_of(id: &DeviceId, generation: i64) -> Purpose<'_> {
    Purpose {
        kind: Kind::OtpSeed,
        id: id.as_str(),
        version: generation,
    }
}
