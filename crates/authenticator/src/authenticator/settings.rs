//! What the person chooses and what the app remembers: settings, the secret, activities, a copy.

use std::sync::Arc;

use countersign_vault::{ChangeError, UnlockError};
use zeroize::Zeroizing;

use super::{
    Authenticator,
    unlock::{chosen, problem, typed},
};
use crate::{
    activity::{self, Happened},
    clock,
    fresh_unlock::FreshUnlock,
    keeper, settings, start,
    view::{ActivityKind, ActivityView, AppView, Problem, ProblemCode, SettingsView},
};

impl Authenticator {
    /// Keeps what the person chose.
    pub async fn change_settings(&self, chosen: SettingsView) -> Result<AppView, Problem> {
        let session = self.session().await?;
        session
            .change(move |vault| settings::write(vault, chosen))
            .await?;
        session.auto_lock().choose(chosen.lock_after);
        session.rearm.notify_one();
        Ok(self.view().await)
    }

    /// What happened here, newest first.
    pub async fn activity(&self) -> Result<Vec<ActivityView>, Problem> {
        self.session()
            .await?
            .vault(|vault| activity::list(vault))
            .await
    }

    /// Asks for the PIN or passphrase again, for an act that needs it just now (row D7). A wrong one counts as a try.
    pub async fn confirm_secret(&self, secret: Zeroizing<String>) -> Result<(), Problem> {
        let session = self.session().await?;
        let typed = typed(session.unlock_with, secret);
        let clock = Arc::clone(&session.core.surroundings.clock);
        let confirmed = session
            .vault(move |vault| vault.confirm(&typed, clock::moment(clock.as_ref())))
            .await?;
        match confirmed {
            Ok(()) => {
                *session.fresh() = FreshUnlock::at(session.core.running());
                session.auto_lock().touched(session.core.running());
                Ok(())
            }
            Err(error) => Err(self.not_confirmed(error).await),
        }
    }

    /// Replaces the PIN or passphrase once the current one is confirmed.
    pub async fn change_secret(
        &self,
        current: Zeroizing<String>,
        next: Zeroizing<String>,
    ) -> Result<AppView, Problem> {
        let session = self.session().await?;
        let method = session.unlock_with;
        let clock = Arc::clone(&session.core.surroundings.clock);
        let changed = session
            .vault(move |vault| {
                // A new one that is too weak costs no try
                let next = chosen(method, next)?;
                let now = clock::moment(clock.as_ref());
                let changed = vault.change_secret(&typed(method, current), &next, now);
                if changed.is_ok() {
                    Happened::here(ActivityKind::SecretChanged).note(vault, clock.now());
                }
                Ok::<_, Problem>(changed)
            })
            .await??;
        match changed {
            Ok(()) => {
                *session.fresh() = FreshUnlock::at(session.core.running());
                session.core.changed();
                Ok(self.view().await)
            }
            Err(ChangeError::Refused(error)) => Err(self.not_confirmed(error).await),
            Err(ChangeError::NotChanged(error)) => Err(error.into()),
        }
    }

    /// Goes on with a copy, older than what this device had last (row V7) or another installation's: organisation accounts
    /// then need reactivating.
    pub async fn use_older_copy(&self) -> Result<AppView, Problem> {
        let session = self.session().await?;
        let core = Arc::clone(&session.core);
        session
            .change(move |vault| start::take_over(&core.surroundings, vault))
            .await?;
        keeper::keep(&session).await;
        Ok(self.view().await)
    }

    /// Goes on with what looked like another installation's copy and is this one's: its keys stay (`start`).
    pub async fn keep_copy(&self) -> Result<AppView, Problem> {
        let session = self.session().await?;
        if !session.another {
            return Err(ProblemCode::OlderCopy.into());
        }
        let core = Arc::clone(&session.core);
        session
            .change(move |vault| start::keep(&core.surroundings, vault))
            .await?;
        keeper::keep(&session).await;
        Ok(self.view().await)
    }

    /// After the tenth wrong one nothing on this device opens the vault any more: it closes.
    async fn not_confirmed(&self, error: UnlockError) -> Problem {
        if error == UnlockError::Stopped {
            self.lock().await;
        }
        problem(error)
    }
}
