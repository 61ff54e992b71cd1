//! Which prompt a call of the page is about: that of the address, for the browser that holds its cookie.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use countersign_protocol::wire::self_service::{CSRF_HEADER, ProblemCode};
use subtle::ConstantTimeEq as _;

use super::cookie;
use crate::http::{
    Edge,
    self_service::{
        guard::{address, changes},
        problem::Refusal,
        token,
    },
};
use crate::prompt::{Prompt, PromptId};

/// The prompt, with the CSRF word where the call changes something.
#[derive(Debug)]
pub struct ThisPrompt(pub Prompt);

impl FromRequestParts<Edge> for ThisPrompt {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Refusal> {
        let unknown = || Refusal::of(ProblemCode::NotFound);
        let params = RawPathParams::from_request_parts(parts, edge)
            .await
            .map_err(|_| unknown())?;
        let id = params
            .iter()
            .find_map(|(name, value)| (name == "id").then_some(value))
            .and_then(PromptId::sent)
            .ok_or_else(unknown)?;
        let secret = cookie::sent(&parts.headers, &id).ok_or_else(unknown)?;
        let found = edge.core().prompt_of(&id, &secret, &address(parts)).await?;
        let prompt = found.ok_or_else(unknown)?;
        if changes(&parts.method) {
            let word = token::only(&parts.headers, CSRF_HEADER).unwrap_or_default();
            if !bool::from(word.as_bytes().ct_eq(prompt.csrf().as_bytes())) {
                return Err(ProblemCode::OtherSite.into());
            }
        }
        Ok(Self(prompt))
    }
}
