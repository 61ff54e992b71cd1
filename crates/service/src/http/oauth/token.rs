//! `POST /oauth/v1/token`: the code is exchanged.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::addresses;
use crate::http::{Edge, envelope::Failure, params::Parameters, received::Received};
use crate::policy::JWT_LIFE_SECONDS;
use crate::prompt::assertion::ClientRefusal;
use crate::self_service::session::SessionToken;

/// The only kind of assertion that is taken (RFC 7523).
const BEARER_JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The handler. Clients put the parameters into the query or into the form.
pub async fn token(State(edge): State<Edge>, received: Received) -> Result<Response, Failure> {
    let Ok(params) = Parameters::of(&received) else {
        return Ok(refused("invalid_request", "The parameters cannot be read."));
    };
    let here = addresses(&edge, &received, &received.path)?;
    let said = |name| params.get(name).unwrap_or_default();
    for (name, only) in [
        ("grant_type", "authorization_code"),
        ("client_assertion_type", BEARER_JWT),
    ] {
        if said(name) != only {
            return Ok(refused(
                "invalid_request",
                &format!("{name} has to be {only}."),
            ));
        }
    }
    let client = match edge
        .core()
        .client(said("client_id"), said("client_assertion"), &here)
        .await
    {
        Ok(client) => client,
        Err(ClientRefusal::Fault(fault)) => return Err(fault.into()),
        Err(refusal) => return Ok(refused("invalid_client", &refusal.to_string())),
    };
    let code = SessionToken::sent(said("code"));
    let address = received.address.to_string();
    let tokens = edge
        .core()
        .redeem_code(&client, &code, said("redirect_uri"), &address)
        .await?;
    Ok(match tokens {
        Some(tokens) => Json(json!({
            "id_token": tokens.id_token,
            "access_token": tokens.access_token.as_str(),
            "token_type": "Bearer",
            "expires_in": JWT_LIFE_SECONDS,
        }))
        .into_response(),
        None => refused(
            "invalid_grant",
            "The code is unknown, used or too old, or belongs to another request.",
        ),
    })
}

fn refused(error: &str, description: &str) -> Response {
    let answer = json!({ "error": error, "error_description": description });
    (StatusCode::BAD_REQUEST, Json(answer)).into_response()
}
