//! `POST /auth/v2/enroll_status`: was an activation code used.

use axum::extract::State;
use countersign_protocol::{
    activation::{ActivationCode, ActivationText},
    ids::UserId,
};

use crate::{
    activation::ActivationStatus,
    http::{
        Edge,
        envelope::{Answer, Failure},
        integration_auth::IntegrationCall,
    },
};

/// The handler. The code comes back as it was given out, or bare.
pub async fn enroll_status(
    State(edge): State<Edge>,
    call: IntegrationCall,
) -> Result<Answer<&'static str>, Failure> {
    let user = UserId::parse(call.params.required("user_id")?).ok();
    let text = call.params.required("activation_code")?;
    let code = match ActivationText::read(text) {
        Some(read) => read.ok().map(|text| text.code),
        None => ActivationCode::parse(text),
    };
    let status = match (user, code) {
        (Some(user), Some(code)) => edge.core().activation_status(&user, &code).await?,
        _ => ActivationStatus::Invalid,
    };
    Ok(Answer(match status {
        ActivationStatus::Success => "success",
        ActivationStatus::Waiting => "waiting",
        ActivationStatus::Invalid => "invalid",
    }))
}
