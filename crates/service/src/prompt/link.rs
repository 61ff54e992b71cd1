//! The link by which an application sends a person here, and the prompt that it begins.

use countersign_protocol::ids::IntegrationKey;
use countersign_protocol::time::UnixMillis;
use serde::Deserialize;

use super::assertion::ClientRefusal;
use super::{PromptId, RedirectUri, network};
use crate::access::AsIntegration;
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::jwt::{self, Times};
use crate::model::{User, UserStatus};
use crate::policy::PROMPT_LIFE_MS;
use crate::self_service::session::{ProvenBy, SessionToken, random_id};
use crate::sign_in::{UserRef, actor};
use crate::store::gate::Grant;
use crate::store::prompts::NewPrompt;

/// How long `state` and `nonce` are, characters.
const ECHOED: std::ops::RangeInclusive<usize> = 16..=1024;
/// The longest name of a user, characters.
const LONGEST_NAME: usize = 256;

/// A link, before anything of it is believed.
#[derive(Debug)]
pub struct Link<'a> {
    /// Who signed it, as it says.
    pub client_id: &'a str,
    /// The signed request.
    pub request: &'a str,
    /// `nonce` of the query.
    pub nonce: Option<&'a str>,
    /// The spellings of our own address.
    pub audiences: &'a [String],
    /// The browser's address.
    pub address: &'a str,
}

/// Why a link begins nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefusal {
    /// It is not good.
    #[error("{0}")]
    Client(#[from] ClientRefusal),
    /// The address that the person would be sent back to is not registered.
    #[error("The redirect_uri is not registered.")]
    RedirectUri,
    /// Too many prompts were begun for that person.
    #[error("Too many sign-ins of this person were begun.")]
    TooMany,
}

impl From<Fault> for LinkRefusal {
    fn from(fault: Fault) -> Self {
        Self::Client(ClientRefusal::Fault(fault))
    }
}

impl From<crate::store::StoreError> for LinkRefusal {
    fn from(error: crate::store::StoreError) -> Self {
        Fault::from(error).into()
    }
}

/// A prompt that was begun, and what its browser has to show from now on.
pub struct Begun {
    /// Its name.
    pub id: PromptId,
    /// For the cookie.
    pub secret: SessionToken,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    client_id: String,
    aud: String,
    scope: String,
    response_type: String,
    redirect_uri: String,
    state: String,
    duo_uname: String,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    use_duo_code_attribute: Option<bool>,
    #[serde(flatten)]
    times: Times,
}

/// Checks the claims, all but the redirect address.
fn check(
    claims: &Claims,
    nonce: Option<&str>,
    client: &IntegrationKey,
    audiences: &[String],
    now: UnixMillis,
) -> Result<(), ClientRefusal> {
    claims.times.check(now)?;
    let echoed = |text: &str| ECHOED.contains(&text.chars().count());
    let wrong = [
        ("iss", claims.iss == client.as_str()),
        ("client_id", claims.client_id == client.as_str()),
        ("aud", audiences.contains(&claims.aud)),
        ("scope", claims.scope == "openid"),
        ("response_type", claims.response_type == "code"),
        ("state", echoed(&claims.state)),
        ("nonce", nonce.is_none_or(echoed)),
        (
            "duo_uname",
            (1..=LONGEST_NAME).contains(&claims.duo_uname.chars().count()),
        ),
    ]
    .into_iter()
    .find_map(|(name, good)| (!good).then_some(name));
    wrong.map_or(Ok(()), |name| Err(ClientRefusal::Claim(name)))
}

impl Core {
    /// Begins a prompt by a link.
    pub async fn begin_prompt(&self, link: &Link<'_>) -> Result<Begun, LinkRefusal> {
        let found = self.client_by_id(link.client_id).await?;
        let (integration, secret) = found.ok_or(ClientRefusal::Unknown)?;
        let claims: Claims = jwt::verify(link.request, &secret).map_err(ClientRefusal::from)?;
        let nonce = match (link.nonce, claims.nonce.as_deref()) {
            (Some(plain), Some(signed)) if plain != signed => {
                return Err(ClientRefusal::Claim("nonce").into());
            }
            (plain, signed) => signed.or(plain),
        };
        let now = self.now();
        check(&claims, nonce, &integration.id, link.audiences, now)?;
        let registered = self
            .store
            .prompts()
            .has_redirect_uri(&AsIntegration::of(&integration), &claims.redirect_uri)
            .await?;
        if !registered || RedirectUri::parse(&claims.redirect_uri).is_none() {
            return Err(LinkRefusal::RedirectUri);
        }
        let user = self
            .find_user(&UserRef::Name(claims.duo_uname.clone()))
            .await?;
        let random = self.random.as_ref();
        let secret = SessionToken::make(random)?;
        let prompt = NewPrompt {
            id: PromptId::make(random)?,
            secret: secret.hash(),
            csrf: random_id(random)?,
            integration: integration.id.clone(),
            granted: without_factor(user.as_ref(), now),
            user: user.map(|user| user.id),
            username: claims.duo_uname,
            redirect_uri: claims.redirect_uri,
            echo: claims.state,
            nonce: nonce.map(str::to_owned),
            duo_code: claims.use_duo_code_attribute.unwrap_or(false),
            address: link.address.to_owned(),
            network: network::of(link.address),
            link: SessionToken::sent(link.request).hash(),
            created_at: now,
            expires_at: now + PROMPT_LIFE_MS,
        };
        let result = match (&prompt.user, &prompt.granted) {
            (None, _) => "unknown_user",
            (Some(_), Some(_)) => "no_factor",
            (Some(_), None) => "done",
        };
        let object = prompt.user.as_ref().map_or("", |user| user.as_str());
        let entry = AuditEntry::new(now, actor(&integration), "prompt.begin", object, result)
            .from_address(link.address);
        if !self.store.prompts().add_prompt(&prompt, entry).await? {
            return Err(LinkRefusal::TooMany);
        }
        Ok(Begun {
            id: prompt.id,
            secret,
        })
    }
}

/// An account that is let in without a second factor is confirmed by the link.
fn without_factor(user: Option<&User>, now: UnixMillis) -> Option<Grant> {
    user.filter(|user| user.status == UserStatus::Bypass)
        .map(|_| Grant {
            at: now,
            by: ProvenBy::NoFactor,
            device: None,
            name: String::new(),
            address: None,
        })
}
