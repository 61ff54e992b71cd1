//! Turns parameters into a signed request.

use std::time::Duration;

use countersign_protocol::{
    host::Host,
    params::Params,
    signing::{
        device::{authorization, canonical_request},
        keys::{KeyError, SigningKey},
    },
    time::{UnixMillis, format_http_date},
};
use countersign_vault::stack;
use reqwest::Method;
use ring::rand::SystemRandom;

use crate::network::Outgoing;

/// Who signs: a name (the `pkey`, or `activation`) and its key.
pub(crate) struct Signer<'a> {
    /// The name.
    pub name: &'a str,
    /// The key.
    pub key: &'a SigningKey,
    /// Where to.
    pub host: &'a Host,
    /// When, by the corrected clock.
    pub now: UnixMillis,
}

impl Signer<'_> {
    /// Signs one request; the parameters travel in canonical form.
    pub(crate) fn request(
        &self,
        method: Method,
        path: String,
        params: &Params,
    ) -> Result<Outgoing, KeyError> {
        let date = format_http_date(self.now).ok_or(KeyError::Failed)?;
        let params = params.canonical();
        let text = canonical_request(&date, method.as_str(), self.host.as_str(), &path, &params);
        let signature = stack::wiped(|| self.key.sign(text.as_bytes(), &SystemRandom::new()))?;
        Ok(Outgoing {
            method,
            host: self.host.clone(),
            path,
            params,
            date,
            authorization: Some(authorization(self.name, &signature)),
            held: Duration::ZERO,
        })
    }
}
