//! `/session`: signing in, being told, staying, signing out.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use countersign_protocol::signing::self_service::NEW_SESSION;
use countersign_protocol::wire::self_service::{ProblemCode, SESSION_HEADER, SessionView, SignIn};
use zeroize::Zeroize as _;

use super::{
    body::Body,
    guard::{AnySession, Peer, device_claim},
    problem::Refusal,
    token,
};
use crate::directory::person::Standing;
use crate::http::Edge;
use crate::self_service::password::TypedPassword;
use crate::self_service::sign_in::{SignInAsk, SignInClient, SignedIn};

/// `POST /session`.
pub async fn sign_in(
    State(edge): State<Edge>,
    Peer(address): Peer,
    headers: HeaderMap,
    Body(mut typed): Body<SignIn>,
) -> Result<impl IntoResponse, Refusal> {
    let _place = edge.sign_in_from(&address)?;
    let app = token::only(&headers, SESSION_HEADER) == Some(NEW_SESSION);
    let device = device_claim(&headers)?.filter(|_| app);
    let earlier = token::sent(&headers).filter(|sent| !sent.app);
    let password = TypedPassword::of(&typed.password);
    typed.password.zeroize();
    let ask = SignInAsk {
        name: &typed.username,
        password,
        client: SignInClient {
            app,
            shared: typed.shared,
            device: device.as_ref(),
            earlier: earlier.as_ref().map(|sent| &sent.token),
            address,
        },
    };
    match edge.core().sign_in(ask).await? {
        SignedIn::Done { session, token } => Ok((
            token::given(&token, app),
            Json(edge.core().session_view(&session).await?),
        )),
        SignedIn::Wrong { left } => Err(Refusal::of(ProblemCode::WrongPassword).before_lock(left)),
        SignedIn::Locked { until } => Err(Refusal::of(ProblemCode::Locked).until(until)),
        SignedIn::Standing(standing) => Err(code(standing).into()),
        SignedIn::Unavailable => Err(ProblemCode::Unavailable.into()),
        SignedIn::NotThatDevice => Err(ProblemCode::SignedOut.into()),
    }
}

fn code(standing: Standing) -> ProblemCode {
    match standing {
        Standing::PasswordExpired => ProblemCode::PasswordExpired,
        Standing::PasswordMustChange => ProblemCode::PasswordMustChange,
        Standing::Locked => ProblemCode::AccountLocked,
        Standing::Disabled => ProblemCode::AccountDisabled,
        Standing::Expired => ProblemCode::AccountExpired,
        Standing::NotNow => ProblemCode::AccountNotNow,
        Standing::NotEntitled => ProblemCode::AccountNotEntitled,
    }
}

/// `GET /session` and `POST /session/stay`: to be asked is to be used.
pub async fn show(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
) -> Result<Json<SessionView>, Refusal> {
    Ok(Json(edge.core().session_view(&session).await?))
}

/// `DELETE /session`.
pub async fn sign_out(
    State(edge): State<Edge>,
    AnySession(session): AnySession,
) -> Result<impl IntoResponse, Refusal> {
    edge.core().end_session(&session).await?;
    Ok((StatusCode::NO_CONTENT, token::taken_back(session.app)))
}
