//! What the service's answer makes of an activation: an account that works, in place of the one that it was before.

use std::sync::Arc;

use countersign_protocol::{
    PROTOCOL,
    signing::keys::PublicKey,
    time::UnixMillis,
    wire::{
        device::ActivationAnswer,
        stopped::{Stopped, StoppedCause},
    },
};
use countersign_vault::{
    Account, DeviceBound, DeviceKeys, Dialect, OrganisationAccount, OrganisationPasscodes,
    OrganisationState, RecordId, Registration, ServiceIdentity, Vault,
};

use super::begun::Begun;
use crate::{
    activity::Happened,
    logo,
    session::Session,
    view::{ActivityKind, Problem, ProblemCode},
};

/// Seconds of a time step of an organisation's passcodes.
const STEP_SECONDS: u32 = 30;

/// Puts the account that an answer made into the vault. A reactivation takes the place of the one that was here.
pub(super) async fn store(
    session: &Arc<Session>,
    begun: Begun,
    answer: ActivationAnswer,
) -> Result<RecordId, Problem> {
    let service_time = answer
        .countersign
        .as_ref()
        .map(|told| UnixMillis(told.time));
    let takes_over = answer
        .countersign
        .as_ref()
        .and_then(|told| told.takes_over.as_ref().map(ToString::to_string));
    let account = activated(&begun, answer)
        .ok_or_else(|| Problem::new(ProblemCode::NotAService).about(begun.host.as_str()))?;
    let pending = begun.record;
    let known_service = account.service.clone();
    if let Some(service) = known_service
        && session
            .vault(move |vault| contradicts(vault, &service))
            .await?
    {
        session.change(move |vault| vault.remove(pending)).await?;
        return Err(Problem::new(ProblemCode::NotAService).about(begun.host.as_str()));
    }
    let now = session.core.surroundings.clock.now();
    let stored = session
        .change(move |vault| {
            // What was removed from the list is replaced for good: its keys work no more
            let removed: Vec<RecordId> = vault
                .trashed()
                .filter(|(_, known, _)| is_same_device(known, &account).is_some())
                .map(|(record, _, _)| record)
                .collect();
            // A reactivation takes the place of the account that was here, with the name that the person gave it
            let (stored, kind) = if let Some((before, custom_name)) =
                same_device(vault, pending, &account)
                    .or_else(|| taken_over(vault, &account, takes_over.as_deref()?))
            {
                vault.replace(
                    before,
                    Account::Organisation(OrganisationAccount {
                        custom_name,
                        ..account
                    }),
                )?;
                vault.remove(pending)?;
                (before, ActivityKind::Reactivated)
            } else {
                vault.replace(pending, Account::Organisation(account))?;
                let kind = if removed.is_empty() {
                    ActivityKind::Activated
                } else {
                    ActivityKind::Reactivated
                };
                (pending, kind)
            };
            for record in removed {
                vault.remove(record)?;
            }
            Happened::to(kind, vault, stored).note(vault, now);
            Ok(stored)
        })
        .await?;
    // How its service met the keys that were here before says nothing of these
    session.links().remove(&stored);
    if let Some(time) = service_time {
        session.learn_time(stored, time).await;
    }
    Ok(stored)
}

