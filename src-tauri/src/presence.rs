//! Whether a person is at the app: tells the engine when its window gains or loses the focus and when the screen is
//! locked. When to lock is the engine's to decide.

use countersign_authenticator::Authenticator;
use tauri::async_runtime;
use tokio::sync::watch;

/// The window's focus, as the app's own state.
pub(crate) struct Presence(watch::Sender<bool>);

impl Presence {
    /// Begins to tell `engine`; a window that was just opened is in front.
    pub(crate) fn watch(engine: &Authenticator) -> Self {
        let (sender, mut in_front) = watch::channel(true);
        let told = engine.clone();
        // One task, so that a quick change of focus cannot arrive the other way round
        async_runtime::spawn(async move {
            while in_front.changed().await.is_ok() {
                let is_in_front = *in_front.borrow_and_update();
                if is_in_front {
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
        self.0.send_replace(in_front);
    }
}
