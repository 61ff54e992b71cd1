//! Binding this app to a device at a service (PROTOCOL.md §3).
//!
//! The key is on the disk before the service learns of it, and the record says so until the answer is there. A lost
//! answer or a kill in between leaves an activation that is asked for again with the same key, which the service answers
//! alike; nothing is activated twice and nothing is lost.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use countersign_protocol::{
    PROTOCOL,
    activation::{ActivationCode, ActivationText, Form},
    check::{CheckValue, Compared},
    host::Host,
    label::Label,
    signing::{
        device::ACTIVATION,
        keys::{KeyError, PublicKey, SigningKey},
    },
    time::UnixMillis,
    wire::{
        device::{ActivationAnswer, ActivationReply, CompareFirst},
        envelope::{Failure, code},
    },
};
use countersign_vault::{
    Account, DeviceBound, DeviceKeys, Dialect, OrganisationAccount, OrganisationPasscodes,
    OrganisationState, PendingActivation, RecordId, Registration, ServiceIdentity, Vault,
    VaultError, stack,
};
use ring::rand::SystemRandom;
use tokio::{select, task::spawn_blocking, time::sleep};
use zeroize::Zeroizing;

use crate::{
    activity::Happened,
    dialect::{Signer, countersign, plain},
    logo,
    member::scheme,
    network::{NetworkFailure, Reply},
    session::Session,
    view::{ActivityKind, Problem, ProblemCode},
};

/// Seconds of a time step of an organisation's passcodes.
const STEP_SECONDS: u32 = 30;

/// How often a service is asked at most that does not hold the call while digits are compared.
const BETWEEN_ASKS: Duration = Duration::from_millis(500);

/// What an activation came to.
pub(crate) enum Activated {
    /// The account works, under this record.
    Done(RecordId),
    /// The page and this app show digits, and the page's person has to say that they are alike (row A2).
    Compare {
        /// The account as it waits.
        record: RecordId,
        /// What this app shows.
        digits: CheckValue,
    },
}

/// Activates with a code that a person confirmed.
pub(crate) async fn activate(
    session: &Arc<Session>,
    text: &Confirmed,
) -> Result<Activated, Problem> {
    let host = &text.host;
    if host.trust(session.core.managed()).is_err() {
        return Err(Problem::new(ProblemCode::HostRefused).about(host.as_str()));
    }
    // The activation is this call's until it ends; the keeper must not ask for it a second time
    let (record, asked, claim) = {
        let _turn = session.keeping().lock().await;
        let (record, asked) = begin(session, host, &text.code).await?;
        (record, asked, session.begin_watching(record))
    };
    let finished = finish(session, record, text.form, asked, Duration::ZERO).await;
    match (&finished, claim) {
        // Who shows the digits goes on with it
        (Ok(Activated::Compare { .. }), Some(claim)) => session.hold_claim(record, claim),
        (_, Some(claim)) => claim.cancel(),
        (_, None) => {}
    }
    finished
}

/// Goes on with an activation whose digits are shown, until the page's person said yes or no.
pub(crate) async fn complete(
    session: &Arc<Session>,
    record: RecordId,
) -> Result<RecordId, Problem> {
    let claim = session
        .take_claim(record)
        .ok_or(Problem::new(ProblemCode::AccountGone))?;
    let completed = select! {
        () = claim.cancelled() => Err(ProblemCode::Locked.into()),
        completed = until_answered(session, record) => completed,
    };
    claim.cancel();
    completed
}

/// Asks for an activation that was begun until there is an answer to it.
pub(crate) async fn until_answered(
    session: &Arc<Session>,
    record: RecordId,
) -> Result<RecordId, Problem> {
    let mut pauses = pauses();
    loop {
        let asked = finish(session, record, Form::Own, Asked::Before, countersign::WAIT).await;
        let pause = match asked {
            Ok(Activated::Done(record)) => return Ok(record),
            Ok(Activated::Compare { .. }) => {
                pauses = self::pauses();
                BETWEEN_ASKS
            }
            Err(problem) if may_answer_later(problem.code) => {
                pauses.next().unwrap_or(Duration::from_mins(1))
            }
            Err(problem) => return Err(problem),
        };
        select! {
            () = session.core.nudge.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(Duration::from_mins(1))
        .with_jitter()
        .without_max_times()
        .build()
}

/// Whether the service may still tell what became of an activation: it said nothing, or something else spoke in its place.
const fn may_answer_later(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::ServiceDown | ProblemCode::NotAService)
}

/// An activation text that a person said yes to.
pub(crate) struct Confirmed {
    pub(crate) form: Form,
    pub(crate) host: Host,
    pub(crate) code: Zeroizing<String>,
}

impl Confirmed {
    /// Taken from a draft, which stays.
    pub(crate) fn of(text: &ActivationText) -> Self {
        Self {
            form: text.form,
            host: text.host.clone(),
            code: Zeroizing::new(text.code.expose().to_owned()),
        }
    }
}

/// Whether an activation was asked for before: the service may then have bound its key, whatever cannot be reached now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Its key has not left this device.
    Never,
    /// It may have arrived.
    Before,
}

