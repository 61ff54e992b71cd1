//! What arrives: a JSON body of exactly the route's shape.

use axum::extract::{FromRequest, Request};
use countersign_protocol::wire::self_service::ProblemCode;
use serde::de::DeserializeOwned;

use super::problem::Refusal;
use crate::http::{Edge, received::Received};

/// A body that was understood whole: an unknown field refuses it.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Edge> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, edge: &Edge) -> Result<Self, Refusal> {
        let bad = || Refusal::of(ProblemCode::BadRequest);
        let received = Received::from_request(request, edge)
            .await
            .map_err(|_| bad())?;
        if !received.is_json() {
            return Err(bad());
        }
        // What is wrong with it is not told: it may quote a password
        serde_json::from_slice(&received.body)
            .map(Self)
            .map_err(|_| bad())
    }
}
