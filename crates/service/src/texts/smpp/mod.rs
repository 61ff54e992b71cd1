//! Texts over a link to an operator's message centre: SMPP 3.4 (TEXTS.md §5).
//!
//! One task keeps the link: it connects, makes itself known, takes receipts, and begins again whenever the link breaks.
//! Whoever has a text to send asks for the link as it is at that moment.

pub mod settings;

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use backon::{BackoffBuilder as _, ExponentialBuilder, Retryable as _};
use futures_util::{Stream, StreamExt as _};
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};
use rusmpp::types::COctetString;
use rusmpp::values::{InterfaceVersion, Npi, Ton};
use rusmpp::{CommandStatus, Pdu};
use rusmppc::error::Error;
use rusmppc::{Client, ConnectionBuilder, Event};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::settings::SmppSettings;
use super::pdu::{receipt, submit};
use super::reports::{MOST_WAITING, Report, Reported};
use crate::self_service::text::{Handed, Text, TextError, Texter};

/// How long connecting, and each answer of the centre, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the centre is asked whether it is still there.
const ENQUIRE_EVERY: Duration = Duration::from_secs(30);
/// How long a farewell may take, and the end of the whole link.
const FAREWELL: Duration = Duration::from_secs(2);
const CLOSING: Duration = Duration::from_secs(4);
/// Between two tries to connect.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How often a text is handed over again that the centre had no room for, and how long after.
const AGAIN: usize = 2;
const AFTER: Duration = Duration::from_millis(400);

/// A link to a message centre.
#[derive(Debug)]
pub struct SmppLink {
    settings: Arc<SmppSettings>,
    link: watch::Receiver<Option<Client>>,
    /// Tells the parts of one text from those of another.
    reference: AtomicU8,
    /// Ends the link.
    stop: CancellationToken,
    /// The task that keeps it.
    keeping: TaskTracker,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    /// Nothing could be reached.
    #[error(
        "the message centre {0} cannot be reached: {1}; check [texts.smpp] centre and what lies between"
    )]
    Unreachable(String, String),
    /// The certificate is not what it should be, or TLS is not spoken there.
    #[error(
        "the message centre {0} did not prove who it is: {1}; check [texts.smpp] authorities and the host's name"
    )]
    Certificate(String, String),
    /// It does not know us.
    #[error(
        "the message centre {0} refused the name or the password; check [texts.smpp] name and password_file, and ask the operator which addresses may connect"
    )]
    Stranger(String),
    /// It answered something else, or nothing.
    #[error(
        "the message centre {0} did not take us: {1}; ask the operator what that means for bind_transceiver"
    )]
    Refused(String, String),
}

impl SmppLink {
    /// Begins to connect, and tells what the centre reports. The link ends with this value.
    pub fn open(settings: SmppSettings) -> (Arc<Self>, Reported) {
        let settings = Arc::new(settings);
        let (linked, link) = watch::channel(None);
        let (reports, reported) = channel(MOST_WAITING);
        let (stop, keeping) = (CancellationToken::new(), TaskTracker::new());
        keeping.spawn(keep(settings.clone(), linked, reports, stop.clone()));
        keeping.close();
        let link = Self {
            settings,
            link,
            reference: AtomicU8::default(),
            stop,
            keeping,
        };
        (Arc::new(link), reported)
    }

    /// The link, as soon as there is one.
    async fn client(&self) -> Result<Client, TextError> {
        let mut link = self.link.clone();
        let there = timeout(PATIENCE, link.wait_for(Option::is_some)).await;
        let there = there.ok().and_then(Result::ok);
        there
            .and_then(|client| client.clone())
            .ok_or_else(|| TextError::Refused("there is no link to the message centre".into()))
    }
}

#[async_trait]
impl Texter for SmppLink {
    async fn send(&self, text: &Text<'_>) -> Result<Handed, TextError> {
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let parts = submit(&self.settings.from, text.to, text.words, reference)
            .map_err(|error| TextError::Refused(error.to_string()))?;
        let client = self.client().await?;
        let mut name = None;
        for (at, part) in parts.into_iter().enumerate() {
            let handed = hand(&client, &part).await;
            // What has begun to be carried costs something, and may arrive in pieces
            name = Some(handed.map_err(|error| failure(&error, at > 0))?);
        }
        Ok(Handed { name })
    }

    /// Unbinds: a centre that was not told keeps the place of a link that is gone, and may refuse the next one.
    async fn close(&self) {
        self.stop.cancel();
        if timeout(CLOSING, self.keeping.wait()).await.is_err() {
            tracing::warn!("the message centre was not told that the link ends");
        }
    }
}

/// Hands one part over, again if there was no room.
async fn hand(client: &Client, part: &SubmitSm) -> Result<String, Error> {
    let sent = || async { client.submit_sm(part.clone()).await };
    let pauses = ExponentialBuilder::new()
        .with_min_delay(AFTER)
        .with_max_times(AGAIN)
        .with_jitter();
    let answer = sent.retry(pauses).when(has_no_room).await?;
    Ok(answer.message_id().as_str().to_owned())
}

fn has_no_room(error: &Error) -> bool {
    matches!(
        status(error),
        Some(CommandStatus::EsmeRthrottled | CommandStatus::EsmeRmsgqful)
    )
}

/// With which status the centre refused.
fn status(error: &Error) -> Option<CommandStatus> {
    match error {
        Error::UnexpectedResponse { response } => Some(response.status()),
        _ => None,
    }
}

