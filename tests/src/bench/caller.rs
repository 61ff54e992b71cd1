//! An application that asks for sign-ins, and the devices of its people, made of the protocol crate alone.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail, ensure};
use countersign_authenticator::clock::{Clock as _, SystemClock};
use countersign_protocol::{
    PROTOCOL,
    challenge::context_hash,
    params::Params,
    passcode::{self, Algorithm, Digits, OtpSecret},
    random,
    signing::{
        device::{ACTIVATION, authorization, canonical_request},
        integration::{self, Digest, SignedRequest, Version},
        keys::{Scheme, SigningKey},
    },
    time::{UnixMillis, format_http_date},
    wire::device::{ActivationAnswer, Transaction, TransactionsAnswer},
};
use reqwest::{Client, Method};
use ring::rand::SystemRandom;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use serde_json::{Value, json};

use crate::service::Integration;

/// Now.
pub(super) fn now() -> UnixMillis {
    SystemClock.now()
}

/// Which HTTP a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Http {
    /// As Duo's clients do.
    One,
    /// As the app does, where the service offers it.
    Two,
}

/// An HTTPS client that trusts one authority and keeps its connections.
pub(super) fn client(authority: &Path, http: Http) -> Result<Client> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = match http {
        Http::One => vec![b"http/1.1".to_vec()],
        Http::Two => vec![b"h2".to_vec()],
    };
    let builder = Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy();
    let builder = match http {
        Http::One => builder.http1_only(),
        Http::Two => builder.http2_prior_knowledge(),
    };
    Ok(builder.build()?)
}

/// An application, calling over one client.
#[derive(Clone)]
pub(super) struct Application {
    pub client: Client,
    pub host: String,
    pub integration: Integration,
}

impl Application {
    /// A call of version 5, as `duo_client` signs them: JSON in a POST, a query in a GET. Gives the `response`.
    pub(super) async fn call(&self, method: Method, path: &str, params: Params) -> Result<Value> {
        let date = format_http_date(now()).context("the year has four digits")?;
        let post = method == Method::POST;
        let body = if post {
            let object: serde_json::Map<String, Value> = params
                .iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            Value::Object(object).to_string()
        } else {
            String::new()
        };
        let query = if post {
            String::new()
        } else {
            params.canonical()
        };
        let signed = SignedRequest {
            method: method.as_str(),
            path,
            query: &query,
            body: body.as_bytes(),
            json: post,
            date: Some(&date),
            x_duo_headers: &[],
        };
        let mac = integration::sign(
            Version::V5,
            Digest::Sha512,
            &signed,
            &self.host,
            self.integration.skey.as_bytes(),
        );
        let mut request = if post {
            self.client
                .post(format!("https://{}{path}", self.host))
                .header("content-type", "application/json")
                .body(body)
        } else {
            self.client
                .get(format!("https://{}{path}?{query}", self.host))
        };
        request = request.header("date", date).header(
            "authorization",
            integration::authorization(&self.integration.ikey, &mac),
        );
        answer(request).await
    }

