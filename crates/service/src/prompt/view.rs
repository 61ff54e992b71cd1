//! What the prompt's page is told: where it stands, and how the person can confirm. Worked out from rows for every call.

use std::time::Duration;

use countersign_protocol::wire::prompt::{FirstWay, PromptRefusal, PromptStage, PromptView};
use countersign_protocol::wire::self_service::{
    First, OwnDevice, ProofState, ProofView, Way, WayKind,
};

use super::Prompt;
use crate::access::AsUser;
use crate::core::{Core, Fault};
use crate::model::UserStatus;
use crate::policy::Enrolment;
use crate::self_service::proof::ProofRefusal;
use crate::self_service::standing;
use crate::sign_in::can_answer_for;
use crate::store::prompts::PromptState;

/// How the person can confirm, or why nobody can.
enum Open {
    Ways(Vec<Way>, Option<FirstWay>),
    Refused(PromptRefusal),
}

impl Core {
    /// Where a prompt stands, as its page is told.
    pub async fn prompt_view(&self, prompt: &Prompt) -> Result<PromptView, ProofRefusal> {
        let stored = &prompt.stored;
        let mut view = PromptView {
            application: stored.integration.name.clone(),
            account: stored.prompt.username.clone(),
            stage: PromptStage::Over,
            why: None,
            ways: Vec::new(),
            first: None,
            proof: None,
            csrf: stored.prompt.csrf.clone(),
            expires_at: stored.prompt.expires_at.0,
        };
        match stored.state {
            PromptState::Left | PromptState::Spent => {
                view.stage = PromptStage::Left;
                // Whoever presses Back on this computer later may be somebody else
                view.account.clear();
                return Ok(view);
            }
            PromptState::Open | PromptState::Confirmed if prompt.is_of_now(self.now()) => {}
            PromptState::Open | PromptState::Confirmed | PromptState::GivenUp => return Ok(view),
        }
        let latest = self.latest_proof(prompt).await?;
        let confirmed = stored.state == PromptState::Confirmed
            // It was answered a moment ago, and this call is the first to hear of it
            || latest.as_ref().is_some_and(|proof| proof.state == ProofState::Confirmed);
        let disabled = matches!(&stored.user, Some(user) if user.status == UserStatus::Disabled);
        if confirmed && !disabled {
            view.stage = PromptStage::Confirmed;
            return Ok(view);
        }
        match self.who_can_confirm(prompt).await? {
            Open::Refused(why) => {
                view.stage = PromptStage::Refused;
                view.why = Some(why);
            }
            Open::Ways(ways, first) => {
                view.stage = PromptStage::Open;
                view.ways = ways;
                view.first = first.filter(|_| latest.is_none());
                view.proof = latest.filter(is_under_way);
            }
        }
        Ok(view)
    }

    /// The latest proof of a prompt, settled if it is over.
    async fn latest_proof(&self, prompt: &Prompt) -> Result<Option<ProofView>, ProofRefusal> {
        let Some(claimant) = prompt.claimant() else {
            return Ok(None);
        };
        let Some(id) = self.store.gate().latest_proof(&claimant.holder).await? else {
            return Ok(None);
        };
        let news = self
            .proof_news(&claimant, &id, None, Duration::ZERO)
            .await?;
        Ok(Some(news.view))
    }

    /// How the person can confirm, or why nobody can: what `preauth` says, with a passcode of the Service Desk beside it.
    async fn who_can_confirm(&self, prompt: &Prompt) -> Result<Open, Fault> {
        let without_device = match self.site.enrolment {
            Enrolment::Open => PromptRefusal::EnrolFirst,
            Enrolment::Closed => PromptRefusal::NotEnrolled,
        };
        let Some(user) = &prompt.stored.user else {
            return Ok(Open::Refused(without_device));
        };
        // Whoever is let in without a second factor by now was not when this began, and confirms like everybody
        if user.status == UserStatus::Disabled {
            return Ok(Open::Refused(PromptRefusal::Disabled));
        }
        let owned = self.owned_devices(user).await?;
        if owned.is_empty() {
            let material = self
                .store
                .passcode_material(&AsUser::of(user), self.now())
                .await?;
            if material.bypass_codes.is_empty() {
                return Ok(Open::Refused(without_device));
            }
        }
        let policy = prompt.stored.integration.policy;
        let devices: Vec<OwnDevice> = owned
            .iter()
            .enumerate()
            .map(|(at, owned)| OwnDevice {
                push: standing::can_be_asked(owned) && can_answer_for(&owned.device, policy),
                ..standing::view(owned, at == 0, self.can_call())
            })
            .collect();
        let ways = self.ways_of(user, &devices).await?;
        let first = first_way(&devices, &ways);
        Ok(Open::Ways(ways, first))
    }
}

/// What the default device does by itself, where that works now.
fn first_way(devices: &[OwnDevice], ways: &[Way]) -> Option<FirstWay> {
    let device = devices.first()?;
    let kind = match device.first {
        First::Push => WayKind::Push,
        First::Call => WayKind::Call,
        First::Ask => return None,
    };
    let works = ways.iter().any(|way| {
        way.kind == kind && way.device.as_ref() == Some(&device.id) && way.why_not.is_none()
    });
    works.then(|| FirstWay {
        kind,
        device: device.id.clone(),
    })
}

fn is_under_way(proof: &ProofView) -> bool {
    matches!(
        proof.state,
        ProofState::Waiting | ProofState::Calling | ProofState::Ringing | ProofState::Answered
    )
}
