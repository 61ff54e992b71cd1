//! Binding this app to a device at a service (PROTOCOL.md §3).
//!
//! The key is on the disk before the service learns of it, and the record says so until the answer is there. A lost
//! answer or a kill in between leaves an activation that is asked for again with the same key, which the service answers
//! alike; nothing is activated twice and nothing is lost.

mod begun;
mod bound;

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
        keys::{KeyError, PublicKey},
    },
    wire::{
        device::{ActivationReply, CompareFirst},
        envelope::{Failure, code},
    },
};
use countersign_vault::{Dialect, RecordId, ServiceIdentity, stack};
use ring::rand::SystemRandom;
use tokio::{select, time::sleep};
use zeroize::Zeroizing;

use crate::{
    dialect::{Signer, countersign, plain},
    network::{NetworkFailure, Reply},
    session::Session,
    view::{Problem, ProblemCode},
};
use begun::{Begun, begin, fall_back};
use bound::{contradicts, store};

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
