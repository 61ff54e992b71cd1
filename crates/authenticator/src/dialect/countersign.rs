//! `countersign/1`: requests that say everything they mean, and answers that the service signed (PROTOCOL.md).

use std::time::Duration;

use countersign_protocol::{
    PROTOCOL,
    challenge::{Challenge, context_hash, time_signing_text},
    ids::{DeviceId, ServiceId},
    notice::{Notice, NoticeAnswer},
    params::Params,
    random,
    signing::{
        device::ACTIVATION,
        keys::{KeyError, PublicKey, Scheme, SigningKey},
    },
    time::UnixMillis,
    wire::device::{NoticeOfDevice, Transaction},
};
use countersign_vault::stack;
use data_encoding::BASE64;
use reqwest::Method;
use ring::rand::SystemRandom;

use super::{Signer, device_params};
use crate::{
    inbox::Accepted,
    network::Outgoing,
    surroundings::DeviceFacts,
    view::{Answer, MOVE, MoveAct},
};

/// How long the service may hold a poll.
pub(crate) const WAIT: Duration = Duration::from_secs(50);

/// Where polls go.
const TRANSACTIONS: &str = "/push/v2/device/transactions";

/// Where moves are begun and followed, and how long the service may hold a question about one.
const MOVES: &str = "/push/v2/device/move";
const MOVE_WAIT: Duration = Duration::from_secs(25);

/// Where answers to notices go.
const NOTICES: &str = "/push/v2/device/notices";

/// Who this device is at a service, and who the service is.
#[derive(Clone, Debug)]
pub(crate) struct Parties {
    /// This activation.
    pub akey: String,
    /// This device.
    pub pkey: DeviceId,
    /// The service.
    pub service: ServiceId,
    /// Its key.
    pub service_key: PublicKey,
}

/// A request with the nonce that its answer must be signed for.
pub(crate) struct Asked {
    /// To be sent.
    pub outgoing: Outgoing,
    /// Its nonce.
    pub nonce: String,
}

/// §3: asks to activate with a fresh key; the service may hold the call for `wait` while digits are compared.
pub(crate) fn activation(
    signer: &Signer<'_>,
    code: &str,
    device: &DeviceFacts,
    key: &SigningKey,
    wait: Duration,
) -> Result<Outgoing, KeyError> {
    let rng = SystemRandom::new();
    debug_assert_eq!(signer.name, ACTIVATION);
    let params = device_params(
        device,
        Scheme::EcdsaP256Sha256,
        stack::wiped(|| key.public(&rng))?.to_pem()?,
    )
    .with("protocol", PROTOCOL)
    .with("app_version", &*device.app_version)
    .with("key_storage", "software")
    .with("nonce", random::nonce(&rng).map_err(|_| KeyError::Failed)?);
    let params = if wait.is_zero() {
        params
    } else {
        params.with("wait", wait.as_secs().to_string())
    };
    let path = format!("/push/v2/activation/{code}");
    let mut outgoing = signer.request(Method::POST, path, &params)?;
    outgoing.held = wait;
    Ok(outgoing)
}

/// §4: asks for what waits; with `seen` the service holds the call until something changes.
pub(crate) fn poll(
    signer: &Signer<'_>,
    parties: &Parties,
    seen: Option<&str>,
) -> Result<Asked, KeyError> {
    let (params, nonce) = common(parties)?;
    let params = match seen {
        Some(revision) => params
            .with("wait", WAIT.as_secs().to_string())
            .with("seen", revision),
        None => params,
    };
    let mut outgoing = signer.request(Method::GET, TRANSACTIONS.to_owned(), &params)?;
    outgoing.held = if seen.is_some() { WAIT } else { Duration::ZERO };
    Ok(Asked { outgoing, nonce })
}

/// §9: asks for a test request.
pub(crate) fn test(signer: &Signer<'_>, parties: &Parties) -> Result<Asked, KeyError> {
    let (params, nonce) = common(parties)?;
    Ok(Asked {
        outgoing: signer.request(Method::POST, "/push/v2/device/test".to_owned(), &params)?,
        nonce,
    })
}

/// §13: asks for a code for the phone that is to take this one's place.
pub(crate) fn begin_move(signer: &Signer<'_>, parties: &Parties) -> Result<Asked, KeyError> {
    let (params, nonce) = common(parties)?;
    Ok(Asked {
        outgoing: signer.request(Method::POST, MOVES.to_owned(), &params)?,
        nonce,
    })
}

/// §13: asks how a move stands; with `seen` the service holds the call until that changes.
pub(crate) fn move_news(
    signer: &Signer<'_>,
    parties: &Parties,
    id: &str,
    seen: Option<&str>,
) -> Result<Asked, KeyError> {
    let (params, nonce) = common(parties)?;
    let params = match seen {
        Some(revision) => params
            .with("wait", MOVE_WAIT.as_secs().to_string())
            .with("seen", revision),
        None => params,
    };
    let mut outgoing = signer.request(Method::GET, format!("{MOVES}/{id}"), &params)?;
    outgoing.held = seen.map_or(Duration::ZERO, |_| MOVE_WAIT);
    Ok(Asked { outgoing, nonce })
}

