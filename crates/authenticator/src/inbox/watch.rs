//! One task an account: asks its service what waits, holds the line, and comes back after faults and sleep.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use countersign_protocol::{
    time::UnixMillis,
    wire::{
        device::{Transaction, TransactionsAnswer},
        envelope::{Failure, code},
        stopped::{Stopped, StoppedCause},
    },
};
use countersign_vault::{Dialect, RecordId};
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{Accepted, Link, Pending, ending, notices};
use crate::{
    dated::Dated,
    dialect::{countersign, plain},
    member::Member,
    network::Reply,
    session::Session,
};

/// Pause between polls of a host that does not hold them.
const PLAIN_PAUSE: Duration = Duration::from_millis(2_500);
/// Pause after a host said that it does not know this device.
const REFUSED_PAUSE: Duration = Duration::from_mins(1);
/// Shortest and longest pause after a fault.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How often it is checked whether the device slept, and how far the clocks may part meanwhile.
const SLEEP_CHECK: Duration = Duration::from_secs(5);
const SLEPT_MS: i64 = 15_000;

/// Watches one account until `cancel`.
pub(crate) async fn keep_watch(session: Arc<Session>, id: RecordId, cancel: CancellationToken) {
    session.set_link(id, Link::Connecting);
    let fresh = || {
        ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_jitter()
            .without_max_times()
            .build()
    };
    let mut pauses = fresh();
    let mut seen = None;
    loop {
        // Whoever nudges wants an answer at once, so the list is asked for anew
        let polled = select! {
            () = cancel.cancelled() => return,
            () = session.core.nudge.notified() => { seen = None; continue }
            polled = poll(&session, id, seen.as_deref()) => polled,
        };
        let pause = match polled {
            Polled::Gone => return,
            Polled::List { revision, hold } => {
                session.set_link(id, Link::Online);
                pauses = fresh();
                seen = revision;
                if hold { Duration::ZERO } else { PLAIN_PAUSE }
            }
            Polled::ClockLearnt => Duration::ZERO,
            Polled::Refused => {
                session.set_link(id, Link::Refused);
                REFUSED_PAUSE
            }
            Polled::Failed => {
                session.set_link(id, Link::Offline);
                seen = None;
                pauses.next().unwrap_or(LONGEST_PAUSE)
            }
        };
        if !pause.is_zero() {
            select! {
                () = cancel.cancelled() => return,
                () = session.core.nudge.notified() => { seen = None; pauses = fresh(); }
                () = sleep(pause) => {}
            }
        }
    }
}

/// Nudges all watchers when the wall clock ran on while timers stood still: the device slept.
pub(crate) async fn notice_sleep(session: Arc<Session>) {
    let step = i64::try_from(SLEEP_CHECK.as_millis()).unwrap_or(i64::MAX);
    loop {
        let before = session.core.surroundings.clock.now();
        select! {
            () = session.closing().cancelled() => return,
            () = sleep(SLEEP_CHECK) => {}
        }
        if session.core.surroundings.clock.now() - before > step + SLEPT_MS {
            session.core.nudge.notify_waiters();
        }
    }
}

enum Polled {
    List {
        revision: Option<String>,
        hold: bool,
    },
    ClockLearnt,
    Refused,
    Failed,
    Gone,
}

async fn poll(session: &Arc<Session>, id: RecordId, seen: Option<&str>) -> Polled {
    let Ok(Some(member)) = Member::of(session, id).await else {
        return Polled::Gone;
    };
    match member.dialect {
        Dialect::Countersign1 => poll_countersign(session, &member, seen).await,
        Dialect::Legacy => poll_plain(session, &member).await,
    }
}

