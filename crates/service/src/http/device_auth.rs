//! Who calls the device API: a device whose signature over the request was checked (PROTOCOL.md §2, `device.md` §4).
//!
//! [`DeviceCall`] proves the sender; [`FreshDeviceCall`] also that the message is new (row C10). Answers use the former:
//! their freshness comes from the request's nonce.

use std::net::IpAddr;

use axum::extract::{FromRequest, Request};
use countersign_protocol::{
    PROTOCOL,
    ids::DeviceId,
    params::Params,
    signing::{
        device::{canonical_request, parse_authorization},
        keys::{PublicKey, Scheme},
    },
    time::parse_http_date,
};
use ring::digest::{SHA256, digest};

use super::{
    Edge,
    envelope::{Code, Failure},
    params::{Parameters, form_text},
    received::Received,
};
use crate::{
    access::AsDevice,
    model::{Device, DeviceState, Dialect, UserStatus},
    policy::{CLOCK_WINDOW_MS, DEVICE_CLOCK_WINDOW_MS},
    stopped::{self, HeldKey},
};

/// A call whose signature is the device's.
#[derive(Debug)]
pub struct DeviceCall {
    /// Who calls; active, and its owner may sign in.
    pub device: Device,
    /// With what; every one of them was signed.
    pub params: Parameters,
    /// From where.
    pub address: IpAddr,
    /// SHA-256 of the canonical request: the same again is a repeat.
    pub digest: [u8; 32],
    /// How far the call's date is from the service's clock, milliseconds.
    skew: u64,
}

impl FromRequest<Edge> for DeviceCall {
    type Rejection = Failure;

    async fn from_request(request: Request, edge: &Edge) -> Result<Self, Failure> {
        let received = Received::from_request(request, edge).await?;
        let header = received
            .header("authorization")
            .ok_or(Code::MissingCredentials)?;
        let (who, signature) = parse_authorization(header).ok_or(Code::MissingCredentials)?;
        let date = received.header("x-duo-date").ok_or(Code::MissingDate)?;
        let sent_at = parse_http_date(date).ok_or(Code::BadDate)?;
        let device = match DeviceId::parse(&who) {
            Ok(id) => edge.core().store.device(&id).await?,
            Err(_) => None,
        };
        let device = device.ok_or(Code::BadSignature)?;
        let key = device
            .push_key
            .as_deref()
            .and_then(|pem| PublicKey::from_pem(pem).ok());
        let key = key.ok_or(Code::BadSignature)?;
        let skew = sent_at.distance(edge.now());
        let signed = Signed {
            hosts: edge.hosts_signed_by(&received)?,
            received: &received,
            date,
            signature: &signature,
        };
        let Some(text) = signed.by(&key)? else {
            let proven = has_replaced_key(edge, &device, &signed).await?;
            let held = proven.then_some(HeldKey::Replaced);
            return Err(refused(&device, held, skew));
        };
        let params = Parameters::of(&received)?;
        check_names(&device, &params)?;
        if !may_call(&device) {
            return Err(refused(&device, Some(HeldKey::Present), skew));
        }
        let call = Self {
            digest: sha256(&text),
            skew,
            address: received.address,
            device,
            params,
        };
        // A legacy device has nothing else that makes its messages grow old.
        if call.device.dialect == Dialect::Legacy && call.skew > millis(CLOCK_WINDOW_MS) {
            return Err(Code::BadDate.into());
        }
        Ok(call)
    }
}

/// A call that is new as well: dated by about this moment, and with a nonce that was never used.
#[derive(Debug)]
pub struct FreshDeviceCall {
    /// The call.
    pub call: DeviceCall,
    /// Its nonce; empty from a legacy device, which sends none.
    pub nonce: String,
}

impl FromRequest<Edge> for FreshDeviceCall {
    type Rejection = Failure;

