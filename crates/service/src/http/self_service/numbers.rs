//! `/numbers` and `/landlines`: confirming a number, and adding what is only called.

use axum::{
    Json,
    extract::{Path, State},
};
use countersign_protocol::wire::self_service::{
    ConfirmNumber, LandlineWanted, NumberView, NumberWanted, ProblemCode, SessionView, VerifyNumber,
};

use super::{activations::number_had, body::Body, guard::EnrollingSession, problem::Refusal};
use crate::http::Edge;
use crate::self_service::numbers::NumberRefused;

/// `POST /numbers`.
pub async fn begin(
    State(edge): State<Edge>,
    EnrollingSession(session): EnrollingSession,
    Body(wanted): Body<NumberWanted>,
) -> Result<Json<NumberView>, Refusal> {
    Ok(Json(edge.core().begin_number(&session, &wanted).await??))
}

/// `POST /numbers/{id}/code`.
pub async fn send_code(
    State(edge): State<Edge>,
    EnrollingSession(session): EnrollingSession,
    Path(id): Path<String>,
    Body(wanted): Body<VerifyNumber>,
) -> Result<Json<NumberView>, Refusal> {
    Ok(Json(
        edge.core().send_code(&session, &id, wanted.by).await??,
    ))
}

/// `POST /numbers/{id}/confirm`.
pub async fn confirm(
    State(edge): State<Edge>,
    EnrollingSession(session): EnrollingSession,
    Path(id): Path<String>,
    Body(typed): Body<ConfirmNumber>,
) -> Result<Json<NumberView>, Refusal> {
    Ok(Json(
        edge.core()
            .confirm_number(&session, &id, &typed.code)
            .await??,
    ))
}

/// `POST /landlines`.
pub async fn add_landline(
    State(edge): State<Edge>,
    EnrollingSession(session): EnrollingSession,
    Body(wanted): Body<LandlineWanted>,
) -> Result<Json<SessionView>, Refusal> {
    edge.core().add_landline(&session, &wanted.number).await??;
    Ok(Json(edge.core().session_view(&session).await?))
}

impl From<NumberRefused> for Refusal {
    fn from(refused: NumberRefused) -> Self {
        match refused {
            NumberRefused::BadNumber => Self::of(ProblemCode::BadNumber),
            NumberRefused::NotThere => Self::of(ProblemCode::NotFound),
            NumberRefused::CannotDoThat => Self::of(ProblemCode::CannotDoThat),
            NumberRefused::Had(had) => number_had(&had),
            NumberRefused::TooMany(until) => Self::of(ProblemCode::TooMany).until(until),
            NumberRefused::WrongCode(left) => Self::of(ProblemCode::WrongCode).number(left),
            NumberRefused::CodeOver => Self::of(ProblemCode::CodeOver),
            NumberRefused::ProofNeeded => Self::of(ProblemCode::ProofNeeded),
            NumberRefused::Unavailable => Self::of(ProblemCode::Unavailable),
        }
    }
}
