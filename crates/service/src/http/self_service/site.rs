//! `GET /site`.

use axum::{Json, extract::State};
use countersign_protocol::wire::self_service::SiteView;

use super::guard::Peer;
use crate::http::Edge;

/// The handler.
pub async fn site(State(edge): State<Edge>, Peer(address): Peer) -> Json<SiteView> {
    Json(edge.core().site_view(&address).await)
}
