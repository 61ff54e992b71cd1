//! `GET /auth/v2/logo`: the organisation's emblem.

use crate::http::{
    envelope::{Code, Failure},
    integration_auth::IntegrationCall,
};

/// The handler. The site has no emblem, which clients take as an ordinary answer.
pub async fn logo(_call: IntegrationCall) -> Failure {
    Code::NotFound.into()
}
