//! Who proves something, and what that opens: My Settings & Devices, or an application that asked for a second factor.
//!
//! Both prove alike. What differs is here: the request that a device is shown, which devices can be asked, and what a
//! confirmation does.

use countersign_protocol::ids::{Txid, Urgid};
use countersign_protocol::random;
use countersign_protocol::time::UnixMillis;

use super::session::{SelfSession, SessionToken};
use crate::audit::AuditEntry;
use crate::context::{Circumstances, Context};
use crate::core::{Core, Fault};
use crate::model::{Device, Dialect, Integration, User};
use crate::policy::{FEWEST_NUMBER_DIGITS, NUMBER_TRIES, PROOF_DIGITS, REQUEST_LIFE_MS};
use crate::prompt::times;
use crate::request::{NewRequest, NumberMatch, Purpose};
use crate::sign_in::can_answer_for;
use crate::store::gate::{Grant, Holder, Opening, Renewal};

/// The kind of a proof's request, as devices show it.
const SELF_SERVICE_KIND: &str = "Self-service";
/// Its application.
const SELF_SERVICE: &str = "My Settings & Devices";
/// The kind of a request of an application.
const SIGN_IN_KIND: &str = "Login";

/// Who proves something.
#[derive(Debug)]
pub struct Claimant<'a> {
    /// What the proof belongs to.
    pub holder: Holder,
    /// Who.
    pub user: &'a User,
    /// From where.
    pub address: &'a str,
    /// In which browser, as it names itself; `None` where it says nothing that is known.
    pub browser: Option<String>,
    /// What a confirmation opens.
    pub opens: Opens<'a>,
}

/// What a confirmation opens.
#[derive(Debug, Clone, Copy)]
pub enum Opens<'a> {
    /// My Settings & Devices.
    SelfService,
    /// An application.
    Application(&'a Integration),
}

/// What a confirmation does, and the token that a session has from then on.
pub(super) struct Opened {
    pub(super) opening: Opening,
    pub(super) token: Option<SessionToken>,
}

impl SelfSession {
    /// This session, as it proves who its person is.
    pub fn claimant(&self) -> Claimant<'_> {
        Claimant {
            holder: Holder::Session(self.id.clone()),
            user: &self.user,
            address: &self.address,
            browser: None,
            opens: Opens::SelfService,
        }
    }
}

impl Claimant<'_> {
    /// How the audit log names who did it.
    pub fn actor(&self) -> String {
        format!("user:{}", self.user.id)
    }

    /// A row of the audit log for something that this person did.
    pub fn audit(
        &self,
        now: UnixMillis,
        action: &'static str,
        object: &str,
        result: &'static str,
    ) -> AuditEntry {
        AuditEntry::new(now, self.actor(), action, object, result).from_address(self.address)
    }

    /// The row that tells how a proof ended.
    pub(super) fn audit_end(&self, now: UnixMillis, result: &'static str) -> AuditEntry {
        match self.opens {
            Opens::SelfService => {
                self.audit(now, "self_service.proof", self.user.id.as_str(), result)
            }
            Opens::Application(integration) => {
                self.audit(now, "prompt.proof", integration.id.as_str(), result)
            }
        }
    }

    /// Whether a device can be asked: with a number, which only some dialects can sign.
    pub(super) fn can_ask(&self, device: &Device) -> bool {
        match self.opens {
            Opens::SelfService => device.can_be_asked() && device.dialect == Dialect::Countersign1,
            Opens::Application(integration) => can_answer_for(device, integration.policy),
        }
    }

    /// Whether a yes of that time still opens anything. What it opens in self-service is as old as the yes; an application
    /// cannot tell, so there it is good for a minute (row C3).
    pub(super) fn takes_yes_of(&self, at: UnixMillis, now: UnixMillis) -> bool {
        match self.opens {
            Opens::SelfService => true,
            Opens::Application(_) => times::fresh_yeses(now).contains(&at),
        }
    }

    /// What a confirmation does.
    pub(super) fn opened(
        &self,
        random: &dyn ring::rand::SecureRandom,
        grant: Grant,
    ) -> Result<Opened, Fault> {
        Ok(match self.opens {
            Opens::SelfService => {
                let token = SessionToken::make(random)?;
                Opened {
                    opening: Opening::Session(Renewal {
                        token: token.hash(),
                        at: grant.at,
                        by: grant.by,
                        device: grant.device,
                    }),
                    token: Some(token),
                }
            }
            Opens::Application(_) => Opened {
                opening: Opening::Prompt(grant),
                token: None,
            },
        })
    }
}

impl Core {
    /// The request of a push proof.
    pub(super) async fn proof_request(
        &self,
        claimant: &Claimant<'_>,
        device: &Device,
    ) -> Result<NewRequest, Fault> {
        let now = self.now();
        let random = self.random.as_ref();
        let (kind, application, integration_id, purpose) = match claimant.opens {
            Opens::SelfService => (SELF_SERVICE_KIND, SELF_SERVICE, None, Purpose::SelfService),
            Opens::Application(integration) => (
                SIGN_IN_KIND,
                integration.name.as_str(),
                Some(integration.id.clone()),
                Purpose::SignIn,
            ),
        };
        let number = match claimant.opens {
            Opens::SelfService => NumberMatch {
                digits: PROOF_DIGITS,
                expected: Some(random::digits(random, usize::from(PROOF_DIGITS))?),
                tries_left: NUMBER_TRIES,
            },
            // The page can show a number, so plain push, which is for clients that cannot, never happens here (row C4)
            Opens::Application(integration) => {
                let digits = integration.policy.number_digits.max(FEWEST_NUMBER_DIGITS);
                self.make_number(digits, claimant.user).await?
            }
        };
        let browser = claimant.browser.iter();
        let told: Vec<_> = browser
            .map(|name| ("Browser".to_owned(), name.clone()))
            .collect();
        let context = Context::of(&Circumstances {
            kind,
            organisation: &self.site.organisation,
            username: &claimant.user.name,
            integration: application,
            address: claimant.address,
            at: now,
            told: &told,
        });
        Ok(NewRequest {
            urgid: Urgid::make(random)?,
            txid: Txid::make(random)?,
            user_id: claimant.user.id.clone(),
            integration_id,
            device_id: Some(device.id.clone()),
            shared: false,
            kind: context.kind.clone(),
            number,
            nonce: random::nonce(random)?,
            context_hash: context.hash(),
            context: context.to_stored()?,
            address: claimant.address.to_owned(),
            created_at: now,
            expires_at: now + REQUEST_LIFE_MS,
            purpose,
        })
    }
}
