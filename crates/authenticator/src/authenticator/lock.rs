//! Closing an open vault: by the person, by time, by the screen.

use std::sync::{Arc, Weak};

use tokio::{select, time::sleep};

use super::{Authenticator, Inner, State, unlock};
use crate::session::Session;

impl Authenticator {
    /// Locks: wipes keys and secrets from memory, ends every poll.
    pub async fn lock(&self) {
        let mut state = self.0.state.lock().await;
        self.close(&mut state);
    }

    /// A person did something in the window: it stays open a while longer.
    pub async fn touched(&self) {
        let mut state = self.0.state.lock().await;
        self.lock_if_due(&mut state);
        if let State::Open(session) = &*state {
            session.auto_lock().touched(self.0.core.running());
        }
    }

    /// The window is no longer seen.
    pub async fn went_to_background(&self) {
        let mut state = self.0.state.lock().await;
        if let State::Open(session) = &*state {
            session
                .auto_lock()
                .went_to_background(self.0.core.running());
            session.rearm.notify_one();
        }
        self.lock_if_due(&mut state);
    }

    /// The window is seen again: locks if that was due, asks every service if not.
    pub async fn came_to_foreground(&self) {
        let mut state = self.0.state.lock().await;
        self.lock_if_due(&mut state);
        match &*state {
            State::Open(session) => {
                session
                    .auto_lock()
                    .came_to_foreground(self.0.core.running());
                session.rearm.notify_one();
            }
            State::Faulty { .. } | State::Elsewhere => {
                // Whoever left to put it right is back
                *state = unlock::find(&self.0.core.surroundings);
                self.0.core.changed();
            }
            State::First | State::Locked { .. } => {}
        }
        drop(state);
        self.nudge();
    }

    /// The device's screen was locked.
    pub async fn screen_locked(&self) {
        self.lock().await;
    }

    pub(super) fn lock_if_due(&self, state: &mut State) {
        if let State::Open(session) = &*state
            && session.is_due()
        {
            self.close(state);
        }
    }

    /// Locks an app that nobody uses, whether or not anybody asks it anything.
    pub(super) fn lock_when_due(&self, session: &Arc<Session>) {
        tokio::spawn(lock_when_due(Arc::downgrade(&self.0), Arc::clone(session)));
    }

    fn close(&self, state: &mut State) {
        if let State::Open(session) = &*state {
            let session = Arc::clone(session);
            *state = match session.close() {
                Some(file) => State::Locked {
                    file: Box::new(file),
                    tries_left: None,
                },
                None => unlock::find(&self.0.core.surroundings),
            };
            self.0.core.network.forget();
        }
        self.0.core.changed();
    }
}

async fn lock_when_due(app: Weak<Inner>, session: Arc<Session>) {
    loop {
        let left = session.auto_lock().left(session.core.running());
        if left.is_zero() {
            if let Some(inner) = app.upgrade() {
                let app = Authenticator(inner);
                let mut state = app.0.state.lock().await;
                // Touched, or opened anew, while the door was waited for
                app.lock_if_due(&mut state);
            }
            if session.closing().is_cancelled() {
                return;
            }
            continue;
        }
        select! {
            () = session.closing().cancelled() => return,
            // Timers stand still while a device sleeps; who woke it, looks again
            () = session.core.nudge.notified() => {}
            () = session.rearm.notified() => {}
            () = sleep(left) => {}
        }
    }
}