    async fn from_request(request: Request, edge: &Edge) -> Result<Self, Failure> {
        // In a box of its own, so that a call that is held later does not keep room for it
        let call = Box::pin(DeviceCall::from_request(request, edge)).await?;
        if call.device.dialect != Dialect::Countersign1 {
            return Ok(Self {
                call,
                nonce: String::new(),
            });
        }
        let nonce = call.params.required("nonce")?.to_owned();
        if nonce.len() != 64 || !nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Failure::invalid("nonce"));
        }
        if call.skew > millis(DEVICE_CLOCK_WINDOW_MS) {
            // The sender is who it says, so it may learn by how much its clock is off (PROTOCOL.md §4).
            let (time, signature) = edge.core().signed_time(&nonce, &call.device.id)?;
            return Err(Failure::new(Code::BadDate)
                .with("time", time.0)
                .with("time_signature", signature));
        }
        let store = &edge.core().store;
        if store
            .use_nonce(&AsDevice::of(&call.device), &nonce, edge.now())
            .await?
        {
            Ok(Self { call, nonce })
        } else {
            Err(Code::BadSignature.into())
        }
    }
}

/// What a call's signature has to cover.
struct Signed<'a> {
    received: &'a Received,
    date: &'a str,
    hosts: Vec<String>,
    signature: &'a [u8],
}

impl Signed<'_> {
    /// The text that was signed, if it was signed with that key.
    fn by(&self, key: &PublicKey) -> Result<Option<String>, Failure> {
        let (method, path) = (self.received.method.as_str(), &self.received.path);
        let texts = parameter_texts(self.received, key.scheme())?;
        Ok(texts
            .iter()
            .flat_map(|params| self.hosts.iter().map(move |host| (host, params)))
            .map(|(host, params)| canonical_request(self.date, method, host, path, params))
            .find(|text| key.verify(text.as_bytes(), self.signature)))
    }
}

/// Whether the call is signed with the key that a later activation replaced. Such a phone is out of step; its owner is shown
/// so (row D3).
async fn has_replaced_key(
    edge: &Edge,
    device: &Device,
    signed: &Signed<'_>,
) -> Result<bool, Failure> {
    let own = edge.core().store.own();
    let replaced = own.replaced_key(&device.id).await?;
    let key = replaced.and_then(|pem| PublicKey::from_pem(&pem).ok());
    let proven = match key {
        Some(key) => signed.by(&key)?.is_some(),
        None => false,
    };
    if proven {
        own.note_replaced_key(&device.id, edge.now()).await?;
    }
    Ok(proven)
}

/// The refusal of a call that may not be. Who proved to hold a key of the device is told what became of it, unless the call is
/// old enough to be one that somebody recorded; who did not is told the same as a stranger (PROTOCOL.md §12).
fn refused(device: &Device, held: Option<HeldKey>, skew: u64) -> Failure {
    let held = held.filter(|_| skew <= millis(CLOCK_WINDOW_MS));
    let told = held.and_then(|held| stopped::told(device, held));
    Failure::new(Code::BadSignature).stopped(told.as_ref())
}

fn may_call(device: &Device) -> bool {
    device.state == DeviceState::Active && device.user_status != UserStatus::Disabled
}

/// The texts that a client may have signed, each of which covers every parameter that will be looked at.
///
/// A `countersign/1` device signs exactly what it sends. Legacy clients sign the raw query or body too, except for those
/// that sign sorted pairs and send them in another order.
fn parameter_texts(received: &Received, scheme: Scheme) -> Result<Vec<String>, Failure> {
    let form = form_text(received)?;
    let mut texts = match (received.query.as_str(), form) {
        (query, "") => vec![query.to_owned()],
        ("", form) => vec![form.to_owned()],
        _ => Vec::new(),
    };
    if scheme == Scheme::RsaSha512 {
        let sorted = Params::decode(&received.query)
            .and(Params::decode(form))
            .canonical();
        texts.push(sorted.replace("%20", "+"));
        texts.push(sorted);
    }
    Ok(texts)
}

/// What a device says about itself has to be what is known of it.
fn check_names(device: &Device, params: &Parameters) -> Result<(), Failure> {
    let known = [("akey", device.akey.as_str()), ("pkey", device.id.as_str())];
    let others = known
        .iter()
        .any(|(name, ours)| params.get(name).is_some_and(|theirs| theirs != *ours));
    let speaks = match device.dialect {
        Dialect::Countersign1 => {
            params.get("protocol") == Some(PROTOCOL) && params.get("akey").is_some()
        }
        Dialect::Legacy | Dialect::PasscodeOnly | Dialect::CallsOnly => true,
    };
    if others || !speaks {
        Err(Code::BadSignature.into())
    } else {
        Ok(())
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    out
}

fn millis(window: i64) -> u64 {
    // Dates have whole seconds, so one at the edge may seem up to a second older than it is.
    u64::try_from(window).unwrap_or_default() + 999
}
