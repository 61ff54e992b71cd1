//! A notification service on the virtual desktop's bus that only writes down what it is told.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;
use zbus::{Connection, interface, zvariant::OwnedValue};

use crate::{desktop::Desktop, part::await_for, window::PATIENCE};

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// What the service was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// To show this.
    Shown {
        /// The number that the service gave it.
        number: u32,
        /// The first line.
        title: String,
        /// What stands under it.
        body: String,
        /// The actions, each a key and its words.
        actions: Vec<String>,
    },
    /// To take it back.
    Closed(u32),
}

/// The service, for as long as it lives.
pub struct Notices {
    bus: Connection,
    told: mpsc::UnboundedReceiver<Notice>,
}

impl Notices {
    /// Starts on the bus of `desktop`.
    pub async fn start(desktop: &Desktop) -> Result<Self> {
        let address = await_for(PATIENCE, async || {
            let address = desktop.bus()?;
            anyhow::ensure!(!address.is_empty(), "the bus has no address yet");
            Ok(address)
        })
        .await?;
        let (teller, told) = mpsc::unbounded_channel();
        let service = Service { teller, last: 0 };
        let bus = zbus::connection::Builder::address(address.as_str())?
            .serve_at(PATH, service)?
            .name(NAME)?
            .build()
            .await?;
        Ok(Self { bus, told })
    }

    /// What the service is told next.
    pub async fn next(&mut self) -> Result<Notice> {
        tokio::time::timeout(PATIENCE, self.told.recv())
            .await
            .context("the service was told nothing")?
            .context("the service is gone")
    }

    /// Whether the service was told nothing that was not asked for.
    pub fn is_quiet(&self) -> bool {
        self.told.is_empty()
    }

    /// Clicks on the notification `number`.
    pub async fn click(&self, number: u32) -> Result<()> {
        self.bus
            .emit_signal(
                None::<&str>,
                PATH,
                NAME,
                "ActionInvoked",
                &(number, "default"),
            )
            .await?;
        Ok(())
    }
}

struct Service {
    teller: mpsc::UnboundedSender<Notice>,
    last: u32,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[expect(clippy::unused_self, reason = "an interface's methods have a self")]
    fn get_capabilities(&self) -> Vec<String> {
        vec!["actions".to_owned(), "body".to_owned()]
    }

    #[expect(clippy::too_many_arguments, reason = "the specification has them")]
    fn notify(
        &mut self,
        app: &str,
        replaces: u32,
        icon: &str,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        expires: i32,
    ) -> u32 {
        // What is not written down
        let _ = (app, replaces, icon, hints, expires);
        self.last += 1;
        // A test that is over hears no more
        let _ = self.teller.send(Notice::Shown {
            number: self.last,
            title,
            body,
            actions,
        });
        self.last
    }

    fn close_notification(&self, number: u32) {
        let _ = self.teller.send(Notice::Closed(number));
    }
}
