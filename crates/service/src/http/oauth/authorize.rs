//! `GET /oauth/v1/authorize`: an application sends a person here. Nobody is sent anywhere by a link that is not good.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::addresses;
use crate::http::{
    Edge, envelope::Failure, params::Parameters, portal_files, prompt::cookie, received::Received,
};
use crate::prompt::assertion::ClientRefusal;
use crate::prompt::link::{Begun, Link, LinkRefusal};

/// The handler.
pub async fn authorize(State(edge): State<Edge>, received: Received) -> Result<Response, Failure> {
    match begin(&edge, &received).await {
        Ok(begun) => Ok(led_to_page(&begun, &received.headers)),
        Err(LinkRefusal::Client(ClientRefusal::Fault(fault))) => Err(fault.into()),
        Err(refusal) => {
            // The page does not say what is wrong; whoever sets up the application finds it here
            tracing::info!(%refusal, "a sign-in link was refused");
            let status = match refusal {
                LinkRefusal::TooMany => StatusCode::TOO_MANY_REQUESTS,
                LinkRefusal::Client(_) | LinkRefusal::RedirectUri => StatusCode::BAD_REQUEST,
            };
            let mut page = portal_files::the_page();
            *page.status_mut() = status;
            Ok(page)
        }
    }
}

async fn begin(edge: &Edge, received: &Received) -> Result<Begun, LinkRefusal> {
    let claim = |name| LinkRefusal::Client(ClientRefusal::Claim(name));
    let params = Parameters::of(received).map_err(|_| claim("query"))?;
    let audiences = addresses(edge, received, "").map_err(|_| claim("aud"))?;
    if params.get("response_type") != Some("code") {
        return Err(claim("response_type"));
    }
    let address = received.address.to_string();
    edge.core()
        .begin_prompt(&Link {
            client_id: params.get("client_id").unwrap_or_default(),
            request: params.get("request").unwrap_or_default(),
            nonce: params.get("nonce"),
            audiences: &audiences,
            address: &address,
        })
        .await
}

/// The prompt's name goes into the fragment, its secret into a cookie; the link itself is gone from the address.
fn led_to_page(begun: &Begun, sent: &HeaderMap) -> Response {
    let place = format!("/prompt#{}", begun.id.as_str());
    let mut headers = cookie::given(begun, sent);
    // A name is of letters and digits, which every header takes
    if let Ok(place) = HeaderValue::from_str(&place) {
        headers.insert(header::LOCATION, place);
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}