    /// `enroll`: a new person and the code for her device.
    pub(super) async fn enrol(&self, username: &str) -> Result<String> {
        let params = Params::new().with("username", username);
        let made = self.call(Method::POST, "/auth/v2/enroll", params).await?;
        let url = made["activation_url"]
            .as_str()
            .context("no activation_url")?;
        Ok(url.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// `preauth`: whether the person has to confirm.
    pub(super) async fn preauth(&self, username: &str) -> Result<()> {
        let params = Params::new().with("username", username);
        let answer = self.call(Method::POST, "/auth/v2/preauth", params).await?;
        ensure!(answer["result"] == "auth", "preauth: {answer}");
        Ok(())
    }

    /// `auth` by push, without waiting. Gives the `txid`.
    pub(super) async fn push(&self, username: &str) -> Result<String> {
        let params = Params::new()
            .with("username", username)
            .with("factor", "push")
            .with("device", "auto")
            .with("async", "1")
            // A person does not sign in twice in a second: the same call in the same second would be taken as a repeat
            .with("bench", random::nonce(&SystemRandom::new())?);
        let answer = self.call(Method::POST, "/auth/v2/auth", params).await?;
        let txid = answer["txid"].as_str();
        Ok(txid.with_context(|| format!("auth: {answer}"))?.to_owned())
    }

    /// `auth_status`, which has to say that the sign-in was allowed.
    pub(super) async fn allowed(&self, txid: &str) -> Result<()> {
        let params = Params::new().with("txid", txid);
        let answer = self
            .call(Method::GET, "/auth/v2/auth_status", params)
            .await?;
        ensure!(answer["result"] == "allow", "auth_status: {answer}");
        Ok(())
    }

    /// `auth` by passcode, which has to be allowed.
    pub(super) async fn passcode(&self, username: &str, passcode: &str) -> Result<()> {
        let params = Params::new()
            .with("username", username)
            .with("factor", "passcode")
            .with("passcode", passcode);
        let answer = self.call(Method::POST, "/auth/v2/auth", params).await?;
        ensure!(answer["result"] == "allow", "auth by passcode: {answer}");
        Ok(())
    }
}

/// A person's activated device, of `countersign/1`.
pub(super) struct Device {
    pub username: String,
    activation: ActivationAnswer,
    key: SigningKey,
    host: String,
    sequence: u64,
}

impl Device {
    /// Activates a new key with `code`.
    pub(super) async fn activate(
        client: &Client,
        host: &str,
        username: &str,
        code: &str,
    ) -> Result<Self> {
        let rng = SystemRandom::new();
        let key = SigningKey::make_p256(&rng)?;
        let params = Params::new()
            .with("platform", "Linux")
            .with("model", "Bench")
            .with("device_name", "Ward phone")
            .with("app_version", env!("CARGO_PKG_VERSION"))
            .with("pubkey", key.public(&rng)?.to_pem()?)
            .with("pkpush", Scheme::EcdsaP256Sha256.as_str())
            .with("protocol", PROTOCOL)
            .with("key_storage", "software")
            .with("nonce", random::nonce(&rng)?);
        let signed = sign(
            &key,
            ACTIVATION,
            host,
            Method::POST,
            &format!("/push/v2/activation/{code}"),
            &params,
        )?;
        let activation = serde_json::from_value(signed.send(client).await?)?;
        Ok(Self {
            username: username.to_owned(),
            activation,
            key,
            host: host.to_owned(),
            sequence: 0,
        })
    }

    /// The passcode of a time step.
    pub(super) fn passcode(&self, step: u64) -> String {
        let secret = OtpSecret::from_hotp_secret(&self.activation.hotp_secret);
        passcode::code(&secret, Algorithm::Sha1, Digits::SIX, step).to_string()
    }

    /// The call that asks what waits, held for `wait` seconds unless the list differs from `seen`.
    pub(super) fn poll(&self, held: Option<(u32, &str)>) -> Result<SignedCall> {
        let mut params = self
            .common()?
            .with("nonce", random::nonce(&SystemRandom::new())?);
        if let Some((wait, seen)) = held {
            params = params.with("wait", wait.to_string()).with("seen", seen);
        }
        self.sign(Method::GET, "/push/v2/device/transactions", &params)
    }

    /// What waits now.
    pub(super) async fn waiting(&self, client: &Client) -> Result<TransactionsAnswer> {
        Ok(serde_json::from_value(
            self.poll(None)?.send(client).await?,
        )?)
    }

    /// Approves a request that asks for no number.
    pub(super) async fn approve(
        &mut self,
        client: &Client,
        transaction: &Transaction,
    ) -> Result<()> {
        let (Some(learned), Some(more)) = (&self.activation.countersign, &transaction.countersign)
        else {
            bail!("the service speaks countersign/1 to this device");
        };
        self.sequence += 1;
        let params = self
            .common()?
            .with("answer", "approve")
            .with("pkey", self.activation.pkey.as_str())
            .with(
                "context",
                context_hash(
                    &transaction.kind,
                    &transaction.summary,
                    &transaction.attributes,
                ),
            )
            .with("integration", more.integration.as_str())
            .with("service", learned.service.as_str())
            .with("user", learned.user.as_str())
            .with("nonce", &*more.nonce)
            .with("sequence", self.sequence.to_string());
        let path = format!("/push/v2/device/transactions/{}", transaction.urgid);
        let answer = self
            .sign(Method::POST, &path, &params)?
            .send(client)
            .await?;
        ensure!(answer["result"] == "approve", "the answer: {answer}");
        Ok(())
    }

    fn common(&self) -> Result<Params> {
        ensure!(self.activation.use_totp, "its passcodes follow the clock");
        Ok(Params::new()
            .with("akey", self.activation.akey.as_str())
            .with("pkpush", Scheme::EcdsaP256Sha256.as_str())
            .with("protocol", PROTOCOL))
    }

    fn sign(&self, method: Method, path: &str, params: &Params) -> Result<SignedCall> {
        sign(
            &self.key,
            self.activation.pkey.as_str(),
            &self.host,
            method,
            path,
            params,
        )
    }
}

/// A device's call, ready to be sent.
pub(super) struct SignedCall {
    method: Method,
    url: String,
    params: String,
    date: String,
    authorization: String,
}

impl SignedCall {
    /// Sends it and gives the `response`.
    pub(super) async fn send(self, client: &Client) -> Result<Value> {
        answer(self.request(client)).await
    }

    /// The request, not sent yet.
    pub(super) fn request(self, client: &Client) -> reqwest::RequestBuilder {
        let request = if self.method == Method::GET {
            client.get(format!("{}?{}", self.url, self.params))
        } else {
            client
                .request(self.method, self.url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(self.params)
        };
        request
            .header("x-duo-date", self.date)
            .header("authorization", self.authorization)
    }
}

fn sign(
    key: &SigningKey,
    who: &str,
    host: &str,
    method: Method,
    path: &str,
    params: &Params,
) -> Result<SignedCall> {
    let date = format_http_date(now()).context("the year has four digits")?;
    let params = params.canonical();
    let text = canonical_request(&date, method.as_str(), host, path, &params);
    let signature = key.sign(text.as_bytes(), &SystemRandom::new())?;
    Ok(SignedCall {
        method,
        url: format!("https://{host}{path}"),
        params,
        date,
        authorization: authorization(who, &signature),
    })
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let reply = request.send().await?;
    let status = reply.status();
    let mut body: Value = serde_json::from_slice(&reply.bytes().await?).unwrap_or(json!(null));
    ensure!(status.is_success(), "{status}: {body}");
    Ok(body["response"].take())
}
