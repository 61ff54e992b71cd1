//! From nothing or a locked file to an open vault: first run, unlock, starting again.

use std::sync::Arc;

use countersign_vault::{
    Chosen, CreateError, Moment, OpenError, Refusal, SetAsideError, SlotKind, Typed, UnlockError,
    VaultFile,
};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::{Authenticator, IntoText as _, State};
use crate::{
    activity, clock, keeper, keystore,
    session::Session,
    start,
    surroundings::Surroundings,
    view::{AppView, PassphraseView, Problem, ProblemCode, UnlockMethod, VaultFault},
};

impl Authenticator {
    /// First run: makes the vault.
    pub async fn create_vault(&self, secret: Zeroizing<String>) -> Result<AppView, Problem> {
        let mut state = self.0.state.lock().await;
        if !matches!(*state, State::First) {
            return Err(ProblemCode::AlreadyHere.into());
        }
        let place = self.0.core.surroundings.place.clone();
        let method = keystore::preferred(&place).await;
        let core = Arc::clone(&self.0.core);
        let made = spawn_blocking(move || {
            let chosen = chosen(method, secret)?;
            let made = VaultFile::create(&place, &chosen).map(|mut vault| {
                start::compare(&core.surroundings, &mut vault);
                vault
            });
            made.map_err(|error| {
                Problem::new(match error {
                    CreateError::Exists | CreateError::InUse => ProblemCode::AlreadyHere,
                    CreateError::KeystoreUnavailable => ProblemCode::KeystoreUnavailable,
                    CreateError::NotStored => ProblemCode::NotStored,
                })
            })
        });
        let vault = made
            .await
            .map_err(|_| Problem::new(ProblemCode::Unforeseen))??;
        self.opened(
            &mut state,
            Session::open(Arc::clone(&self.0.core), vault, false, method),
        );
        drop(state);
        Ok(self.view().await)
    }

    /// Unlocks with a PIN or passphrase.
    pub async fn unlock(&self, secret: Zeroizing<String>) -> Result<AppView, Problem> {
        let mut state = self.0.state.lock().await;
        self.lock_if_due(&mut state);
        // Asked twice, or asked by something that should not: what is open stays open and can be locked
        if !matches!(*state, State::Locked { .. }) {
            drop(state);
            return Ok(self.view().await);
        }
        let in_between = State::Faulty {
            fault: VaultFault::InUse,
            lasting: false,
        };
        let State::Locked { file, .. } = std::mem::replace(&mut *state, in_between) else {
            return Err(ProblemCode::Unforeseen.into());
        };
        let method = unlock_method(&file);
        let typed = typed(method, secret);
        let core = Arc::clone(&self.0.core);
        let tried = spawn_blocking(move || {
            let clock = core.surroundings.clock.as_ref();
            let wrong_tries = file.wrong_tries().unwrap_or(0);
            let mut vault = file
                .unlock(&typed, clock::moment(clock))
                .map_err(Box::new)?;
            let another = start::compare(&core.surroundings, &mut vault);
            activity::opened(&mut vault, clock.now(), wrong_tries);
            Ok::<_, Box<Refusal>>((vault, another))
        });
        let tried = tried
            .await
            .map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
        match tried {
            Ok((vault, another)) => self.opened(
                &mut state,
                Session::open(Arc::clone(&self.0.core), vault, another, method),
            ),
            Err(refusal) => {
                let problem = problem(refusal.error);
                *state = after(*refusal);
                self.0.core.changed();
                return Err(problem);
            }
        }
        drop(state);
        Ok(self.view().await)
    }

    /// What a passphrase is worth, as typed so far.
    pub async fn rate_passphrase(
        &self,
        secret: Zeroizing<String>,
    ) -> Result<PassphraseView, Problem> {
        let rated = spawn_blocking(move || countersign_vault::rate(&secret)).await;
        let rated = rated.map_err(|_| Problem::new(ProblemCode::Unforeseen))?;
        Ok(PassphraseView {
            score: rated.score,
            enough: rated.enough,
        })
    }

    /// After ten wrong tries, a forgotten PIN, or where the file is damaged for good: sets the file aside under a dated name,
    /// for a new vault. Nothing is deleted, and a vault that is open, or only out of reach just now, is left alone.
    pub async fn start_again(&self) -> Result<AppView, Problem> {
        let mut state = self.0.state.lock().await;
        if matches!(*state, State::Elsewhere) {
            // A keystore may have been locked just now: a vault that opens again is not set aside
            *state = find(&self.0.core.surroundings);
            if !matches!(*state, State::Elsewhere) {
                self.0.core.changed();
                drop(state);
                return Ok(self.view().await);
            }
        }
        if !may_start_again(&state) {
            return Err(ProblemCode::AlreadyHere.into());
        }
        // The file is let go first, as nothing that is in use is moved
        *state = State::Faulty {
            fault: VaultFault::InUse,
            lasting: false,
        };
        let place = self.0.core.surroundings.place.clone();
        let now_ms = self.0.core.surroundings.clock.now().0;
        let core = Arc::clone(&self.0.core);
        let moved = spawn_blocking(move || {
            let moved = VaultFile::set_aside(&place, now_ms);
            if moved.is_ok() {
                start::forget(&core.surroundings);
            }
            moved
        });
        let moved = moved.await;
        *state = find(&self.0.core.surroundings);
        self.0.core.changed();
        drop(state);
        match moved {
            Ok(Ok(_) | Err(SetAsideError::NoVault)) => Ok(self.view().await),
            Ok(Err(SetAsideError::InUse | SetAsideError::NotStored)) => {
                Err(ProblemCode::NotStored.into())
            }
            Err(_) => Err(ProblemCode::Unforeseen.into()),
        }
    }

