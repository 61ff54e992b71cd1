//! `POST /oauth/v1/health_check`: whether the service is there and knows the application.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::addresses;
use crate::http::{Edge, envelope::Failure, params::Parameters, received::Received};
use crate::prompt::assertion::ClientRefusal;

/// The handler.
pub async fn health_check(
    State(edge): State<Edge>,
    received: Received,
) -> Result<Response, Failure> {
    let params = Parameters::of(&received)?;
    let here = addresses(&edge, &received, &received.path)?;
    let client_id = params.get("client_id").unwrap_or_default();
    let assertion = params.get("client_assertion").unwrap_or_default();
    let timestamp = edge.now().seconds();
    match edge.core().client(client_id, assertion, &here).await {
        Ok(_) => {
            let answer = json!({ "stat": "OK", "response": { "timestamp": timestamp } });
            Ok(Json(answer).into_response())
        }
        Err(ClientRefusal::Fault(fault)) => Err(fault.into()),
        Err(refusal) => {
            let answer = json!({
                "stat": "FAIL",
                "code": 40002,
                "message": "invalid_client",
                "message_detail": refusal.to_string(),
                "timestamp": timestamp,
            });
            Ok((StatusCode::BAD_REQUEST, Json(answer)).into_response())
        }
    }
}
