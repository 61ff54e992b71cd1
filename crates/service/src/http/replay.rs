//! A signed call that changes something acts once: a repeat of it gets the first answer (row K2).
//!
//! The scheme has no nonce and dates of whole seconds, so the signature itself names the call.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::{
    Edge,
    envelope::{Code, Failure},
    integration_auth::IntegrationCall,
};
use crate::{
    access::AsIntegration,
    store::{Claim, StoredAnswer},
};

/// How often a repeat looks whether the first call has been answered.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// Answers are small; a larger one would be a mistake of ours.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Runs `act` unless this very call was made before; then waits for the answer it got and gives it again.
///
/// The work goes on when the client hangs up, so that a client that sends the call again finds its answer.
pub async fn once<T, F>(
    edge: Edge,
    call: IntegrationCall,
    act: impl FnOnce(Edge, Arc<IntegrationCall>) -> F,
) -> Result<Response, Failure>
where
    T: IntoResponse,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let call = Arc::new(call);
    loop {
        match edge
            .core()
            .store
            .claim_call(
                &AsIntegration::of(&call.integration),
                &call.signature,
                edge.now(),
            )
            .await?
        {
            Claim::First => break,
            // The router's time limit ends this if the first call never ends.
            Claim::AtWork => tokio::time::sleep(LOOK_AGAIN).await,
            Claim::Answered(answer) => {
                let body = edge.core().open_answer(&call.signature, &answer.body)?;
                let status = StatusCode::from_u16(answer.status)
                    .map_err(|_| Failure::new(Code::Internal))?;
                return Ok(json(status, Bytes::copy_from_slice(&body)));
            }
        }
    }
    let acting = act(edge.clone(), Arc::clone(&call));
    let work = async move {
        let response = acting.await.into_response();
        let status = response.status();
        let body = to_bytes(response.into_body(), LARGEST_ANSWER)
            .await
            .map_err(Failure::internal)?;
        settle(&edge, &call, status, &body).await?;
        Ok(json(status, body))
    };
    tokio::spawn(work).await.map_err(Failure::internal)?
}

/// Stores the answer. "Later" and "broken" are not answers: the same call may come again, and clients do send it again.
async fn settle(
    edge: &Edge,
    call: &IntegrationCall,
    status: StatusCode,
    body: &[u8],
) -> Result<(), Failure> {
    let integration = AsIntegration::of(&call.integration);
    let store = &edge.core().store;
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Ok(store.release_call(&integration, &call.signature).await?);
    }
    // It may hold an activation code, so it is sealed, bound to the call it belongs to.
    let body = edge.core().seal_answer(&call.signature, body)?;
    Ok(store
        .answer_call(
            &integration,
            &call.signature,
            &StoredAnswer {
                status: status.as_u16(),
                body,
            },
        )
        .await?)
}

fn json(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
