//! Calls over an HTTP voice gateway, for sites without a trunk of their own: it is told what to do by signed requests, and
//! tells what happens by signed events (CALLS.md section 9, row H4).
//!
//! * [`seal`]: what a signature covers, and how it is checked
//! * [`mod@line`]: one call

pub mod line;
pub mod seal;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use ring::rand::SecureRandom;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use url::Url;

use self::line::{FromGateway, GatewayLine};
use self::seal::{Seal, Stale};
use crate::carrier::language::Language;
use crate::clock::Clock;
use crate::self_service::call::{CallEnd, CallError, Caller, Heard, Line};
use crate::self_service::phone_number::E164;

/// How long the gateway may take to answer a request.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long calls may take to be hung up when the service stops.
const CLOSING: Duration = Duration::from_secs(4);
/// The header that says when something was signed, Unix seconds.
pub const TIMESTAMP: &str = "x-countersign-timestamp";
/// The header with the signature.
pub const SIGNATURE: &str = "x-countersign-signature";

/// What happens in a call, as the gateway tells it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    call: String,
    /// From 1, and one more with every event of the call.
    sequence: u64,
    event: Event,
    key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Ringing,
    Answered,
    Key,
    Said,
    HungUp,
    Busy,
    NoAnswer,
    Failed,
}

/// Why an event was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventRefused {
    /// Not signed by the gateway, or long ago.
    #[error("not signed by the gateway now")]
    Forged,
    /// No event.
    #[error("no event")]
    Unreadable,
    /// No call of that name is under way.
    #[error("no such call")]
    NoCall,
    /// It was taken before.
    #[error("taken before")]
    Repeated,
    /// One before it is missing; it may be sent again after that one.
    #[error("one before it is missing")]
    TooEarly,
}

/// A call under way.
#[derive(Debug)]
struct Live {
    /// The event that was taken last.
    last: u64,
    hears: UnboundedSender<FromGateway>,
}

/// How the gateway is reached.
#[derive(Debug)]
pub struct GatewaySettings {
    /// Where calls are asked for.
    pub url: Url,
    /// What both ends sign with.
    pub seal: Seal,
    /// Where it sends events.
    pub events: Url,
    /// In which language it speaks.
    pub language: Language,
}

/// The gateway.
pub struct Gateway {
    settings: GatewaySettings,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    random: Arc<dyn SecureRandom + Send + Sync>,
    live: Mutex<HashMap<String, Live>>,
    /// What still has to be said to the gateway.
    asides: TaskTracker,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("host", &self.settings.url.host_str())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Wanted<'a> {
    call: &'a str,
    to: &'a str,
    extension: &'a str,
    language: Language,
    events: &'a str,
}

impl Gateway {
    /// A gateway; it is asked when the first call is.
    pub fn new(
        settings: GatewaySettings,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
        random: Arc<dyn SecureRandom + Send + Sync>,
    ) -> Arc<Self> {
        Arc::new(Self {
            settings,
            http,
            clock,
            random,
            live: Mutex::default(),
            asides: TaskTracker::new(),
        })
    }

    /// Takes an event, signed over its time and body. Each is taken once, in its order (row H4).
    pub fn take(&self, timestamp: &str, signature: &str, body: &[u8]) -> Result<(), EventRefused> {
        let checked = self
            .settings
            .seal
            .check(timestamp, signature, body, self.clock.now());
        checked.map_err(|Stale| EventRefused::Forged)?;
        let told: Told = serde_json::from_slice(body).map_err(|_| EventRefused::Unreadable)?;
        let heard = read(&told).ok_or(EventRefused::Unreadable)?;
        let mut live = self.live();
        let call = live.get_mut(&told.call).ok_or(EventRefused::NoCall)?;
        if told.sequence <= call.last {
            return Err(EventRefused::Repeated);
        }
        if told.sequence != call.last + 1 {
            return Err(EventRefused::TooEarly);
        }
        call.last = told.sequence;
        // Whoever hung up is not told
        let _nobody_listens = call.hears.send(heard);
        if matches!(heard, FromGateway::Heard(Heard::Over(_))) {
            live.remove(&told.call);
        }
        Ok(())
    }

