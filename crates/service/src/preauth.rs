//! `preauth`: what a person has to do to sign in, with which devices, and a number prepared to be shown.

use countersign_protocol::ids::{Txid, Urgid};
use countersign_protocol::random;

use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::model::{Device, Integration, User, UserStatus};
use crate::policy::{
    CAREFUL_NUMBER_DIGITS, Enrolment, IntegrationPolicy, NUMBER_TRIES, PREPARED_LIFE_MS,
};
use crate::request::{NewRequest, NumberMatch, Purpose};
use crate::sign_in::{UserRef, actor, can_answer_for};

/// What `preauth` asks.
#[derive(Debug)]
pub struct PreauthAsk {
    /// Who.
    pub user: UserRef,
    /// The address the person signs in from; may be empty.
    pub address: String,
    /// Whether the client can show a number.
    pub can_show_number: bool,
}

/// What `preauth` answers.
#[derive(Debug)]
pub struct Preauth {
    /// What the client has to do.
    pub result: PreauthResult,
    /// In words.
    pub message: String,
    /// The devices, with [`PreauthResult::Auth`].
    pub devices: Vec<ListedDevice>,
    /// A prepared request whose status will show the number.
    pub txid: Option<Txid>,
    /// The user's name as it is kept; `None` when nobody has that name.
    pub username: Option<String>,
}

/// What a client has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreauthResult {
    /// Ask for a second factor.
    Auth,
    /// Let the person in.
    Allow,
    /// Refuse.
    Deny,
    /// Send the person to enrolment.
    Enroll,
}

/// A device and what it can do for this integration.
#[derive(Debug)]
pub struct ListedDevice {
    /// The device.
    pub device: Device,
    /// `auto`, `push`, `mobile_otp`.
    pub capabilities: Vec<&'static str>,
}

/// What a device can do for an integration.
pub fn capabilities(device: &Device, policy: IntegrationPolicy) -> Vec<&'static str> {
    if can_answer_for(device, policy) {
        vec!["auto", "push", "mobile_otp"]
    } else {
        vec!["mobile_otp"]
    }
}

impl Core {
    /// What a person has to do to sign in, and with which devices.
    pub async fn preauth(
        &self,
        integration: &Integration,
        ask: &PreauthAsk,
    ) -> Result<Preauth, Fault> {
        let Some(user) = self.find_user(&ask.user).await? else {
            return Ok(self.without_device(None));
        };
        match user.status {
            UserStatus::Disabled => {
                return Ok(plain(
                    PreauthResult::Deny,
                    "Your account is disabled.",
                    &user,
                ));
            }
            UserStatus::Bypass => {
                return Ok(plain(
                    PreauthResult::Allow,
                    "Account is allowed without a second factor.",
                    &user,
                ));
            }
            UserStatus::Active => {}
        }
        let devices: Vec<ListedDevice> = self
            .active_devices(&user)
            .await?
            .into_iter()
            .map(|device| {
                let capabilities = capabilities(&device, integration.policy);
                ListedDevice {
                    device,
                    capabilities,
                }
            })
            .collect();
        if devices.is_empty() {
            return Ok(self.without_device(Some(user.name)));
        }
        let can_push = devices
            .iter()
            .any(|listed| listed.capabilities.contains(&"push"));
        let txid = if ask.can_show_number && !integration.policy.allows_plain_push() && can_push {
            Some(self.prepare(integration, &user, &ask.address).await?)
        } else {
            None
        };
        Ok(Preauth {
            result: PreauthResult::Auth,
            message: "Account is active".into(),
            devices,
            txid,
            username: Some(user.name),
        })
    }

    fn without_device(&self, username: Option<String>) -> Preauth {
        let (result, message) = match self.site.enrolment {
            Enrolment::Open => (
                PreauthResult::Enroll,
                "Enroll an authentication device to proceed.",
            ),
            Enrolment::Closed => (
                PreauthResult::Deny,
                "You are not enrolled. Ask the service desk to set up your device.",
            ),
        };
        Preauth {
            result,
            message: message.into(),
            devices: Vec::new(),
            txid: None,
            username,
        }
    }

    /// Makes a request whose number the client can show before anyone is asked.
    async fn prepare(
        &self,
        integration: &Integration,
        user: &User,
        address: &str,
    ) -> Result<Txid, Fault> {
        let now = self.now();
        let request = NewRequest {
            urgid: Urgid::make(self.random.as_ref())?,
            txid: Txid::make(self.random.as_ref())?,
            user_id: user.id.clone(),
            integration_id: Some(integration.id.clone()),
            device_id: None,
            shared: false,
            kind: String::new(),
            number: self
                .make_number(integration.policy.number_digits, user)
                .await?,
            nonce: random::nonce(self.random.as_ref())?,
            context: String::new(),
            context_hash: String::new(),
            address: address.to_owned(),
            created_at: now,
            expires_at: now + PREPARED_LIFE_MS,
            purpose: Purpose::SignIn,
        };
        let entry = AuditEntry::new(
            now,
            actor(integration),
            "request.prepare",
            request.urgid.as_str(),
            "done",
        );
        self.store
            .prepare_request(&request, entry.from_address(address))
            .await?;
        Ok(request.txid)
    }

    /// The number to be typed: none for plain push, long ones after a request that was not wanted.
    pub(crate) async fn make_number(&self, digits: u8, user: &User) -> Result<NumberMatch, Fault> {
        if digits == 0 {
            return Ok(NumberMatch {
                digits,
                expected: None,
                tries_left: 0,
            });
        }
        let careful = self.store.last_request_failed(&user.id, self.now()).await?;
        let digits = if careful {
            digits.max(CAREFUL_NUMBER_DIGITS)
        } else {
            digits
        };
        let expected = random::digits(self.random.as_ref(), usize::from(digits))?;
        Ok(NumberMatch {
            digits,
            expected: Some(expected),
            tries_left: NUMBER_TRIES,
        })
    }
}

fn plain(result: PreauthResult, message: &str, user: &User) -> Preauth {
    Preauth {
        result,
        message: message.into(),
        devices: Vec::new(),
        txid: None,
        username: Some(user.name.clone()),
    }
}
