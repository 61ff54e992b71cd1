//! Duo's plain dialect: RSA signatures, no number bound to what is shown, nothing signed by the service (`device.md`).

use std::time::Duration;

use countersign_protocol::{
    params::Params,
    signing::keys::{KeyError, Scheme, SigningKey},
    time::{UnixMillis, format_http_date},
    wire::device::Transaction,
};
use countersign_vault::stack;
use reqwest::Method;
use ring::rand::SystemRandom;

use super::{PLAIN_APP_VERSION, Signer, device_params};
use crate::{inbox::Accepted, network::Outgoing, surroundings::DeviceFacts, view::Answer};

/// Asks to activate. Unsigned: the code is the credential.
pub(crate) fn activation(
    host: &countersign_protocol::host::Host,
    now: UnixMillis,
    code: &str,
    device: &DeviceFacts,
    key: &SigningKey,
) -> Result<Outgoing, KeyError> {
    // Hosts of this dialect know two platforms and refuse others
    let known = DeviceFacts {
        platform: if device.platform == "iOS" {
            "iOS"
        } else {
            "Android"
        }
        .to_owned(),
        ..device.clone()
    };
    let params = device_params(
        &known,
        Scheme::RsaSha512,
        stack::wiped(|| key.public(&SystemRandom::new()))?.to_pem()?,
    )
    .with("app_version", PLAIN_APP_VERSION);
    Ok(Outgoing {
        method: Method::POST,
        host: host.clone(),
        path: format!("/push/v2/activation/{code}"),
        params: params.canonical(),
        date: format_http_date(now).ok_or(KeyError::Failed)?,
        authorization: None,
        held: Duration::ZERO,
    })
}

/// Asks for what waits; hosts of this dialect do not hold the call.
pub(crate) fn poll(signer: &Signer<'_>, akey: &str) -> Result<Outgoing, KeyError> {
    signer.request(
        Method::GET,
        "/push/v2/device/transactions".to_owned(),
        &common(akey),
    )
}

/// A host of this dialect signs nothing: what it lists is taken as told.
pub(crate) fn taken_as_told(now: UnixMillis, transaction: &Transaction) -> Option<Accepted> {
    let left = UnixMillis::from_seconds(transaction.expiration) - now;
    let left = Duration::from_millis(u64::try_from(left).ok()?);
    Some(Accepted { left, test: false })
}

/// Answers a request. `fraud` denies and reports in one.
pub(crate) fn answer(
    signer: &Signer<'_>,
    akey: &str,
    to: &Transaction,
    answer: &Answer,
) -> Result<Outgoing, KeyError> {
    let params = match answer {
        Answer::Approve {
            number: Some(number),
        } => common(akey)
            .with("answer", "approve")
            .with("step_up_code", &**number)
            .with("step_up_code_autofilled", "false"),
        Answer::Approve { number: None } => common(akey).with("answer", "approve"),
        Answer::Deny => common(akey).with("answer", "deny"),
        Answer::Report => common(akey).with("answer", "fraud"),
    };
    signer.request(
        Method::POST,
        format!("/push/v2/device/transactions/{}", to.urgid),
        &params,
    )
}

fn common(akey: &str) -> Params {
    Params::new()
        .with("akey", akey)
        .with("fips_status", "1")
        .with("hsm_status", "true")
        .with("pkpush", Scheme::RsaSha512.as_str())
}
