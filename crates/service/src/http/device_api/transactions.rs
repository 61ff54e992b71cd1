//! `GET /push/v2/device/transactions`: what waits for this device, held until it changes (PROTOCOL.md §4, §5 and §10).

use std::time::Duration;

use axum::extract::State;
use countersign_protocol::wire::device::{
    CountersignTransaction, StepUpCodeInfo, Transaction, TransactionsAnswer,
};

use crate::{
    device_api::{PendingRequest, Waiting},
    http::{
        Edge,
        device_auth::FreshDeviceCall,
        envelope::{Answer, Code, Failure},
    },
    model::Dialect,
    policy::LONGEST_POLL_SECONDS,
};

/// The handler. A legacy device knows no long poll and is answered at once.
///
/// It is no `async fn`, because that would keep its arguments for as long as the call is held.
pub fn transactions(
    State(edge): State<Edge>,
    fresh: FreshDeviceCall,
) -> impl Future<Output = Result<Answer<TransactionsAnswer>, Failure>> + Send + 'static {
    let held = Held::of(fresh);
    async move { held?.answer(&edge).await }
}

/// What is kept of a call while it is held.
struct Held {
    device: Waiting,
    nonce: String,
    seen: Option<String>,
    wait: Duration,
}

impl Held {
    fn of(fresh: FreshDeviceCall) -> Result<Self, Failure> {
        let FreshDeviceCall { call, nonce } = fresh;
        let device = Waiting::from(&call.device);
        let wait = call
            .params
            .number::<u64>("wait")?
            .filter(|_| device.dialect() == Dialect::Countersign1)
            .unwrap_or(0);
        if wait > LONGEST_POLL_SECONDS {
            return Err(Failure::invalid("wait"));
        }
        Ok(Self {
            seen: call.params.get("seen").map(str::to_owned),
            wait: Duration::from_secs(wait),
            device,
            nonce,
        })
    }

    async fn answer(self, edge: &Edge) -> Result<Answer<TransactionsAnswer>, Failure> {
        let list = edge
            .core()
            .pending_for(&self.device, self.seen.as_deref(), self.wait)
            .await?;
        let Some(list) = list else {
            let (id, generation) = (self.device.id(), self.device.generation());
            let told = edge.core().stopped_meanwhile(id, generation).await?;
            return Err(Failure::new(Code::BadSignature).stopped(told.as_ref()));
        };
        let ours = self.device.dialect() == Dialect::Countersign1;
        let transactions = list
            .requests
            .into_iter()
            .map(|request| transaction(request, ours))
            .collect();
        let mut answer = TransactionsAnswer {
            transactions,
            notices: list.notices,
            answered: if ours { list.answered } else { Vec::new() },
            revision: None,
            time: None,
            time_signature: None,
        };
        if ours {
            let (time, signature) = edge.core().signed_time(&self.nonce, self.device.id())?;
            answer.revision = Some(list.revision);
            answer.time = Some(time.0);
            answer.time_signature = Some(signature);
        }
        Ok(Answer(answer))
    }
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
