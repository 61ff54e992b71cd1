//! What is refused: a [`Problem`] in the status that its code names.

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use countersign_protocol::ids::DeviceId;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{Problem, ProblemCode};

use crate::core::Fault;
use crate::store::StoreError;
use crate::throttle::BeforeLock;

/// A refusal on its way out.
#[derive(Debug)]
pub struct Refusal(Problem);

impl Refusal {
    /// Without facts.
    pub fn of(code: ProblemCode) -> Self {
        Self(Problem {
            code,
            number: None,
            minutes: None,
            until: None,
            device: None,
        })
    }

    /// With tries that are left, or seconds to wait, where that is known.
    #[must_use]
    pub fn number(mut self, number: impl Into<Option<u32>>) -> Self {
        self.0.number = number.into();
        self
    }

    /// With what is left before a lock, where that is known.
    #[must_use]
    pub fn before_lock(mut self, left: Option<BeforeLock>) -> Self {
        self.0.number = left.map(|left| left.tries);
        self.0.minutes = left.map(|left| left.minutes);
        self
    }

    /// With the time until which it holds; none is told of what only the Service Desk ends.
    #[must_use]
    pub fn until(mut self, until: UnixMillis) -> Self {
        self.0.until = (until.0 < i64::MAX).then_some(until.0);
        self
    }

    /// With the device that it is about.
    #[must_use]
    pub fn device(mut self, device: &DeviceId) -> Self {
        self.0.device = Some(device.to_string());
        self
    }

    /// Which sentence.
    pub fn code(&self) -> ProblemCode {
        self.0.code
    }
}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self::of(code)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Fault::from(error).into()
    }
}

impl From<Fault> for Refusal {
    /// Whatever broke, nothing was changed; the log says what.
    fn from(fault: Fault) -> Self {
        if matches!(fault, Fault::Superseded) {
            return Self::of(ProblemCode::TooMany);
        }
        tracing::error!(%fault, "self-service refused by a fault");
        Self::of(ProblemCode::Unavailable)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (status(self.0.code), Json(self.0)).into_response();
        response.extensions_mut().insert(InShape);
        response
    }
}

/// Marks an answer whose body is a [`Problem`] already.
#[derive(Clone)]
struct InShape;

/// Gives refusals of the layers in between, which know only the other APIs, the shape of this one.
pub async fn in_one_shape(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let foreign = status.is_client_error() || status.is_server_error();
    if !foreign || response.extensions().get::<InShape>().is_some() {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ProblemCode::NotFound,
        StatusCode::TOO_MANY_REQUESTS => ProblemCode::TooMany,
        _ if status.is_client_error() => ProblemCode::BadRequest,
        _ => ProblemCode::Unavailable,
    };
    let retry = response.headers_mut().remove(header::RETRY_AFTER);
    let mut shaped: Response<Body> = Refusal::of(code).into_response();
    if let Some(retry) = retry {
        shaped.headers_mut().insert(header::RETRY_AFTER, retry);
    } else if code == ProblemCode::Unavailable {
        shaped
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    shaped
}

/// The status that a code names.
fn status(code: ProblemCode) -> StatusCode {
    match code {
        ProblemCode::BadRequest => StatusCode::BAD_REQUEST,
        ProblemCode::SignedOut | ProblemCode::WrongPassword => StatusCode::UNAUTHORIZED,
        ProblemCode::OtherSite
        | ProblemCode::NotRecognised
        | ProblemCode::ProofNeeded
        | ProblemCode::ProofTooYoung
        | ProblemCode::DeviceNeeded
        | ProblemCode::EnrolmentClosed
        | ProblemCode::PasswordExpired
        | ProblemCode::PasswordMustChange
        | ProblemCode::AccountLocked
        | ProblemCode::AccountDisabled
        | ProblemCode::AccountExpired
        | ProblemCode::AccountNotNow
        | ProblemCode::AccountNotEntitled
        | ProblemCode::NotAllowed => StatusCode::FORBIDDEN,
        ProblemCode::NotFound => StatusCode::NOT_FOUND,
        ProblemCode::LastWay
        | ProblemCode::NameTaken
        | ProblemCode::NumberKnown
        | ProblemCode::NumberTaken
        | ProblemCode::CannotDoThat
        | ProblemCode::NotNeeded => StatusCode::CONFLICT,
        ProblemCode::BadName
        | ProblemCode::BadNumber
        | ProblemCode::WrongCode
        | ProblemCode::CodeOver
        | ProblemCode::WrongPasscode
        | ProblemCode::PasscodeUsed
        | ProblemCode::ReasonNeeded => StatusCode::UNPROCESSABLE_ENTITY,
        ProblemCode::Locked | ProblemCode::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ProblemCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}
