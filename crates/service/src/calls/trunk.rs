//! The trunk: the SIP side of every call, one for the process (RFC 3261).

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use ring::rand::SecureRandom;
use rsipstack::EndpointBuilder;
use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog::Dialog;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::registration::{RefreshOutcome, Registration};
use rsipstack::sip::{Auth, Method, StatusCode, Uri};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transport::tls::TlsConfig;
use rsipstack::transport::{TransportLayer, udp::UdpConnection};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::call::{self, Dial};
use super::leg::Start;
use super::prompts::Prompts;
use super::sdp;
use crate::self_service::call::{CallError, Caller, Line};
use crate::self_service::phone_number::E164;

/// How long calls may take to be hung up when the service stops.
const CLOSING: Duration = Duration::from_secs(4);
/// How long the trunk may take to be told that we are gone.
const UNREGISTER: Duration = Duration::from_secs(2);
/// For how long we register, seconds; the registrar may say less.
const REGISTERED: u32 = 600;

/// How the trunk is reached, as checked by the configuration.
#[derive(Debug)]
pub struct TrunkSettings {
    /// Its address: host, port and transport.
    pub trunk: Uri,
    /// What is written before a number in place of its `+`.
    pub prefix: String,
    /// The name and password by which it knows us.
    pub account: Option<Account>,
    /// The number or name that calls come from.
    pub from: String,
    /// Whether we tell it where we are.
    pub register: bool,
    /// Where we send from; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Our address as the trunk sees it.
    pub address: IpAddr,
    /// Ports for speech, from and to. `None` takes free ones.
    pub audio_ports: Option<(u16, u16)>,
    /// Certificate authorities that vouch for it, PEM.
    pub authorities: Option<PathBuf>,
}

/// How the trunk knows us.
#[derive(Debug)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The password.
    pub password: SecretString,
}

/// Why there is no trunk.
#[derive(Debug, thiserror::Error)]
pub enum TrunkError {
    /// The address cannot be used.
    #[error(
        "calls cannot be sent from {address}: {reason}; choose another with [calls.sip] listen"
    )]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        reason: String,
    },
    /// The certificate authorities cannot be read.
    #[error("cannot read the certificate authorities {}: {reason}; name a PEM file with [calls.sip] authorities", path.display())]
    Authorities {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The SIP stack did not start.
    #[error("the SIP side did not start: {0}")]
    Stack(String),
}

/// The trunk, and who places calls over it.
pub struct Trunk {
    settings: TrunkSettings,
    prompts: Arc<Prompts>,
    random: Arc<dyn SecureRandom + Send + Sync>,
    endpoint: EndpointInnerRef,
    layer: Arc<DialogLayer>,
    /// Ends every call.
    stop: CancellationToken,
    /// Ends the SIP side, after the last BYE.
    shut: CancellationToken,
    calls: TaskTracker,
    registered: AtomicBool,
}

impl std::fmt::Debug for Trunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunk")
            .field("trunk", &self.settings.trunk.host_with_port.to_string())
            .finish_non_exhaustive()
    }
}

