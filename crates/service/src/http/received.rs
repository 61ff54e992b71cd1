//! A request as it arrived: its raw texts, which signatures cover. Its body was read by [`super::bodies`].

use std::net::IpAddr;

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, header},
};

use super::{
    bodies::{BODY_BYTES, address},
    envelope::{Code, Failure},
};

/// Method, path, query, headers and body exactly as sent, and who sent them.
#[derive(Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// The query as sent, without its `?`; empty when there is none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most as long as the router's limit.
    pub body: Bytes,
    /// Who calls, as [`super::bodies::address`] knows it (row R3).
    pub address: IpAddr,
    authority: Option<String>,
}

impl Received {
    /// The host the client addressed, as sent: the `Host` header, or `:authority` in HTTP/2.
    pub fn host(&self) -> Option<&str> {
        self.header(header::HOST.as_str())
            .or(self.authority.as_deref())
    }

    /// The header's text; `None` when it is absent, not ASCII, or there more than once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        if values.next().is_some() {
            return None;
        }
        first.to_str().ok()
    }

    /// Whether the body is JSON by its `Content-Type`.
    pub fn is_json(&self) -> bool {
        self.header(header::CONTENT_TYPE.as_str())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    }
}

impl<S: Send + Sync> FromRequest<S> for Received {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_BYTES)
            .await
            .map_err(|_| Failure::new(Code::InvalidParameter))?;
        Ok(Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            address: address(&parts.extensions),
            authority: parts.uri.authority().map(ToString::to_string),
        })
    }
}
