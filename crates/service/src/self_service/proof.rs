//! Proving who one is, by push or passcode: what opens My Settings & Devices and covers its acts, and what lets somebody in
//! to an application (rows S1, S2, S7, C4, C5).
//!
//! A push proof is a request of the service like any other, made for this proof alone. How it stands is read from that
//! request; when it is over, whoever asks first settles it, and the first that hears of a confirmation gets the new token.

use std::time::Duration;

use countersign_protocol::ids::DeviceId;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{ProofState, ProofView, ProofWanted, WayKind};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::claimant::Claimant;
use super::session::{ProvenBy, SessionToken, random_id};
use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::held::{Holder, longest};
use crate::policy::MINUTE_MS;
use crate::request::{Outcome, Request, RequestState};
use crate::store::gate::{Grant, NewProof, Standing, StoredProof};
use crate::store::{Started, StoreError};
use crate::waker::Topic;

/// How often a proof that changes while it is read is read again.
const SETTLING_ROUNDS: u32 = 3;

/// A proof as its holder is told of it.
pub struct ProofNews {
    /// How it stands.
    pub view: ProofView,
    /// The session's new token, when this is the first news of its confirmation; the old one works no longer.
    pub token: Option<SessionToken>,
}

/// Why there is no proof.
#[derive(Debug)]
pub enum ProofRefusal {
    /// The device or the proof is unknown, or somebody else's.
    NotFound,
    /// The device cannot be asked like that.
    CannotDoThat,
    /// Pushes are paused, or too many wait.
    TooMany(UnixMillis),
    /// Passcodes are not looked at until then.
    Locked(UnixMillis),
    /// Not a passcode that is good now; so many tries before the lock.
    WrongPasscode(u32),
    /// It was used before.
    PasscodeUsed,
    /// Its holder ended meanwhile.
    SignedOut,
    /// Something failed.
    Fault(Fault),
}

impl From<Fault> for ProofRefusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for ProofRefusal {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl Core {
    /// Begins a proof; its holder's earlier one ends.
    pub async fn begin_proof(
        &self,
        claimant: &Claimant<'_>,
        wanted: ProofWanted,
    ) -> Result<ProofNews, ProofRefusal> {
        match wanted {
            ProofWanted::Push { device } => self.begin_push_proof(claimant, &device).await,
            ProofWanted::Passcode { passcode } => {
                self.prove_by_passcode(claimant, Zeroizing::new(passcode))
                    .await
            }
            ProofWanted::Call { device } => self.begin_call_proof(claimant, &device).await,
        }
    }

    async fn begin_push_proof(
        &self,
        claimant: &Claimant<'_>,
        device: &str,
    ) -> Result<ProofNews, ProofRefusal> {
        let id = DeviceId::parse(device).map_err(|_| ProofRefusal::NotFound)?;
        let devices = self.store.devices_of(&AsUser::of(claimant.user)).await?;
        let device = devices.into_iter().find(|device| device.id == id);
        let device = device.ok_or(ProofRefusal::NotFound)?;
        if !claimant.can_ask(&device) {
            return Err(ProofRefusal::CannotDoThat);
        }
        let request = self.proof_request(claimant, &device).await?;
        let proof = NewProof {
            name: device.name.clone(),
            device: Some(device.id.clone()),
            ..self.new_proof(claimant, WayKind::Push, request.expires_at)?
        };
        let entry = claimant.audit(self.now(), "request.ask", request.urgid.as_str(), "done");
        let gate = self.store.gate();
        match gate.start_push_proof(&proof, &request, entry).await? {
            Started::Asked(_) => {
                self.waker.wake(&Topic::Device(device.id));
                self.proof_news(claimant, &proof.id, None, Duration::ZERO)
                    .await
            }
            Started::Paused(until) => Err(ProofRefusal::TooMany(until)),
            Started::TooManyPending => Err(ProofRefusal::TooMany(self.now() + MINUTE_MS)),
            Started::Gone | Started::NotPrepared => Err(ProofRefusal::CannotDoThat),
        }
    }

