//! The sign-in prompt of protected applications (`PROMPT.md`): the second factor after the application's own password.
//!
//! * what the application signs: [`link`], [`assertion`]; where it may have people sent back to: [`redirect`]
//! * from where they come, as they are counted: `network`
//! * what the page is told: [`view`]; its proofs are those of [`crate::self_service::proof`]
//! * what is of now: `times`
//! * the way back and the code that is exchanged: [`leave`], [`token`]

pub mod assertion;
pub mod leave;
pub mod link;
mod network;
pub mod redirect;
pub(crate) mod times;
pub mod token;
pub mod view;

use countersign_protocol::time::UnixMillis;
pub use redirect::RedirectUri;

use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::model::User;
use crate::self_service::claimant::{Claimant, Opens};
use crate::self_service::session::{SessionToken, random_id};
use crate::store::gate::Holder;
use crate::store::prompts::StoredPrompt;

/// Names a prompt. Of no use without its cookie.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PromptId(String);

impl PromptId {
    /// Draws one.
    pub fn make(random: &dyn ring::rand::SecureRandom) -> Result<Self, Fault> {
        Ok(Self(random_id(random)?))
    }

    /// As read from the database.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As a browser sent it. `None` for what never was one.
    pub fn sent(text: &str) -> Option<Self> {
        let is_one = text.len() == 20
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_one.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A prompt that was found good for this call, by its cookie.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// As stored.
    pub stored: StoredPrompt,
    /// From where this call came.
    pub address: String,
}

impl Prompt {
    /// Its name.
    pub fn id(&self) -> &PromptId {
        &self.stored.prompt.id
    }

    /// What the page sends back with every call that changes something.
    pub fn csrf(&self) -> &str {
        &self.stored.prompt.csrf
    }

    /// Whether it has not run out, and neither has the yes that confirmed it (rows C3, R4).
    pub(crate) fn is_of_now(&self, now: UnixMillis) -> bool {
        let prompt = &self.stored.prompt;
        let yes = prompt.granted.as_ref().map(|grant| grant.at);
        times::begun(now).contains(&prompt.created_at)
            && yes.is_none_or(|at| times::fresh_yeses(now).contains(&at))
    }

    /// This prompt, as its person proves who they are. `None` where nobody has that name.
    pub fn claimant(&self) -> Option<Claimant<'_>> {
        let user: &User = self.stored.user.as_ref()?;
        Some(Claimant {
            holder: Holder::Prompt(self.id().clone()),
            user,
            address: &self.address,
            browser: None,
            opens: Opens::Application(&self.stored.integration),
        })
    }

    /// A row of the audit log for something that this browser did.
    fn audit(&self, now: UnixMillis, action: &'static str, result: &'static str) -> AuditEntry {
        let actor = match &self.stored.user {
            Some(user) => format!("user:{}", user.id),
            None => "prompt".to_owned(),
        };
        let object = self.stored.integration.id.as_str();
        AuditEntry::new(now, actor, action, object, result).from_address(&self.address)
    }
}

impl Core {
    /// The prompt of that name, for the browser that holds its cookie. `None` for every other.
    pub async fn prompt_of(
        &self,
        id: &PromptId,
        secret: &SessionToken,
        address: &str,
    ) -> Result<Option<Prompt>, Fault> {
        let stored = self.store.prompts().prompt(id, &secret.hash()).await?;
        Ok(stored.map(|stored| Prompt {
            stored,
            address: address.to_owned(),
        }))
    }
}
