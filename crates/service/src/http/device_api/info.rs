//! `GET /push/v2/device/info`: what the service knows of this device, without a secret (PROTOCOL.md §8).

use axum::extract::State;
use countersign_protocol::{label::Label, wire::device::InfoAnswer};

use crate::{
    http::{
        Edge,
        device_auth::FreshDeviceCall,
        envelope::{Answer, Failure},
    },
    model::Dialect,
};

/// The handler; a fork of the legacy clients asks by POST.
pub async fn info(
    State(edge): State<Edge>,
    fresh: FreshDeviceCall,
) -> Result<Answer<InfoAnswer>, Failure> {
    let FreshDeviceCall { call, nonce } = fresh;
    let (time, time_signature) = match call.device.dialect {
        Dialect::Countersign1 => {
            let (time, signature) = edge.core().signed_time(&nonce, &call.device.id)?;
            (Some(time.0), Some(signature))
        }
        Dialect::Legacy | Dialect::PasscodeOnly | Dialect::CallsOnly => (None, None),
    };
    Ok(Answer(InfoAnswer {
        customer_name: Label::new(&edge.core().site.organisation),
        customer_logo: None,
        username: Label::new(&call.device.username),
        device_name: Label::new(&call.device.name),
        akey: call.device.akey,
        pkey: call.device.id,
        time,
        time_signature,
    }))
}