    pub(super) fn new_proof(
        &self,
        claimant: &Claimant<'_>,
        way: WayKind,
        expires_at: UnixMillis,
    ) -> Result<NewProof, Fault> {
        Ok(NewProof {
            id: random_id(self.random.as_ref())?,
            holder: claimant.holder.clone(),
            way,
            device: None,
            name: String::new(),
            ending: None,
            number: None,
            created_at: self.now(),
            expires_at,
        })
    }

    /// How a proof of this holder stands. With `seen`, held until its revision is another or `wait` is over.
    pub async fn proof_news(
        &self,
        claimant: &Claimant<'_>,
        id: &str,
        seen: Option<u32>,
        wait: Duration,
    ) -> Result<ProofNews, ProofRefusal> {
        let deadline = Instant::now() + wait;
        let listener = self.waker.listen(Topic::Live(id.to_owned()));
        let mut request_listener = None;
        let mut seat = None;
        let mut unsettled = 0;
        let mut known = false;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let hint = listener.hint();
            let stored = self.store.gate().proof(&claimant.holder, id).await?;
            // It goes with its holder
            let Some(stored) = stored else {
                return Err(if known {
                    ProofRefusal::SignedOut
                } else {
                    ProofRefusal::NotFound
                });
            };
            known = true;
            if request_listener.is_none()
                && let Some(request) = &stored.request
            {
                request_listener = Some(self.waker.listen(Topic::Request(request.txid.clone())));
                // What came between the two is read in the next round
                continue;
            }
            let request_hint = request_listener.as_ref().map(crate::waker::Listener::hint);
            let Some(news) = self.news_of(claimant, &stored).await? else {
                // Somebody else settled it at this moment, or the session that it would open is over
                unsettled += 1;
                if unsettled == SETTLING_ROUNDS {
                    return Err(ProofRefusal::SignedOut);
                }
                continue;
            };
            if seen != Some(news.view.revision) || left.is_zero() {
                return Ok(news);
            }
            let longest = longest(left, news.view.expires_at - self.now().0);
            let seat = seat.get_or_insert_with(|| self.held.sit(Holder::Followed(id.to_owned())));
            let answered = async {
                match request_hint {
                    Some(hint) => hint.within(longest).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = hint.within(longest) => {}
                () = answered => {}
                () = seat.taken() => return Err(Fault::Superseded.into()),
            }
        }
    }

    /// The news of a proof as it was read; one that is over is settled first. `None` if it changed meanwhile.
    async fn news_of(
        &self,
        claimant: &Claimant<'_>,
        stored: &StoredProof,
    ) -> Result<Option<ProofNews>, ProofRefusal> {
        let now = self.now();
        let Some(state) = newly_over(stored, now) else {
            let Standing::Told(state) = stored.standing else {
                return Ok(None);
            };
            let number = number_shown(stored);
            return Ok(Some(ProofNews {
                view: view(&stored.proof, state, stored.revision, number),
                token: None,
            }));
        };
        let (state, opened, result) = match (state, said_yes(stored)) {
            (ProofState::Confirmed, Some(grant)) if claimant.takes_yes_of(grant.at, now) => {
                let result = match stored.proof.way {
                    WayKind::Call => "call",
                    WayKind::Push | WayKind::Passcode => "push",
                };
                let opened = claimant.opened(self.random.as_ref(), grant)?;
                (state, Some(opened), result)
            }
            (ProofState::Confirmed, _) => (ProofState::Expired, None, "too_late"),
            _ => (state, None, "not_proven"),
        };
        let entry = claimant.audit_end(now, result);
        let settled = self
            .store
            .gate()
            .settle_proof(
                &claimant.holder,
                &stored.proof.id,
                state,
                opened.as_ref().map(|opened| &opened.opening),
                entry,
            )
            .await?;
        if !settled {
            return Ok(None);
        }
        Ok(Some(ProofNews {
            view: view(&stored.proof, state, stored.revision + 1, None),
            token: opened.and_then(|opened| opened.token),
        }))
    }

