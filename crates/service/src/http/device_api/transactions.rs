//! `GET /push/v2/device/transactions`: what waits for this device, held until it changes (PROTOCOL.md §4 and §5).

use std::time::Duration;

use axum::extract::State;
use countersign_protocol::wire::device::{
    CountersignTransaction, StepUpCodeInfo, Transaction, TransactionsAnswer,
};

use crate::{
    device_api::PendingRequest,
    http::{
        Edge,
        device_auth::FreshDeviceCall,
        envelope::{Answer, Code, Failure},
    },
    model::Dialect,
    policy::LONGEST_POLL_SECONDS,
};

/// The handler. A legacy device knows no long poll and is answered at once.
pub async fn transactions(
    State(edge): State<Edge>,
    fresh: FreshDeviceCall,
) -> Result<Answer<TransactionsAnswer>, Failure> {
    let FreshDeviceCall { call, nonce } = fresh;
    let ours = call.device.dialect == Dialect::Countersign1;
    let wait = call
        .params
        .number::<u64>("wait")?
        .filter(|_| ours)
        .unwrap_or(0);
    if wait > LONGEST_POLL_SECONDS {
        return Err(Failure::invalid("wait"));
    }
    let seen = call.params.get("seen");
    let list = edge
        .core()
        .pending(&call.device, seen, Duration::from_secs(wait))
        .await?
        .ok_or(Code::BadSignature)?;
    let transactions = list
        .requests
        .into_iter()
        .map(|request| transaction(request, ours))
        .collect();
    let mut answer = TransactionsAnswer {
        transactions,
        revision: None,
        time: None,
        time_signature: None,
    };
    if ours {
        let (time, signature) = edge.core().signed_time(&nonce, &call.device.id)?;
        answer.revision = Some(list.revision);
        answer.time = Some(time.0);
        answer.time_signature = Some(signature);
    }
    Ok(Answer(answer))
}

fn transaction(pending: PendingRequest, ours: bool) -> Transaction {
    let PendingRequest {
        request,
        integration,
        context,
        expires_in_ms,
        signature,
    } = pending;
    let digits = request.number.digits;
    let countersign = ours.then_some(CountersignTransaction {
        nonce: request.nonce,
        integration,
        user: request.user_id,
        number_digits: digits,
        expires: request.expires_at.0,
        expires_in_ms,
        created_at: request.created_at.0,
        unusual: request.unusual,
        signature,
    });
    Transaction {
        // The device's own name for it; the integration's would let a device ask for the status in its place.
        transaction_id: request.urgid.as_str().to_owned(),
        urgid: request.urgid,
        kind: context.kind,
        summary: context.summary,
        expiration: request.expires_at.seconds(),
        attributes: context.attributes,
        step_up_code_info: (digits > 0).then_some(StepUpCodeInfo { num_digits: digits }),
        countersign,
    }
}
