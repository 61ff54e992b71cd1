//! What arrives: a JSON body of exactly the route's shape.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use countersign_protocol::wire::self_service::ProblemCode;
use serde::de::DeserializeOwned;

use super::problem::Refusal;
use crate::http::{
    Edge,
    received::{BODY_TIME, Received},
};

/// A body that was understood whole: an unknown field refuses it.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// Reads a body to its end before anybody looks who calls: who is let in is judged when the call is whole, not when its
/// sender began with it (row S1).
pub async fn whole(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let reading = Bytes::from_request(Request::from_parts(parts.clone(), body), &());
    match tokio::time::timeout(BODY_TIME, reading).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, bytes.into())).await,
        _ => Refusal::of(ProblemCode::BadRequest).into_response(),
    }
}

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
