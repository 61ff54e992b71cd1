//! `/desk`: what operators find and do.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use countersign_protocol::wire::self_service::{
    DeskBypass, DeskBypassWanted, DeskFound, DeskReason, DeskUser, ProblemCode,
};
use serde::Deserialize;

use super::{
    body::Body,
    guard::{FreshOperator, OperatorSession},
    problem::Refusal,
};
use crate::http::Edge;
use crate::self_service::desk::DeskRefusal;

/// What is looked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// The beginning of an account name.
    name: String,
}

/// `GET /desk/people?name=`.
pub async fn find(
    State(edge): State<Edge>,
    OperatorSession(_): OperatorSession,
    Query(beginning): Query<Beginning>,
) -> Result<Json<DeskFound>, Refusal> {
    let people = edge.core().desk_find(&beginning.name).await?;
    Ok(Json(DeskFound { people }))
}

/// `GET /desk/people/{id}`.
pub async fn show(
    State(edge): State<Edge>,
    OperatorSession(_): OperatorSession,
    Path(id): Path<String>,
) -> Result<Json<DeskUser>, Refusal> {
    Ok(Json(edge.core().desk_person(&id).await?))
}

/// `POST /desk/people/{id}/bypass`.
pub async fn bypass(
    State(edge): State<Edge>,
    FreshOperator(session): FreshOperator,
    Path(id): Path<String>,
    Body(wanted): Body<DeskBypassWanted>,
) -> Result<Json<DeskBypass>, Refusal> {
    let made = edge.core().desk_bypass(&session, &id, &wanted.reason);
    Ok(Json(made.await?))
}

/// `POST /desk/people/{id}/unlock`.
pub async fn unlock(
    State(edge): State<Edge>,
    FreshOperator(session): FreshOperator,
    Path(id): Path<String>,
    Body(wanted): Body<DeskReason>,
) -> Result<Json<DeskUser>, Refusal> {
    let unlocked = edge.core().desk_unlock(&session, &id, &wanted.reason);
    Ok(Json(unlocked.await?))
}

/// `POST /desk/people/{id}/release`.
pub async fn release(
    State(edge): State<Edge>,
    FreshOperator(session): FreshOperator,
    Path(id): Path<String>,
    Body(wanted): Body<DeskReason>,
) -> Result<Json<DeskUser>, Refusal> {
    let released = edge.core().desk_release(&session, &id, &wanted.reason);
    Ok(Json(released.await?))
}

/// `POST /desk/people/{id}/card`.
pub async fn stop_card(
    State(edge): State<Edge>,
    FreshOperator(session): FreshOperator,
    Path(id): Path<String>,
    Body(wanted): Body<DeskReason>,
) -> Result<Json<DeskUser>, Refusal> {
    let stopped = edge.core().desk_stop_card(&session, &id, &wanted.reason);
    Ok(Json(stopped.await?))
}

/// `POST /desk/people/{id}/devices/{device}/suspend`.
pub async fn suspend(
    State(edge): State<Edge>,
    FreshOperator(session): FreshOperator,
    Path((id, device)): Path<(String, String)>,
    Body(wanted): Body<DeskReason>,
) -> Result<Json<DeskUser>, Refusal> {
    let suspended = edge
        .core()
        .desk_suspend(&session, &id, &device, &wanted.reason);
    Ok(Json(suspended.await?))
}

impl From<DeskRefusal> for Refusal {
    fn from(refusal: DeskRefusal) -> Self {
        match refusal {
            DeskRefusal::NotFound => Self::of(ProblemCode::NotFound),
            DeskRefusal::ProofTooYoung => Self::of(ProblemCode::ProofTooYoung),
            DeskRefusal::NotAllowed => Self::of(ProblemCode::NotAllowed),
            DeskRefusal::NotFresh => Self::of(ProblemCode::ProofNeeded),
            DeskRefusal::ByCode => Self::of(ProblemCode::DeviceNeeded),
            DeskRefusal::NotNeeded => Self::of(ProblemCode::NotNeeded),
            DeskRefusal::Reason => Self::of(ProblemCode::ReasonNeeded),
            DeskRefusal::TooMany(until) => Self::of(ProblemCode::TooMany).until(until),
            DeskRefusal::Fault(fault) => fault.into(),
        }
    }
}
