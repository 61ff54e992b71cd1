//! Approve, deny, report.

use std::sync::Arc;

use countersign_protocol::wire::{
    device::{AnswerAnswer, Transaction},
    envelope::{Failure, code},
    stopped::Stopped,
};
use countersign_vault::Dialect;

use super::{Pending, pending::Attempt, watch::known};
use crate::{
    dialect::{countersign, plain},
    member::Member,
    network::Reply,
    session::Session,
    view::{ActivityKind, Answer, AnswerOutcome, AnswerResult, Problem, ProblemCode},
};

/// Answers one request. Nothing is approved on any doubt; an answer that was lost on the way is sent again word for word.
pub(crate) async fn answer(
    session: &Arc<Session>,
    id: &str,
    answer: Answer,
) -> Result<AnswerOutcome, Problem> {
    let outcome = |result| AnswerOutcome {
        id: id.to_owned(),
        result,
    };
    let account = with(session, id, |pending| pending.account).ok_or(ProblemCode::RequestGone)?;
    let turn = session.answering(account);
    let _turn = turn.lock().await;
    let Some(member) = Member::of(session, account).await? else {
        return Err(ProblemCode::AccountGone.into());
    };
    // A sequence below one that was given out since would look like a second copy of this device (row D4)
    let last_sequence = session
        .vault(move |vault| vault.last_sequence(account))
        .await?;
    let found = with(session, id, |pending| {
        let kept = pending.attempt.take_if(|attempt| {
            attempt.answer == answer
                && (attempt.sequence.is_none() || attempt.sequence == last_sequence)
        });
        let open = if answer == Answer::Report {
            !pending.is_over()
        } else {
            pending.is_waiting()
        };
        (pending.transaction.clone(), pending.view(), kept, open)
    });
    let Some((transaction, shown, kept, open)) = found else {
        return Err(ProblemCode::RequestGone.into());
    };
    if !open {
        return Ok(outcome(AnswerResult::Expired));
    }
    let attempt = match kept {
        Some(attempt) => attempt,
        None => sign(session, &member, &transaction, &answer).await?,
    };
    let outgoing = attempt.outgoing.clone();
    with(session, id, |pending| {
        pending.attempt = Some(attempt);
        pending.on_the_way = true;
    });
    let sent = session.core.network.send::<AnswerAnswer>(&outgoing).await;
    with(session, id, |pending| pending.on_the_way = false);
    session.waiting.notify_one();
    let result = match sent {
        Ok(Reply::Ok(_)) => match answer {
            Answer::Approve { .. } => AnswerResult::Approved,
            Answer::Deny => AnswerResult::Denied,
            Answer::Report => AnswerResult::Reported,
        },
        Ok(Reply::Refused(failure)) => {
            if let Some(told) = &failure.answered {
                session.note_answered(account, told);
            }
            // The list ends with the same word; whoever just answered reads it at once
            if let Some(told) = stopped(&failure) {
                session.note_stopped(&member, Some(told)).await;
            }
            refused(&failure, session, id)?
        }
        Err(_) => AnswerResult::Offline,
    };
    settle(session, id, result);
    if let Some(kind) = noted_as(result) {
        session.note_request(kind, account, shown).await;
    }
    Ok(outcome(result))
}

async fn sign(
    session: &Arc<Session>,
    member: &Member,
    transaction: &Transaction,
    answer: &Answer,
) -> Result<Attempt, Problem> {
    let account = member.id;
    let by = member.signer(session.now_for(account));
    let (sequence, made) = match member.dialect {
        Dialect::Countersign1 => {
            let parties = member.parties.as_ref().ok_or(ProblemCode::Unforeseen)?;
            // Stored before it is signed: a copy of the vault can never sign with a higher one first (row D4)
            let sequence = session
                .vault(move |vault| vault.next_sequence(account))
                .await??;
            let outgoing = countersign::answer(&by, parties, transaction, answer, sequence);
            (Some(sequence), outgoing)
        }
        Dialect::Legacy => (None, plain::answer(&by, &member.akey, transaction, answer)),
    };
    let outgoing = made.map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
    Ok(Attempt {
        answer: answer.clone(),
        sequence,
        outgoing,
    })
}

/// What a refused answer says became of this device's keys.
fn stopped(failure: &Failure) -> Option<Stopped> {
    matches!(failure.code, code::BAD_SIGNATURE | code::SEQUENCE_FELL)
        .then(|| known(failure.stopped.clone()))
        .flatten()
}

fn refused(failure: &Failure, session: &Session, id: &str) -> Result<AnswerResult, Problem> {
    Ok(match failure.code {
        code::WRONG_NUMBER => AnswerResult::WrongNumber {
            tries_left: failure.tries_left.unwrap_or(1),
        },
        code::ALREADY_DECIDED => AnswerResult::AnsweredElsewhere,
        code::NOT_FOUND => {
            let late = with(session, id, |pending| !pending.is_waiting()).unwrap_or(true);
            if late {
                AnswerResult::Expired
            } else {
                AnswerResult::AnsweredElsewhere
            }
        }
        code::BAD_SIGNATURE | code::SEQUENCE_FELL => AnswerResult::Refused,
        _ => {
            tracing::warn!(code = failure.code, "an answer was refused");
            return Err(Problem::new(ProblemCode::ServiceRefused).counting(failure.code));
        }
    })
}

/// What becomes of the request here.
fn settle(session: &Session, id: &str, result: AnswerResult) {
    match result {
        // It still waits; the signed answer is kept to be sent again
        AnswerResult::Offline => return,
        AnswerResult::WrongNumber { tries_left } if tries_left > 0 => {
            with(session, id, |pending| pending.attempt = None);
        }
        AnswerResult::Denied => {
            with(session, id, Pending::denied);
        }
        _ => session.pending().retain(|pending| pending.id() != id),
    }
    session.core.changed();
}

/// What the list of activities says of it. `None` while the request still waits.
const fn noted_as(result: AnswerResult) -> Option<ActivityKind> {
    match result {
        AnswerResult::Approved => Some(ActivityKind::Approved),
        // The second wrong number closes the request as a denial does
        AnswerResult::Denied | AnswerResult::WrongNumber { tries_left: 0 } => {
            Some(ActivityKind::Denied)
        }
        AnswerResult::Reported => Some(ActivityKind::Reported),
        AnswerResult::Expired => Some(ActivityKind::Unanswered),
        AnswerResult::AnsweredElsewhere => Some(ActivityKind::AnsweredElsewhere),
        AnswerResult::WrongNumber { .. } | AnswerResult::Offline | AnswerResult::Refused => None,
    }
}

fn with<R>(session: &Session, id: &str, work: impl FnOnce(&mut Pending) -> R) -> Option<R> {
    session
        .pending()
        .iter_mut()
        .find(|pending| pending.id() == id)
        .map(work)
}
