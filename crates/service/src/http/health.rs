//! What monitoring asks: is the process alive, can it work, what has it counted.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};

use super::{Edge, envelope::Failure};
use crate::metrics;

/// Every route.
pub fn routes() -> Router<Edge> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(counts))
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers too, else 503.
pub async fn ready(State(edge): State<Edge>) -> Result<&'static str, Failure> {
    edge.core().store.ping().await?;
    Ok("ready\n")
}

/// `GET /metrics`, in Prometheus' text format 0.0.4.
pub async fn counts() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (StatusCode::OK, kind, metrics::render())
}