/// Our words for a failure: the library's have the whole message in them.
fn failure(error: &Error, has_begun: bool) -> TextError {
    if let Some(status) = status(error) {
        let said = format!("the message centre refused it: {status:?}");
        return if has_begun {
            TextError::Unknown(said)
        } else {
            TextError::Refused(said)
        };
    }
    match error {
        Error::ResponseTimeout { .. } => {
            TextError::Unknown("the message centre did not answer in time".into())
        }
        _ => TextError::Unknown("the link to the message centre broke off".into()),
    }
}

/// Keeps the link until nobody wants it any more.
async fn keep(
    settings: Arc<SmppSettings>,
    linked: watch::Sender<Option<Client>>,
    reports: Sender<Report>,
    stop: CancellationToken,
) {
    let unwanted = async || {
        tokio::select! {
            () = linked.closed() => {}
            () = stop.cancelled() => {}
        }
    };
    let pauses = || {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .without_max_times()
            .with_jitter();
        pauses.build()
    };
    let mut left = pauses();
    loop {
        let opened = tokio::select! {
            opened = connect(&settings) => opened,
            () = unwanted() => return,
        };
        match opened {
            Ok((client, events)) => {
                tracing::info!("the link to the message centre is up");
                left = pauses();
                linked.send_replace(Some(client.clone()));
                let is_wanted = tokio::select! {
                    () = attend(&client, events, &reports) => true,
                    () = unwanted() => false,
                };
                if !is_wanted {
                    let _farewell = timeout(FAREWELL, client.unbind()).await;
                    let _closed = client.close().await;
                    return;
                }
                linked.send_replace(None);
                let _closed = client.close().await;
                tracing::warn!("the link to the message centre broke off");
            }
            Err(error) => tracing::warn!(%error, "there is no link to the message centre"),
        }
        let pause = left.next().unwrap_or(LONGEST_PAUSE);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = unwanted() => return,
        }
    }
}

/// Takes what comes from the centre, until the link is over.
async fn attend(
    client: &Client,
    mut events: impl Stream<Item = Event> + Unpin,
    reports: &Sender<Report>,
) {
    let mut are_too_many = false;
    while let Some(event) = events.next().await {
        let Event::Incoming(command) = event else {
            return;
        };
        let sequence = command.sequence_number();
        let answered = match command.pdu() {
            Some(Pdu::DeliverSm(message)) => {
                if let Some(report) = receipt(message) {
                    let is_full = reports.try_send(report).is_err();
                    if is_full && !are_too_many {
                        tracing::warn!("more receipts come than can be noted; some are not");
                    }
                    are_too_many = is_full;
                }
                let answer = DeliverSmResp::default();
                client.deliver_sm_resp(sequence, answer).await
            }
            Some(Pdu::Unbind) => {
                let _said = client.unbind_resp(sequence).await;
                return;
            }
            _ => Ok(()),
        };
        if answered.is_err() {
            return;
        }
    }
}

/// Makes a link, known to the centre.
pub(super) async fn connect(
    settings: &SmppSettings,
) -> Result<(Client, impl Stream<Item = Event> + Unpin + use<>), LinkFault> {
    let centre = &settings.centre;
    let shown = format!("{}:{}", centre.host, centre.port);
    let unreachable = |reason: String| LinkFault::Unreachable(shown.clone(), reason);
    let connecting = TcpStream::connect((centre.host.as_str(), centre.port));
    let stream = timeout(PATIENCE, connecting)
        .await
        .map_err(|_| unreachable("it does not answer".into()))?
        .map_err(|error| unreachable(error.to_string()))?;
    let builder = ConnectionBuilder::new()
        .enquire_link_interval(ENQUIRE_EVERY)
        .response_timeout(PATIENCE)
        // The library speaks 5.0, of which 3.4 is a part; what is sent here is all in that part
        .disable_interface_version_check();
    let (client, events) = if centre.tls {
        let certificate = |reason: String| LinkFault::Certificate(shown.clone(), reason);
        let config = trust(settings).map_err(&certificate)?;
        let name = ServerName::try_from(centre.host.clone())
            .map_err(|error| certificate(error.to_string()))?;
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let stream = timeout(PATIENCE, handshake)
            .await
            .map_err(|_| certificate("it does not answer".into()))?
            .map_err(|error| certificate(error.to_string()))?;
        let (client, events) = builder.connected(stream);
        (client, events.boxed())
    } else {
        let (client, events) = builder.connected(stream);
        (client, events.boxed())
    };
    let bind = BindTransceiver::builder()
        .system_id(settings.name.clone())
        .password(COctetString::from_str(settings.password.expose_secret()).unwrap_or_default())
        .system_type(settings.kind.clone())
        .interface_version(InterfaceVersion::Smpp3_4)
        .addr_ton(Ton::Unknown)
        .addr_npi(Npi::Unknown)
        .build();
    match client.bind_transceiver(bind).await {
        Ok(_) => Ok((client, events)),
        Err(error) => {
            let _closed = client.close().await;
            Err(match status(&error) {
                Some(
                    CommandStatus::EsmeRbindfail
                    | CommandStatus::EsmeRinvpaswd
                    | CommandStatus::EsmeRinvsysid,
                ) => LinkFault::Stranger(shown),
                Some(status) => LinkFault::Refused(shown, format!("{status:?}")),
                None => LinkFault::Refused(shown, "it did not answer".into()),
            })
        }
    }
}

/// Whose certificates are trusted.
fn trust(settings: &SmppSettings) -> Result<ClientConfig, String> {
    // A second call finds a provider in place, which is what is wanted
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = ClientConfig::builder();
    let Some(named) = &settings.authorities else {
        let builder = builder.with_platform_verifier();
        return Ok(builder
            .map_err(|error| error.to_string())?
            .with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    for authority in named {
        roots
            .add(authority.clone())
            .map_err(|error| error.to_string())?;
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
