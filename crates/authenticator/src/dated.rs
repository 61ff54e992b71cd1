//! Calls that a service takes only when they are dated by its clock. It says its time, signed, when it refuses one
//! (PROTOCOL.md §4), so that the call is signed anew instead of shown to the person as a refusal.

use std::sync::Arc;

use countersign_protocol::{
    label::Label,
    signing::keys::KeyError,
    wire::envelope::{Failure, code},
};
use serde::de::DeserializeOwned;

use crate::{
    clocks,
    dialect::{
        Signer,
        countersign::{self, Asked, Parties},
    },
    member::Member,
    network::Reply,
    session::Session,
    view::{Problem, ProblemCode},
};

/// A signed call, and by how much this device's clock was held to be fast when it was dated.
pub(crate) struct Dated {
    /// The call.
    pub asked: Asked,
    fast_ms: i64,
}

impl Dated {
    /// Signs by the service's clock, as far as it is known.
    pub(crate) fn sign(
        session: &Session,
        member: &Member,
        sign: impl FnOnce(&Signer<'_>) -> Result<Asked, KeyError>,
    ) -> Result<Self, KeyError> {
        let fast_ms = session.clocks().fast_ms(member.id);
        let now = session.core.surroundings.clock.now() + fast_ms.saturating_neg();
        let asked = sign(&member.signer(now))?;
        Ok(Self { asked, fast_ms })
    }

    /// Takes in the time of a refusal. Whether it is signed for this call and differs from the one that the call was dated by, so
    /// that signing anew is of use: another call may have taught it meanwhile.
    pub(crate) async fn learn_from(
        &self,
        session: &Arc<Session>,
        member: &Member,
        parties: &Parties,
        failure: &Failure,
    ) -> bool {
        let time = countersign::signed_time(
            parties,
            &self.asked.nonce,
            failure.time,
            failure.time_signature.as_deref(),
        );
        let Some(time) = time else {
            return false;
        };
        session.learn_time(member.id, time).await;
        clocks::differ(session.clocks().fast_ms(member.id), self.fast_ms)
    }
}

/// Sends what `sign` signs, and once more with a fresh nonce where the service teaches its time: it refuses a date before it looks at
/// anything else, so nothing happens twice.
pub(crate) async fn send_dated<T: DeserializeOwned>(
    session: &Arc<Session>,
    member: &Member,
    parties: &Parties,
    sign: impl Fn(&Signer<'_>) -> Result<Asked, KeyError>,
) -> Result<Reply<T>, Problem> {
    let first = signed(session, member, &sign)?;
    let reply = send(session, member, &first).await?;
    match &reply {
        Reply::Refused(failure)
            if failure.code == code::BAD_DATE
                && first.learn_from(session, member, parties, failure).await =>
        {
            let again = signed(session, member, &sign)?;
            send(session, member, &again).await
        }
        _ => Ok(reply),
    }
}

/// A refusal as a window tells it.
pub(crate) fn refused(member: &Member, failure: &Failure) -> Problem {
    if failure.code == code::BAD_DATE {
        return Problem::new(ProblemCode::ClockWrong).about(member.host.as_str());
    }
    Problem::new(ProblemCode::ServiceRefused)
        .about(Label::new(&failure.message).as_str())
        .counting(failure.code)
}

fn signed(
    session: &Session,
    member: &Member,
    sign: impl FnOnce(&Signer<'_>) -> Result<Asked, KeyError>,
) -> Result<Dated, Problem> {
    Dated::sign(session, member, sign).map_err(|_| Problem::new(ProblemCode::Unforeseen))
}

async fn send<T: DeserializeOwned>(
    session: &Session,
    member: &Member,
    dated: &Dated,
) -> Result<Reply<T>, Problem> {
    let sent = session.core.network.send(&dated.asked.outgoing).await;
    sent.map_err(|failure| Problem::new(failure.problem()).about(member.host.as_str()))
}
