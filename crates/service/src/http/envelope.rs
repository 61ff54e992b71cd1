//! The answer envelope that Duo clients expect: `stat` OK with a response, or FAIL with a code.
//!
//! Every refusal of the HTTP surface is a [`Failure`], and its [`IntoResponse`] is the only place where one becomes
//! bytes. What went wrong inside is logged where it happened and never told.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use countersign_protocol::wire::{envelope::code, stopped::Stopped};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A good answer: `{"stat":"OK","response":…}`.
#[derive(Debug)]
pub struct Answer<T>(pub T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        Json(json!({ "stat": "OK", "response": self.0 })).into_response()
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $code:expr, $message:literal;)+) => {
        /// Why a call failed. The first three digits of the number are the HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])+ $name,)+ }

        impl Code {
            /// The number in the envelope.
            pub const fn number(self) -> u32 {
                match self { $(Self::$name => $code,)+ }
            }

            /// The fixed sentence in the envelope.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }

            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name,)+];
        }
    };
}

codes! {
    /// A required parameter is absent.
    MissingParameter = code::MISSING_PARAMETER, "Missing required request parameters";
    /// A parameter has a value that cannot be used; the detail names the parameter.
    InvalidParameter = code::INVALID_PARAMETER, "Invalid request parameters";
    /// The name is taken.
    Duplicate = code::DUPLICATE, "Duplicate resource";
    /// The number typed on the device is not the one on the sign-in page.
    WrongNumber = code::WRONG_NUMBER, "Incorrect verification code";
    /// No `Authorization` header, or not one of ours.
    MissingCredentials = code::MISSING_CREDENTIALS, "Missing request credentials";
    /// The integration is unknown or switched off.
    UnknownIntegration = code::UNKNOWN_INTEGRATION, "Invalid integration key in request credentials";
    /// The signature does not match, or the device is unknown or suspended.
    BadSignature = code::BAD_SIGNATURE, "Invalid signature in request credentials";
    /// Neither `Date` nor `X-Duo-Date`.
    MissingDate = code::MISSING_DATE, "Missing request timestamp";
    /// The date cannot be read or is too far from the service's clock.
    BadDate = code::BAD_DATE, "Bad request timestamp";
    /// The `Host` header names another service.
    BadHost = code::BAD_HOST, "Invalid HTTP Host header";
    /// The key offered at activation cannot be used.
    UnusableKey = code::UNUSABLE_KEY, "Signature type is not supported";
    /// The integration or device may not do this.
    Forbidden = code::FORBIDDEN, "Access forbidden";
    /// No such path or object, or not the caller's.
    NotFound = code::NOT_FOUND, "Resource not found";
    /// The activation code is unknown, used or expired; nobody is told which.
    UnknownActivation = code::UNKNOWN_CODE, "Unknown activation code";
    /// The path exists, the method does not.
    MethodNotAllowed = code::METHOD, "HTTP method not supported";
    /// The body did not arrive in time.
    SlowBody = 40801, "The request body did not arrive in time";
    /// Another answer decided the request first.
    Decided = code::ALREADY_DECIDED, "The request has been decided by another answer";
    /// The device's sequence did not rise, so two copies of it are at work.
    SequenceReused = code::SEQUENCE_FELL, "The sequence is not above the last one";
    /// The body is larger than the service reads.
    TooLarge = 41301, "The request body is too large";
    /// Too many attempts; `Retry-After` says when to come back.
    TooMany = code::TOO_MANY, "Too Many Requests";
    /// Something broke inside; the request was refused.
    Internal = code::INTERNAL, "Internal server error";
    /// The service is stopping, overloaded, or its database is away; the request was refused.
    Unavailable = code::UNAVAILABLE, "The service is not available now";
}

