//! The Universal Prompt's interface towards applications: OpenID Connect with their own secrets (`PROMPT.md`).

pub mod authorize;
pub mod health_check;
pub mod token;

use axum::{
    Router,
    routing::{get, post},
};

use super::{Edge, envelope::Failure, received::Received};

/// Every route.
pub fn routes() -> Router<Edge> {
    Router::new()
        .route("/oauth/v1/health_check", post(health_check::health_check))
        .route("/oauth/v1/authorize", get(authorize::authorize))
        .route("/oauth/v1/token", post(token::token))
}

/// Every spelling of our own address that the sender of `received` may mean, followed by `path`.
fn addresses(edge: &Edge, received: &Received, path: &str) -> Result<Vec<String>, Failure> {
    let hosts = edge.hosts_signed_by(received)?;
    Ok(hosts
        .into_iter()
        .map(|host| format!("https://{host}{path}"))
        .collect())
}
