//! Requests that end without an answer from here: each is taken off the list once, and noted.

use std::{collections::HashSet, sync::Arc, time::Instant};

use countersign_protocol::{ids::Urgid, time::UnixMillis};
use countersign_vault::RecordId;
use tokio::{select, time::sleep_until};

use super::Pending;
use crate::{
    session::Session,
    view::{ActivityKind, Answer, RequestView},
};

/// What is noted of one that ended.
pub(crate) struct Ended {
    kind: ActivityKind,
    account: RecordId,
    request: RequestView,
}

/// Takes off what ran out. A request whose answer is on the way ends with that answer.
pub(crate) fn run_out(pending: &mut Vec<Pending>) -> Vec<Ended> {
    pending
        .extract_if(.., |known| known.is_over() && !known.on_the_way)
        .filter_map(|known| Some(ended(&known, kind_of_run_out(&known)?)))
        .collect()
}

/// Takes off what the service does not list any more at its time `now`, though it still had time: another device answered it.
pub(crate) fn unlisted(
    pending: &mut Vec<Pending>,
    account: RecordId,
    listed: &HashSet<Urgid>,
    now: UnixMillis,
) -> Vec<Ended> {
    pending
        .extract_if(.., |known| {
            let gone = known.account == account && !listed.contains(&known.transaction.urgid);
            known.unlisted |= gone;
            // What was answered here waits for its outcome, or for a report
            gone && known.reportable_until.is_none() && known.attempt.is_none()
        })
        .map(|known| {
            let kind = if known.expires_at().0 <= now.0 {
                ActivityKind::Unanswered
            } else {
                ActivityKind::AnsweredElsewhere
            };
            ended(&known, kind)
        })
        .collect()
}

/// Notes what ended.
pub(crate) async fn note(session: &Arc<Session>, all: Vec<Ended>) {
    for ended in all {
        session
            .note_request(ended.kind, ended.account, ended.request)
            .await;
    }
}

/// Lets requests run out on time, whether or not their service can be reached.
pub(crate) async fn let_run_out(session: Arc<Session>) {
    loop {
        let (ended, next) = {
            let mut pending = session.pending();
            let before = pending.len();
            let ended = run_out(&mut pending);
            if pending.len() != before {
                session.core.changed();
            }
            let ends = pending.iter().filter(|known| !known.on_the_way);
            (ended, ends.map(Pending::ends).min())
        };
        note(&session, ended).await;
        select! {
            () = session.closing().cancelled() => return,
            () = session.waiting.notified() => {}
            () = until(next) => {}
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

/// `None` where it was noted when it was answered.
fn kind_of_run_out(known: &Pending) -> Option<ActivityKind> {
    if known.reportable_until.is_some() {
        return None;
    }
    Some(match &known.attempt {
        // The answer's own answer was lost, and the service took the request off: it has what was said here
        Some(attempt) if known.unlisted => match attempt.answer {
            Answer::Approve { .. } => ActivityKind::Approved,
            Answer::Deny => ActivityKind::Denied,
            Answer::Report => ActivityKind::Reported,
        },
        _ => ActivityKind::Unanswered,
    })
}

fn ended(known: &Pending, kind: ActivityKind) -> Ended {
    Ended {
        kind,
        account: known.account,
        request: known.view(),
    }
}
