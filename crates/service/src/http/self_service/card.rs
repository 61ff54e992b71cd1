//! `/card`: the recovery card.

use axum::{Json, extract::State};
use countersign_protocol::wire::self_service::{CardView, ProblemCode, SessionView};

use super::{guard::FreshSession, problem::Refusal};
use crate::http::Edge;
use crate::store::own::CardDone;

/// `POST /card`.
pub async fn make(
    State(edge): State<Edge>,
    FreshSession(session): FreshSession,
) -> Result<Json<CardView>, Refusal> {
    Ok(Json(edge.core().make_card(&session).await??))
}

/// `DELETE /card`.
pub async fn stop(
    State(edge): State<Edge>,
    FreshSession(session): FreshSession,
) -> Result<Json<SessionView>, Refusal> {
    match edge.core().stop_card(&session).await? {
        CardDone::Done => Ok(Json(edge.core().session_view(&session).await?)),
        refused => Err(refused.into()),
    }
}

impl From<CardDone> for Refusal {
    fn from(refused: CardDone) -> Self {
        match refused {
            CardDone::Done | CardDone::NotThere => Self::of(ProblemCode::NotFound),
            CardDone::NotProven => Self::of(ProblemCode::ProofNeeded),
            CardDone::ByCode => Self::of(ProblemCode::DeviceNeeded),
            CardDone::ProofTooYoung => Self::of(ProblemCode::ProofTooYoung),
            CardDone::TooMany(until) => Self::of(ProblemCode::TooMany).until(until),
        }
    }
}
