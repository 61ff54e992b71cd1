//! What was read from outside and waits for a yes. It lives in memory only and goes with the lock.

use countersign_protocol::{activation::ActivationText, otpauth::OtpAuth, random};
use ring::rand::SystemRandom;

use crate::view::{Problem, ProblemCode};

/// More than a person would leave open.
const MOST: usize = 32;

/// One thing that was read.
pub(crate) enum Draft {
    /// An activation.
    Activation(ActivationText),
    /// A third party's account.
    Other(OtpAuth),
}

/// All that wait.
#[derive(Default)]
pub(crate) struct Drafts(Vec<(String, Draft)>);

impl Drafts {
    /// Keeps one; the oldest goes when there are too many.
    pub(crate) fn keep(&mut self, draft: Draft) -> Result<String, Problem> {
        let id = random::text(&SystemRandom::new(), b"0123456789abcdef", 32)
            .map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push((id.clone(), draft));
        Ok(id)
    }

    /// One that waits.
    pub(crate) fn look(&self, id: &str) -> Option<&Draft> {
        self.0
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, draft)| draft)
    }

    /// Forgets one that was used.
    pub(crate) fn forget(&mut self, id: &str) {
        self.0.retain(|(known, _)| known != id);
    }
}
