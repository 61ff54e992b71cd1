//! Signed Auth API calls made by hand, for what no well-behaved client sends.

use countersign_protocol::{
    params::Params,
    signing::integration::{Digest, SignedRequest, Version, authorization, sign},
    time::format_http_date,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{
    device::{Reply, now},
    service::{Integration, Service},
};

/// A call of version 2: parameters in the query of a GET, in a form body of a POST.
#[derive(Clone)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub params: String,
    pub date: Option<String>,
    pub authorization: String,
    pub host: String,
}

impl Call {
    pub fn v2(
        service: &Service,
        integration: &Integration,
        method: Method,
        path: &str,
        params: &Params,
    ) -> Self {
        let date = format_http_date(now()).unwrap();
        Self::signed(
            service,
            integration,
            method,
            path,
            params,
            (Version::V2, Digest::Sha512),
            Some(date),
        )
    }

    /// Any version that puts parameters into a form, with any date.
    pub fn signed(
        service: &Service,
        integration: &Integration,
        method: Method,
        path: &str,
        params: &Params,
        (version, digest): (Version, Digest),
        date: Option<String>,
    ) -> Self {
        let text = params.canonical();
        let (query, body) = if method == Method::GET {
            (&*text, "")
        } else {
            ("", &*text)
        };
        let request = SignedRequest {
            method: method.as_str(),
            path,
            query,
            body: body.as_bytes(),
            json: false,
            date: date.as_deref(),
            x_duo_headers: &[],
        };
        let mac = sign(
            version,
            digest,
            &request,
            &service.host(),
            integration.skey.as_bytes(),
        );
        Self {
            method,
            path: path.to_owned(),
            authorization: authorization(&integration.ikey, &mac),
            params: text,
            date,
            host: service.host(),
        }
    }

    /// Sends it, any number of times.
    pub async fn send(&self, client: &reqwest::Client) -> Reply {
        let url = format!("https://{}{}", self.host, self.path);
        let mut request = if self.method == Method::GET {
            client.get(format!("{url}?{}", self.params))
        } else {
            client
                .request(self.method.clone(), url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(self.params.clone())
        };
        if let Some(date) = &self.date {
            request = request.header("date", date);
        }
        let response = request
            .header("authorization", &self.authorization)
            .send()
            .await
            .unwrap();
        Reply {
            status: response.status(),
            body: response.json().await.unwrap(),
        }
    }
}

/// The `response` of a good answer.
pub fn good(reply: Reply) -> Value {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.body["response"].clone()
}