    fn live(&self) -> MutexGuard<'_, HashMap<String, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a signed request. Anything but a success is an error without what the gateway wrote.
    async fn ask(&self, path: &str, body: Vec<u8>) -> Result<(), CallError> {
        let failed = |reason: &str| CallError(reason.to_owned());
        let mut url = self.settings.url.clone();
        url.path_segments_mut()
            .map_err(|()| failed("the gateway's address takes no path"))?
            .pop_if_empty()
            .extend(path.split('/').filter(|part| !part.is_empty()));
        let (timestamp, signature) = self.settings.seal.sign(&body, self.clock.now());
        let asked = self
            .http
            .post(url)
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature)
            .header("content-type", "application/json")
            .timeout(PATIENCE)
            .body(body);
        let answered = asked.send().await.map_err(|error| {
            let reason = if error.is_timeout() {
                "it did not answer in time"
            } else {
                "it cannot be reached"
            };
            CallError(format!("the voice gateway: {reason}"))
        })?;
        if !answered.status().is_success() {
            return Err(CallError(format!(
                "the voice gateway answered {}",
                answered.status().as_u16()
            )));
        }
        Ok(())
    }

    /// Ends a call, and tells the gateway unless it told us.
    fn forget(self: &Arc<Self>, call: &str) {
        if self.live().remove(call).is_none() {
            return;
        }
        let (gateway, call) = (self.clone(), call.to_owned());
        self.asides.spawn(async move {
            let asked = gateway
                .ask(&format!("{call}/hang-up"), b"{}".to_vec())
                .await;
            if let Err(error) = asked {
                tracing::warn!(%error, call, "a call was not hung up");
            }
        });
    }
}

#[async_trait]
impl Caller for GatewayCaller {
    async fn call(&self, to: &E164, extension: &str) -> Result<Box<dyn Line>, CallError> {
        let gateway = &self.0;
        if gateway.asides.is_closed() {
            return Err(CallError("the service is stopping".into()));
        }
        let mut bytes = [0; 16];
        let filled = gateway.random.fill(&mut bytes);
        filled.map_err(|_| CallError("no randomness".into()))?;
        let call = HEXLOWER.encode(&bytes);
        let (to_line, heard) = unbounded_channel();
        // Before it is asked for: an event may be faster than the answer
        gateway.live().insert(
            call.clone(),
            Live {
                last: 0,
                hears: to_line,
            },
        );
        let line = GatewayLine::new(gateway.clone(), call.clone(), heard);
        let wanted = Wanted {
            call: &call,
            to: to.as_str(),
            extension,
            language: gateway.settings.language,
            events: gateway.settings.events.as_str(),
        };
        let body = serde_json::to_vec(&wanted).map_err(|error| CallError(error.to_string()))?;
        gateway.ask("", body).await?;
        tracing::info!(call, ending = to.ending(), "a call is placed");
        Ok(Box::new(line))
    }

    async fn close(&self) {
        let calls: Vec<String> = self.0.live().keys().cloned().collect();
        for call in calls {
            self.0.forget(&call);
        }
        self.0.asides.close();
        if timeout(CLOSING, self.0.asides.wait()).await.is_err() {
            tracing::warn!("calls were left to run out");
        }
    }
}

/// Whoever places calls over a gateway.
#[derive(Debug)]
pub struct GatewayCaller(pub Arc<Gateway>);

fn read(told: &Told) -> Option<FromGateway> {
    let over = |end| Some(FromGateway::Heard(Heard::Over(end)));
    match (told.event, told.key.as_deref()) {
        (Event::Key, Some(key)) => {
            let mut keys = key.chars();
            let key = keys
                .next()
                .filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#'))?;
            keys.next()
                .is_none()
                .then_some(FromGateway::Heard(Heard::Key(key)))
        }
        (_, Some(_)) | (Event::Key, None) => None,
        (Event::Ringing, None) => Some(FromGateway::Heard(Heard::Ringing)),
        (Event::Answered, None) => Some(FromGateway::Heard(Heard::Answered)),
        (Event::Said, None) => Some(FromGateway::Said),
        (Event::HungUp, None) => over(CallEnd::HungUp),
        (Event::Busy, None) => over(CallEnd::Busy),
        (Event::NoAnswer, None) => over(CallEnd::NoAnswer),
        (Event::Failed, None) => over(CallEnd::Failed),
    }
}

/// What is to be said: names of recordings, one after another, and whether a key ends it.
fn said(recordings: &[&str], until_key: bool) -> Vec<u8> {
    json!({ "say": recordings, "until_key": until_key })
        .to_string()
        .into_bytes()
}
