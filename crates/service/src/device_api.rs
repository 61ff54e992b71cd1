//! What a device asks: its list, held until it changes; answering; a test request.

use std::time::Duration;

use countersign_protocol::challenge::Challenge;
use countersign_protocol::ids::{DeviceId, IntegrationKey, Txid, Urgid};
use countersign_protocol::label::Label;
use countersign_protocol::random;
use countersign_protocol::wire::device::{AnsweredElsewhere, NoticeOfDevice, SharedResult};
use data_encoding::HEXLOWER;
use ring::digest::{Context as Hasher, SHA256};
use tokio::time::Instant;

use crate::access::AsDevice;
use crate::audit::AuditEntry;
use crate::challenge::{Answer, AnswerRefusal, Verdict};
use crate::context::{Circumstances, Context};
use crate::core::{Core, Fault};
use crate::held::Holder;
use crate::model::{Device, DeviceState, Dialect, UserStatus};
use crate::policy::{LONGEST_POLL_SECONDS, REQUEST_LIFE_MS};
use crate::request::{NewRequest, NumberMatch, Purpose, Request, SharedAnswer};
use crate::store::moves::MoveOf;
use crate::store::notices::StoredNotice;
use crate::store::{Answered, DeviceRequests, Started};
use crate::waker::Topic;

/// What waits for a device.
#[derive(Debug)]
pub struct PendingList {
    /// The requests, oldest first.
    pub requests: Vec<PendingRequest>,
    /// Requests that another device of the user answered a short time ago, oldest first.
    pub answered: Vec<AnsweredElsewhere>,
    /// What happened to other devices of the user, oldest first, each signed for this device.
    pub notices: Vec<NoticeOfDevice>,
    /// Names this list: another list has another one.
    pub revision: String,
}

/// One request as its device is told.
#[derive(Debug)]
pub struct PendingRequest {
    /// As stored. Its number is never told to a device.
    pub request: Request,
    /// The integration that asked, or the service itself.
    pub integration: IntegrationKey,
    /// What is shown.
    pub context: Context,
    /// Milliseconds left by the service's clock.
    pub expires_in_ms: u32,
    /// The service's signature of the challenge, base64; empty for a legacy device, which does not know the key.
    pub signature: String,
}

/// What has to be known of a device while its call is held: thousands wait at once, so nothing else is kept.
#[derive(Debug)]
pub struct Waiting {
    id: DeviceId,
    generation: i64,
    dialect: Dialect,
}

impl From<&Device> for Waiting {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id.clone(),
            generation: device.generation,
            dialect: device.dialect,
        }
    }
}

impl Waiting {
    /// The device's id.
    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// How often it had been activated when it called.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// How it speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl From<SharedAnswer> for AnsweredElsewhere {
    fn from(answer: SharedAnswer) -> Self {
        Self {
            urgid: answer.urgid,
            device: Label::new(&answer.device_name),
            result: if answer.approved {
                SharedResult::Approve
            } else {
                SharedResult::Deny
            },
            at: answer.at.0,
        }
    }
}

/// What a request of the service itself says that it is about.
#[derive(Debug)]
pub(crate) struct Trial {
    /// The word for it.
    pub(crate) kind: &'static str,
    /// What is told beside it.
    pub(crate) told: Vec<(String, String)>,
    /// The move whose last step it is.
    pub(crate) moves: Option<MoveOf>,
}

/// One that only tries whether requests arrive.
pub(crate) const TEST: Trial = Trial {
    kind: "Test",
    told: Vec::new(),
    moves: None,
};

/// How asking for a test request ended.
#[derive(Debug)]
pub enum TestAsked {
    /// It was made.
    Made(Urgid),
    /// Too many requests wait already.
    TooMany,
    /// The device was stopped meanwhile.
    Gone,
}

impl Core {
    /// What waits for a device. With `seen`, held until the list differs from that revision or `wait` is over. `None` when
    /// the device was removed, suspended or activated anew meanwhile: who holds the old key is told so at once (row D3).
    pub async fn pending(
        &self,
        device: impl Into<Waiting>,
        seen: Option<&str>,
        wait: Duration,
    ) -> Result<Option<PendingList>, Fault> {
        let device = device.into();
        self.pending_for(&device, seen, wait).await
    }

