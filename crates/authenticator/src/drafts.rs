//! What was read from outside and waits for a yes. It lives in memory only and goes with the lock.

use countersign_protocol::{activation::ActivationText, otpauth::OtpAuth, random};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::{
    import::Waiting,
    unimported,
    view::{Problem, ProblemCode},
};

/// More than a person would leave open.
const MOST: usize = 32;

/// One thing that was read.
pub(crate) enum Draft {
    /// An activation.
    Activation(ActivationText),
    /// A third party's account.
    Other(OtpAuth),
    /// Accounts of another app's export.
    Import(Box<Waiting>),
    /// A backup that waits for its passphrase, sealed as it is.
    Backup(Vec<u8>),
    /// Another app's export that is sealed with a password.
    Locked(Zeroizing<Vec<u8>>),
    /// What imports could not take and a person dismissed, to be put back.
    Dismissed(unimported::Changes),
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

    /// Every one that waits, with its id.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = (&str, &mut Draft)> {
        self.0.iter_mut().map(|(id, draft)| (id.as_str(), draft))
    }

    /// Takes one that is used up.
    pub(crate) fn take(&mut self, id: &str) -> Option<Draft> {
        let at = self.0.iter().position(|(known, _)| known == id)?;
        Some(self.0.remove(at).1)
    }

    /// Puts one back that was not used up after all.
    pub(crate) fn put_back(&mut self, id: &str, draft: Draft) {
        self.0.push((id.to_owned(), draft));
    }

    /// Forgets what waits for a password.
    pub(crate) fn forget_locked(&mut self) {
        self.0
            .retain(|(_, draft)| !matches!(draft, Draft::Locked(_)));
    }

    /// Forgets backups that wait for their passphrase.
    pub(crate) fn forget_backups(&mut self) {
        self.0
            .retain(|(_, draft)| !matches!(draft, Draft::Backup(_)));
    }

    /// Forgets one that was used.
    pub(crate) fn forget(&mut self, id: &str) {
        self.0.retain(|(known, _)| known != id);
    }
}
