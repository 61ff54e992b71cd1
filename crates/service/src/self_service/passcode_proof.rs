//! Proving who one is by a passcode, which is decided at once (rows S2, O5).

use countersign_protocol::wire::self_service::{ProofState, WayKind};
use zeroize::Zeroizing;

use super::claimant::Claimant;
use super::proof::{ProofNews, ProofRefusal, view};
use super::session::ProvenBy;
use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::store::PasscodeUse;
use crate::store::gate::{Grant, NewProof};
use crate::throttle::{Admission, Subject};

impl Core {
    /// Decides a passcode at once. It counts as a failure from before it is looked at until it turns out right, in the
    /// one count of all its uses (rows S2, O5).
    pub(super) async fn prove_by_passcode(
        &self,
        claimant: &Claimant<'_>,
        typed: Zeroizing<String>,
    ) -> Result<ProofNews, ProofRefusal> {
        let user = claimant.user;
        let subject = Subject::User(user.id.clone());
        let checked =
            |result| claimant.audit(self.now(), "passcode.check", user.id.as_str(), result);
        let admission = self
            .store
            .count_attempts(std::slice::from_ref(&subject), self.now())
            .await?;
        let failures = match admission {
            Admission::Counted(count) => count.failures,
            Admission::Refused { until } => {
                self.store.note(checked("locked")).await?;
                return Err(ProofRefusal::Locked(until));
            }
        };
        if let Some(used) = self.matching(user, &typed).await? {
            let proven = self.use_passcode(claimant, &used, checked).await?;
            if let Some(news) = proven {
                return Ok(news);
            }
        }
        if self.was_used(user, &typed).await? {
            self.store.note(checked("used")).await?;
            return Err(ProofRefusal::PasscodeUsed);
        }
        self.store.note(checked("wrong")).await?;
        Err(ProofRefusal::WrongPasscode(
            subject.left_before_lock(failures),
        ))
    }

    /// `None` if it was used meanwhile.
    async fn use_passcode(
        &self,
        claimant: &Claimant<'_>,
        used: &PasscodeUse,
        checked: impl Fn(&'static str) -> crate::audit::AuditEntry,
    ) -> Result<Option<ProofNews>, Fault> {
        let (by, device, result) = match used {
            PasscodeUse::Device { id, .. } => (ProvenBy::Passcode, Some(id.clone()), "right"),
            PasscodeUse::Bypass { kind, .. } => (ProvenBy::Bypass, None, kind.used()),
        };
        let now = self.now();
        let name = match &device {
            Some(device) => self.store.device(device).await?.map(|found| found.name),
            None => None,
        };
        let proof = NewProof {
            device: device.clone(),
            name: name.unwrap_or_default(),
            ..self.new_proof(claimant, WayKind::Passcode, now)?
        };
        let grant = Grant {
            at: now,
            by,
            device,
            name: proof.name.clone(),
            address: None,
        };
        let opened = claimant.opened(self.random.as_ref(), grant)?;
        let owner = AsUser::of(claimant.user);
        let gate = self.store.gate();
        let proven = gate
            .prove_by_passcode(&owner, used, &proof, &opened.opening, checked(result))
            .await?;
        self.tell_of_use(claimant.user, used).await;
        Ok(proven.then(|| ProofNews {
            view: view(&proof, ProofState::Confirmed, 1, None),
            token: opened.token,
        }))
    }
}
