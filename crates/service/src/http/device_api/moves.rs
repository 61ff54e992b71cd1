//! `/push/v2/device/move`: a device hands over to another phone (PROTOCOL.md §13).

use std::time::Duration;

use axum::extract::{Path, State};
use countersign_protocol::wire::moves::{MoveAnswer, MoveBegunAnswer};
use zeroize::Zeroizing;

use crate::{
    http::{
        Edge,
        device_auth::FreshDeviceCall,
        envelope::{Answer, Code, Failure},
    },
    model::Dialect,
    moves::{MoveAct, MoveBegun, MoveRefused, Mover},
    policy::LONGEST_POLL_SECONDS,
};

/// `POST /push/v2/device/move`.
pub async fn begin(
    State(edge): State<Edge>,
    fresh: FreshDeviceCall,
) -> Result<Answer<MoveBegunAnswer>, Failure> {
    let call = ours(fresh)?.call;
    let begun = edge
        .core()
        .begin_move(&call.device, &call.address.to_string())
        .await?;
    match begun {
        MoveBegun::Made { id, code } => Ok(Answer(MoveBegunAnswer {
            id,
            code: Zeroizing::new(code.text.app_text()),
            expires: code.expires_at.0,
        })),
        MoveBegun::TooMany { until } => Err(edge.too_many(until)),
        MoveBegun::Gone => Err(Code::BadSignature.into()),
    }
}

/// `GET /push/v2/device/move/ID`.
pub async fn news(
    State(edge): State<Edge>,
    Path(id): Path<String>,
    fresh: FreshDeviceCall,
) -> Result<Answer<MoveAnswer>, Failure> {
    let call = ours(fresh)?.call;
    let wait = call.params.number::<u64>("wait")?.unwrap_or(0);
    if wait > LONGEST_POLL_SECONDS {
        return Err(Failure::invalid("wait"));
    }
    let mover = Mover::new(&call.device, &id, &call.address.to_string());
    let seen = call.params.get("seen");
    let news = edge
        .core()
        .move_news(&mover, seen, Duration::from_secs(wait))
        .await?;
    Ok(Answer(news.ok_or(Code::NotFound)?))
}

/// `POST /push/v2/device/move/ID`.
pub async fn act(
    State(edge): State<Edge>,
    Path(id): Path<String>,
    fresh: FreshDeviceCall,
) -> Result<Answer<MoveAnswer>, Failure> {
    let call = ours(fresh)?.call;
    let act = match call.params.required("act")? {
        "same" => MoveAct::Same(call.params.required("check")?.to_owned()),
        "test" => MoveAct::Test,
        "stop" => MoveAct::Stop,
        _ => return Err(Failure::invalid("act")),
    };
    let mover = Mover::new(&call.device, &id, &call.address.to_string());
    match edge.core().act_on_move(&mover, &act).await? {
        Ok(news) => Ok(Answer(news)),
        Err(MoveRefused::NotThere) => Err(Code::NotFound.into()),
        Err(MoveRefused::OtherDigits) => Err(Failure::invalid("check")),
        Err(MoveRefused::TooMany) => Err(Failure::new(Code::TooMany).retry_after(60)),
    }
}

/// Only a device that signs everything it says can vouch for another.
fn ours(fresh: FreshDeviceCall) -> Result<FreshDeviceCall, Failure> {
    if fresh.call.device.dialect == Dialect::Countersign1 {
        Ok(fresh)
    } else {
        Err(Code::BadSignature.into())
    }
}
