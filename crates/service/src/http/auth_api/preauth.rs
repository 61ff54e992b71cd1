//! `POST /auth/v2/preauth`: what a person has to do to sign in, and with which devices.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{address, prompt, user};
use crate::{
    http::{
        Edge,
        envelope::{Answer, Failure},
        integration_auth::IntegrationCall,
        replay::once,
    },
    preauth::{ListedDevice, PreauthAsk, PreauthResult},
};

/// The handler. Only a client that can show a number changes something, by having one prepared.
pub async fn preauth(State(edge): State<Edge>, call: IntegrationCall) -> Result<Response, Failure> {
    if call.params.flag("client_supports_verified_push")? {
        once(edge, call, |edge, call| async move {
            act(&edge, &call, true).await.map(Answer)
        })
        .await
    } else {
        Ok(Answer(act(&edge, &call, false).await?).into_response())
    }
}

async fn act(edge: &Edge, call: &IntegrationCall, can_show_number: bool) -> Result<Value, Failure> {
    let ask = PreauthAsk {
        user: user(&call.params)?,
        address: address(&call.params),
        can_show_number,
    };
    let found = edge.core().preauth(&call.integration, &ask).await?;
    let mut answer = json!({ "result": result(found.result), "status_msg": found.message });
    match found.result {
        PreauthResult::Auth => {
            answer["devices"] = found.devices.iter().map(device).collect();
            if call.params.flag("text_prompt")? {
                let name = found.username.as_deref().unwrap_or_default();
                answer["prompt"] = prompt::offer(name, &found.devices, found.txid.is_some());
            }
        }
        PreauthResult::Enroll => {
            answer["enroll_portal_url"] = format!("https://{}/activate", edge.public_host()).into();
        }
        PreauthResult::Allow | PreauthResult::Deny => {}
    }
    if let Some(txid) = found.txid {
        answer["txid"] = txid.as_str().into();
    }
    Ok(answer)
}

fn result(result: PreauthResult) -> &'static str {
    match result {
        PreauthResult::Auth => "auth",
        PreauthResult::Allow => "allow",
        PreauthResult::Deny => "deny",
        PreauthResult::Enroll => "enroll",
    }
}

fn device(listed: &ListedDevice) -> Value {
    let device = &listed.device;
    json!({
        "device": device.id,
        "type": "phone",
        "number": "",
        "name": device.name,
        "display_name": prompt::display_name(device),
        "capabilities": listed.capabilities,
    })
}
