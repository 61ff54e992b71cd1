//! What the sign-in prompt remembers: where applications have people sent back to, and prompts. Same terms as
//! [`super::Store`].

use async_trait::async_trait;
use countersign_protocol::ids::{IntegrationKey, UserId};
use countersign_protocol::time::UnixMillis;

use super::StoreError;
use super::gate::Grant;
use crate::access::AsIntegration;
use crate::audit::AuditEntry;
use crate::model::{Integration, User};
use crate::prompt::{PromptId, RedirectUri};
use crate::self_service::session::TokenHash;

/// A prompt to be stored.
#[derive(Debug, Clone)]
pub struct NewPrompt {
    /// Its name.
    pub id: PromptId,
    /// What its cookie hashes to.
    pub secret: TokenHash,
    /// Against other sites.
    pub csrf: String,
    /// Who sent the person.
    pub integration: IntegrationKey,
    /// Whom; `None` where nobody has that name.
    pub user: Option<UserId>,
    /// The name as the application wrote it.
    pub username: String,
    /// Where the person is sent back to.
    pub redirect_uri: String,
    /// The application's `state`, which goes back with the person.
    pub echo: String,
    /// The application's `nonce`, which goes into the token.
    pub nonce: Option<String>,
    /// Whether the answer's parameter is called `duo_code`.
    pub duo_code: bool,
    /// The browser's address.
    pub address: String,
    /// Its network, by which prompts are counted.
    pub network: String,
    /// What the link that began it hashes to.
    pub link: TokenHash,
    /// Now.
    pub created_at: UnixMillis,
    /// When it runs out.
    pub expires_at: UnixMillis,
    /// That no second factor is asked for.
    pub granted: Option<Grant>,
}

/// Where a prompt stands, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptState {
    /// Somebody has to confirm.
    Open,
    /// Confirmed.
    Confirmed,
    /// The person went back without.
    GivenUp,
    /// Sent back with a code.
    Left,
    /// The code was shown by somebody.
    Spent,
}

/// A prompt as stored, with what its stage hangs on, read together.
#[derive(Debug, Clone)]
pub struct StoredPrompt {
    /// As it began; `granted` tells by what it was confirmed since.
    pub prompt: NewPrompt,
    /// Where it stands.
    pub state: PromptState,
    /// Who sent the person.
    pub integration: Integration,
    /// Whose it is, as the user is now.
    pub user: Option<User>,
}

/// A code as an application shows it.
#[derive(Debug, Clone)]
pub struct ShownCode {
    /// What it hashes to.
    pub code: TokenHash,
    /// Who shows it.
    pub integration: IntegrationKey,
    /// The address that the application says it was sent to.
    pub redirect_uri: String,
}

/// What a shown code was good for.
#[derive(Debug)]
pub enum Redeemed {
    /// Letting in whoever confirmed this prompt.
    Granted(Box<StoredPrompt>),
    /// Nothing, and it never will be.
    Refused,
}

/// What the sign-in prompt remembers.
#[async_trait]
pub trait PromptStore: Send + Sync {
    /// Registers where an application may have people sent back to; those it has stay. `false` if there is no such
    /// integration.
    async fn add_redirect_uris(
        &self,
        integration: &IntegrationKey,
        uris: &[RedirectUri],
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Whether that address is registered, character by character.
    async fn has_redirect_uri(
        &self,
        integration: &AsIntegration<'_>,
        uri: &str,
    ) -> Result<bool, StoreError>;

    /// Begins a prompt. `false` if too many were begun for that person at that application, by that link, from that
    /// network or from everywhere; that is noted once a minute.
    async fn add_prompt(&self, prompt: &NewPrompt, audit: AuditEntry) -> Result<bool, StoreError>;

    /// The prompt of that name whose cookie hashes to that. `None` for another browser's, alike with one that never was.
    async fn prompt(
        &self,
        id: &PromptId,
        secret: &TokenHash,
    ) -> Result<Option<StoredPrompt>, StoreError>;

    /// Gives a prompt up and ends its proof. `false` if it was left or given up before.
    async fn give_up_prompt(&self, id: &PromptId, audit: AuditEntry) -> Result<bool, StoreError>;

    /// Turns a confirmed prompt into a code. `false` if it is not confirmed, was left before or ran out, or its user was
    /// disabled meanwhile.
    async fn leave_prompt(
        &self,
        id: &PromptId,
        code: &TokenHash,
        until: UnixMillis,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Spends a code, whatever comes of it. The row's result says what did.
    async fn redeem_code(
        &self,
        shown: &ShownCode,
        audit: AuditEntry,
    ) -> Result<Redeemed, StoreError>;
}
