//! Asks a service for a request that opens nothing, to see that requests arrive (PROTOCOL.md §9).

use std::sync::Arc;

use countersign_protocol::{label::Label, wire::device::TestAnswer};
use countersign_vault::RecordId;

use crate::{
    dialect::countersign,
    member::Member,
    network::Reply,
    session::Session,
    view::{Problem, ProblemCode},
};

/// The request then arrives like any other.
pub(crate) async fn ask_for_test(session: &Arc<Session>, account: RecordId) -> Result<(), Problem> {
    let member = Member::of(session, account)
        .await?
        .ok_or(Problem::new(ProblemCode::AccountGone))?;
    let parties = member
        .parties
        .as_ref()
        .ok_or_else(|| Problem::new(ProblemCode::NotAService).about(member.host.as_str()))?;
    let asked = countersign::test(&member.signer(session.now_for(member.id)), parties)
        .map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
    match session
        .core
        .network
        .send::<TestAnswer>(&asked.outgoing)
        .await
    {
        Ok(Reply::Ok(_)) => Ok(()),
        Ok(Reply::Refused(failure)) => Err(Problem::new(ProblemCode::ServiceRefused)
            .about(Label::new(&failure.message).as_str())
            .counting(failure.code)),
        Err(failure) => Err(Problem::new(failure.problem()).about(member.host.as_str())),
    }
}