async fn poll_countersign(session: &Arc<Session>, member: &Member, seen: Option<&str>) -> Polled {
    let Some(parties) = &member.parties else {
        return Polled::Refused;
    };
    let signed = Dated::sign(session, member, |signer| {
        countersign::poll(signer, parties, seen)
    });
    let Ok(dated) = signed else {
        return Polled::Failed;
    };
    match session
        .core
        .network
        .send::<TransactionsAnswer>(&dated.asked.outgoing)
        .await
    {
        Ok(Reply::Ok(mut answer)) => {
            let time = countersign::signed_time(
                parties,
                &dated.asked.nonce,
                answer.time,
                answer.time_signature.as_deref(),
            );
            let Some(time) = time else {
                return Polled::Failed;
            };
            session.learn_time(member.id, time).await;
            session.note_stopped(member, None).await;
            let revision = answer.revision.clone();
            let told = std::mem::take(&mut answer.notices);
            notices::take_in(session, member, parties, told).await;
            // Before they are taken off the list
            for told in &answer.answered {
                session.note_answered(member.id, told);
            }
            take_in(session, member, answer, time, |transaction| {
                countersign::vouched_for(parties, time, transaction)
            })
            .await;
            // A service that gives no revision cannot hold a call
            Polled::List {
                hold: revision.is_some(),
                revision,
            }
        }
        Ok(Reply::Refused(failure)) if failure.code == code::BAD_DATE => {
            if dated.learn_from(session, member, parties, &failure).await {
                Polled::ClockLearnt
            } else {
                Polled::Failed
            }
        }
        Ok(Reply::Refused(failure)) => refused(session, member, failure).await,
        Err(_) => Polled::Failed,
    }
}

async fn poll_plain(session: &Arc<Session>, member: &Member) -> Polled {
    let Ok(outgoing) = plain::poll(&member.signer(session.now_for(member.id)), &member.akey) else {
        return Polled::Failed;
    };
    match session
        .core
        .network
        .send::<TransactionsAnswer>(&outgoing)
        .await
    {
        Ok(Reply::Ok(answer)) => {
            session.note_stopped(member, None).await;
            let now = session.now_for(member.id);
            take_in(session, member, answer, now, |transaction| {
                plain::taken_as_told(now, transaction)
            })
            .await;
            Polled::List {
                revision: None,
                hold: false,
            }
        }
        Ok(Reply::Refused(failure)) => refused(session, member, failure).await,
        Err(_) => Polled::Failed,
    }
}

async fn refused(session: &Arc<Session>, member: &Member, failure: Failure) -> Polled {
    if failure.code == code::BAD_SIGNATURE {
        // Without a word this time, what was said before still holds
        if let Some(told) = known(failure.stopped) {
            session.note_stopped(member, Some(told)).await;
        }
        // A question that cannot be answered from here is none; where its answer is on the way, that ends it
        let mut pending = session.pending();
        let before = pending.len();
        pending
            .retain(|known| known.account != member.id || known.on_the_way || !known.is_waiting());
        if pending.len() != before {
            session.core.changed();
            session.waiting.notify_one();
        }
        Polled::Refused
    } else {
        Polled::Failed
    }
}

/// What a refusal says became of this device's keys, in a word that is known here (PROTOCOL.md §12).
pub(crate) fn known(told: Option<Box<Stopped>>) -> Option<Stopped> {
    told.filter(|told| told.cause != StoppedCause::Unknown)
        .map(|told| *told)
}

/// Makes what waits here the same as what waits there, at the service's time `now`; requests that are not vouched for are left
/// out.
async fn take_in(
    session: &Arc<Session>,
    member: &Member,
    answer: TransactionsAnswer,
    now: UnixMillis,
    accept: impl Fn(&Transaction) -> Option<Accepted>,
) {
    let ended = {
        let mut pending = session.pending();
        let before: Vec<String> = pending.iter().map(Pending::id).collect();
        let listed = answer
            .transactions
            .iter()
            .map(|transaction| transaction.urgid.clone())
            .collect();
        let mut ended = ending::run_out(&mut pending);
        ended.extend(ending::unlisted(&mut pending, member.id, &listed, now));
        for transaction in answer.transactions {
            let known = pending.iter().any(|known| {
                known.account == member.id && known.transaction.urgid == transaction.urgid
            });
            if known {
                continue;
            }
            if let Some(accepted) = accept(&transaction) {
                pending.push(Pending::new(member, transaction, accepted));
            } else {
                tracing::warn!(
                    urgid = transaction.urgid.as_str(),
                    "a request whose signature does not hold was left out"
                );
            }
        }
        let after: Vec<String> = pending.iter().map(Pending::id).collect();
        if before != after {
            session.core.changed();
            session.waiting.notify_one();
        }
        ended
    };
    ending::note(session, ended).await;
}
