//! `GET /auth/v2/ping`: is the service there, and what time does it have. Unsigned.

use axum::extract::State;
use serde_json::{Value, json};

use crate::http::{Edge, envelope::Answer};

/// The handler. Clients correct their clocks by it, so it tells the true time, Unix seconds.
pub async fn ping(State(edge): State<Edge>) -> Answer<Value> {
    Answer(json!({ "time": edge.now().seconds() }))
}