impl Code {
    /// The HTTP status, which is the first three digits of the number.
    pub fn status(self) -> StatusCode {
        u16::try_from(self.number() / 100)
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A refusal: a code, the parameter it concerns, and the few extra fields that `PROTOCOL.md` names.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    code: Code,
    detail: Option<&'static str>,
    extra: Map<String, Value>,
    retry_after_seconds: Option<u32>,
}

impl Failure {
    /// A refusal without detail.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: None,
            extra: Map::new(),
            retry_after_seconds: None,
        }
    }

    /// A value that cannot be used, of the parameter `name`.
    pub fn invalid(name: &'static str) -> Self {
        Self {
            detail: Some(name),
            ..Self::new(Code::InvalidParameter)
        }
    }

    /// A required parameter, `name`, that is absent.
    pub fn missing(name: &'static str) -> Self {
        Self {
            detail: Some(name),
            ..Self::new(Code::MissingParameter)
        }
    }

    /// Names the parameter that the refusal concerns.
    #[must_use]
    pub fn about(mut self, name: &'static str) -> Self {
        self.detail = Some(name);
        self
    }

    /// Logs what broke inside and refuses without telling. `error` must not hold a secret.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "request refused by an internal error");
        Self::new(Code::Internal)
    }

    /// Logs what is away and refuses without telling. `error` must not hold a secret.
    pub fn unavailable(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "request refused while a part is not available");
        Self {
            retry_after_seconds: Some(2),
            ..Self::new(Code::Unavailable)
        }
    }

    /// Adds a field beside `code` and `message`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// Says what became of the caller's key (PROTOCOL.md §12).
    #[must_use]
    pub fn stopped(self, stopped: Option<&Stopped>) -> Self {
        match stopped.map(serde_json::to_value) {
            Some(Ok(stopped)) => self.with("stopped", stopped),
            Some(Err(_)) | None => self,
        }
    }

    /// Tells the client when to come back.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Why the call failed.
    pub fn code(&self) -> Code {
        self.code
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut body = self.extra;
        body.insert("stat".into(), "FAIL".into());
        body.insert("code".into(), self.code.number().into());
        body.insert("message".into(), self.code.message().into());
        if let Some(detail) = self.detail {
            body.insert("message_detail".into(), detail.into());
        }
        let mut response = (self.code.status(), Json(Value::Object(body))).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parts(response: Response) -> (StatusCode, Option<HeaderValue>, Value) {
        let status = response.status();
        let retry = response.headers().get(RETRY_AFTER).cloned();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        (status, retry, serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_good_answer_is_wrapped() {
        let (status, _, body) = parts(Answer(json!({"time": 1})).into_response()).await;
        assert_eq!(
            (status, body),
            (
                StatusCode::OK,
                json!({"stat": "OK", "response": {"time": 1}})
            )
        );
    }

    #[tokio::test]
    async fn a_refusal_names_its_parameter_and_extra_fields() {
        let (status, _, body) = parts(
            Failure::invalid("username")
                .with("tries_left", 1)
                .into_response(),
        )
        .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            body,
            json!({"stat": "FAIL", "code": 40002, "message": "Invalid request parameters",
                "message_detail": "username", "tries_left": 1})
        );
    }

    #[tokio::test]
    async fn what_broke_inside_is_not_told() {
        let (status, _, body) =
            parts(Failure::internal("disk /dev/sda is gone").into_response()).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            body,
            json!({"stat": "FAIL", "code": 50000, "message": "Internal server error"})
        );
    }

    #[tokio::test]
    async fn too_many_says_when_to_come_back() {
        let (status, retry, _) =
            parts(Failure::new(Code::TooMany).retry_after(7).into_response()).await;
        assert_eq!(
            (status, retry),
            (StatusCode::TOO_MANY_REQUESTS, Some(HeaderValue::from(7)))
        );
    }

    #[test]
    fn every_code_begins_with_its_http_status() {
        for code in Code::ALL {
            let status = code.status();
            assert_eq!(u32::from(status.as_u16()), code.number() / 100);
            assert!(status.is_client_error() || status.is_server_error());
        }
    }
}