impl Trunk {
    /// Opens the SIP side. That the trunk answers is not asked here: the service starts without it.
    pub async fn open(
        settings: TrunkSettings,
        prompts: Arc<Prompts>,
        random: Arc<dyn SecureRandom + Send + Sync>,
    ) -> Result<Arc<Self>, TrunkError> {
        let shut = CancellationToken::new();
        let transports = TransportLayer::new(shut.clone());
        // Requests over TCP and TLS open a connection; the datagram socket is there in any case, for what comes back
        let external = SocketAddr::new(settings.address, settings.listen.port());
        let external = (settings.listen.port() != 0).then_some(external);
        let token = Some(shut.child_token());
        let datagrams = UdpConnection::create_connection(settings.listen, external, token)
            .await
            .map_err(|reason| TrunkError::Listen {
                address: settings.listen,
                reason: reason.to_string(),
            })?;
        transports.add_transport(datagrams.into());
        if let Some(path) = &settings.authorities {
            let pem = std::fs::read(path).map_err(|reason| TrunkError::Authorities {
                path: path.clone(),
                reason,
            })?;
            transports.set_tls_config(TlsConfig {
                ca_certs: Some(pem),
                ..TlsConfig::default()
            });
        }
        let endpoint = EndpointBuilder::new()
            .with_user_agent("Countersign")
            .with_transport_layer(transports)
            .with_cancel_token(shut.clone())
            .with_allows(vec![
                Method::Invite,
                Method::Ack,
                Method::Bye,
                Method::Cancel,
                Method::Info,
                Method::Options,
            ])
            .build();
        let layer = Arc::new(DialogLayer::new(endpoint.inner.clone()));
        let incoming = endpoint.incoming_transactions();
        let incoming = incoming.map_err(|error| TrunkError::Stack(error.to_string()))?;
        let serving = endpoint.inner.clone();
        tokio::spawn(async move {
            if let Err(error) = serving.serve().await {
                tracing::error!(%error, "the SIP side ended");
            }
        });
        tokio::spawn(hand_on(incoming, layer.clone()));
        let trunk = Arc::new(Self {
            settings,
            prompts,
            random,
            endpoint: endpoint.inner.clone(),
            layer,
            stop: CancellationToken::new(),
            shut,
            calls: TaskTracker::new(),
            registered: AtomicBool::new(false),
        });
        if trunk.settings.register {
            trunk.calls.spawn(keep_registered(trunk.clone()));
        }
        Ok(trunk)
    }

    /// The SIP side, for [`super::doctor`].
    pub(super) const fn endpoint(&self) -> &EndpointInnerRef {
        &self.endpoint
    }

    /// Whether the trunk knows where we are, where it wants to.
    pub fn is_registered(&self) -> bool {
        self.registered.load(Ordering::Relaxed)
    }

    /// How the trunk is reached.
    pub(super) const fn settings(&self) -> &TrunkSettings {
        &self.settings
    }

    /// The trunk's address with a user part.
    pub(super) fn at_trunk(&self, user: &str) -> Uri {
        Uri {
            auth: Some(Auth {
                user: user.to_owned(),
                password: None,
            }),
            ..self.settings.trunk.clone()
        }
    }