/// Asks for an activation that has no answer yet. Where the code turns out to be of no use, the record goes.
///
/// Only a code in Duo's form may go on in the plain dialect: the refusal that leads there is not signed, and a host that
/// writes our own form speaks `countersign/1`.
pub(crate) async fn finish(
    session: &Arc<Session>,
    record: RecordId,
    form: Form,
    asked: Asked,
    wait: Duration,
) -> Result<Activated, Problem> {
    let Some(begun) = session
        .vault(move |vault| Begun::read(vault, record))
        .await?
    else {
        return Err(ProblemCode::AccountGone.into());
    };
    let host = begun.host.to_string();
    let about_host = |code: ProblemCode| Problem::new(code).about(host.as_str());
    match ask(session, &begun, wait).await {
        Ok(Reply::Ok(ActivationReply::Activated(answer))) => {
            store(session, begun, *answer).await.map(Activated::Done)
        }
        Ok(Reply::Ok(ActivationReply::Compare(first))) => {
            let told = ServiceIdentity {
                id: first.service.to_string(),
                public_key: first.service_key.clone().into_bytes(),
            };
            if session
                .vault(move |vault| contradicts(vault, &told))
                .await?
            {
                return Err(about_host(ProblemCode::NotAService));
            }
            let digits =
                digits(&begun, &first).ok_or_else(|| about_host(ProblemCode::NotAService))?;
            session.note_digits(record, &digits);
            Ok(Activated::Compare { record, digits })
        }
        Ok(Reply::Refused(failure))
            if form == Form::Duo
                && wants_plain(&failure)
                && begun.dialect == Dialect::Countersign1 =>
        {
            fall_back(session, record).await?;
            Box::pin(finish(session, record, form, asked, wait)).await
        }
        // Neither says anything about the code: the key is kept, and asked with again
        Ok(Reply::Refused(failure)) if is_passing(&failure) => {
            Err(about_host(ProblemCode::ServiceDown))
        }
        Ok(Reply::Refused(failure)) => {
            session.change(move |vault| vault.remove(record)).await?;
            Err(match failure.code {
                code::UNKNOWN_CODE | code::NOT_FOUND => about_host(ProblemCode::CodeRefused),
                _ => Problem::new(ProblemCode::ServiceRefused)
                    .about(Label::new(&failure.message).as_str())
                    .counting(failure.code),
            })
        }
        Err(AskError::Network(failure)) => {
            if asked == Asked::Never && failure.was_not_sent() {
                session.change(move |vault| vault.remove(record)).await?;
            }
            Err(about_host(failure.problem()))
        }
        Err(AskError::Key) => Err(ProblemCode::Unforeseen.into()),
    }
}

/// Stores the key and the code before anything is sent. A code that was begun before goes on with its key.
async fn begin(
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

/// The host knows no P-256 keys: the same code with an RSA key and the plain dialect.
async fn fall_back(session: &Arc<Session>, record: RecordId) -> Result<(), Problem> {
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

/// An activation as the vault holds it until its answer is there.
struct Begun {
    record: RecordId,
    host: Host,
    dialect: Dialect,
    code: Zeroizing<String>,
    key: SigningKey,
}

impl Begun {
    fn read(vault: &Vault, record: RecordId) -> Option<Self> {
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

enum AskError {
    Network(NetworkFailure),
    Key,
}

impl From<KeyError> for AskError {
    fn from(_: KeyError) -> Self {
        Self::Key
    }
}

/// The digits that this app shows, of what it holds itself. `None` where a service breaks its own protocol.
fn digits(begun: &Begun, first: &CompareFirst) -> Option<CheckValue> {
    if first.protocol != PROTOCOL || begun.dialect != Dialect::Countersign1 {
        return None;
    }
    PublicKey::from_pem(&first.service_key).ok()?;
    let key = stack::wiped(|| begun.key.public(&SystemRandom::new())).ok()?;
    Some(CheckValue::of(&Compared {
        code_hash: &ActivationCode::parse(&begun.code)?.hashed(),
        device_key: &key.to_pem().ok()?,
        service: &first.service,
        service_key: &first.service_key,
    }))
}

async fn ask(
    session: &Arc<Session>,
    begun: &Begun,
    wait: Duration,
) -> Result<Reply<ActivationReply>, AskError> {
    let device = &session.core.surroundings.device;
    let now = session.core.surroundings.clock.now();
    let outgoing = match begun.dialect {
        Dialect::Countersign1 => {
            let signer = Signer {
                name: ACTIVATION,
                key: &begun.key,
                host: &begun.host,
                now,
            };
            countersign::activation(&signer, &begun.code, device, &begun.key, wait)?
        }
        Dialect::Legacy => plain::activation(&begun.host, now, &begun.code, device, &begun.key)?,
    };
    session
        .core
        .network
        .send(&outgoing)
        .await
        .map_err(AskError::Network)
}

/// Too much at once, too slow, or a fault of the service's own.
const fn is_passing(failure: &Failure) -> bool {
    matches!(failure.code / 100, 408 | 429 | 500..=599)
}

/// A host of the plain dialect refuses the key or the parameters that it does not know.
fn wants_plain(failure: &Failure) -> bool {
    matches!(failure.code, code::UNUSABLE_KEY | code::INVALID_PARAMETER)
}

async fn store(
    session: &Arc<Session>,
    begun: Begun,
    answer: ActivationAnswer,
) -> Result<RecordId, Problem> {
    let service_time = answer
        .countersign
        .as_ref()
        .map(|told| UnixMillis(told.time));
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
            let (stored, kind) =
                if let Some((before, custom_name)) = same_device(vault, pending, &account) {
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
        },
        service: told.map(|told| ServiceIdentity {
            id: told.service.to_string(),
            public_key: told.service_key.into_bytes(),
        }),
    })
}

/// Whether an account here knows that service by another key. A service keeps its key; whoever answers with the same id
/// and another one is somebody else (row N2).
fn contradicts(vault: &Vault, new: &ServiceIdentity) -> bool {
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
