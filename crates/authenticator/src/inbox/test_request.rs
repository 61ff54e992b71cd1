//! Asks a service for a request that opens nothing, to see that requests arrive (PROTOCOL.md §9).

use std::sync::Arc;

use countersign_protocol::wire::device::TestAnswer;
use countersign_vault::RecordId;

use crate::{
    dated::{refused, send_dated},
    dialect::{Signer, countersign},
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
    let sign = |signer: &Signer<'_>| countersign::test(signer, parties);
    match send_dated::<TestAnswer>(session, &member, parties, sign).await? {
        Reply::Ok(_) => Ok(()),
        Reply::Refused(failure) => Err(refused(&member, &failure)),
    }
}
