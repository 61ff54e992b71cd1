//! What an answer does to a request: a pure function from what is stored and what was signed to one verdict.
//!
//! Every engine of the store calls [`judge`] inside the transaction that applies the verdict, and applies it by
//! conditional updates, so the first valid answer wins (row C2) and device and user are read afresh (row C9).

use countersign_protocol::ids::{DeviceId, Urgid};
use countersign_protocol::time::UnixMillis;
use subtle::ConstantTimeEq;

use crate::model::{Device, DeviceState, Dialect, UserStatus};
use crate::policy::REPORT_WINDOW_MS;
use crate::request::{Decision, Outcome, Request, RequestState};

/// An answer whose signature was checked.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Who signed.
    pub device_id: DeviceId,
    /// The generation of the key that the signature was checked with.
    pub generation: i64,
    /// Which request is answered.
    pub urgid: Urgid,
    /// The decision.
    pub choice: Choice,
    /// The number that was typed.
    pub number: Option<TypedNumber>,
    /// What a `countersign/1` device signs beside the decision; `None` for a legacy device.
    pub claims: Option<Claims>,
    /// SHA-256 of the canonical request: the same again is a repeat.
    pub digest: [u8; 32],
    /// The address it came from.
    pub address: String,
}

/// The digits a person typed. Not shown in logs.
#[derive(Clone)]
pub struct TypedNumber(pub String);

impl std::fmt::Debug for TypedNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedNumber(…)")
    }
}

/// What the device was asked and says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Hex SHA-256 of the context as shown.
    pub context: String,
    /// The integration that asked.
    pub integration: String,
    /// The user.
    pub user: String,
    /// The request's nonce.
    pub nonce: String,
    /// Rising.
    pub sequence: i64,
}

/// What the person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Let me in.
    Approve,
    /// Do not.
    Deny,
    /// "This wasn't me", after a denial.
    Report,
    /// Both at once, from a legacy device.
    DenyAndReport,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The request is decided.
    Decide {
        /// How.
        outcome: Outcome,
        /// Whether it is reported as well.
        reported: bool,
    },
    /// The denial is reported.
    Report,
    /// The number was wrong.
    WrongNumber {
        /// How many wrong ones are still taken; 0 closes the request as denied.
        tries_left: i64,
        /// Whether this one was counted before: the same message again.
        counted: bool,
    },
    /// The very same answer was accepted before.
    Repeat,
    /// Nothing happens, except that a sequence is used up.
    Refuse(AnswerRefusal),
}

/// Why an answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerRefusal {
    /// The device or its user is stopped, or the key is an earlier one.
    Unauthorized,
    /// Expired, unknown, or another device's: alike.
    Unknown,
    /// Another answer decided it.
    DecidedOtherwise,
    /// A signed field differs from ours.
    Field(&'static str),
    /// The sequence did not rise: two copies of the device are at work, and it is suspended.
    SequenceReused,
    /// The integration takes no answers from devices that speak the plain dialect.
    LegacyNotAllowed,
}

/// What the store knows when it judges.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The device that signed.
    pub device: &'a Device,
    /// SHA-256 of the last answer that this device sent.
    pub last_digest: Option<[u8; 32]>,
    /// The request, if there is one of that name for this device.
    pub request: Option<&'a Request>,
    /// The id under which the request's integration is known to devices.
    pub integration: &'a str,
    /// Whether that integration takes answers from legacy devices.
    pub legacy_allowed: bool,
}

/// Judges an answer.
pub fn judge(facts: &Facts<'_>, answer: &Answer, now: UnixMillis) -> Verdict {
    let device = facts.device;
    let signer_stands = device.state == DeviceState::Active
        && device.user_status != UserStatus::Disabled
        && device.generation == answer.generation
        && device.id == answer.device_id
        && (device.dialect == Dialect::Countersign1) == answer.claims.is_some();
    if !signer_stands {
        return Verdict::Refuse(AnswerRefusal::Unauthorized);
    }
    let again = facts.last_digest == Some(answer.digest);
    if let Some(request) = facts.request
        && was_accepted(request, answer)
    {
        return Verdict::Repeat;
    }
    if !again
        && answer
            .claims
            .as_ref()
            .is_some_and(|claims| claims.sequence <= device.sequence)
    {
        return Verdict::Refuse(AnswerRefusal::SequenceReused);
    }
    let Some(request) = facts.request else {
        return Verdict::Refuse(AnswerRefusal::Unknown);
    };
    if !request.is_asked_of(device) {
        return Verdict::Refuse(AnswerRefusal::Unknown);
    }
    if let Some(refusal) = answer
        .claims
        .as_ref()
        .and_then(|claims| differing(request, facts.integration, claims))
    {
        return Verdict::Refuse(refusal);
    }
    if device.dialect == Dialect::Legacy && !facts.legacy_allowed {
        return Verdict::Refuse(AnswerRefusal::LegacyNotAllowed);
    }
    match &request.state {
        RequestState::Prepared => Verdict::Refuse(AnswerRefusal::Unknown),
        RequestState::Decided(decision) => {
            let by_this_device = request.device_id.as_ref() == Some(&device.id);
            match decision.outcome {
                Outcome::Approved | Outcome::Denied if !by_this_device => {
                    Verdict::Refuse(AnswerRefusal::DecidedOtherwise)
                }
                _ => after_decision(request, decision, answer, again, now),
            }
        }
        RequestState::Pending if now >= request.expires_at => {
            Verdict::Refuse(AnswerRefusal::Unknown)
        }
        RequestState::Pending => while_pending(request, answer, again),
    }
}

