//! My Settings & Devices inside the app: what stands beside the service's own views.

use countersign_protocol::wire::self_service::Problem as Refusal;
use serde::Serialize;
use ts_rs::TS;

use super::{Problem, ProblemCode};

/// What a service answered, and how far this device's clock is ahead of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SelfServiceAnswer<T> {
    /// The service's own view.
    pub view: T,
    /// Milliseconds; negative = behind.
    pub millis_fast: i64,
}

/// An organisation's host, as a person is shown it before the app asks there for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ServiceHostView {
    /// In full, ASCII (punycode) form, with its port where it has one.
    pub host: String,
    /// An account of this host is already here, or the host is on the managed list.
    pub known: bool,
}

/// What went wrong: on the way, which is the app's to say, or there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "from", content = "problem", rename_all = "snake_case")]
pub enum SelfServiceProblem {
    /// The app could not ask, or got no answer that is one.
    App(Problem),
    /// The service refused.
    Service(Refusal),
}

impl From<Problem> for SelfServiceProblem {
    fn from(problem: Problem) -> Self {
        Self::App(problem)
    }
}

impl From<ProblemCode> for SelfServiceProblem {
    fn from(code: ProblemCode) -> Self {
        Self::App(code.into())
    }
}
