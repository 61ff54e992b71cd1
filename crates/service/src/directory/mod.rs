//! The organisation's directory: who people are, what they may do here, and whether a password is theirs.
//!
//! People come from one of two places, side by side. Those of the embedded directory have a password here
//! ([`crate::self_service::password`]); everybody else is asked for in the organisation's [`Directory`], where there is
//! one. [`Core::sign_in`](crate::core::Core::sign_in) picks the place by the name; `DIRECTORY.md` beside the crate tells
//! what was decided and why.
//!
//! * what is typed: [`name`]; who is found: [`person`]
//! * Active Directory: [`ldap`] over `servers`, what it says in `entry` and `diagnostic`
//! * what follows from it here: [`sight`], [`in_step`]; what an operator writes: [`settings`], and reads: [`checkup`]

pub mod checkup;
mod diagnostic;
mod entry;
pub mod in_step;
pub mod ldap;
pub mod name;
pub mod person;
mod servers;
pub mod settings;
pub mod sight;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::core::Fault;
use crate::self_service::password::TypedPassword;
use crate::throttle::Tries;
use name::LoginName;
use person::{Checked, Person, PersonId, Rights};

/// Sign-ins that ask the directory at a time: more are refused, so that a storm of them neither opens connections
/// without end nor keeps other calls waiting (row R1).
pub const MOST_ASKING: usize = 64;

/// The directory did not say yes or no. It is never told as a wrong password, and nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("{server}: {reason}")]
pub struct Unavailable {
    /// Which server, as the configuration names it.
    pub server: String,
    /// What it did, and the way out.
    pub reason: String,
}

/// Where people are kept outside this service.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Who goes by a name. `None` for nobody, and for more than one: nobody is picked among several (row L3).
    async fn find(&self, name: &LoginName) -> Result<Option<Person>, Unavailable>;

    /// Whether a password is that person's. Without a person it takes as long, and is wrong (row S10).
    async fn check(
        &self,
        person: Option<&Person>,
        password: &TypedPassword,
    ) -> Result<Checked, Unavailable>;

    /// What a person may do here.
    async fn rights(&self, person: &Person) -> Result<Rights, Unavailable>;

    /// Those of `ids` who are still there, as they are now.
    async fn look_again(&self, ids: &[PersonId]) -> Result<Vec<(Person, Rights)>, Unavailable>;

    /// How many wrong passwords it is told of a person: fewer than it locks an account at (row L4).
    fn tries(&self) -> Tries;
}

/// The organisation's directory as the core holds it.
pub(crate) struct Asked {
    /// The directory.
    pub(crate) directory: Arc<dyn Directory>,
    asking: Arc<Semaphore>,
}

impl Asked {
    pub(crate) fn of(directory: Arc<dyn Directory>) -> Self {
        Self {
            directory,
            asking: Arc::new(Semaphore::new(MOST_ASKING)),
        }
    }

    /// Takes a place among those who ask, or refuses at once; dropping it gives it up.
    pub(crate) fn enter(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let place = self.asking.clone().try_acquire_owned();
        place.map_err(|_| Fault::Busy)
    }
}
