//! This device as a member of one service: what it needs to sign and to check.

use std::sync::Arc;

use countersign_protocol::{
    host::Host,
    ids::{DeviceId, ServiceId},
    signing::keys::{PublicKey, Scheme, SigningKey},
    time::UnixMillis,
};
use countersign_vault::{
    Account, Dialect, OrganisationAccount, OrganisationState, RecordId, Vault,
};

use crate::{
    dialect::{Signer, countersign::Parties},
    session::Session,
    view::{Problem, ProblemCode},
};

/// One organisation account that works, taken out of the vault for one call and wiped after it.
pub(crate) struct Member {
    /// The account.
    pub id: RecordId,
    /// Where its service is.
    pub host: Host,
    /// How they speak.
    pub dialect: Dialect,
    /// This activation.
    pub akey: String,
    /// `countersign/1`: who both are.
    pub parties: Option<Parties>,
    /// The organisation's name.
    pub organisation: String,
    /// The person's name there.
    pub username: String,
    pkey: String,
    key: SigningKey,
}

impl Member {
    /// `None` where the account is gone, or does not work on this device.
    /// Refused while the vault is an older copy (row V7): nothing is signed with keys that may not be the present ones.
    pub(crate) async fn of(session: &Arc<Session>, id: RecordId) -> Result<Option<Self>, Problem> {
        session
            .vault(move |vault| {
                if vault.is_older_copy() {
                    return Err(ProblemCode::OlderCopy.into());
                }
                Ok(Self::read(vault, id))
            })
            .await?
    }

    /// Signs as this device.
    pub(crate) fn signer(&self, now: UnixMillis) -> Signer<'_> {
        Signer {
            name: &self.pkey,
            key: &self.key,
            host: &self.host,
            now,
        }
    }

    /// The key itself, for what is signed in another form than a request.
    pub(crate) const fn key(&self) -> &SigningKey {
        &self.key
    }

    fn read(vault: &Vault, id: RecordId) -> Option<Self> {
        let Account::Organisation(account) = vault.account(id)? else {
            return None;
        };
        let OrganisationState::Working {
            registration, keys, ..
        } = &account.state
        else {
            return None;
        };
        Some(Self {
            id,
            host: Host::parse(&account.host).ok()?,
            dialect: account.dialect,
            akey: registration.account_key.clone(),
            parties: parties(account, &registration.account_key, &registration.device_id),
            organisation: account.organisation.clone(),
            username: account.username.clone(),
            pkey: registration.device_id.clone(),
            key: SigningKey::from_pkcs8(scheme(account.dialect), keys.device_key.expose()),
        })
    }
}

/// How a dialect signs.
pub(crate) const fn scheme(dialect: Dialect) -> Scheme {
    match dialect {
        Dialect::Countersign1 => Scheme::EcdsaP256Sha256,
        Dialect::Legacy => Scheme::RsaSha512,
    }
}

fn parties(account: &OrganisationAccount, akey: &str, pkey: &str) -> Option<Parties> {
    let service = account.service.as_ref()?;
    Some(Parties {
        akey: akey.to_owned(),
        pkey: DeviceId::parse(pkey).ok()?,
        service: ServiceId::parse(&service.id).ok()?,
        service_key: PublicKey::from_pem(std::str::from_utf8(&service.public_key).ok()?).ok()?,
    })
}
