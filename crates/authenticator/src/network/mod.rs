//! The one way out: HTTPS to a service's host, redirects off, answers bounded (rows N1, Q2, T6).

mod failure;
mod json;
mod resolve;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use countersign_protocol::{
    host::Host,
    wire::envelope::{Envelope, Failure},
};
use reqwest::{Client, Method, RequestBuilder, Response, redirect::Policy};
use serde::de::DeserializeOwned;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

pub use failure::NetworkFailure;
pub(crate) use json::{JsonAnswer, JsonCall};
use resolve::Resolver;

use crate::session::held;

/// Longest answer that is read (row Q2).
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// How long an ordinary call may take.
const CALL: Duration = Duration::from_secs(15);

/// A signed request, ready to be sent any number of times.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// Method.
    pub method: Method,
    /// Host.
    pub host: Host,
    /// Path.
    pub path: String,
    /// Canonical parameters: the query of a GET, else the form body.
    pub params: String,
    /// `x-duo-date`.
    pub date: String,
    /// `Authorization`; absent for an unsigned call.
    pub authorization: Option<String>,
    /// How long the service may hold the call, beyond the usual time.
    pub held: Duration,
}

/// What came back.
#[derive(Debug)]
pub(crate) enum Reply<T> {
    /// The thing asked for.
    Ok(T),
    /// A refusal, in the protocol's words.
    Refused(Failure),
}

/// An HTTPS client for services.
pub(crate) struct Network {
    resolver: Arc<Resolver>,
    user_agent: String,
    /// Made with the first call: reading the system's certificates takes longer than opening the window may.
    client: Mutex<Option<Client>>,
}

impl Network {
    /// Trusts the platform's roots and nothing else. `managed` hosts may lie anywhere.
    pub(crate) fn new(managed: &[Host], user_agent: String) -> Self {
        Self {
            resolver: Arc::new(Resolver::new(managed)),
            user_agent,
            client: Mutex::default(),
        }
    }

    async fn client(&self) -> Result<Client, NetworkFailure> {
        if let Some(made) = held(&self.client).clone() {
            return Ok(made);
        }
        let (resolver, user_agent) = (Arc::clone(&self.resolver), self.user_agent.clone());
        let made = spawn_blocking(move || Self::make_client(resolver, &user_agent)).await;
        let made = made.map_err(|_| NetworkFailure::Unreachable)??;
        // Another call may have made one meanwhile: that one serves both
        Ok(held(&self.client).get_or_insert(made).clone())
    }

    /// Lets every connection end: what was sent and answered last stays in their buffers (row V8).
    pub(crate) fn forget(&self) {
        *held(&self.client) = None;
    }

    fn make_client(resolver: Arc<Resolver>, user_agent: &str) -> Result<Client, NetworkFailure> {
        // A second call finds a provider in place, which is what is wanted
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::builder()
            .redirect(Policy::none())
            .https_only(true)
            .no_proxy()
            .dns_resolver(resolver)
            .connect_timeout(Duration::from_secs(8))
            .tcp_keepalive(Duration::from_secs(20))
            .user_agent(user_agent)
            .build()
            .map_err(|error| {
                tracing::error!(%error, "no certificates to trust were found");
                NetworkFailure::Unreachable
            })
    }

    /// Sends and reads the envelope.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        outgoing: &Outgoing,
    ) -> Result<Reply<T>, NetworkFailure> {
        let base = format!("https://{}{}", outgoing.host, outgoing.path);
        let in_query = outgoing.method == Method::GET;
        let url = if in_query && !outgoing.params.is_empty() {
            format!("{base}?{}", outgoing.params)
        } else {
            base
        };
        let mut request = self
            .client()
            .await?
            .request(outgoing.method.clone(), url)
            .header("x-duo-date", &outgoing.date)
            .timeout(CALL + outgoing.held);
        if let Some(authorization) = &outgoing.authorization {
            request = request.header("authorization", authorization);
        }
        if !in_query {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(outgoing.params.clone());
        }
        let (response, body) = read(request).await?;
        match serde_json::from_slice(&body) {
            Ok(Envelope::Ok { response: thing }) if response.status().is_success() => {
                Ok(Reply::Ok(thing))
            }
            Ok(Envelope::Fail(failure)) => Ok(Reply::Refused(failure)),
            Ok(Envelope::Ok { .. }) | Err(_) if response.status().is_server_error() => {
                Err(NetworkFailure::Down)
            }
            Ok(Envelope::Ok { .. }) | Err(_) => Err(NetworkFailure::NotAService),
        }
    }
}

/// Sends, and reads an answer that is no longer than answers are.
async fn read(request: RequestBuilder) -> Result<(Response, Zeroizing<Vec<u8>>), NetworkFailure> {
    let mut response = request
        .send()
        .await
        .map_err(|error| NetworkFailure::of(&error))?;
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| NetworkFailure::of(&error))?
    {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(NetworkFailure::NotAService);
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response, body))
}
