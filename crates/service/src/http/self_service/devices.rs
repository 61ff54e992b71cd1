//! `/devices/{id}`: renaming, choosing what is asked first, removing.

use axum::{
    Json,
    extract::{Path, State},
};
use countersign_protocol::wire::self_service::{FirstWanted, ProblemCode, Rename, SessionView};

use super::{
    body::Body,
    guard::{FreshSession, OpenSession},
    problem::Refusal,
};
use crate::http::Edge;
use crate::self_service::devices::{ChangeRefused, RemovalRefused};

/// `PUT /devices/{id}/name`.
pub async fn rename(
    State(edge): State<Edge>,
    OpenSession(session): OpenSession,
    Path(id): Path<String>,
    Body(wanted): Body<Rename>,
) -> Result<Json<SessionView>, Refusal> {
    edge.core()
        .rename_device(&session, &id, &wanted.name)
        .await??;
    Ok(Json(edge.core().session_view(&session).await?))
}

/// `PUT /devices/{id}/first`.
pub async fn first(
    State(edge): State<Edge>,
    OpenSession(session): OpenSession,
    Path(id): Path<String>,
    Body(wanted): Body<FirstWanted>,
) -> Result<Json<SessionView>, Refusal> {
    edge.core().set_first(&session, &id, wanted.first).await??;
    Ok(Json(edge.core().session_view(&session).await?))
}

/// `DELETE /devices/{id}`.
pub async fn remove(
    State(edge): State<Edge>,
    FreshSession(session): FreshSession,
    Path(id): Path<String>,
) -> Result<Json<SessionView>, Refusal> {
    edge.core().remove_own_device(&session, &id).await??;
    Ok(Json(edge.core().session_view(&session).await?))
}

impl From<ChangeRefused> for Refusal {
    fn from(refused: ChangeRefused) -> Self {
        Self::of(match refused {
            ChangeRefused::NotThere => ProblemCode::NotFound,
            ChangeRefused::BadName => ProblemCode::BadName,
            ChangeRefused::NameTaken => ProblemCode::NameTaken,
            ChangeRefused::CannotDoThat => ProblemCode::CannotDoThat,
            ChangeRefused::ProofNeeded => ProblemCode::ProofNeeded,
            ChangeRefused::Kept(RemovalRefused::LastWay) => ProblemCode::LastWay,
            ChangeRefused::Kept(RemovalRefused::ProofTooYoung) => ProblemCode::ProofTooYoung,
        })
    }
}
