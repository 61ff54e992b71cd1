//! Whether a person is at the app: tells the engine when its window gains or loses the focus and when the screen is
//! locked. When to lock is the engine's to decide.

use std::{future::Future, sync::Arc, time::Duration};

use countersign_authenticator::Authenticator;
use tauri::async_runtime;
use tokio::{
    sync::{oneshot, watch},
    time::timeout,
};

/// How long a window that stepped aside has to get the focus back.
const COMING_BACK: Duration = Duration::from_secs(1);
/// How long a dialog of the system may stand in front of the window before nobody is taken to be there.
const LONGEST_ASIDE: Duration = Duration::from_mins(2);

/// The window's focus, as the app's own state.
pub(crate) struct Presence(Arc<watch::Sender<Seen>>);

/// What is known of the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// It has the focus.
    focus: bool,
    /// How many times it stepped aside by itself and did not come back yet.
    aside: u32,
}

impl Seen {
    /// Whether the person is at the window.
    pub(crate) const fn in_front(self) -> bool {
        self.focus || self.aside > 0
    }
}

impl Presence {
    /// Begins to tell `engine`; a window that was just opened is in front.
    pub(crate) fn watch(engine: &Authenticator) -> Self {
        let (sender, mut seen) = watch::channel(Seen {
            focus: true,
            aside: 0,
        });
        let told = engine.clone();
        // One task, so that a quick change of focus cannot arrive the other way round
        async_runtime::spawn(async move {
            let mut before = true;
            while seen.changed().await.is_ok() {
                let in_front = seen.borrow_and_update().in_front();
                if in_front == before {
                    continue;
                }
                before = in_front;
                if in_front {
                    told.came_to_foreground().await;
                } else {
                    told.went_to_background().await;
                }
            }
        });
        #[cfg(target_os = "linux")]
        {
            let engine = engine.clone();
            crate::screen_lock::watch(move || {
                let engine = engine.clone();
                async_runtime::spawn(async move { engine.screen_locked().await });
            });
        }
        Self(Arc::new(sender))
    }

    /// The window came to the front, or left it.
    pub(crate) fn focus(&self, in_front: bool) {
        self.change(|seen| seen.focus = in_front);
    }

    /// Awaits `task`, for which a dialog of the system takes the focus: the person is there all the while, though not longer
    /// than two minutes, after which the dialog may have been left.
    pub(crate) async fn aside_while<T>(&self, task: impl Future<Output = T>) -> T {
        let aside = Aside::step(&self.0);
        let (done, ended) = oneshot::channel::<()>();
        async_runtime::spawn(async move {
            let mut seen = aside.0.subscribe();
            // The other end is dropped once it is done
            if timeout(LONGEST_ASIDE, ended).await.is_ok() {
                let _ = timeout(COMING_BACK, seen.wait_for(|seen| seen.focus)).await;
            }
        });
        let came = task.await;
        drop(done);
        came
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        tell(&self.0, change);
    }
}

/// Tells of a change where the person came or left by it.
fn tell(seen: &watch::Sender<Seen>, change: impl FnOnce(&mut Seen)) {
    seen.send_if_modified(|seen| {
        let before = *seen;
        change(seen);
        seen.in_front() != before.in_front() || seen.focus != before.focus
    });
}

/// The window is aside for as long as this is there.
struct Aside(Arc<watch::Sender<Seen>>);

impl Aside {
    fn step(seen: &Arc<watch::Sender<Seen>>) -> Self {
        tell(seen, |seen| seen.aside += 1);
        Self(Arc::clone(seen))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        tell(&self.0, |seen| seen.aside -= 1);
    }
}

#[cfg(target_os = "linux")]
mod aside {
    use std::{thread, time::Duration};

    use tokio::sync::watch;

    use super::{Aside, COMING_BACK, Presence, Seen};

    /// How often the focus of a window that stepped aside is looked for.
    const EVERY: Duration = Duration::from_millis(10);

    impl Presence {
        /// Hears of every change.
        pub(crate) fn follow(&self) -> watch::Receiver<Seen> {
            self.0.subscribe()
        }

        /// Does `task`, which takes the window off the screen and puts it back: the person is there all the while.
        /// Blocks.
        pub(crate) fn aside<T>(&self, task: impl FnOnce() -> T) -> T {
            let _aside = Aside::step(&self.0);
            let done = task();
            let mut waited = Duration::ZERO;
            while !self.0.borrow().focus && waited < COMING_BACK {
                thread::sleep(EVERY);
                waited += EVERY;
            }
            done
        }
    }
}
