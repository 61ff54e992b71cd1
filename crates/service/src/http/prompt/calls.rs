//! What the prompt's page asks for.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use countersign_protocol::wire::prompt::PromptView;
use countersign_protocol::wire::self_service::{ProblemCode, ProofView, ProofWanted};

use super::this_prompt::ThisPrompt;
use crate::http::{
    Edge,
    self_service::{body::Body, problem::Refusal, proofs::After, token},
};
use crate::prompt::Prompt;
use crate::self_service::browser;
use crate::self_service::claimant::Claimant;

/// `GET /prompt/v1/{id}`.
pub async fn show(
    State(edge): State<Edge>,
    ThisPrompt(prompt): ThisPrompt,
) -> Result<Json<PromptView>, Refusal> {
    Ok(Json(edge.core().prompt_view(&prompt).await?))
}

/// `POST /prompt/v1/{id}/proofs`.
pub async fn begin(
    State(edge): State<Edge>,
    ThisPrompt(prompt): ThisPrompt,
    headers: HeaderMap,
    Body(wanted): Body<ProofWanted>,
) -> Result<Json<ProofView>, Refusal> {
    let claimant = Claimant {
        browser: token::only(&headers, "user-agent").and_then(browser::named),
        ..somebody(&prompt)?
    };
    Ok(Json(edge.core().begin_proof(&claimant, wanted).await?.view))
}

/// `GET /prompt/v1/{id}/proofs/{proof}`.
pub async fn follow(
    State(edge): State<Edge>,
    ThisPrompt(prompt): ThisPrompt,
    Path((_, proof)): Path<(String, String)>,
    Query(after): Query<After>,
) -> Result<Json<ProofView>, Refusal> {
    let claimant = somebody(&prompt)?;
    let news = edge
        .core()
        .proof_news(&claimant, &proof, after.after, after.wait())
        .await?;
    Ok(Json(news.view))
}

/// `DELETE /prompt/v1/{id}/proofs/{proof}`.
pub async fn cancel(
    State(edge): State<Edge>,
    ThisPrompt(prompt): ThisPrompt,
    Path((_, proof)): Path<(String, String)>,
) -> Result<Json<ProofView>, Refusal> {
    let claimant = somebody(&prompt)?;
    Ok(Json(
        edge.core().cancel_proof(&claimant, &proof).await?.view,
    ))
}

/// `POST /prompt/v1/{id}/give-up`.
pub async fn give_up(
    State(edge): State<Edge>,
    ThisPrompt(prompt): ThisPrompt,
) -> Result<StatusCode, Refusal> {
    edge.core().give_up_prompt(&prompt).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /prompt/v1/{id}/leave`: the browser goes where it came from.
pub async fn leave(
    State(edge): State<Edge>,
    ThisPrompt(prompt): ThisPrompt,
) -> Result<Response, Refusal> {
    let (status, to) = match edge.core().leave_prompt(&prompt).await? {
        Some(url) => (StatusCode::FOUND, url.to_string()),
        None => (
            StatusCode::SEE_OTHER,
            format!("/prompt#{}", prompt.id().as_str()),
        ),
    };
    let mut to = HeaderValue::from_str(&to).map_err(|_| Refusal::of(ProblemCode::Unavailable))?;
    to.set_sensitive(true);
    Ok((status, [(header::LOCATION, to)]).into_response())
}

/// Nobody can confirm for a name that nobody has.
fn somebody(prompt: &Prompt) -> Result<Claimant<'_>, Refusal> {
    prompt
        .claimant()
        .ok_or_else(|| ProblemCode::CannotDoThat.into())
}
