//! Who calls the Auth API: an integration whose HMAC over the request was checked (`signing.md` §1, row K2).
//!
//! [`IntegrationCall`] is an extractor, so a handler that forgets to authenticate has nothing to work with.

use std::net::IpAddr;

use axum::extract::{FromRequest, Request};
use countersign_protocol::{
    ids::IntegrationKey,
    signing::integration::{Allowed, SignedRequest, Version, parse_authorization, verify},
    time::{UnixMillis, parse_http_date},
};

use super::{
    Edge,
    envelope::{Code, Failure},
    params::Parameters,
    received::Received,
};
use crate::{model::Integration, policy::CLOCK_WINDOW_MS};

/// A call whose signature and date are good.
#[derive(Debug)]
pub struct IntegrationCall {
    /// Who calls.
    pub integration: Integration,
    /// With what; every one of them was signed.
    pub params: Parameters,
    /// From where: the application's address, not the person's.
    pub address: IpAddr,
    /// The hex MAC, which names this very call for a repeat of it.
    pub signature: String,
}

impl FromRequest<Edge> for IntegrationCall {
    type Rejection = Failure;

    async fn from_request(request: Request, edge: &Edge) -> Result<Self, Failure> {
        let received = Received::from_request(request, edge).await?;
        let header = received
            .header("authorization")
            .ok_or(Code::MissingCredentials)?;
        let (ikey, signature) = parse_authorization(header).ok_or(Code::MissingCredentials)?;
        check_date(&received, edge.now())?;
        let hosts = edge.hosts_signed_by(&received)?;
        let integration = match IntegrationKey::parse(&ikey) {
            Ok(ikey) => edge.core().store.integration(&ikey).await?,
            Err(_) => None,
        };
        let integration = integration.ok_or(Code::UnknownIntegration)?;
        let skey = edge.core().integration_secret(&integration)?;
        let allowed = Allowed {
            v1: false,
            sha1: integration.policy.allow_sha1,
        };
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let (version, _) = with_signed_request(&received, |signed| {
            verify(signed, &hosts, &skey, &signature, allowed)
        })
        .ok_or(Code::BadSignature)?;
        // Version 2 signs the query or the form, never both: what it left out is not looked at but refused.
        if version == Version::V2 && !received.body.is_empty() && !received.query.is_empty() {
            return Err(Code::BadSignature.into());
        }
        let params = Parameters::of(&received)?;
        Ok(Self {
            integration,
            params,
            address: received.address,
            signature,
        })
    }
}

/// The text of `X-Duo-Date`, else of `Date`: browsers and libduo cannot set the latter.
fn date(received: &Received) -> Option<&str> {
    received
        .header("x-duo-date")
        .or_else(|| received.header("date"))
}

fn check_date(received: &Received, now: UnixMillis) -> Result<(), Failure> {
    let date = date(received).ok_or(Code::MissingDate)?;
    let date = parse_http_date(date).ok_or(Code::BadDate)?;
    let window = u64::try_from(CLOCK_WINDOW_MS).unwrap_or_default();
    // Dates have whole seconds, so one at the edge may seem up to a second older than it is.
    if date.distance(now) > window + 999 {
        Err(Code::BadDate.into())
    } else {
        Ok(())
    }
}

fn with_signed_request<T>(received: &Received, work: impl FnOnce(&SignedRequest<'_>) -> T) -> T {
    let x_duo_headers: Vec<(String, String)> = received
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-duo-"))
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    work(&SignedRequest {
        method: received.method.as_str(),
        path: &received.path,
        query: &received.query,
        body: &received.body,
        json: received.is_json(),
        date: date(received),
        x_duo_headers: &x_duo_headers,
    })
}
