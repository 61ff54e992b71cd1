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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use countersign_protocol::host::Host;
    use reqwest::Method;

    use super::*;
    use crate::{inbox::pending::Attempt, network::Outgoing};

    const NOW: UnixMillis = UnixMillis(1_795_492_110_000);
    const FIRST: &str = "UR0000000000000000AB";
    const SECOND: &str = "UR0000000000000000CD";
    const LONG: Duration = Duration::from_mins(1);

    fn account(last: u8) -> RecordId {
        RecordId::parse(&format!("{last:032x}")).unwrap()
    }

    fn waiting(urgid: &str, left: Duration, expires_in_ms: i64) -> Pending {
        Pending::of_test(account(1), urgid, left, NOW.0 + expires_in_ms)
    }

    fn attempt(answer: Answer) -> Attempt {
        Attempt {
            answer,
            sequence: Some(1),
            outgoing: Outgoing {
                method: Method::POST,
                host: Host::parse("confirm.example.org").unwrap(),
                path: String::new(),
                params: String::new(),
                date: String::new(),
                authorization: None,
                held: Duration::ZERO,
            },
        }
    }

    fn kinds(ended: &[Ended]) -> Vec<ActivityKind> {
        ended.iter().map(|each| each.kind).collect()
    }

    #[test]
    fn what_runs_out_is_unanswered_and_taken_off_once() {
        let mut all = vec![
            waiting(FIRST, Duration::ZERO, 0),
            waiting(SECOND, LONG, 60_000),
        ];
        let ended = run_out(&mut all);
        assert_eq!(kinds(&ended), [ActivityKind::Unanswered]);
        assert_eq!(ended[0].request.application, "Patient Records");
        assert_eq!(all.len(), 1);
        assert_eq!(kinds(&run_out(&mut all)), []);
    }

    #[test]
    fn what_the_service_takes_off_early_was_answered_elsewhere() {
        let mut all = vec![
            waiting(FIRST, LONG, 60_000),
            waiting(SECOND, LONG, -1),
            Pending::of_test(account(2), FIRST, LONG, NOW.0 + 60_000),
        ];
        let ended = unlisted(&mut all, account(1), &HashSet::new(), NOW);
        assert_eq!(
            kinds(&ended),
            [ActivityKind::AnsweredElsewhere, ActivityKind::Unanswered]
        );
        // Another service's list says nothing of this one's
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].account, account(2));
    }

    #[test]
    fn an_answer_on_the_way_is_waited_for() {
        let mut all = vec![waiting(FIRST, Duration::ZERO, 0)];
        all[0].attempt = Some(attempt(Answer::Deny));
        all[0].on_the_way = true;
        assert_eq!(kinds(&run_out(&mut all)), []);
        let listed = HashSet::new();
        assert_eq!(kinds(&unlisted(&mut all, account(1), &listed, NOW)), []);
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn an_answer_without_an_echo_counts_when_the_service_took_the_request_off() {
        for (still_listed, expected) in [
            (true, ActivityKind::Unanswered),
            (false, ActivityKind::Approved),
        ] {
            let mut all = vec![waiting(FIRST, Duration::ZERO, 60_000)];
            all[0].attempt = Some(attempt(Answer::Approve { number: None }));
            let listed = still_listed
                .then(|| all[0].transaction.urgid.clone())
                .into_iter()
                .collect();
            assert_eq!(kinds(&unlisted(&mut all, account(1), &listed, NOW)), []);
            assert_eq!(kinds(&run_out(&mut all)), [expected]);
        }
    }

    #[test]
    fn what_was_denied_here_was_noted_then() {
        let mut all = vec![waiting(FIRST, Duration::ZERO, 0)];
        all[0].reportable_until = Some(Instant::now());
        assert_eq!(kinds(&run_out(&mut all)), []);
        assert_eq!(all.len(), 0);
    }
}