    /// [`Core::pending`] for a caller that keeps nothing else of the device.
    pub async fn pending_for(
        &self,
        device: &Waiting,
        seen: Option<&str>,
        wait: Duration,
    ) -> Result<Option<PendingList>, Fault> {
        let deadline = Instant::now() + wait.min(Duration::from_secs(LONGEST_POLL_SECONDS));
        let listener = self.waker.listen(Topic::Device(device.id.clone()));
        let mut seat = None;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let hint = listener.hint();
            let DeviceRequests {
                pending: requests,
                answered,
            } = self
                .store
                .device_requests(&AsDevice::waiting(device), self.now())
                .await?;
            let notices = self.notices_for(device).await?;
            let revision = revision(&requests, &notices);
            if seen != Some(&revision) || left.is_zero() {
                let is_new = |request: &Request| {
                    request.fetched_at.is_none() && request.device_id.as_ref() == Some(&device.id)
                };
                if requests.iter().any(is_new) {
                    let gate = self.store.gate();
                    gate.note_fetched(&device.id, self.now()).await?;
                    // Whoever tries a device sees that it arrived
                    for request in requests.iter().filter(|one| one.purpose == Purpose::Test) {
                        self.waker.wake(&Topic::Request(request.txid.clone()));
                        self.waker.wake(&Topic::Person(request.user_id.clone()));
                    }
                }
                let requests = requests
                    .into_iter()
                    .map(|request| self.told(device, request));
                let notices = notices
                    .into_iter()
                    .map(|notice| self.signed_notice(device, notice));
                return Ok(Some(PendingList {
                    requests: requests.collect::<Result<_, _>>()?,
                    answered: answered.into_iter().map(Into::into).collect(),
                    notices: notices.collect::<Result<_, _>>()?,
                    revision,
                }));
            }
            let seat = seat.get_or_insert_with(|| self.held.sit(Holder::Device(device.id.clone())));
            tokio::select! {
                () = hint.within(left.min(self.left_of(&requests))) => {}
                () = seat.taken() => return Err(Fault::Superseded),
            }
            if !self.is_still(device).await? {
                return Ok(None);
            }
        }
    }

    /// Whether the device is active with the key it had when it signed.
    async fn is_still(&self, device: &Waiting) -> Result<bool, Fault> {
        let now = self.store.device(&device.id).await?;
        Ok(now.is_some_and(|now| {
            now.state == DeviceState::Active
                && now.user_status != UserStatus::Disabled
                && now.generation == device.generation
        }))
    }

    fn told(&self, device: &Waiting, request: Request) -> Result<PendingRequest, Fault> {
        let integration = match &request.integration_id {
            Some(id) => id.clone(),
            None => self.test_integration()?,
        };
        let signature = match device.dialect {
            Dialect::Countersign1 => self.sign(
                &self
                    .challenge(device, &request, &integration)
                    .signing_text(),
            )?,
            Dialect::Legacy | Dialect::PasscodeOnly | Dialect::CallsOnly => String::new(),
        };
        let left = (request.expires_at - self.now()).max(0);
        Ok(PendingRequest {
            context: Context::from_stored(&request.context)?,
            expires_in_ms: u32::try_from(left).unwrap_or(u32::MAX),
            integration,
            signature,
            request,
        })
    }

    fn challenge(
        &self,
        device: &Waiting,
        request: &Request,
        integration: &IntegrationKey,
    ) -> Challenge {
        Challenge {
            context: request.context_hash.clone(),
            created: request.created_at,
            expires: request.expires_at,
            integration: integration.clone(),
            nonce: request.nonce.clone(),
            number_digits: request.number.digits,
            pkey: device.id.clone(),
            service: self.service_id().clone(),
            unusual: request.unusual,
            urgid: request.urgid.clone(),
            user: request.user_id.clone(),
        }
    }

    /// Judges an answer, applies it and wakes whoever waits for it.
    pub async fn answer(&self, answer: &Answer) -> Result<Answered, Fault> {
        let answered = self
            .store
            .answer(answer, &self.test_integration()?, self.now())
            .await?;
        if let Some(request) = &answered.request {
            self.wake_for(request).await;
            if request.purpose == Purpose::Test {
                // Its yes may have put one device in the place of another
                self.waker.wake(&Topic::Person(request.user_id.clone()));
            }
        }
        if answered.verdict == Verdict::Refuse(AnswerRefusal::SequenceReused)
            && let Some(copied) = self.store.device(&answer.device_id).await?
        {
            self.wake_devices_of(&copied.user_id).await;
        }
        Ok(answered)
    }

    /// Makes a request of the service itself to this device; approving it opens nothing.
    pub async fn make_test_request(&self, device: &Device) -> Result<TestAsked, Fault> {
        self.ask_test(device, &TEST, format!("device:{}", device.id), "")
            .await
    }

    /// The same for a trial as somebody, from an address; the address is only for the audit log.
    pub(crate) async fn ask_test(
        &self,
        device: &Device,
        trial: &Trial,
        actor: String,
        address: &str,
    ) -> Result<TestAsked, Fault> {
        let now = self.now();
        let context = Context::of(&Circumstances {
            kind: trial.kind,
            organisation: &self.site.organisation,
            username: &device.username,
            integration: "Countersign",
            address: "",
            at: now,
            told: &trial.told,
        });
        let request = NewRequest {
            urgid: Urgid::make(self.random.as_ref())?,
            txid: Txid::make(self.random.as_ref())?,
            user_id: device.user_id.clone(),
            integration_id: None,
            device_id: Some(device.id.clone()),
            shared: false,
            kind: context.kind.clone(),
            number: NumberMatch {
                digits: 0,
                expected: None,
                tries_left: 0,
            },
            nonce: random::nonce(self.random.as_ref())?,
            context_hash: context.hash(),
            context: context.to_stored()?,
            address: String::new(),
            created_at: now,
            expires_at: now + REQUEST_LIFE_MS,
            purpose: Purpose::Test,
        };
        let entry = AuditEntry::new(now, actor, "request.test", request.urgid.as_str(), "done")
            .from_address(address);
        let started = match &trial.moves {
            Some(of) => {
                let moves = self.store.moves();
                moves.ask_new_device(of, &request, entry).await?
            }
            None => self.store.start_request(&request, entry).await?,
        };
        match started {
            Started::Asked(asked) => {
                self.waker.wake(&Topic::Device(device.id.clone()));
                Ok(TestAsked::Made(asked.urgid))
            }
            Started::Gone | Started::NotPrepared => Ok(TestAsked::Gone),
            Started::TooManyPending | Started::Paused(_) => Ok(TestAsked::TooMany),
        }
    }
}

/// A name for a list of requests with the tries left on each, and for the notices beside it.
fn revision(requests: &[Request], notices: &[StoredNotice]) -> String {
    let mut hasher = Hasher::new(&SHA256);
    for request in requests {
        hasher.update(request.urgid.as_str().as_bytes());
        hasher.update(&request.number.tries_left.to_be_bytes());
    }
    for notice in notices {
        hasher.update(notice.id.as_str().as_bytes());
    }
    let mut text = HEXLOWER.encode(hasher.finish().as_ref());
    text.truncate(16);
    text
}
