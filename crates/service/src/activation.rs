//! Activation: making a code, and exchanging it once for a device (rows A1, A5; PROTOCOL.md section 3).

use std::time::Duration;

use countersign_protocol::activation::{ActivationCode, ActivationText, Form};
use countersign_protocol::ids::{AccountKey, DeviceId, UserId};
use countersign_protocol::label::Label;
use countersign_protocol::passcode::OtpSecret;
use countersign_protocol::random;
use countersign_protocol::signing::keys::{PublicKey, Scheme};
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::DeviceKind;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::audit::AuditEntry;
use crate::comparison::{Asker, Comparison};
use crate::core::{Core, Fault};
use crate::model::{
    Activation, Device, DeviceState, Dialect, LivePart, NewDevice, PasscodeKind, User, UserStatus,
};
use crate::policy::{ACTIVATION_LIFE_MS, LONGEST_ACTIVATION_SECONDS};
use crate::secrets::{Kind, Purpose};
use crate::store::Activated;
use crate::throttle::{Admission, Subject};
use crate::waker::Topic;

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

/// What a device says about itself. Shown, never believed.
#[derive(Debug, Default)]
pub struct DeviceFacts {
    /// `Android`, `iOS`, `Linux`.
    pub platform: String,
    /// The model.
    pub model: String,
    /// The name its owner gave it.
    pub device_name: String,
    /// The app's version.
    pub app_version: String,
    /// Where the private key lives.
    pub key_storage: String,
}

/// The key that a device offers.
#[derive(Debug)]
pub enum OfferedKey {
    /// None: it will make passcodes only.
    None,
    /// RSA, PEM, in the plain dialect, without a proof.
    Legacy(String),
    /// P-256, PEM, with the proof that the sender holds it.
    Countersign {
        /// The public key.
        pem: String,
        /// The spellings of the request that may have been signed.
        signed_texts: Vec<String>,
        /// The signature.
        signature: Vec<u8>,
    },
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
        let Some(key) = checked_key(&ask.key) else {
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
            model: &device_name(&ask.facts),
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
            name: device_name(&ask.facts),
            kind: kind_of(&ask.facts),
            platform: label(&ask.facts.platform),
            model: label(&ask.facts.model),
            app_version: label(&ask.facts.app_version),
            dialect: key.dialect,
            push_key: key.pem.clone(),
            key_storage: key_storage(&ask.facts.key_storage),
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
        let Some(used) = found.used else {
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

fn otp_of(id: &DeviceId, generation: i64) -> Purpose<'_> {
    Purpose {
        kind: Kind::OtpSeed,
        id: id.as_str(),
        version: generation,
    }
}

/// A key that can be used, by a sender who holds it where the dialect has a proof.
struct CheckedKey {
    dialect: Dialect,
    pem: Option<String>,
}

fn checked_key(offered: &OfferedKey) -> Option<CheckedKey> {
    match offered {
        OfferedKey::None => Some(CheckedKey {
            dialect: Dialect::PasscodeOnly,
            pem: None,
        }),
        OfferedKey::Legacy(pem) => {
            let key = PublicKey::from_pem(pem)
                .ok()
                .filter(|key| key.scheme() == Scheme::RsaSha512)?;
            Some(CheckedKey {
                dialect: Dialect::Legacy,
                pem: Some(key.to_pem().ok()?),
            })
        }
        OfferedKey::Countersign {
            pem,
            signed_texts,
            signature,
        } => {
            let key = PublicKey::from_pem(pem)
                .ok()
                .filter(|key| key.scheme() == Scheme::EcdsaP256Sha256)?;
            let proven = signed_texts
                .iter()
                .any(|text| key.verify(text.as_bytes(), signature));
            proven.then_some(())?;
            // Written anew, so that one key has one spelling
            Some(CheckedKey {
                dialect: Dialect::Countersign1,
                pem: Some(key.to_pem().ok()?),
            })
        }
    }
}

impl CheckedKey {
    /// 160 random bits for our own dialect (row O1); 32 hex characters for a legacy client, which knows no other length.
    fn make_secret(&self, rng: &dyn ring::rand::SecureRandom) -> Result<Zeroizing<String>, Fault> {
        match self.dialect {
            Dialect::Countersign1 => Ok(OtpSecret::make_hotp_secret(rng)?),
            Dialect::Legacy | Dialect::PasscodeOnly | Dialect::CallsOnly => {
                let raw = Zeroizing::new(random::bytes::<16>(rng)?);
                Ok(Zeroizing::new(HEXLOWER.encode(raw.as_slice())))
            }
        }
    }

    /// Legacy clients before 4.49 only count (`device.md` section 3).
    fn passcode_kind(&self, app_version: &str) -> PasscodeKind {
        let mut parts = app_version
            .split('.')
            .map(|part| part.parse::<u32>().unwrap_or(0));
        let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        match self.dialect {
            Dialect::Countersign1 => PasscodeKind::Totp,
            Dialect::Legacy | Dialect::PasscodeOnly if version >= (4, 49) => PasscodeKind::Totp,
            Dialect::Legacy | Dialect::PasscodeOnly | Dialect::CallsOnly => PasscodeKind::Hotp,
        }
    }
}

fn device_name(facts: &DeviceFacts) -> String {
    [&facts.device_name, &facts.model, &facts.platform]
        .into_iter()
        .map(|text| label(text))
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| "Device".to_owned())
}

/// What a device is that nobody told about.
fn kind_of(facts: &DeviceFacts) -> DeviceKind {
    let computers = ["linux", "windows", "macos", "mac os", "ipados", "chromeos"];
    let is_computer = computers.contains(&facts.platform.to_lowercase().as_str());
    if is_computer || facts.model.starts_with("iPad") {
        DeviceKind::Tablet
    } else {
        DeviceKind::Phone
    }
}

fn label(text: &str) -> String {
    Label::new(text).as_str().to_owned()
}

fn key_storage(said: &str) -> String {
    match said {
        "keystore" | "hardware" => said.to_owned(),
        _ => "software".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_clients_before_4_49_count_and_later_ones_use_the_time() {
        let legacy = CheckedKey {
            dialect: Dialect::Legacy,
            pem: None,
        };
        for (version, kind) in [
            ("3.49.0", PasscodeKind::Hotp),
            ("4.48.9", PasscodeKind::Hotp),
            ("", PasscodeKind::Hotp),
            ("4.49.0", PasscodeKind::Totp),
            ("4.110.0", PasscodeKind::Totp),
            ("5", PasscodeKind::Totp),
        ] {
            assert_eq!(legacy.passcode_kind(version), kind, "{version}");
        }
    }
}
