//! `/activations`: beginning one, following it, cancelling it.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use countersign_protocol::wire::self_service::{
    ActivationWanted, LinkWanted, LiveActivation, ProblemCode, ScanConfirmed,
};

use super::{
    body::Body,
    guard::{AnySession, EnrollingSession},
    problem::Refusal,
    proofs::After,
};
use crate::comparison::ConfirmRefused;
use crate::http::Edge;
use crate::self_service::activations::ActivationRefused;
use crate::self_service::link::LinkRefused;
use crate::store::own::NumberOwner;

/// `POST /activations`.
pub async fn begin(
    State(edge): State<Edge>,
    EnrollingSession(session): EnrollingSession,
    Body(wanted): Body<ActivationWanted>,
) -> Result<Json<LiveActivation>, Refusal> {
    Ok(Json(
        edge.core().begin_activation(&session, &wanted).await??,
    ))
}

/// `GET /activations/{id}`.
pub async fn follow(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
    Path(id): Path<String>,
    Query(after): Query<After>,
) -> Result<Json<LiveActivation>, Refusal> {
    let news = edge
        .core()
        .activation_news(&session, &id, after.after, after.wait())
        .await?;
    news.map(Json).ok_or_else(|| ProblemCode::NotFound.into())
}

/// `POST /activations/{id}/confirm`.
pub async fn confirm(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
    Path(id): Path<String>,
    Body(confirmed): Body<ScanConfirmed>,
) -> Result<Json<LiveActivation>, Refusal> {
    let news = edge.core().confirm_scan(&session, &id, &confirmed.check);
    Ok(Json(news.await??))
}

/// `POST /activations/{id}/text`.
pub async fn text(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
    Path(id): Path<String>,
    Body(wanted): Body<LinkWanted>,
) -> Result<Json<LiveActivation>, Refusal> {
    let news = edge.core().text_link(&session, &id, &wanted.text);
    Ok(Json(news.await??))
}

/// `DELETE /activations/{id}`.
pub async fn cancel(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
    Path(id): Path<String>,
) -> Result<Json<LiveActivation>, Refusal> {
    let news = edge.core().cancel_activation(&session, &id).await?;
    news.map(Json).ok_or_else(|| ProblemCode::NotFound.into())
}

impl From<LinkRefused> for Refusal {
    fn from(refused: LinkRefused) -> Self {
        match refused {
            LinkRefused::NotThere => Self::of(ProblemCode::NotFound),
            LinkRefused::CannotDoThat => Self::of(ProblemCode::CannotDoThat),
            LinkRefused::TooMany(until) => Self::of(ProblemCode::TooMany).until(until),
            LinkRefused::Unavailable => Self::of(ProblemCode::Unavailable),
        }
    }
}

impl From<ConfirmRefused> for Refusal {
    fn from(refused: ConfirmRefused) -> Self {
        Self::of(match refused {
            ConfirmRefused::NotThere => ProblemCode::NotFound,
            ConfirmRefused::OtherDigits => ProblemCode::CannotDoThat,
        })
    }
}

impl From<ActivationRefused> for Refusal {
    fn from(refused: ActivationRefused) -> Self {
        match refused {
            ActivationRefused::NotThere => Self::of(ProblemCode::NotFound),
            ActivationRefused::CannotDoThat => Self::of(ProblemCode::CannotDoThat),
            ActivationRefused::NumberHad(had) => number_had(&had),
            ActivationRefused::ProofNeeded => Self::of(ProblemCode::ProofNeeded),
            ActivationRefused::ProofTooYoung => Self::of(ProblemCode::ProofTooYoung),
        }
    }
}

/// A number that is on a device: on one's own, which wants reactivating, or on somebody else's.
pub(super) fn number_had(had: &NumberOwner) -> Refusal {
    match had {
        NumberOwner::Own(device) => Refusal::of(ProblemCode::NumberKnown).device(device),
        NumberOwner::Another | NumberOwner::Nobody => Refusal::of(ProblemCode::NumberTaken),
    }
}