/// §13: does what the person says about a move. `check` goes with [`MoveAct::Same`].
pub(crate) fn act_on_move(
    signer: &Signer<'_>,
    parties: &Parties,
    id: &str,
    act: MoveAct,
    check: Option<&str>,
) -> Result<Asked, KeyError> {
    let (params, nonce) = common(parties)?;
    let params = params.with(
        "act",
        match act {
            MoveAct::Same => "same",
            MoveAct::Test => "test",
            MoveAct::Stop => "stop",
        },
    );
    let params = match check {
        Some(digits) => params.with("check", digits),
        None => params,
    };
    Ok(Asked {
        outgoing: signer.request(Method::POST, format!("{MOVES}/{id}"), &params)?,
        nonce,
    })
}

/// §7: answers a request. `sequence` was stored before.
pub(crate) fn answer(
    signer: &Signer<'_>,
    parties: &Parties,
    to: &Transaction,
    answer: &Answer,
    sequence: u64,
) -> Result<Outgoing, KeyError> {
    let told = to.countersign.as_ref().ok_or(KeyError::Unusable)?;
    let params = Params::new()
        .with("akey", &*parties.akey)
        .with("pkey", parties.pkey.as_str())
        .with("pkpush", Scheme::EcdsaP256Sha256.as_str())
        .with("protocol", PROTOCOL)
        .with("service", parties.service.as_str())
        .with("integration", told.integration.as_str())
        .with("user", told.user.as_str())
        .with("nonce", &*told.nonce)
        .with(
            "context",
            context_hash(to.kind.as_str(), to.summary.as_str(), &to.attributes),
        )
        .with("sequence", sequence.to_string());
    let params = match answer {
        Answer::Approve {
            number: Some(number),
        } => params
            .with("answer", "approve")
            .with("step_up_code", &**number),
        Answer::Approve { number: None } => params.with("answer", "approve"),
        Answer::Deny => params.with("answer", "deny"),
        Answer::Report => params.with("answer", "report").with("reason", "not_me"),
    };
    signer.request(
        Method::POST,
        format!("{TRANSACTIONS}/{}", to.urgid),
        &params,
    )
}

/// §5: what the service vouches for, by its signed time `now`. `None` where the signature does not hold.
pub(crate) fn vouched_for(
    parties: &Parties,
    now: UnixMillis,
    transaction: &Transaction,
) -> Option<Accepted> {
    let told = transaction.countersign.as_ref()?;
    let digits = transaction
        .step_up_code_info
        .map_or(0, |info| info.num_digits);
    let challenge = Challenge::of(transaction, &parties.pkey, &parties.service)?;
    let signature = BASE64.decode(told.signature.as_bytes()).ok()?;
    let holds = parties
        .service_key
        .verify(challenge.signing_text().as_bytes(), &signature);
    (holds && digits == told.number_digits).then(|| Accepted {
        left: Duration::from_millis(u64::try_from(challenge.expires - now).unwrap_or(0)),
        // The service's own integration carries the tail of its id; an integration that merely says "Test" does not
        test: matches!(transaction.kind.as_str(), "Test" | MOVE)
            && told.integration.as_str().get(2..) == parties.service.as_str().get(2..),
    })
}

/// §10: whether the service vouches for a notice to this device.
pub(crate) fn vouches_for(parties: &Parties, notice: &NoticeOfDevice) -> bool {
    let text = Notice::of(notice, &parties.pkey, &parties.service).signing_text();
    BASE64
        .decode(notice.signature.as_bytes())
        .is_ok_and(|signature| parties.service_key.verify(text.as_bytes(), &signature))
}

/// §10: answers a notice.
pub(crate) fn answer_notice(
    signer: &Signer<'_>,
    parties: &Parties,
    to: &NoticeOfDevice,
    answer: NoticeAnswer,
) -> Result<Outgoing, KeyError> {
    let params = Params::new()
        .with("akey", &*parties.akey)
        .with("pkey", parties.pkey.as_str())
        .with("pkpush", Scheme::EcdsaP256Sha256.as_str())
        .with("protocol", PROTOCOL)
        .with("service", parties.service.as_str())
        .with("user", to.user.as_str())
        .with("answer", answer.as_str());
    signer.request(Method::POST, format!("{NOTICES}/{}", to.id), &params)
}

/// §6: the service's time, when it is signed for the request that carried `nonce`.
pub(crate) fn signed_time(
    parties: &Parties,
    nonce: &str,
    time: Option<i64>,
    signature: Option<&str>,
) -> Option<UnixMillis> {
    let time = UnixMillis(time?);
    let signature = BASE64.decode(signature?.as_bytes()).ok()?;
    let text = time_signing_text(nonce, &parties.pkey, &parties.service, time);
    parties
        .service_key
        .verify(text.as_bytes(), &signature)
        .then_some(time)
}

fn common(parties: &Parties) -> Result<(Params, String), KeyError> {
    let nonce = random::nonce(&SystemRandom::new()).map_err(|_| KeyError::Failed)?;
    let params = Params::new()
        .with("akey", &*parties.akey)
        .with("nonce", &*nonce)
        .with("pkpush", Scheme::EcdsaP256Sha256.as_str())
        .with("protocol", PROTOCOL);
    Ok((params, nonce))
}
