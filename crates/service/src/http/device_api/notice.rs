//! `POST /push/v2/device/notices/ID`: what a person says to a notice (PROTOCOL.md §10).

use axum::extract::{Path, State};
use countersign_protocol::{ids::NoticeId, notice::NoticeAnswer, wire::device::NoticeAnswered};

use crate::{
    http::{
        Edge,
        device_auth::DeviceCall,
        envelope::{Answer, Code, Failure},
    },
    model::Dialect,
    store::notices::{NoticeReplied, NoticeReply},
};

/// The handler.
pub async fn notice(
    State(edge): State<Edge>,
    Path(id): Path<String>,
    call: DeviceCall,
) -> Result<Answer<NoticeAnswered>, Failure> {
    if call.device.dialect != Dialect::Countersign1 {
        return Err(Code::BadSignature.into());
    }
    let id = NoticeId::parse(&id).map_err(|_| Failure::new(Code::NotFound))?;
    let params = &call.params;
    let answer =
        NoticeAnswer::of(params.required("answer")?).ok_or_else(|| Failure::invalid("answer"))?;
    params.required("pkey")?;
    if params.required("service")? != edge.core().service_id().as_str() {
        return Err(Failure::invalid("service"));
    }
    if params.required("user")? != call.device.user_id.as_str() {
        return Err(Failure::invalid("user"));
    }
    let reply = NoticeReply {
        device_id: call.device.id.clone(),
        generation: call.device.generation,
        id,
        answer,
        address: call.address.to_string(),
    };
    match edge.core().answer_notice(&reply).await? {
        NoticeReplied::Taken { .. } | NoticeReplied::Repeated => Ok(Answer(NoticeAnswered {
            result: answer.as_str().to_owned(),
            id: reply.id,
        })),
        NoticeReplied::Otherwise => Err(Code::Decided.into()),
        NoticeReplied::Unknown => Err(Code::NotFound.into()),
        NoticeReplied::Unauthorized => Err(Code::BadSignature.into()),
    }
}
