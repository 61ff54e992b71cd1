//! `POST /auth/v2/auth`: a sign-in, decided at once or waited for.

use axum::{extract::State, response::Response};
use countersign_protocol::{ids::Txid, params::Params};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{address, prompt, status_body, user};
use crate::{
    http::{
        Edge,
        envelope::{Answer, Failure},
        integration_auth::IntegrationCall,
        params::Parameters,
        replay::once,
    },
    metrics,
    sign_in::{AskedFactor, AuthAsk, AuthRefusal, Begun, DeviceChoice},
    status::StatusResult,
};

/// The longest `pushinfo` that clients may send.
const PUSHINFO_BYTES: usize = 20_000;

/// The handler.
pub async fn auth(State(edge): State<Edge>, call: IntegrationCall) -> Result<Response, Failure> {
    once(edge, call, |edge, call| async move {
        act(&edge, &call).await.map(Answer)
    })
    .await
}

async fn act(edge: &Edge, call: &IntegrationCall) -> Result<Value, Failure> {
    let ask = asked(&call.params)?;
    let begun = edge.core().begin(&call.integration, &ask).await?;
    count(&ask, &begun);
    match begun {
        Begun::Waiting(txid) if ask.is_async => Ok(json!({ "txid": txid })),
        Begun::Waiting(txid) => Ok(status_body(
            &edge.core().decision(&call.integration, &txid).await?,
        )),
        Begun::Decided {
            txid: Some(txid), ..
        } if ask.is_async => Ok(json!({ "txid": txid })),
        // A name nobody has: there is no sign-in whose status could be asked for.
        Begun::Decided { .. } if ask.is_async => Err(AuthRefusal::UnknownUser.into()),
        Begun::Decided { status, .. } => Ok(status_body(&status)),
    }
}

fn asked(params: &Parameters) -> Result<AuthAsk, Failure> {
    let (factor, device) = factor(params)?;
    let txid = params.get("txid").filter(|txid| !txid.is_empty());
    let text = |name| {
        params
            .get(name)
            .filter(|value| !value.is_empty())
            .map(ToOwned::to_owned)
    };
    Ok(AuthAsk {
        user: user(params)?,
        factor,
        device,
        kind: text("type"),
        display_username: text("display_username"),
        told: told(params)?,
        txid: txid
            .map(|txid| Txid::parse(txid).map_err(|_| Failure::invalid("txid")))
            .transpose()?,
        address: address(params),
        is_async: params.flag("async")?,
    })
}

fn factor(params: &Parameters) -> Result<(AskedFactor, DeviceChoice), Failure> {
    let device = || {
        params.required("device").map(|device| match device {
            "auto" => DeviceChoice::Auto,
            id => DeviceChoice::Id(id.to_owned()),
        })
    };
    let passcode = |name| {
        params
            .required(name)
            .map(|typed| AskedFactor::Passcode(Zeroizing::new(typed.to_owned())))
    };
    match params.required("factor")? {
        "auto" => Ok((AskedFactor::Auto, device()?)),
        "push" => Ok((AskedFactor::Push, device()?)),
        "passcode" => Ok((passcode("passcode")?, DeviceChoice::Auto)),
        "phone" | "sms" => Ok((AskedFactor::Unavailable, DeviceChoice::Auto)),
        "prompt" => match prompt::chosen(params.required("prompt")?) {
            prompt::Chosen::Push(number) => Ok((AskedFactor::Push, DeviceChoice::Number(number))),
            prompt::Chosen::Unavailable => Ok((AskedFactor::Unavailable, DeviceChoice::Auto)),
            prompt::Chosen::Passcode => Ok((passcode("prompt")?, DeviceChoice::Auto)),
        },
        _ => Err(Failure::invalid("factor")),
    }
}

/// The application's own facts, a form inside the form, in the order sent.
fn told(params: &Parameters) -> Result<Vec<(String, String)>, Failure> {
    let pushinfo = params.get("pushinfo").unwrap_or_default();
    if pushinfo.len() >= PUSHINFO_BYTES {
        return Err(Failure::invalid("pushinfo"));
    }
    Ok(Params::decode(pushinfo)
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

fn count(ask: &AuthAsk, begun: &Begun) {
    match (begun, &ask.factor) {
        (Begun::Waiting(_), _) => metrics::push_created(),
        (Begun::Decided { status, .. }, AskedFactor::Passcode(_)) => {
            metrics::passcode(status.result == StatusResult::Allow);
        }
        (Begun::Decided { .. }, _) => {}
    }
}

impl From<AuthRefusal> for Failure {
    fn from(refusal: AuthRefusal) -> Self {
        match refusal {
            AuthRefusal::UnknownUser => Self::invalid("username"),
            AuthRefusal::Device => Self::invalid("device"),
            AuthRefusal::Txid => Self::invalid("txid"),
            AuthRefusal::Factor => Self::invalid("factor"),
            AuthRefusal::Fault(fault) => fault.into(),
        }
    }
}
