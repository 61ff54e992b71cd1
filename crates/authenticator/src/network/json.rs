//! Calls with JSON bodies, as self-service has them: a method, a status, and headers of our own.

use std::time::Duration;

use countersign_protocol::host::Host;
use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderValue},
};
use zeroize::Zeroizing;

use super::{CALL, Network, NetworkFailure, read};

/// A call, to be sent once.
pub(crate) struct JsonCall {
    /// Method.
    pub method: Method,
    /// Host.
    pub host: Host,
    /// Path with its query.
    pub path: String,
    /// Headers of our own.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// The body, of a call that has one.
    pub body: Option<Zeroizing<Vec<u8>>>,
    /// How long the service may hold the call, beyond the usual time.
    pub held: Duration,
}

/// What came back, whatever its status.
pub(crate) struct JsonAnswer {
    /// Status.
    pub status: StatusCode,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
    headers: HeaderMap,
}

impl JsonAnswer {
    /// One header, where it is there once and in ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.get_all(name).into_iter();
        match (all.next(), all.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }
}

impl Network {
    /// Sends a call; every status is an answer.
    pub(crate) async fn exchange(&self, call: JsonCall) -> Result<JsonAnswer, NetworkFailure> {
        let mut request = self
            .client()
            .await?
            .request(call.method, format!("https://{}{}", call.host, call.path))
            .timeout(CALL + call.held);
        for (name, value) in &call.headers {
            let mut value =
                HeaderValue::from_str(value).map_err(|_| NetworkFailure::NotAService)?;
            value.set_sensitive(true);
            request = request.header(*name, value);
        }
        if let Some(body) = call.body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_vec());
        }
        let (response, body) = read(request).await?;
        Ok(JsonAnswer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        })
    }
}