    /// Where requests inside of a call reach us.
    fn contact(&self) -> Uri {
        let port = self
            .endpoint
            .get_addrs()
            .first()
            .and_then(|address| address.addr.port.map(|port| port.value()));
        let place = SocketAddr::new(
            self.settings.address,
            port.unwrap_or(self.settings.listen.port()),
        );
        Uri {
            scheme: Some(rsipstack::sip::Scheme::Sip),
            auth: Some(Auth {
                user: self.settings.from.clone(),
                password: None,
            }),
            host_with_port: place.into(),
            params: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub(super) fn credential(&self) -> Option<Credential> {
        let account = self.settings.account.as_ref()?;
        Some(Credential {
            username: account.name.clone(),
            password: account.password.expose_secret().to_owned(),
            realm: None,
            auth_username: None,
        })
    }

    async fn audio_socket(&self) -> Result<UdpSocket, CallError> {
        let ip = self.settings.listen.ip();
        let Some((first, last)) = self.settings.audio_ports else {
            let bound = UdpSocket::bind(SocketAddr::new(ip, 0)).await;
            return bound.map_err(|error| CallError(error.to_string()));
        };
        // RTP takes even ports (RFC 3550 §11)
        for port in (first..=last).filter(|port| port % 2 == 0) {
            if let Ok(bound) = UdpSocket::bind(SocketAddr::new(ip, port)).await {
                return Ok(bound);
            }
        }
        Err(CallError("every port for audio is in use".into()))
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], CallError> {
        let mut bytes = [0; N];
        let filled = self.random.fill(&mut bytes);
        filled.map_err(|_| CallError("no randomness".into()))?;
        Ok(bytes)
    }
}

#[async_trait]
impl Caller for Trunk {
    async fn call(&self, to: &E164, extension: &str) -> Result<Box<dyn Line>, CallError> {
        if self.stop.is_cancelled() {
            return Err(CallError("the service is stopping".into()));
        }
        let socket = self.audio_socket().await?;
        let port = socket
            .local_addr()
            .map_err(|error| CallError(error.to_string()))?;
        let at = SocketAddr::new(self.settings.address, port.port());
        let name = HEXLOWER.encode(&self.random::<16>()?);
        let start = Start {
            source: u32::from_be_bytes(self.random()?),
            sequence: u16::from_be_bytes(self.random()?),
            timestamp: u32::from_be_bytes(self.random()?),
        };
        let digits = to.as_str().trim_start_matches('+');
        let invite = InviteOption {
            caller: self.at_trunk(&self.settings.from),
            callee: self.at_trunk(&format!("{}{digits}", self.settings.prefix)),
            contact: self.contact(),
            content_type: Some("application/sdp".into()),
            offer: Some(sdp::offer(at, u64::from(start.timestamp))),
            credential: self.credential(),
            call_id: Some(name.clone()),
            ..InviteOption::default()
        };
        let dial = Dial {
            layer: self.layer.clone(),
            invite,
            socket,
            start,
            address: self.settings.address,
            extension: extension.to_owned(),
            stop: self.stop.child_token(),
            name: name.clone(),
        };
        tracing::info!(call = name, ending = to.ending(), "a call is placed");
        let (line, driven) = call::begin(dial, self.prompts.clone());
        self.calls.spawn(driven);
        Ok(Box::new(line))
    }

    async fn close(&self) {
        self.stop.cancel();
        self.calls.close();
        if timeout(CLOSING, self.calls.wait()).await.is_err() {
            tracing::warn!(calls = self.calls.len(), "calls were left to run out");
        }
        self.shut.cancel();
    }
}

/// Hands requests to the call that they belong to. Nobody calls us, so everything else is refused; only the trunk may ask
/// whether we are there.
async fn hand_on(mut incoming: TransactionReceiver, layer: Arc<DialogLayer>) {
    while let Some(mut asked) = incoming.recv().await {
        if let Some(Dialog::Invite(mut dialog)) = layer.match_dialog(&asked) {
            tokio::spawn(async move {
                if let Err(error) = dialog.handle(&mut asked).await {
                    tracing::debug!(%error, "a request inside of a call was not taken");
                }
            });
            continue;
        }
        let status = match asked.original.method {
            Method::Ack => continue,
            Method::Options => StatusCode::OK,
            Method::Invite => StatusCode::Forbidden,
            _ => StatusCode::CallTransactionDoesNotExist,
        };
        if let Err(error) = asked.reply(status).await {
            tracing::debug!(%error, "a stranger's request was not answered");
        }
    }
}

/// Tells the registrar where we are, again and again until the service stops, and then that we are gone.
async fn keep_registered(trunk: Arc<Trunk>) {
    let mut registration = Registration::new(trunk.endpoint.clone(), trunk.credential());
    let server = trunk.settings.trunk.clone();
    let mut known = None;
    let stop = trunk.stop.clone();
    let kept = registration.keep_alive(server, REGISTERED, stop, |outcome| {
        let is_good = matches!(outcome, RefreshOutcome::Registered(_));
        trunk.registered.store(is_good, Ordering::Relaxed);
        // Told when it changes, not every few seconds
        if known.replace(is_good) == Some(is_good) {
            return;
        }
        match outcome {
            RefreshOutcome::Registered(_) => tracing::info!("the trunk registered us"),
            RefreshOutcome::Rejected(response) => {
                let code = response.status_code.code();
                tracing::warn!(
                    code,
                    "the trunk does not register us; check [calls.sip] name and password_file"
                );
            }
            RefreshOutcome::Failed(error) => {
                tracing::warn!(%error, "the trunk cannot be reached to register");
            }
        }
    });
    kept.await;
    // Only where it knew us: a trunk that is down need not be waited for
    if known == Some(true)
        && timeout(
            UNREGISTER,
            registration.register(trunk.settings.trunk.clone(), Some(0)),
        )
        .await
        .is_err()
    {
        tracing::warn!("the trunk was not told that we are gone");
    }
}
