//! The self-service API over HTTP: handlers that extract, call one use case and convert (`SELF-SERVICE.md`).
//!
//! * who calls: [`guard`]; what is refused: [`problem`]; what arrives: [`body`]; what leaves: [`token`]
//! * the calls: one file for each thing they are about

pub mod activations;
pub mod body;
pub mod card;
pub mod desk;
pub mod devices;
pub mod guard;
pub mod numbers;
pub mod problem;
pub mod proofs;
pub mod recognised;
pub mod session;
pub mod site;
pub mod tests;
pub mod token;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, delete, get, post, put},
};
use countersign_protocol::wire::self_service::{BASE, ProblemCode};

use super::{
    Edge,
    limits::{Allowance, allow},
    openapi,
};
use problem::Refusal;

/// Every route of the API, within the allowances of all calls, refused from other sites, and each refusal in one shape.
pub fn routes(edge: &Edge, held: &Allowance, quick: &Allowance) -> Router<Edge> {
    let held = held_routes().layer(from_fn_with_state(held.clone(), allow));
    let quick = quick_routes().layer(from_fn_with_state(quick.clone(), allow));
    let unknown = async || Refusal::of(ProblemCode::NotFound);
    let all = Router::new()
        .merge(held)
        .merge(quick)
        .route("/{*unknown}", any(unknown))
        .method_not_allowed_fallback(unknown)
        .layer(from_fn_with_state(edge.clone(), guard::same_site))
        .layer(from_fn(problem::in_one_shape));
    Router::new().nest(BASE, all)
}

/// Calls that wait for a person.
fn held_routes() -> Router<Edge> {
    Router::new()
        .route("/proofs/{id}", get(proofs::follow).delete(proofs::cancel))
        .route("/tests/{id}", get(tests::follow))
        .route(
            "/activations/{id}",
            get(activations::follow).delete(activations::cancel),
        )
}

/// Calls that answer at once.
fn quick_routes() -> Router<Edge> {
    Router::new()
        .route("/openapi.json", get(openapi::openapi))
        .route("/site", get(site::site))
        .route(
            "/session",
            get(session::show)
                .post(session::sign_in)
                .delete(session::sign_out),
        )
        .route("/session/stay", post(session::show))
        .route("/recognised", get(recognised::look))
        .route("/session/recognised", post(recognised::sign_in))
        .route("/proofs", post(proofs::begin))
        .route("/desk/people", get(desk::find))
        .route("/desk/people/{id}", get(desk::show))
        .route("/desk/people/{id}/bypass", post(desk::bypass))
        .route("/desk/people/{id}/unlock", post(desk::unlock))
        .route("/desk/people/{id}/release", post(desk::release))
        .route("/desk/people/{id}/card", post(desk::stop_card))
        .route(
            "/desk/people/{id}/devices/{device}/suspend",
            post(desk::suspend),
        )
        .route("/devices/{id}", delete(devices::remove))
        .route("/devices/{id}/name", put(devices::rename))
        .route("/devices/{id}/first", put(devices::first))
        .route("/devices/{id}/test", post(tests::begin))
        .route("/activations/{id}/text", post(activations::text))
        .route("/activations/{id}/confirm", post(activations::confirm))
        .route("/activations", post(activations::begin))
        .route("/card", post(card::make).delete(card::stop))
        .route("/numbers", post(numbers::begin))
        .route("/numbers/{id}/code", post(numbers::send_code))
        .route("/numbers/{id}/confirm", post(numbers::confirm))
        .route("/landlines", post(numbers::add_landline))
}
