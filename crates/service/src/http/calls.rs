//! What a voice gateway tells of its calls (CALLS.md section 9, row H4).

use axum::{body::Bytes, extract::State, http::HeaderMap, http::StatusCode};

use super::Edge;
use crate::calls::gateway::{EventRefused, SIGNATURE, TIMESTAMP};

/// `POST /calls/v1/events`. The signature is checked over the bytes as they came, before they are read.
pub async fn event(State(edge): State<Edge>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(gateway) = &edge.core().phones.gateway else {
        return StatusCode::NOT_FOUND;
    };
    let header = |name| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    let taken = gateway.take(header(TIMESTAMP), header(SIGNATURE), &body);
    let Err(refused) = taken else {
        return StatusCode::NO_CONTENT;
    };
    // Whoever holds the secret does something wrong; anybody else is only noise
    if matches!(refused, EventRefused::Forged | EventRefused::NoCall) {
        tracing::debug!(%refused, "an event of a call was refused");
    } else {
        tracing::warn!(%refused, "an event of a call was refused");
    }
    match refused {
        EventRefused::Forged => StatusCode::UNAUTHORIZED,
        EventRefused::Unreadable => StatusCode::BAD_REQUEST,
        EventRefused::NoCall => StatusCode::NOT_FOUND,
        EventRefused::Repeated | EventRefused::TooEarly => StatusCode::CONFLICT,
    }
}
