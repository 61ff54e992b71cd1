//! `POST /push/v2/activation/CODE`: an app becomes a device (`device.md` §2, PROTOCOL.md §3).

use std::time::Duration;

use axum::{
    extract::{FromRequest as _, Path, Request, State},
    response::{IntoResponse, Response},
};
use countersign_protocol::{
    PROTOCOL,
    activation::ActivationCode,
    label::Label,
    signing::device::{ACTIVATION, canonical_request, parse_authorization},
    time::UnixMillis,
    wire::device::{ActivationAnswer, CompareFirst, CountersignActivation},
};

use crate::{
    activation::{ActivatedDevice, ActivationAsk, ActivationOutcome, DeviceFacts, OfferedKey},
    core::Core,
    http::{
        Edge,
        envelope::{Answer, Code, Failure},
        params::{Parameters, form_text},
        received::Received,
    },
    metrics,
    model::{Dialect, PasscodeKind},
    policy::LONGEST_POLL_SECONDS,
};

/// The handler. The code is the credential; a code of a wrong form is as unknown as any other (row A5).
pub async fn activation(
    State(edge): State<Edge>,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let received = Received::from_request(request, &edge).await?;
    let params = Parameters::of(&received)?;
    let ask = ActivationAsk {
        code: ActivationCode::parse(&code).ok_or(Code::UnknownActivation)?,
        address: received.address.to_string(),
        key: offered_key(&edge, &received, &params)?,
        facts: facts(&params),
        wait: wait(&params)?,
    };
    match edge.core().activate(&ask).await? {
        ActivationOutcome::Activated(done) => {
            metrics::activation(dialect_name(done.device.dialect));
            Ok(Answer(answer(edge.core(), *done)).into_response())
        }
        ActivationOutcome::Compare { until } => {
            Ok(Answer(compare_first(edge.core(), until)).into_response())
        }
        ActivationOutcome::UnknownCode => Err(Code::UnknownActivation.into()),
        ActivationOutcome::UnusableKey => Err(Code::UnusableKey.into()),
        ActivationOutcome::TooMany { until } => Err(edge.too_many(until)),
    }
}

fn offered_key(
    edge: &Edge,
    received: &Received,
    params: &Parameters,
) -> Result<OfferedKey, Failure> {
    let pem = params.get("pubkey").unwrap_or_default().to_owned();
    if params.get("protocol") != Some(PROTOCOL) {
        return Ok(if pem.is_empty() {
            OfferedKey::None
        } else {
            OfferedKey::Legacy(pem)
        });
    }
    // Its parameters are all in the form, so the form is all that is signed.
    let date = received.header("x-duo-date").ok_or(Code::UnusableKey)?;
    let (who, signature) = received
        .header("authorization")
        .and_then(parse_authorization)
        .ok_or(Code::UnusableKey)?;
    if who != ACTIVATION || !received.query.is_empty() {
        return Err(Code::UnusableKey.into());
    }
    let (form, method) = (form_text(received)?, received.method.as_str());
    let signed_texts = edge
        .hosts_signed_by(received)?
        .iter()
        .map(|host| canonical_request(date, method, host, &received.path, form))
        .collect();
    Ok(OfferedKey::Countersign {
        pem,
        signed_texts,
        signature,
    })
}

fn facts(params: &Parameters) -> DeviceFacts {
    let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
    DeviceFacts {
        platform: text("platform"),
        model: text("model"),
        device_name: text("device_name"),
        app_version: text("app_version"),
        key_storage: text("key_storage"),
    }
}

/// How long the phone lets the call be held; a phone of the plain dialect never says.
fn wait(params: &Parameters) -> Result<Duration, Failure> {
    let seconds = params.number::<u64>("wait")?.unwrap_or(0);
    if seconds > LONGEST_POLL_SECONDS {
        return Err(Failure::invalid("wait"));
    }
    Ok(Duration::from_secs(seconds))
}

fn compare_first(core: &Core, until: UnixMillis) -> CompareFirst {
    CompareFirst {
        protocol: PROTOCOL.to_owned(),
        compare: true,
        service: core.service_id().clone(),
        service_key: core.service_key_pem().to_owned(),
        expires: until.0,
        time: core.now().0,
    }
}

fn answer(core: &Core, done: ActivatedDevice) -> ActivationAnswer {
    let ActivatedDevice {
        device,
        hotp_secret,
        reactivated,
        takes_over,
    } = done;
    let countersign = (device.dialect == Dialect::Countersign1).then(|| CountersignActivation {
        protocol: PROTOCOL.to_owned(),
        service: core.service_id().clone(),
        service_key: core.service_key_pem().to_owned(),
        user: device.user_id.clone(),
        username: Label::new(&device.username),
        device_name: Label::new(&device.name),
        sequence: u64::try_from(device.sequence).unwrap_or_default(),
        reactivated,
        takes_over,
        time: core.now().0,
    });
    ActivationAnswer {
        akey: device.akey,
        pkey: device.id,
        hotp_secret,
        use_totp: device.otp_kind == PasscodeKind::Totp,
        customer_name: Label::new(&core.site.organisation),
        customer_logo: None,
        countersign,
    }
}

fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Countersign1 => PROTOCOL,
        Dialect::Legacy => "legacy",
        Dialect::PasscodeOnly => "passcode",
        Dialect::CallsOnly => "calls",
    }
}
