//! Proving who one is by a call: the page shows six digits, and whoever answers types them on the keypad (rows H1, H2).

use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::ids::DeviceId;
use countersign_protocol::random;
use countersign_protocol::time::UnixMillis;
use countersign_protocol::wire::self_service::{ProofState, WayKind};
use zeroize::Zeroizing;

use super::call::{CallOutcome, CallStep, Caller, ask_number};
use super::claimant::Claimant;
use super::phone_number::E164;
use super::placing::{PlacedCall, Placing};
use super::proof::{ProofNews, ProofRefusal};
use super::standing;
use crate::audit::AuditEntry;
use crate::challenge::TypedNumber;
use crate::clock::Clock;
use crate::core::Core;
use crate::policy::{CALL_LIFE_MS, PROOF_DIGITS};
use crate::store::carriers::CallPurpose;
use crate::store::gate::{NewProof, Standing};
use crate::store::{Store, StoreError};
use crate::throttle::{Admission, Subject};
use crate::waker::{Topic, Waker};

/// How often a call looks whether the page gave it up.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Core {
    /// Calls a device of the person. Its holder's earlier proof ends.
    pub(super) async fn begin_call_proof(
        &self,
        claimant: &Claimant<'_>,
        device: &str,
    ) -> Result<ProofNews, ProofRefusal> {
        let found = self.owned_device(claimant.user, device).await?;
        let found = found.ok_or(ProofRefusal::NotFound)?;
        let callable = standing::can_be_called(&found, self.can_call());
        let (Some(caller), Some(to), true) = (&self.phones.caller, found.number, callable) else {
            return Err(ProofRefusal::CannotDoThat);
        };
        // The operator may call fewer countries than when it was confirmed
        if self.phones.countries.read(to.as_str()).is_none() {
            return Err(ProofRefusal::CannotDoThat);
        }
        let now = self.now();
        let limit = Subject::CallsOf(claimant.user.id.clone());
        let admission = self
            .store
            .count_attempts(std::slice::from_ref(&limit), now)
            .await?;
        if let Admission::Refused { until } = admission {
            return Err(ProofRefusal::TooMany(until));
        }
        let number = random::digits(self.random.as_ref(), usize::from(PROOF_DIGITS))
            .map_err(crate::core::Fault::from)?;
        let proof = NewProof {
            device: Some(found.device.id.clone()),
            name: found.device.name,
            ending: Some(to.ending().to_owned()),
            number: Some(TypedNumber(number.clone())),
            ..self.new_proof(claimant, WayKind::Call, now + CALL_LIFE_MS)?
        };
        let asked = self
            .place(claimant.user, &to, &found.extension, CallPurpose::Proof)
            .await?;
        if let Placing::TooMany(until) = asked {
            return Err(ProofRefusal::TooMany(until));
        }
        let entry = claimant.audit(now, "call.ask", found.device.id.as_str(), "done");
        let gate = self.store.gate();
        if !gate.start_call_proof(&proof, entry).await? {
            if let Placing::Placed(placed) = asked {
                placed.given_up().await;
            }
            return Err(ProofRefusal::SignedOut);
        }
        let call = Call {
            store: self.store.clone(),
            waker: self.waker.clone(),
            clock: self.clock.clone(),
            organisation: self.site.organisation.clone(),
            to,
            extension: found.extension,
            device: found.device.id,
            number: Zeroizing::new(number),
            limit,
            actor: claimant.actor(),
            proof,
        };
        let id = call.proof.id.clone();
        let caller = caller.clone();
        self.calls.spawn(async move {
            match asked {
                Placing::Placed(placed) => call.run(caller, placed).await,
                Placing::NumberBusy | Placing::TooMany(_) => {
                    call.note(call.end(CallOutcome::Busy).await);
                }
            }
        });
        self.proof_news(claimant, &id, None, Duration::ZERO).await
    }
}

/// A call under way. It owns what it needs, because it goes on while the page waits elsewhere.
struct Call {
    store: Arc<dyn Store>,
    waker: Arc<dyn Waker>,
    clock: Arc<dyn Clock>,
    organisation: String,
    to: E164,
    extension: String,
    device: DeviceId,
    number: Zeroizing<String>,
    limit: Subject,
    actor: String,
    proof: NewProof,
}

