//! Texts over the HTTP interface of a gateway: one POST each (TEXTS.md §3).

pub mod settings;
pub mod template;

use std::time::Duration;

use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable as _};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret as _;

use self::settings::{Account, HttpSettings};
use self::template::{Body, Words, fill, fill_json};
use crate::self_service::text::{Handed, Text, TextError, Texter};

/// How long a request may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const ANSWER_BYTES: usize = 64 * 1024;
/// How often a connection that was refused is tried again, and how long after.
const AGAIN: usize = 2;
const AFTER: Duration = Duration::from_millis(400);

/// A gateway that takes texts over HTTP.
#[derive(Debug)]
pub struct HttpGateway {
    client: Client,
    settings: HttpSettings,
}

impl HttpGateway {
    /// One that nothing was sent to yet.
    pub fn new(settings: HttpSettings) -> Result<Self, TextError> {
        // A second call finds a provider in place, which is what is wanted
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            // It would carry the text and the token elsewhere
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")));
        if let Some(authorities) = &settings.authorities {
            let read: Result<Vec<_>, _> = authorities
                .iter()
                .map(|der| Certificate::from_der(der))
                .collect();
            builder = builder.tls_certs_only(read.map_err(|error| refused(&error))?);
        }
        let client = builder.build().map_err(|error| refused(&error))?;
        Ok(Self { client, settings })
    }

    /// Asks whether anything answers there. Nothing is sent that could be taken for a text.
    pub async fn is_there(&self) -> Result<(), TextError> {
        let asked = self.client.head(self.settings.url.clone()).send().await;
        asked.map(drop).map_err(|error| refused(&error))
    }

    fn request(&self, text: &Text<'_>) -> RequestBuilder {
        let words = Words {
            to: text.to.as_str(),
            text: text.words,
            id: text.id,
        };
        let request = self.client.post(self.settings.url.clone());
        let request = match &self.settings.body {
            Body::Json(value) => request.json(&fill_json(value, words)),
            Body::Form(fields) => {
                let filled: Vec<_> = fields
                    .iter()
                    .map(|(name, text)| (name, fill(text, words)))
                    .collect();
                request.form(&filled)
            }
        };
        match &self.settings.account {
            None => request,
            Some(Account::Bearer(token)) => request.bearer_auth(token.expose_secret()),
            Some(Account::Basic(name, password)) => {
                request.basic_auth(name, Some(password.expose_secret()))
            }
        }
    }

    async fn is_accepted(&self, response: Response) -> Result<(), TextError> {
        let status = response.status();
        // What stands between tells that it does not know either
        if matches!(
            status,
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT
        ) {
            return Err(TextError::Unknown(format!("the gateway answered {status}")));
        }
        if !status.is_success() {
            return Err(TextError::Refused(format!("the gateway answered {status}")));
        }
        let Some(wanted) = &self.settings.accepted else {
            return Ok(());
        };
        // Whether it was taken is in an answer that we do not have
        let body = read(response).await.map_err(|error| unknown(&error))?;
        if String::from_utf8_lossy(&body).contains(wanted) {
            return Ok(());
        }
        Err(TextError::Refused(format!(
            "the gateway answered {status}, but not what [texts.http] accepted names"
        )))
    }
}

#[async_trait]
impl Texter for HttpGateway {
    async fn send(&self, text: &Text<'_>) -> Result<Handed, TextError> {
        let sent = || async { self.request(text).send().await };
        let pauses = ExponentialBuilder::new()
            .with_min_delay(AFTER)
            .with_max_times(AGAIN)
            .with_jitter();
        let response = sent
            .retry(pauses)
            .when(reqwest::Error::is_connect)
            .await
            .map_err(|error| {
                if error.is_connect() || error.is_builder() {
                    refused(&error)
                } else {
                    unknown(&error)
                }
            })?;
        self.is_accepted(response).await?;
        Ok(Handed {
            name: Some(text.id.to_owned()),
        })
    }
}

/// Reads an answer, up to what is enough.
async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() >= ANSWER_BYTES {
            break;
        }
    }
    Ok(body)
}

/// Nothing was sent.
fn refused(error: &reqwest::Error) -> TextError {
    TextError::Refused(chain(error))
}

/// It may have been sent.
fn unknown(error: &reqwest::Error) -> TextError {
    TextError::Unknown(chain(error))
}

/// What an error says, and why; never its address, which may carry a secret of the gateway's.
fn chain(error: &reqwest::Error) -> String {
    let mut said = if error.is_timeout() {
        "the gateway took too long".to_owned()
    } else if error.is_connect() {
        "the gateway cannot be reached".to_owned()
    } else {
        "the request to the gateway broke off".to_owned()
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}
