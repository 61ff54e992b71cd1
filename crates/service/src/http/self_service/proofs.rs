//! `/proofs`: beginning one, following it, cancelling it.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use countersign_protocol::wire::self_service::{ProblemCode, ProofWanted};
use serde::Deserialize;

use super::{body::Body, guard::AnySession, problem::Refusal, token};
use crate::http::Edge;
use crate::policy::SELF_SERVICE_HOLD;
use crate::self_service::browser;
use crate::self_service::claimant::Claimant;
use crate::self_service::proof::{ProofNews, ProofRefusal};
use crate::self_service::session::SelfSession;

/// The query of every held call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The revision that is known; without it the answer comes at once.
    pub after: Option<u32>,
}

impl After {
    /// How long the call may be held.
    pub fn wait(&self) -> Duration {
        match self.after {
            Some(_) => SELF_SERVICE_HOLD,
            None => Duration::ZERO,
        }
    }
}

/// `POST /proofs`.
pub async fn begin(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
    headers: HeaderMap,
    Body(wanted): Body<ProofWanted>,
) -> Result<Response, Refusal> {
    let agent = token::only(&headers, "user-agent");
    let claimant = Claimant {
        browser: agent.filter(|_| !session.app).and_then(browser::named),
        ..session.claimant()
    };
    let news = edge.core().begin_proof(&claimant, wanted).await?;
    Ok(told(news, &session))
}

/// `GET /proofs/{id}`.
pub async fn follow(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
    Path(id): Path<String>,
    Query(after): Query<After>,
) -> Result<Response, Refusal> {
    let news = edge
        .core()
        .proof_news(&session.claimant(), &id, after.after, after.wait())
        .await?;
    Ok(told(news, &session))
}

/// `DELETE /proofs/{id}`.
pub async fn cancel(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let news = edge.core().cancel_proof(&session.claimant(), &id).await?;
    Ok(told(news, &session))
}

/// The answer, which carries the new token if there is one.
fn told(news: ProofNews, session: &SelfSession) -> Response {
    let token = news.token.map(|token| token::given(&token, session.app));
    (token.unwrap_or_default(), Json(news.view)).into_response()
}

impl From<ProofRefusal> for Refusal {
    fn from(refusal: ProofRefusal) -> Self {
        match refusal {
            ProofRefusal::NotFound => Self::of(ProblemCode::NotFound),
            ProofRefusal::CannotDoThat => Self::of(ProblemCode::CannotDoThat),
            ProofRefusal::TooMany(until) => Self::of(ProblemCode::TooMany).until(until),
            ProofRefusal::Locked(until) => Self::of(ProblemCode::Locked).until(until),
            ProofRefusal::WrongPasscode(left) => Self::of(ProblemCode::WrongPasscode).number(left),
            ProofRefusal::PasscodeUsed => Self::of(ProblemCode::PasscodeUsed),
            ProofRefusal::SignedOut => Self::of(ProblemCode::SignedOut),
            ProofRefusal::Fault(fault) => fault.into(),
        }
    }
}