/// Whether this very message brought about what is stored.
fn was_accepted(request: &Request, answer: &Answer) -> bool {
    let RequestState::Decided(decision) = &request.state else {
        return false;
    };
    match answer.choice {
        Choice::Report => decision.report_digest == Some(answer.digest),
        // A wrong number closes a request as well, but was never accepted. An approval may have been withdrawn since
        Choice::Approve if !matches!(decision.outcome, Outcome::Approved | Outcome::Cancelled) => {
            false
        }
        Choice::Approve | Choice::Deny | Choice::DenyAndReport => {
            decision.answer_digest == Some(answer.digest)
        }
    }
}

/// The first signed field that differs from ours (row C1).
fn differing(request: &Request, integration: &str, claims: &Claims) -> Option<AnswerRefusal> {
    let fields = [
        ("nonce", request.nonce.as_str(), claims.nonce.as_str()),
        ("user", request.user_id.as_str(), &claims.user),
        ("integration", integration, &claims.integration),
        ("context", &request.context_hash, &claims.context),
    ];
    fields
        .into_iter()
        .find(|(_, ours, theirs)| !equal(ours, theirs))
        .map(|(name, _, _)| AnswerRefusal::Field(name))
}

fn while_pending(request: &Request, answer: &Answer, again: bool) -> Verdict {
    match answer.choice {
        Choice::Deny => Verdict::Decide {
            outcome: Outcome::Denied,
            reported: false,
        },
        Choice::DenyAndReport => Verdict::Decide {
            outcome: Outcome::Denied,
            reported: true,
        },
        // It follows a denial (PROTOCOL.md section 7)
        Choice::Report => Verdict::Refuse(AnswerRefusal::Field("answer")),
        Choice::Approve if request.number.digits == 0 => Verdict::Decide {
            outcome: Outcome::Approved,
            reported: false,
        },
        Choice::Approve => {
            // A request that wants a number but has none stored takes no approval at all
            let (Some(expected), Some(typed)) = (&request.number.expected, &answer.number) else {
                return Verdict::Refuse(AnswerRefusal::Field("step_up_code"));
            };
            if equal(expected, &typed.0) {
                Verdict::Decide {
                    outcome: Outcome::Approved,
                    reported: false,
                }
            } else if again {
                Verdict::WrongNumber {
                    tries_left: request.number.tries_left,
                    counted: true,
                }
            } else {
                Verdict::WrongNumber {
                    tries_left: (request.number.tries_left - 1).max(0),
                    counted: false,
                }
            }
        }
    }
}

fn after_decision(
    request: &Request,
    decision: &Decision,
    answer: &Answer,
    again: bool,
    now: UnixMillis,
) -> Verdict {
    match (decision.outcome, answer.choice) {
        // The last wrong number, sent again because its answer was lost
        (Outcome::Denied, Choice::Approve) if again && request.number.tries_left == 0 => {
            Verdict::WrongNumber {
                tries_left: 0,
                counted: true,
            }
        }
        (Outcome::Denied, Choice::Report) if now - decision.at <= REPORT_WINDOW_MS => {
            if request.reported_at.is_none() && decision.answer_digest.is_some() {
                Verdict::Report
            } else {
                Verdict::Refuse(AnswerRefusal::DecidedOtherwise)
            }
        }
        (Outcome::Approved | Outcome::Denied, _) => {
            Verdict::Refuse(AnswerRefusal::DecidedOtherwise)
        }
        (Outcome::TimedOut | Outcome::Cancelled | Outcome::Refused | Outcome::Locked, _) => {
            Verdict::Refuse(AnswerRefusal::Unknown)
        }
    }
}

fn equal(ours: &str, theirs: &str) -> bool {
    ours.as_bytes().ct_eq(theirs.as_bytes()).into()
}
