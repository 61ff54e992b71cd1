//! What an application signs to say who it is: the client assertion of `health_check` and `token`.

use countersign_protocol::ids::IntegrationKey;
use countersign_protocol::time::UnixMillis;
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use crate::access::AsIntegration;
use crate::core::{Core, Fault};
use crate::jwt::{self, JwtError, Times};
use crate::model::Integration;
use crate::store::{Claim, StoreError};

/// Why an application is not believed. The words are for whoever sets it up.
#[derive(Debug, thiserror::Error)]
pub enum ClientRefusal {
    /// Nobody has that id.
    #[error("The client_id is not known here.")]
    Unknown,
    /// The token itself.
    #[error("{0}")]
    Token(#[from] JwtError),
    /// A claim is missing or another's.
    #[error("The claim {0} is missing or wrong.")]
    Claim(&'static str),
    /// It was shown before.
    #[error("The assertion was used before.")]
    Replayed,
    /// Something failed.
    #[error("The service cannot check this now.")]
    Fault(Fault),
}

impl From<Fault> for ClientRefusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for ClientRefusal {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    jti: String,
    #[serde(flatten)]
    times: Times,
}

/// An application that was believed.
#[derive(Debug)]
pub struct Client {
    /// Which.
    pub integration: Integration,
    /// The address of this call, as the application wrote it.
    pub audience: String,
}

/// Checks the claims of an assertion at one of these addresses.
fn check(
    claims: &Claims,
    client: &IntegrationKey,
    addresses: &[String],
    now: UnixMillis,
) -> Result<(), ClientRefusal> {
    claims.times.check(now)?;
    let wrong = [
        ("iss", claims.iss == client.as_str()),
        ("sub", claims.sub == client.as_str()),
        ("aud", addresses.contains(&claims.aud)),
        ("jti", (16..=255).contains(&claims.jti.chars().count())),
    ]
    .into_iter()
    .find_map(|(name, good)| (!good).then_some(name));
    wrong.map_or(Ok(()), |name| Err(ClientRefusal::Claim(name)))
}

impl Core {
    /// The integration of that id with its secret. `None` if there is none.
    pub(super) async fn client_by_id(
        &self,
        client_id: &str,
    ) -> Result<Option<(Integration, zeroize::Zeroizing<Vec<u8>>)>, Fault> {
        let Ok(id) = IntegrationKey::parse(client_id) else {
            return Ok(None);
        };
        let Some(integration) = self.store.integration(&id).await? else {
            return Ok(None);
        };
        let secret = self.integration_secret(&integration)?;
        Ok(Some((integration, secret)))
    }

    /// Who shows this assertion at one of these addresses, which are all spellings of one. It is good once (row K2).
    pub async fn client(
        &self,
        client_id: &str,
        assertion: &str,
        addresses: &[String],
    ) -> Result<Client, ClientRefusal> {
        let found = self.client_by_id(client_id).await?;
        let (integration, secret) = found.ok_or(ClientRefusal::Unknown)?;
        let claims: Claims = jwt::verify(assertion, &secret)?;
        let now = self.now();
        check(&claims, &integration.id, addresses, now)?;
        // Signed calls of the Auth API are named by hex digits, so no two kinds meet
        let once = data_encoding::HEXLOWER.encode(digest(&SHA256, claims.jti.as_bytes()).as_ref());
        let claimed = self
            .store
            .claim_call(
                &AsIntegration::of(&integration),
                &format!("jti:{once}"),
                now,
            )
            .await?;
        if claimed != Claim::First {
            return Err(ClientRefusal::Replayed);
        }
        Ok(Client {
            integration,
            audience: claims.aud,
        })
    }
}
