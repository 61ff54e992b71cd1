//! `GET /auth/v2/auth_status`: how a sign-in stands, held for a while when there is no news.

use axum::extract::State;
use countersign_protocol::ids::Txid;
use serde_json::Value;

use super::status_body;
use crate::{
    http::{
        Edge,
        envelope::{Answer, Failure},
        integration_auth::IntegrationCall,
    },
    status::StatusRefusal,
};

/// The handler. Clients repeat it within a second and so with the same signature; a read may repeat (row K2).
pub async fn auth_status(
    State(edge): State<Edge>,
    call: IntegrationCall,
) -> Result<Answer<Value>, Failure> {
    let txid = Txid::parse(call.params.required("txid")?).map_err(|_| Failure::invalid("txid"))?;
    let status = edge.core().auth_status(&call.integration, &txid).await?;
    Ok(Answer(status_body(&status)))
}

impl From<StatusRefusal> for Failure {
    fn from(refusal: StatusRefusal) -> Self {
        match refusal {
            StatusRefusal::Txid => Self::invalid("txid"),
            StatusRefusal::Fault(fault) => fault.into(),
        }
    }
}