impl Call {
    async fn run(self, caller: Arc<dyn Caller>, placed: PlacedCall) {
        let mut line = match caller.call(&self.to, &self.extension).await {
            Ok(line) => placed.metered(line),
            Err(error) => {
                tracing::warn!(%error, "a call was not placed");
                placed.over(CallOutcome::Failed).await;
                return self.note(self.end(CallOutcome::Failed).await);
            }
        };
        let asked = ask_number(&mut line, &self.organisation, &self.number, |step| {
            self.step(step)
        });
        let outcome = tokio::select! {
            outcome = asked => Some(outcome),
            () = self.given_up() => None,
        };
        drop(line);
        match outcome {
            Some(outcome) => {
                placed.over(outcome).await;
                self.note(self.end(outcome).await);
            }
            None => placed.given_up().await,
        }
    }

    /// A failure of the store leaves the proof to run out, which proves nothing.
    fn note(&self, ended: Result<(), StoreError>) {
        if let Err(error) = ended {
            tracing::error!(%error, proof = %self.proof.id, "how a call ended was not kept");
        }
    }

    async fn step(&self, step: CallStep) {
        let state = match step {
            CallStep::Ringing => ProofState::Ringing,
            CallStep::Answered => ProofState::Answered,
        };
        let moved = self.move_to(Standing::Told(state), None).await;
        self.note(moved.map(|_| ()));
    }

    async fn end(&self, outcome: CallOutcome) -> Result<(), StoreError> {
        let now = self.clock.now();
        let in_time = now < self.proof.expires_at;
        let (to, result) = match outcome {
            CallOutcome::Confirmed if in_time => (Standing::Approved, "approved"),
            CallOutcome::Confirmed | CallOutcome::NoAnswer => {
                (Standing::Told(ProofState::NoAnswer), "no_answer")
            }
            CallOutcome::WrongNumber => (Standing::Told(ProofState::WrongNumber), "wrong_number"),
            CallOutcome::Reported => (Standing::Told(ProofState::Reported), "reported"),
            CallOutcome::Denied => (Standing::Told(ProofState::Denied), "denied"),
            CallOutcome::Busy => (Standing::Told(ProofState::Busy), "busy"),
            CallOutcome::Failed => (Standing::Told(ProofState::CallFailed), "failed"),
        };
        if outcome == CallOutcome::Reported {
            self.stop_calls(now).await?;
        }
        let entry = self.entry(now, result);
        let moved = self.move_to(to, Some(entry)).await?;
        if moved && to == Standing::Approved {
            self.store.clear_attempts(&self.limit).await?;
            self.store.own().note_called(&self.device, now).await?;
        }
        Ok(())
    }

    /// Whoever says that it was not them is not called again for as long as after too many calls (row C7).
    async fn stop_calls(&self, now: UnixMillis) -> Result<(), StoreError> {
        let limit = std::slice::from_ref(&self.limit);
        while let Admission::Counted(_) = self.store.count_attempts(limit, now).await? {}
        Ok(())
    }

    fn entry(&self, now: UnixMillis, result: &'static str) -> AuditEntry {
        let object = self.device.as_str();
        AuditEntry::new(now, self.actor.clone(), "call.answer", object, result)
    }

    async fn move_to(&self, to: Standing, entry: Option<AuditEntry>) -> Result<bool, StoreError> {
        let gate = self.store.gate();
        let moved = gate.move_call_proof(&self.proof.id, to, entry).await?;
        self.waker.wake(&Topic::Live(self.proof.id.clone()));
        Ok(moved)
    }

    /// Ends when the proof is over: cancelled, replaced by another, its device removed, or its session gone.
    async fn given_up(&self) {
        let listener = self.waker.listen(Topic::Live(self.proof.id.clone()));
        loop {
            listener.hint().within(LOOK_EVERY).await;
            let gate = self.store.gate();
            match gate.proof(&self.proof.holder, &self.proof.id).await {
                Ok(Some(stored)) if is_open(stored.standing) => {}
                Ok(_) => return,
                // It is looked at again; the time that a call may take ends it in any case
                Err(error) => tracing::warn!(%error, "a call could not look at its proof"),
            }
        }
    }
}

fn is_open(standing: Standing) -> bool {
    matches!(
        standing,
        Standing::Told(ProofState::Calling | ProofState::Ringing | ProofState::Answered)
            | Standing::Approved
    )
}
