//! `POST /push/v2/device/test`: a request from the service itself, to try the device (PROTOCOL.md §9).

use axum::extract::State;
use countersign_protocol::wire::device::TestAnswer;

use crate::{
    device_api::TestAsked,
    http::{
        Edge,
        device_auth::FreshDeviceCall,
        envelope::{Answer, Code, Failure},
    },
};

/// The handler.
pub async fn test_request(
    State(edge): State<Edge>,
    fresh: FreshDeviceCall,
) -> Result<Answer<TestAnswer>, Failure> {
    match edge.core().make_test_request(&fresh.call.device).await? {
        TestAsked::Made(urgid) => Ok(Answer(TestAnswer { urgid })),
        TestAsked::TooMany => Err(Failure::new(Code::TooMany).retry_after(60)),
        TestAsked::Gone => Err(Code::BadSignature.into()),
    }
}