    fn opened(&self, state: &mut State, session: Arc<Session>) {
        *state = State::Open(Arc::clone(&session));
        self.lock_when_due(&session);
        keeper::begin(session);
        self.0.core.changed();
    }
}

fn may_start_again(state: &State) -> bool {
    match state {
        State::Faulty { fault, .. } => {
            matches!(fault, VaultFault::Damaged | VaultFault::NotAVault)
        }
        State::Locked { .. } | State::Elsewhere => true,
        State::First | State::Open(_) => false,
    }
}

/// Looks for the vault.
pub(super) fn find(surroundings: &Surroundings) -> State {
    let fault = match VaultFile::open(&surroundings.place) {
        Ok(file) if file.is_from_elsewhere() == Ok(true) => return State::Elsewhere,
        Ok(file) => {
            return State::Locked {
                file: Box::new(file),
                tries_left: None,
            };
        }
        Err(OpenError::NoVault) => return State::First,
        Err(OpenError::NotAVault) => VaultFault::NotAVault,
        Err(OpenError::Damaged) => VaultFault::Damaged,
        Err(OpenError::TooNew { .. }) => VaultFault::TooNew,
        Err(OpenError::Unreadable) => VaultFault::Unreadable,
        Err(OpenError::InUse) => VaultFault::InUse,
    };
    State::Faulty {
        fault,
        lasting: false,
    }
}

/// The lock screen.
pub(super) fn locked_view(file: &VaultFile, tries_left: Option<u32>, now: Moment) -> AppView {
    let (wait_seconds, stopped) = match file.may_try(now) {
        Err(UnlockError::MustWait { seconds }) => (seconds, false),
        Err(UnlockError::Stopped) => (0, true),
        _ => (0, false),
    };
    AppView::Locked {
        unlock_with: unlock_method(file),
        tries_left,
        wait_seconds,
        stopped,
        // No platform hands out a key by fingerprint or face yet
        biometric: false,
    }
}

fn unlock_method(file: &VaultFile) -> UnlockMethod {
    match file.slots() {
        Ok(slots) if slots.contains(&SlotKind::Pin) => UnlockMethod::Pin,
        _ => UnlockMethod::Passphrase,
    }
}

/// The typed text as what the vault is locked with.
pub(super) fn typed(method: UnlockMethod, secret: Zeroizing<String>) -> Typed {
    match method {
        UnlockMethod::Pin => Typed::Pin(secret.into_text()),
        UnlockMethod::Passphrase => Typed::Passphrase(secret.into_text()),
    }
}

/// The typed text as a new secret, when it is good enough for one. Takes up to a tenth of a second.
pub(super) fn chosen(method: UnlockMethod, secret: Zeroizing<String>) -> Result<Chosen, Problem> {
    match method {
        UnlockMethod::Pin => Chosen::pin(secret.into_text()),
        UnlockMethod::Passphrase => Chosen::passphrase(secret.into_text()),
    }
    .map_err(|_| ProblemCode::WeakSecret.into())
}

/// Where the app is after a refused unlock.
fn after(refusal: Refusal) -> State {
    let fault = match refusal.error {
        UnlockError::KeystoreLost => return State::Elsewhere,
        UnlockError::Damaged(_) => VaultFault::Damaged,
        UnlockError::Refused { tries_left } => {
            return State::Locked {
                file: Box::new(refusal.file),
                tries_left: Some(tries_left),
            };
        }
        _ => {
            return State::Locked {
                file: Box::new(refusal.file),
                tries_left: None,
            };
        }
    };
    State::Faulty {
        fault,
        lasting: true,
    }
}

/// What a refused secret is told.
pub(super) fn problem(error: UnlockError) -> Problem {
    match error {
        UnlockError::Refused { tries_left } => {
            Problem::new(ProblemCode::WrongSecret).counting(tries_left)
        }
        UnlockError::MustWait { seconds } => Problem::new(ProblemCode::MustWait).counting(seconds),
        UnlockError::Stopped => ProblemCode::MustWait.into(),
        UnlockError::KeystoreUnavailable | UnlockError::KeystoreLost => {
            ProblemCode::KeystoreUnavailable.into()
        }
        UnlockError::NotStored => ProblemCode::NotStored.into(),
        UnlockError::NoSuchSlot
        | UnlockError::OutOfMemory
        | UnlockError::Biometric(_)
        | UnlockError::Damaged(_) => ProblemCode::Unforeseen.into(),
    }
}
