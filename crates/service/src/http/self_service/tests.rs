//! `/devices/{id}/test` and `/tests/{id}`: trying a device, and following what comes back.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use countersign_protocol::wire::self_service::{ProblemCode, TestView};

use super::{guard::OpenSession, problem::Refusal, proofs::After};
use crate::http::Edge;
use crate::self_service::tests::TestBegun;

/// `POST /devices/{id}/test`.
pub async fn begin(
    State(edge): State<Edge>,
    OpenSession(session): OpenSession,
    Path(id): Path<String>,
) -> Result<Json<TestView>, Refusal> {
    match edge.core().begin_test(&session, &id).await? {
        TestBegun::Asked(view) => Ok(Json(view)),
        TestBegun::NotThere => Err(ProblemCode::NotFound.into()),
        TestBegun::CannotDoThat => Err(ProblemCode::CannotDoThat.into()),
        TestBegun::TooMany(until) => Err(Refusal::of(ProblemCode::TooMany).until(until)),
    }
}

/// `GET /tests/{id}`.
pub async fn follow(
    State(edge): State<Edge>,
    OpenSession(session): OpenSession,
    Path(id): Path<String>,
    Query(after): Query<After>,
) -> Result<Json<TestView>, Refusal> {
    let news = edge
        .core()
        .test_news(&session, &id, after.after, after.wait())
        .await?;
    news.map(Json).ok_or_else(|| ProblemCode::NotFound.into())
}
