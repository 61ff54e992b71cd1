//! `POST /push/v2/device/transactions/URGID`: a person's decision (PROTOCOL.md §7, `device.md` §4).

use axum::extract::{Path, State};
use countersign_protocol::{
    ids::Urgid,
    wire::device::{AnswerAnswer, AnsweredElsewhere},
};
use serde_json::Value;

use crate::{
    challenge::{self, AnswerRefusal, Choice, Claims, TypedNumber, Verdict},
    http::{
        Edge,
        device_auth::DeviceCall,
        envelope::{self, Code, Failure},
        params::Parameters,
    },
    metrics,
    model::Dialect,
    request::{Outcome, SharedAnswer},
};

/// The handler.
pub async fn answer(
    State(edge): State<Edge>,
    Path(urgid): Path<String>,
    call: DeviceCall,
) -> Result<envelope::Answer<AnswerAnswer>, Failure> {
    let urgid = Urgid::parse(&urgid).map_err(|_| Failure::new(Code::NotFound))?;
    let params = &call.params;
    let choice = choice(params, call.device.dialect)?;
    let claims = match call.device.dialect {
        Dialect::Countersign1 => Some(claims(params, edge.core().service_id().as_str())?),
        Dialect::Legacy | Dialect::PasscodeOnly | Dialect::CallsOnly => None,
    };
    let answer = challenge::Answer {
        device_id: call.device.id.clone(),
        generation: call.device.generation,
        urgid,
        choice,
        number: params
            .get("step_up_code")
            .map(|digits| TypedNumber(digits.to_owned())),
        claims,
        digest: call.digest,
        address: call.address.to_string(),
    };
    let answered = edge.core().answer(&answer).await?;
    count(answered.verdict);
    let result = match accepted(answered.verdict, choice) {
        Ok(result) => result,
        Err(failure) => {
            let stopped = match failure.code() {
                Code::BadSignature | Code::SequenceReused => {
                    let (id, generation) = (&answer.device_id, answer.generation);
                    edge.core().stopped_meanwhile(id, generation).await?
                }
                _ => None,
            };
            let failure = failure.stopped(stopped.as_ref());
            return Err(match answered.elsewhere {
                Some(elsewhere) => failure.with("answered", told(elsewhere)),
                None => failure,
            });
        }
    };
    let answer = AnswerAnswer {
        result: result.to_owned(),
        transaction_id: answer.urgid.as_str().to_owned(),
    };
    Ok(envelope::Answer(answer))
}

fn choice(params: &Parameters, dialect: Dialect) -> Result<Choice, Failure> {
    let ours = dialect == Dialect::Countersign1;
    match params.required("answer")? {
        "approve" => Ok(Choice::Approve),
        "deny" => Ok(Choice::Deny),
        "report" if ours && params.get("reason") == Some("not_me") => Ok(Choice::Report),
        "report" if ours => Err(Failure::invalid("reason")),
        "fraud" if !ours => Ok(Choice::DenyAndReport),
        _ => Err(Failure::invalid("answer")),
    }
}

/// What a device of ours signs beside its decision; all of it is required.
fn claims(params: &Parameters, service: &str) -> Result<Claims, Failure> {
    if params.required("service")? != service {
        return Err(Failure::invalid("service"));
    }
    params.required("pkey")?;
    let sequence = params
        .number::<i64>("sequence")?
        .ok_or_else(|| Failure::missing("sequence"))?;
    Ok(Claims {
        context: params.required("context")?.to_owned(),
        integration: params.required("integration")?.to_owned(),
        user: params.required("user")?.to_owned(),
        nonce: params.required("nonce")?.to_owned(),
        sequence,
    })
}

/// What the device is told, the same for a repeat as for the first time.
fn accepted(verdict: Verdict, choice: Choice) -> Result<&'static str, Failure> {
    match verdict {
        Verdict::Decide { .. } | Verdict::Report | Verdict::Repeat => Ok(match choice {
            Choice::Approve => "approve",
            Choice::Deny => "deny",
            Choice::Report => "report",
            Choice::DenyAndReport => "fraud",
        }),
        Verdict::WrongNumber { tries_left, .. } => {
            Err(Failure::new(Code::WrongNumber).with("tries_left", tries_left))
        }
        Verdict::Refuse(refusal) => Err(match refusal {
            AnswerRefusal::Unauthorized => Code::BadSignature.into(),
            AnswerRefusal::Unknown => Code::NotFound.into(),
            AnswerRefusal::DecidedOtherwise => Code::Decided.into(),
            AnswerRefusal::Field(name) => Failure::invalid(name),
            AnswerRefusal::SequenceReused => Code::SequenceReused.into(),
            AnswerRefusal::LegacyNotAllowed => Code::Forbidden.into(),
        }),
    }
}

/// Which other device answered.
fn told(elsewhere: SharedAnswer) -> Value {
    serde_json::to_value(AnsweredElsewhere::from(elsewhere)).unwrap_or_default()
}

fn count(verdict: Verdict) {
    match verdict {
        Verdict::Decide {
            outcome: Outcome::Approved,
            ..
        } => metrics::push_decided("allow"),
        Verdict::Decide { reported: true, .. } | Verdict::Report => metrics::push_decided("fraud"),
        Verdict::Decide { .. }
        | Verdict::WrongNumber {
            tries_left: 0,
            counted: false,
        } => {
            metrics::push_decided("deny");
        }
        Verdict::WrongNumber { .. } | Verdict::Repeat | Verdict::Refuse(_) => {}
    }
}