/// What the answer makes of the account. `None` where a service breaks its own protocol.
fn activated(begun: &Begun, answer: ActivationAnswer) -> Option<OrganisationAccount> {
    let told = answer.countersign;
    if told.as_ref().is_some_and(|told| {
        told.protocol != PROTOCOL || PublicKey::from_pem(&told.service_key).is_err()
    }) {
        return None;
    }
    // Without the service's word no push of this dialect can be checked
    if begun.dialect == Dialect::Countersign1 && told.is_none() {
        return None;
    }
    Some(OrganisationAccount {
        host: begun.host.to_string(),
        organisation: answer.customer_name.to_string(),
        username: told
            .as_ref()
            .map_or_else(String::new, |told| told.username.to_string()),
        custom_name: None,
        logo: answer.customer_logo.as_deref().and_then(logo::rewritten),
        dialect: begun.dialect,
        state: OrganisationState::Working {
            registration: Registration {
                account_key: answer.akey.to_string(),
                device_id: answer.pkey.to_string(),
                user_id: told.as_ref().map(|told| told.user.to_string()),
            },
            keys: DeviceKeys {
                device_key: DeviceBound::copied_from(begun.key.expose_pkcs8()),
                seed: DeviceBound::copied_from(answer.hotp_secret.as_bytes()),
                passcodes: if answer.use_totp {
                    OrganisationPasscodes::Timed {
                        period_seconds: STEP_SECONDS,
                    }
                } else {
                    OrganisationPasscodes::Counted { next_counter: 0 }
                },
            },
            stopped: None,
        },
        service: told.map(|told| ServiceIdentity {
            id: told.service.to_string(),
            public_key: told.service_key.into_bytes(),
        }),
    })
}

/// Whether an account here knows that service by another key. A service keeps its key; whoever answers with the same id
/// and another one is somebody else (row N2).
pub(super) fn contradicts(vault: &Vault, new: &ServiceIdentity) -> bool {
    vault.accounts().any(|(_, account)| {
        matches!(account, Account::Organisation(OrganisationAccount { service: Some(known), .. })
            if known.id == new.id && known.public_key != new.public_key)
    })
}

/// An account of the list that is the same device at the same service, with the name that the person gave it.
fn same_device(
    vault: &Vault,
    pending: RecordId,
    new: &OrganisationAccount,
) -> Option<(RecordId, Option<String>)> {
    vault
        .accounts()
        .filter(|(record, _)| *record != pending)
        .find_map(|(record, account)| {
            let known = is_same_device(account, new)?;
            Some((record, known.custom_name.clone()))
        })
}

/// The account that this one takes the place of, where another phone hands over (PROTOCOL.md §13): as it came out of a backup of
/// that phone, or what an earlier try left here. One that works stays.
fn taken_over(
    vault: &Vault,
    new: &OrganisationAccount,
    old_device: &str,
) -> Option<(RecordId, Option<String>)> {
    let service =
        |account: &OrganisationAccount| account.service.as_ref().map(|service| service.id.clone());
    let user = |account: &OrganisationAccount| match &account.state {
        OrganisationState::Working { registration, .. }
        | OrganisationState::NeedsReactivating { registration } => registration.user_id.clone(),
        OrganisationState::Finishing(_) => None,
    };
    vault.accounts().find_map(|(record, account)| {
        let Account::Organisation(known) = account else {
            return None;
        };
        let gives_way = match &known.state {
            OrganisationState::NeedsReactivating { registration } => {
                registration.device_id == old_device
            }
            OrganisationState::Working { stopped, .. } => {
                let removed = |stopped: &Stopped| stopped.cause == StoppedCause::Removed;
                stopped.as_deref().is_some_and(removed)
                    && service(known) == service(new)
                    && user(known) == user(new)
                    && user(new).is_some()
            }
            OrganisationState::Finishing(_) => false,
        };
        (known.host == new.host && gives_way).then(|| (record, known.custom_name.clone()))
    })
}

/// The account, when it is the same device at the same service as `new`.
fn is_same_device<'a>(
    account: &'a Account,
    new: &OrganisationAccount,
) -> Option<&'a OrganisationAccount> {
    let device = |account: &OrganisationAccount| match &account.state {
        OrganisationState::Working { registration, .. }
        | OrganisationState::NeedsReactivating { registration } => {
            Some(registration.device_id.clone())
        }
        OrganisationState::Finishing(_) => None,
    };
    let service =
        |account: &OrganisationAccount| account.service.as_ref().map(|service| service.id.clone());
    match account {
        Account::Organisation(known)
            if known.host == new.host
                && device(known) == device(new)
                && service(known) == service(new) =>
        {
            Some(known)
        }
        _ => None,
    }
}
