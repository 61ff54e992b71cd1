//! The calls of the prompt's page (`PROMPT.md`), within the rules of self-service: same origin, JSON, a CSRF word.

pub mod calls;
pub mod cookie;
pub mod this_prompt;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use countersign_protocol::wire::prompt::BASE;
use countersign_protocol::wire::self_service::ProblemCode;

use super::{
    Edge,
    limits::{Allowance, allow},
    self_service::{
        guard,
        problem::{self, Refusal},
    },
};

/// Every route of the page's calls, and each refusal in one shape.
pub fn routes(edge: &Edge, held: &Allowance, quick: &Allowance) -> Router<Edge> {
    let held = Router::new()
        .route(
            "/{id}/proofs/{proof}",
            get(calls::follow).delete(calls::cancel),
        )
        .layer(from_fn_with_state(held.clone(), allow));
    let quick = Router::new()
        .route("/{id}", get(calls::show))
        .route("/{id}/proofs", post(calls::begin))
        .route("/{id}/give-up", post(calls::give_up))
        .route("/{id}/leave", get(calls::leave))
        .layer(from_fn_with_state(quick.clone(), allow));
    let unknown = async || Refusal::of(ProblemCode::NotFound);
    let all = Router::new()
        .merge(held)
        .merge(quick)
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(from_fn_with_state(edge.clone(), guard::same_site))
        .layer(from_fn(problem::in_one_shape));
    Router::new().nest(BASE, all)
}
