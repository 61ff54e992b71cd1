//! Hears from a Linux desktop that its screen was locked or that it goes to sleep, so that the app locks with it.
//!
//! Desktops say it in two places: their screen savers on the session bus, logind on the system bus. Where neither is
//! there, the app still locks by time.

use futures_util::StreamExt as _;
use serde::Serialize;
use tauri::async_runtime;
use zbus::{
    Connection, MatchRule, Message, MessageStream,
    message::Type,
    zvariant::{DynamicType, OwnedObjectPath},
};

const LOGIN: &str = "org.freedesktop.login1";
const LOGIN_PATH: &str = "/org/freedesktop/login1";
const LOGIN_MANAGER: &str = "org.freedesktop.login1.Manager";
const LOGIN_SESSION: &str = "org.freedesktop.login1.Session";

/// Calls `locked` whenever the screen was locked, for as long as the app runs.
pub(crate) fn watch(locked: impl Fn() + Clone + Send + Sync + 'static) {
    let watching = [
        async_runtime::spawn(screen_savers(locked.clone())),
        async_runtime::spawn(sleep(locked.clone())),
        async_runtime::spawn(session_lock(locked)),
    ];
    for one in watching {
        async_runtime::spawn(async move {
            if let Ok(Err(error)) = one.await {
                tracing::info!(%error, "a bus does not tell when the screen is locked");
            }
        });
    }
}

/// `ActiveChanged(true)`, as GNOME, KDE, Cinnamon, MATE and Xfce say it, each with an interface of its own.
async fn screen_savers(locked: impl Fn()) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .member("ActiveChanged")?
        .build();
    let mut signals = MessageStream::for_match_rule(rule, &bus, None).await?;
    while let Some(signal) = signals.next().await {
        let signal = signal?;
        let header = signal.header();
        let of_a_saver = header
            .interface()
            .is_some_and(|interface| interface.as_str().ends_with(".ScreenSaver"));
        if of_a_saver && says_true(&signal) {
            locked();
        }
    }
    Ok(())
}

/// `PrepareForSleep(true)` of logind.
async fn sleep(locked: impl Fn()) -> zbus::Result<()> {
    let bus = Connection::system().await?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(LOGIN)?
        .interface(LOGIN_MANAGER)?
        .member("PrepareForSleep")?
        .build();
    let mut signals = MessageStream::for_match_rule(rule, &bus, None).await?;
    while let Some(signal) = signals.next().await {
        if says_true(&signal?) {
            locked();
        }
    }
    Ok(())
}

/// `Lock` of the session that the app belongs to.
async fn session_lock(locked: impl Fn()) -> zbus::Result<()> {
    let bus = Connection::system().await?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(LOGIN)?
        .interface(LOGIN_SESSION)?
        .member("Lock")?
        .path(session(&bus).await?)?
        .build();
    let mut signals = MessageStream::for_match_rule(rule, &bus, None).await?;
    while let Some(signal) = signals.next().await {
        signal?;
        locked();
    }
    Ok(())
}

/// The session that the app belongs to: by its name where the desktop passed it on, else by our process.
async fn session(bus: &Connection) -> zbus::Result<OwnedObjectPath> {
    let answer = match std::env::var("XDG_SESSION_ID") {
        Ok(name) => ask(bus, "GetSession", &name).await,
        Err(_) => ask(bus, "GetSessionByPID", &std::process::id()).await,
    };
    answer?.body().deserialize()
}

async fn ask(
    bus: &Connection,
    method: &str,
    about: &(impl Serialize + DynamicType),
) -> zbus::Result<Message> {
    bus.call_method(Some(LOGIN), LOGIN_PATH, Some(LOGIN_MANAGER), method, about)
        .await
}

fn says_true(signal: &Message) -> bool {
    signal.body().deserialize::<bool>().is_ok_and(|says| says)
}
