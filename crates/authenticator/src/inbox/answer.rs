//! Approve, deny, report.

use std::sync::Arc;

use countersign_protocol::wire::{
    device::{AnswerAnswer, Transaction},
    envelope::{Failure, code},
};
use countersign_vault::Dialect;

use super::Pending;
use crate::{
    dialect::{countersign, plain},
    member::Member,
    network::{Outgoing, Reply},
    session::Session,
    view::{Answer, AnswerOutcome, AnswerResult, Problem, ProblemCode},
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
    let found = with(session, id, |pending| {
        let kept = pending
            .attempt
            .as_ref()
            .filter(|(before, _)| *before == answer)
            .map(|(_, outgoing)| outgoing.clone());
        let open = if answer == Answer::Report {
            !pending.is_over()
        } else {
            pending.is_waiting()
        };
        (pending.account, pending.transaction.clone(), kept, open)
    });
    let Some((account, transaction, kept, open)) = found else {
        return Err(ProblemCode::RequestGone.into());
    };
    if !open {
        return Ok(outcome(AnswerResult::Expired));
    }
    let Some(member) = Member::of(session, account).await? else {
        return Err(ProblemCode::AccountGone.into());
    };
    let outgoing = match kept {
        Some(outgoing) => outgoing,
        None => sign(session, &member, &transaction, &answer).await?,
    };
    with(session, id, |pending| {
        pending.attempt = Some((answer.clone(), outgoing.clone()));
    });
    let result = match session.core.network.send::<AnswerAnswer>(&outgoing).await {
        Ok(Reply::Ok(_)) => match answer {
            Answer::Approve { .. } => AnswerResult::Approved,
            Answer::Deny => AnswerResult::Denied,
            Answer::Report => AnswerResult::Reported,
        },
        Ok(Reply::Refused(failure)) => refused(&failure, session, id)?,
        Err(_) => AnswerResult::Offline,
    };
    settle(session, id, result);
    Ok(outcome(result))
}

async fn sign(
    session: &Arc<Session>,
    member: &Member,
    transaction: &Transaction,
    answer: &Answer,
) -> Result<Outgoing, Problem> {
    let unusable = |_| Problem::new(ProblemCode::Unforeseen);
    match member.dialect {
        Dialect::Countersign1 => {
            let parties = member
                .parties
                .as_ref()
                .ok_or(Problem::new(ProblemCode::Unforeseen))?;
            let account = member.id;
            // Stored before it is signed: a copy of the vault can never sign with a higher one first (row D4)
            let sequence = session
                .vault(move |vault| vault.next_sequence(account))
                .await??;
            countersign::answer(
                &member.signer(session.now()),
                parties,
                transaction,
                answer,
                sequence,
            )
            .map_err(unusable)
        }
        Dialect::Legacy => plain::answer(
            &member.signer(session.now()),
            &member.akey,
            transaction,
            answer,
        )
        .map_err(unusable),
    }
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

fn with<R>(session: &Session, id: &str, work: impl FnOnce(&mut Pending) -> R) -> Option<R> {
    session
        .pending()
        .iter_mut()
        .find(|pending| pending.id() == id)
        .map(work)
}
