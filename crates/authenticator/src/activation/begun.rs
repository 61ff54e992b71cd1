//! An activation that was begun and has no answer yet: its key and its code are on the disk before anything is sent.

use std::sync::Arc;

use countersign_protocol::{host::Host, signing::keys::SigningKey};
use countersign_vault::{
    Account, DeviceBound, Dialect, OrganisationAccount, OrganisationState, PendingActivation,
    RecordId, Vault, VaultError, stack,
};
use ring::rand::SystemRandom;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::Asked;
use crate::{
    member::scheme,
    session::Session,
    view::{Problem, ProblemCode},
};

/// Stores the key and the code before anything is sent. A code that was begun before goes on with its key.
pub(super) async fn begin(
    session: &Arc<Session>,
    host: &Host,
    code: &Zeroizing<String>,
) -> Result<(RecordId, Asked), Problem> {
    let (host, code) = (host.to_string(), Zeroizing::new(code.as_bytes().to_vec()));
    session
        .change(move |vault| {
            let begun = vault.accounts().find(|(_, account)| {
                matches!(account, Account::Organisation(OrganisationAccount { host: known, state: OrganisationState::Finishing(pending), .. })
                    if *known == host && pending.code.expose() == code.as_slice())
            });
            if let Some((record, _)) = begun {
                return Ok((record, Asked::Before));
            }
            let key = stack::wiped(|| SigningKey::make_p256(&SystemRandom::new())).map_err(|_| VaultError::NotStored)?;
            let record = vault.add(Account::Organisation(OrganisationAccount {
                organisation: String::new(),
                username: String::new(),
                host,
                service: None,
                custom_name: None,
                logo: None,
                dialect: Dialect::Countersign1,
                state: OrganisationState::Finishing(PendingActivation { code: DeviceBound::new(code), device_key: DeviceBound::copied_from(key.expose_pkcs8()) }),
            }))?;
            Ok((record, Asked::Never))
        })
        .await
}

/// An activation as the vault holds it until its answer is there.
pub(super) struct Begun {
    pub(super) record: RecordId,
    pub(super) host: Host,
    pub(super) dialect: Dialect,
    pub(super) code: Zeroizing<String>,
    pub(super) key: SigningKey,
}

impl Begun {
    pub(super) fn read(vault: &Vault, record: RecordId) -> Option<Self> {
        let Some(Account::Organisation(account)) = vault.account(record) else {
            return None;
        };
        let OrganisationState::Finishing(pending) = &account.state else {
            return None;
        };
        Some(Self {
            record,
            host: Host::parse(&account.host).ok()?,
            dialect: account.dialect,
            code: Zeroizing::new(std::str::from_utf8(pending.code.expose()).ok()?.to_owned()),
            key: SigningKey::from_pkcs8(scheme(account.dialect), pending.device_key.expose()),
        })
    }
}

/// The host knows no P-256 keys: the same code with an RSA key and the plain dialect.
pub(super) async fn fall_back(session: &Arc<Session>, record: RecordId) -> Result<(), Problem> {
    let key = spawn_blocking(|| stack::wiped(SigningKey::make_rsa))
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or(Problem::new(ProblemCode::Unforeseen))?;
    session
        .change(move |vault| {
            let Some(Account::Organisation(OrganisationAccount {
                host,
                state: OrganisationState::Finishing(pending),
                ..
            })) = vault.account(record)
            else {
                return Err(VaultError::Gone);
            };
            let account = OrganisationAccount {
                organisation: String::new(),
                username: String::new(),
                host: host.clone(),
                service: None,
                custom_name: None,
                logo: None,
                dialect: Dialect::Legacy,
                state: OrganisationState::Finishing(PendingActivation {
                    code: DeviceBound::copied_from(pending.code.expose()),
                    device_key: DeviceBound::copied_from(key.expose_pkcs8()),
                }),
            };
            vault.replace(record, Account::Organisation(account))
        })
        .await
}
