//! `POST /auth/v2/enroll`: a new user and an activation code for their first device.

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use crate::{
    activation::ActivationWish,
    http::{
        Edge,
        envelope::{Answer, Code, Failure},
        integration_auth::IntegrationCall,
        replay::once,
    },
    operator::{MOST_BYPASS_CODES, UserAdded},
    sign_in::actor,
};

/// The handler.
pub async fn enroll(State(edge): State<Edge>, call: IntegrationCall) -> Result<Response, Failure> {
    once(edge, call, |edge, call| async move {
        act(&edge, &call).await.map(Answer)
    })
    .await
}

async fn act(edge: &Edge, call: &IntegrationCall) -> Result<Value, Failure> {
    let (core, params) = (edge.core(), &call.params);
    let life_seconds = params.number::<i64>("valid_secs")?;
    let bypass_codes = params.number::<usize>("bypass_codes")?.unwrap_or(0);
    if bypass_codes > MOST_BYPASS_CODES {
        return Err(Failure::invalid("bypass_codes"));
    }
    let actor = actor(&call.integration);
    let name = params.get("username").filter(|name| !name.is_empty());
    let user = match core.add_user(name, &actor).await? {
        UserAdded::Added(user) => user,
        UserAdded::Taken => return Err(Failure::new(Code::Duplicate).about("username")),
        UserAdded::BadName => return Err(Failure::invalid("username")),
    };
    let wish = ActivationWish {
        life_seconds,
        ..ActivationWish::default()
    };
    let made = core.make_activation(&user, wish, &actor).await?;
    // Only a device that is named can be missing, and none is.
    let made = made.ok_or(Code::Internal)?;
    let mut answer = json!({
        "activation_barcode": made.text.picture_link(),
        "activation_code": made.text.duo_text(),
        "activation_url": format!("https://{}/activate/{}", made.text.host, made.text.code.expose()),
        "expiration": made.expires_at.seconds(),
        "user_id": user.id,
        "username": user.name,
    });
    if let Some(seconds) = life_seconds {
        answer["valid_secs"] = seconds.into();
    }
    if bypass_codes > 0 {
        let made = core.make_bypass_codes(&user, bypass_codes, &actor).await?;
        answer["bypass_codes"] = made.codes.iter().map(|code| code.as_str()).collect();
    }
    Ok(answer)
}