    /// Ends a proof that is not over, and tells how it stands then.
    pub async fn cancel_proof(
        &self,
        claimant: &Claimant<'_>,
        id: &str,
    ) -> Result<ProofNews, ProofRefusal> {
        let gate = self.store.gate();
        let stored = gate.proof(&claimant.holder, id).await?;
        let stored = stored.ok_or(ProofRefusal::NotFound)?;
        let entry = claimant.audit_end(self.now(), "cancelled");
        if gate.cancel_proof(&claimant.holder, id, entry).await? {
            self.waker.wake(&Topic::Live(id.to_owned()));
            if let Some(request) = &stored.request {
                self.wake_for(request).await;
            }
        }
        self.proof_news(claimant, id, None, Duration::ZERO).await
    }
}

/// How a proof ended, if it did and that is not noted yet.
fn newly_over(stored: &StoredProof, now: UnixMillis) -> Option<ProofState> {
    match stored.standing {
        Standing::Approved => return Some(ProofState::Confirmed),
        Standing::Told(
            ProofState::Waiting | ProofState::Calling | ProofState::Ringing | ProofState::Answered,
        ) => {}
        Standing::Told(_) => return None,
    }
    match (&stored.request, stored.proof.way) {
        (Some(request), _) => how_it_ended(request, now),
        // Its request is gone: decided requests are kept for a day, so this is long over
        (None, WayKind::Push | WayKind::Passcode) => Some(ProofState::Expired),
        (None, WayKind::Call) => (now >= stored.proof.expires_at).then_some(ProofState::NoAnswer),
    }
}

/// What a proof's yes grants, as of when it was said and not of when a page came to ask.
fn said_yes(stored: &StoredProof) -> Option<Grant> {
    let proof = &stored.proof;
    let (at, by, address) = match (&stored.request, proof.way) {
        (Some(request), _) => match &request.state {
            RequestState::Decided(decision) => (
                decision.at,
                ProvenBy::Push,
                decision
                    .answered_from
                    .clone()
                    .filter(|from| !from.is_empty()),
            ),
            RequestState::Prepared | RequestState::Pending => return None,
        },
        (None, WayKind::Call) => (stored.approved_at?, ProvenBy::Call, None),
        (None, WayKind::Push | WayKind::Passcode) => return None,
    };
    Some(Grant {
        at,
        by,
        device: proof.device.clone(),
        name: proof.name.clone(),
        address,
    })
}

fn how_it_ended(request: &Request, now: UnixMillis) -> Option<ProofState> {
    let nobody = if request.fetched_at.is_some() {
        ProofState::Expired
    } else {
        ProofState::Unreached
    };
    let decision = match &request.state {
        RequestState::Decided(decision) => decision,
        // Its time is over, whether or not that is noted yet (row C3)
        RequestState::Prepared | RequestState::Pending => {
            return (now >= request.expires_at).then_some(nobody);
        }
    };
    Some(match decision.outcome {
        Outcome::Approved => ProofState::Confirmed,
        Outcome::Denied if request.reported_at.is_some() => ProofState::Reported,
        Outcome::Denied if request.number.tries_left == 0 => ProofState::WrongNumber,
        Outcome::Denied => ProofState::Denied,
        Outcome::TimedOut => nobody,
        Outcome::Cancelled | Outcome::Refused | Outcome::Locked => ProofState::Cancelled,
    })
}

/// What the page shows while somebody has to type it elsewhere.
fn number_shown(stored: &StoredProof) -> Option<String> {
    match &stored.request {
        Some(request) => request.number.expected.clone(),
        None => stored.proof.number.as_ref().map(|number| number.0.clone()),
    }
}

pub(super) fn view(
    proof: &NewProof,
    state: ProofState,
    revision: u32,
    number: Option<String>,
) -> ProofView {
    ProofView {
        id: proof.id.clone(),
        way: proof.way,
        state,
        number,
        name: proof.name.clone(),
        ending: proof.ending.clone(),
        expires_at: proof.expires_at.0,
        revision,
    }
}
