//! Whether a person is at the app: tells the engine when its window gains or loses the focus and when the screen is
//! locked. When to lock is the engine's to decide.

use countersign_authenticator::Authenticator;
use tauri::async_runtime;
use tokio::sync::watch;

/// The window's focus, as the app's own state.
pub(crate) struct Presence(watch::Sender<Seen>);

/// What is known of the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// It has the focus.
    focus: bool,
    /// It stepped aside by itself, for a moment.
    aside: bool,
}

impl Seen {
    /// Whether the person is at the window.
    pub(crate) const fn in_front(self) -> bool {
        self.focus || self.aside
    }
}

impl Presence {
    /// Begins to tell `engine`; a window that was just opened is in front.
    pub(crate) fn watch(engine: &Authenticator) -> Self {
        let (sender, mut seen) = watch::channel(Seen {
            focus: true,
            aside: false,
        });
        let told = engine.clone();
        // One task, so that a quick change of focus cannot arrive the other way round
        async_runtime::spawn(async move {
            while seen.changed().await.is_ok() {
                let in_front = seen.borrow_and_update().in_front();
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
        Self(sender)
    }

    /// The window came to the front, or left it.
    pub(crate) fn focus(&self, in_front: bool) {
        self.change(|seen| seen.focus = in_front);
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        self.0.send_if_modified(|seen| {
            let before = seen.in_front();
            change(seen);
            seen.in_front() != before
        });
    }
}

#[cfg(desktop)]
mod aside {
    use std::{thread, time::Duration};

    #[cfg(target_os = "linux")]
    use tokio::sync::watch;

    use super::Presence;
    #[cfg(target_os = "linux")]
    use super::Seen;

    /// How long a window that stepped aside has to get the focus back, and how often it is looked for.
    const COMING_BACK: Duration = Duration::from_secs(1);
    const EVERY: Duration = Duration::from_millis(10);

    impl Presence {
        /// Hears of every change.
        #[cfg(target_os = "linux")]
        pub(crate) fn follow(&self) -> watch::Receiver<Seen> {
            self.0.subscribe()
        }

        /// Does `task`, which takes the window off the screen or the focus from it, and gives it back: the person is there all
        /// the while. Blocks.
        pub(crate) fn aside<T>(&self, task: impl FnOnce() -> T) -> T {
            self.change(|seen| seen.aside = true);
            let done = task();
            let mut waited = Duration::ZERO;
            while !self.0.borrow().focus && waited < COMING_BACK {
                thread::sleep(EVERY);
                waited += EVERY;
            }
            self.change(|seen| seen.aside = false);
            done
        }
    }
}
