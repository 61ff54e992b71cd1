//! Tells a person who is not at the window, by a notification of a Linux desktop, that a sign-in request
//! arrived, or that another device of theirs was changed.
//!
//! A click brings the window to the front and nothing more: whoever passes by may click (row U5). A notification is taken
//! back as soon as its request ended, the person came to the window, or the app was locked.
//!
//! Desktop Notifications Specification 1.3: <https://specifications.freedesktop.org/notification-spec/1.3/>.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use countersign_authenticator::{
    Authenticator,
    view::{AppView, OpenView},
};
use futures_util::StreamExt as _;
use tauri::{AppHandle, async_runtime};
use tokio::sync::watch;
use zbus::{
    Connection,
    fdo::DBusProxy,
    names::{BusName, WellKnownName},
    zvariant::Value,
};

use crate::{
    notification_words::{Language, Words},
    presence::Seen,
    window,
};

const SERVICE: WellKnownName<'static> =
    WellKnownName::from_static_str_unchecked("org.freedesktop.Notifications");

/// The action that a click on the notification itself stands for.
const CLICK: &str = "default";

/// A notification that stays until the person or the app takes it away.
const UNTIL_TAKEN_BACK: i32 = 0;

/// How long the window waits for a bus that does not answer before it is told that there are no notifications.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether this desktop shows notifications, as the app's own state.
pub(crate) struct Notifications(watch::Receiver<Option<bool>>);

impl Notifications {
    /// Begins to notify about requests to `engine` that arrive while `seen` says that nobody is at the window.
    pub(crate) fn watch(
        app: &AppHandle,
        engine: &Authenticator,
        seen: watch::Receiver<Seen>,
    ) -> Self {
        let (told, answer) = watch::channel(None);
        let (app, engine) = (app.clone(), engine.clone());
        async_runtime::spawn(async move {
            if let Err(error) = run(app, engine, seen, &told).await {
                tracing::info!(%error, "no notifications on this desktop");
            }
            told.send_replace(Some(false));
        });
        Self(answer)
    }

    /// Whether something on the session bus shows them.
    pub(crate) async fn are_shown(&self) -> bool {
        let mut answer = self.0.clone();
        let known = tokio::time::timeout(PATIENCE, answer.wait_for(Option::is_some)).await;
        matches!(known, Ok(Ok(shown)) if *shown == Some(true))
    }
}

#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications",
    gen_blocking = false
)]
trait Service {
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

    #[expect(clippy::too_many_arguments, reason = "the specification has them")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;

    fn close_notification(&self, id: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: &str) -> zbus::Result<()>;
}

async fn run(
    app: AppHandle,
    engine: Authenticator,
    mut seen: watch::Receiver<Seen>,
    told: &watch::Sender<Option<bool>>,
) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let names = DBusProxy::new(&bus).await?;
    let mut owners = names
        .receive_name_owner_changed_with_args(&[(0, SERVICE.as_str())])
        .await?;
    if !is_there(&names).await? {
        told.send_replace(Some(false));
        // A desktop that is still starting
        owners.next().await;
    }
    drop(owners);
    told.send_replace(Some(true));
    engine.told_of_notifications(true);
    let service = ServiceProxy::new(&bus).await?;
    let mut clicks = service.receive_action_invoked().await?;
    let mut changes = engine.changes();
    let mut board = Board {
        service,
        language: Language::of_system(),
        known: HashSet::new(),
        shown: HashMap::new(),
    };
    loop {
        tokio::select! {
            told = changes.changed() => if told.is_err() { break },
            told = seen.changed() => if told.is_err() { break },
            Some(click) = clicks.next() => {
                let Ok(click) = click.args() else { continue };
                if click.action_key == CLICK && board.shows(click.id) {
                    window::raise(&app);
                }
                continue;
            }
        }
        changes.mark_unchanged();
        let in_front = seen.borrow_and_update().in_front();
        board.follow(&engine.view().await, in_front).await;
    }
    Ok(())
}

/// Whether something shows notifications, or would be started to.
async fn is_there(names: &DBusProxy<'_>) -> zbus::Result<bool> {
    if names.name_has_owner(BusName::WellKnown(SERVICE)).await? {
        return Ok(true);
    }
    let startable = names.list_activatable_names().await?;
    Ok(startable
        .iter()
        .any(|name| name.as_str() == SERVICE.as_str()))
}

/// Something that waits for the person.
struct Item {
    id: Arc<str>,
    words: Words,
    /// How long the notification stays, in milliseconds.
    shown_ms: i32,
}

/// The notifications that a person may see now.
struct Board {
    service: ServiceProxy<'static>,
    language: Language,
    /// What waited when we last looked.
    known: HashSet<Arc<str>>,
    /// The service's number for the notification of each.
    shown: HashMap<Arc<str>, u32>,
}

impl Board {
    fn shows(&self, number: u32) -> bool {
        self.shown.values().any(|shown| *shown == number)
    }

    /// Makes what is shown agree with `view`.
    async fn follow(&mut self, view: &AppView, in_front: bool) {
        let items = match view {
            AppView::Open(open) => self.items(open),
            _ => Vec::new(),
        };
        let waiting: HashSet<Arc<str>> = items.iter().map(|item| Arc::clone(&item.id)).collect();
        let over: Vec<u32> = self
            .shown
            .extract_if(|id, _| in_front || !waiting.contains(id))
            .map(|(_, number)| number)
            .collect();
        for number in over {
            // The person may have closed it herself
            let _ = self.service.close_notification(number).await;
        }
        if !in_front {
            for item in items {
                if !self.known.contains(&item.id) {
                    self.show(item).await;
                }
            }
        }
        self.known = waiting;
    }

    /// What waits for the person: requests, then changes of other devices.
    fn items(&self, open: &OpenView) -> Vec<Item> {
        let details = open.settings.notification_details;
        let requests = open.requests.iter().map(|request| Item {
            id: request.id.as_str().into(),
            words: self.language.words(request, details),
            // No longer than the request itself, even where the app ends before it
            shown_ms: i32::try_from(request.left_ms).unwrap_or(i32::MAX),
        });
        let notices = open.notices.iter().map(|notice| Item {
            id: notice.id.as_str().into(),
            words: self.language.notice_words(notice),
            shown_ms: UNTIL_TAKEN_BACK,
        });
        requests.chain(notices).collect()
    }

    async fn show(&mut self, item: Item) {
        match self.notify(item.words, item.shown_ms).await {
            Ok(number) => {
                self.shown.insert(item.id, number);
            }
            Err(error) => tracing::warn!(%error, "a person could not be notified"),
        }
    }

    async fn notify(&self, words: Words, shown_ms: i32) -> zbus::Result<u32> {
        let can = self.service.get_capabilities().await?;
        let body = if can.iter().any(|one| one == "body-markup") {
            plain(&words.body)
        } else {
            words.body
        };
        let hints = HashMap::from([
            ("desktop-entry", Value::from("Countersign")),
            ("category", Value::from("im.received")),
        ]);
        self.service
            .notify(
                "Countersign",
                0,
                "countersign",
                &words.title,
                &body,
                &[CLICK, self.language.open()],
                hints,
                shown_ms,
            )
            .await
    }
}

/// `text` for a service that reads markup: an application's own words must not become any (row T5).
fn plain(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn t5_words_of_a_service_never_become_markup() {
        assert_eq!(
            plain("<a href=\"x\">Ward & 7</a>"),
            "&lt;a href=\"x\"&gt;Ward &amp; 7&lt;/a&gt;"
        );
    }
}
