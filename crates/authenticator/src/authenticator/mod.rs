//! The engine's one door: everything that a window may ask for, each a single call.
//!
//! The calls are in the files below, by what they are about; here is the app that they belong to.

mod accounts;
mod backup;
mod export;
mod lock;
mod moving;
mod open;
mod requests;
mod settings;
mod unimported;
mod unlock;

use std::sync::{Arc, Mutex, atomic::Ordering};

use countersign_protocol::host::Host;
use countersign_vault::{RecordId, VaultFile};
use tokio::sync::{Mutex as AsyncMutex, watch};
use zeroize::Zeroizing;

use crate::{
    keystore,
    network::{Network, NetworkFailure},
    scan,
    self_service::{Door, SelfService, read_address},
    session::{Core, Session},
    start,
    surroundings::Surroundings,
    view::{AppView, Problem, ProblemCode, ServiceHostView, VaultFault},
};

/// The app without a window. Cheap to clone; all clones are one app.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    core: Arc<Core>,
    state: AsyncMutex<State>,
    incoming: Mutex<Vec<Incoming>>,
}

/// Something that came from outside the window: an argument, a second copy's argument, a link.
pub enum Incoming {
    /// A link or another text.
    Text(String),
    /// A picture file's bytes.
    Picture(Vec<u8>),
}

enum State {
    First,
    Locked {
        file: Box<VaultFile>,
        tries_left: Option<u32>,
    },
    /// The file's key is not here. It is looked at again whenever somebody asks, as a keystore may come back.
    Elsewhere,
    Faulty {
        fault: VaultFault,
        /// An unlock found it, so opening the file again would not: it is said until the person comes back to the app.
        lasting: bool,
    },
    Open(Arc<Session>),
}

impl Authenticator {
    /// Looks for the vault; nothing is made yet. Call it inside a tokio runtime.
    pub fn new(surroundings: Surroundings) -> Result<Self, NetworkFailure> {
        let user_agent = format!(
            "Countersign/{} ({})",
            surroundings.device.app_version, surroundings.device.platform
        );
        let network = Network::new(&surroundings.managed, user_agent);
        let state = unlock::find(&surroundings);
        let core = Arc::new(Core::new(surroundings, network));
        Ok(Self(Arc::new(Inner {
            core,
            state: AsyncMutex::new(state),
            incoming: Mutex::default(),
        })))
    }

    /// Counts up whenever [`Authenticator::view`] would answer differently.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.core.changes()
    }

    /// The window came to the front, or the network came back: asks every service at once.
    pub fn nudge(&self) {
        self.0.core.nudge.notify_waiters();
    }

    /// Whether the system shows this app's notifications, once the host knows; for the check-up.
    pub fn told_of_notifications(&self, shown: bool) {
        let before = self
            .0
            .core
            .notifications_off
            .swap(!shown, Ordering::Relaxed);
        if before == shown {
            self.0.core.changed();
        }
    }

    /// Where the app is.
    pub async fn view(&self) -> AppView {
        let mut state = self.0.state.lock().await;
        self.lock_if_due(&mut state);
        if matches!(
            *state,
            State::Faulty { lasting: false, .. } | State::Elsewhere
        ) {
            // "Try again" is simply asking again
            *state = unlock::find(&self.0.core.surroundings);
        }
        match &*state {
            State::First => AppView::First {
                unlock_with: keystore::preferred(&self.0.core.surroundings.place).await,
                reinstalled: start::was_here(&self.0.core.surroundings),
            },
            State::Elsewhere => AppView::Elsewhere {
                path: self.vault_path(),
            },
            State::Locked { file, tries_left } => unlock::locked_view(
                file,
                *tries_left,
                crate::clock::moment(self.0.core.surroundings.clock.as_ref()),
            ),
            State::Faulty { fault, .. } => self.faulty_view(*fault),
            State::Open(session) => self.open_view(session).await,
        }
    }

    fn faulty_view(&self, fault: VaultFault) -> AppView {
        AppView::Faulty {
            fault,
            path: self.vault_path(),
        }
    }

    fn vault_path(&self) -> String {
        let place = &self.0.core.surroundings.place;
        place.vault_path().display().to_string()
    }

    /// My Settings & Devices of an account's organisation.
    pub async fn self_service(&self, account: &str) -> Result<SelfService, Problem> {
        SelfService::behind(self.session().await?, Door::Account(record(account)?)).await
    }

    /// My Settings & Devices at a host, for somebody who has no account there yet: one of the administrator's, or one
    /// that [`Authenticator::read_service_host`] gave and the person confirmed in full (row Q2).
    pub async fn self_service_at(&self, host: &str) -> Result<SelfService, Problem> {
        let host = Host::parse(host).map_err(|_| Problem::new(ProblemCode::NotAnAddress))?;
        SelfService::behind(self.session().await?, Door::Host(host)).await
    }

    /// The hosts that the site's administrator allows.
    pub fn service_hosts(&self) -> Vec<String> {
        self.0.core.managed().iter().map(Host::to_string).collect()
    }

    /// The host of an address that a person typed, to be shown in full before anything is asked there.
    pub async fn read_service_host(&self, text: &str) -> Result<ServiceHostView, Problem> {
        let host = read_address(text, self.0.core.managed())?;
        let wanted = host.to_string();
        let here = self
            .session()
            .await?
            .vault(move |vault| scan::has_host(vault, &wanted))
            .await?;
        Ok(ServiceHostView {
            known: here || self.0.core.managed().contains(&host),
            host: host.to_string(),
        })
    }

    /// The open session; an app that should have locked by now locks first.
    async fn session(&self) -> Result<Arc<Session>, Problem> {
        let mut state = self.0.state.lock().await;
        self.lock_if_due(&mut state);
        match &*state {
            State::Open(session) => Ok(Arc::clone(session)),
            _ => Err(ProblemCode::Locked.into()),
        }
    }
}

/// Hands the typed text over to the vault without leaving a copy behind.
trait IntoText {
    fn into_text(self) -> countersign_vault::SecretText;
}

impl IntoText for Zeroizing<String> {
    fn into_text(self) -> countersign_vault::SecretText {
        countersign_vault::SecretText::new(self)
    }
}

fn record(id: &str) -> Result<RecordId, Problem> {
    RecordId::parse(id).ok_or_else(|| ProblemCode::AccountGone.into())
}
