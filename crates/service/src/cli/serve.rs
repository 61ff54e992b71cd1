//! `serve`: runs the service until it is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use rustls::ServerConfig;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::open::{Settings, parse_host};
use super::{Options, files, phones};
use crate::core::Core;
use crate::directory::settings::DirectorySettings;
use crate::http::{Edge, router::router};
use crate::waker::LOOK_ELSEWHERE;
use crate::workstations::dns::Dns;
use crate::{logging, metrics, tls};

const DEFAULT_LISTEN: &str = "127.0.0.1:8443";
/// How often requests whose time is over are ended without anybody asking.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Run the service
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Listen on this address and port; port 0 takes a free one [default: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The certificate chain, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Make a certificate authority (ca.pem) and a certificate for this machine in a folder, for trials
    #[arg(long, value_name = "DIR", conflicts_with = "tls_cert")]
    dev_tls: Option<PathBuf>,
}

impl Serve {
    pub(super) async fn run(self, options: Options) -> anyhow::Result<()> {
        let mut settings = Settings::of(options)?;
        settings.surround()?;
        logging::init(settings.config.log.as_deref());
        metrics::install();
        files::allow_all();
        tls::install_provider();
        let named = settings
            .public_host
            .as_deref()
            .map(parse_host)
            .transpose()?;
        let listener = self.bind(&settings)?;
        let address = listener.local_addr().context("cannot tell the port")?;
        let host = match named {
            Some(host) => host,
            None => parse_host(&format!("localhost:{}", address.port()))?,
        };
        let reached = phones::phones(&mut settings.config, &host).await?;
        if let Some(phone) = reached.simulated {
            phones::listen(phone, &settings.data)?;
        }
        let recognising = settings.recognising()?;
        let directory = settings.directory()?;
        let mut core = settings.core_for(host, reached.phones, recognising).await?;
        if let Some(directory) = directory {
            core = core.with_directory(Arc::new(directory));
        }
        if let Some(names) = core.site.workstations.names.clone() {
            let dns = Dns::of(&names.servers).context("the workstations' names are not known")?;
            core = core.with_host_names(dns);
        }
        let core = Arc::new(core);
        if let Some(reported) = reached.reported {
            tokio::spawn(core.clone().keep_reports(reported));
        }
        let certificates = self.certificates(&settings, &core)?;
        settings.note_host(&core.site.host)?;

        let (stop, stopping) = watch::channel(false);
        let tidying = tokio::spawn(keep_tidy(core.clone()));
        let looking = tokio::spawn(keep_looking(core.clone()));
        let look_every = settings
            .config
            .directory
            .as_ref()
            .map(DirectorySettings::look_every);
        let keeping = look_every.map(|every| tokio::spawn(keep_in_step(core.clone(), every)));
        let proxies = settings.config.proxies.clone();
        let mut limits = settings.config.limits.clone();
        limits.many_behind.extend(proxies.networks());
        let connections = limits.of_connections();
        let app = router(
            Edge::new(core.clone(), stopping)
                .within(limits)
                .behind(proxies),
        );
        // Before anybody is told that it runs: who stops it then must not cut it off
        let asked = asked_to_stop();
        tracing::info!(host = %core.site.host, %address, "listening");
        super::print(&format!(
            "listening https://{} on {address}",
            core.site.host
        ));
        let served = tls::serve(listener, certificates, connections, app, async move {
            asked.await;
            tracing::info!("stopping");
            let _nobody_holds_a_call = stop.send(true);
        });
        let served = served.await.context("the listener failed");
        tidying.abort();
        looking.abort();
        keeping.iter().for_each(JoinHandle::abort);
        core.hang_up().await;
        core.store.close().await;
        served
    }

    fn bind(&self, settings: &Settings) -> anyhow::Result<TcpListener> {
        let default = DEFAULT_LISTEN.parse().context("the default address")?;
        let address = self.listen.or(settings.config.listen).unwrap_or(default);
        let listener = TcpListener::bind(address)
            .with_context(|| format!("cannot listen on {address}; choose another with --listen"))?;
        listener
            .set_nonblocking(true)
            .context("cannot listen without blocking")?;
        Ok(listener)
    }

    fn certificates(&self, settings: &Settings, core: &Core) -> anyhow::Result<Arc<ServerConfig>> {
        if let Some(folder) = &self.dev_tls {
            return Ok(tls::development::config(
                folder,
                core.site.host.name(),
                core.now(),
            )?);
        }
        let files = &settings.config.tls;
        let (chain, key) = (
            self.tls_cert.as_ref().or(files.certificate.as_ref()),
            self.tls_key.as_ref().or(files.key.as_ref()),
        );
        match (chain, key) {
            (Some(chain), Some(key)) => Ok(tls::from_pem_files(chain, key)?),
            _ => bail!(
                "there is no certificate; give --tls-cert and --tls-key, or --dev-tls FOLDER for a trial"
            ),
        }
    }
}

/// Ends what is over, every few seconds. A failure is logged and tried again: requests expire by the clock in any case.
async fn keep_tidy(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        metrics::upkeep();
        if let Err(fault) = core.tidy().await {
            tracing::warn!(%fault, "could not tidy");
        }
    }
}

/// Wakes those who wait for what another process changed: the command line, or a service beside this one.
async fn keep_looking(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(LOOK_ELSEWHERE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(fault) = core.look_elsewhere().await {
            tracing::warn!(%fault, "could not look for changes");
        }
    }
}

/// Takes over who was disabled in the organisation's directory. A failure is logged, and everybody stays as they are.
async fn keep_in_step(core: Arc<Core>, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match core.keep_in_step().await {
            Ok(looked) => tracing::debug!(?looked, "in step with the directory"),
            Err(error) => tracing::error!(%error, "could not look at the directory"),
        }
    }
}

/// Ends when the process is asked to stop. What asks is listened to from now on, not from the first wait; where signals cannot
/// be listened to, the process is ended from outside.
#[cfg(unix)]
fn asked_to_stop() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};

    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    async move {
        match signals {
            [Ok(mut terminate), Ok(mut interrupt)] => tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            },
            _ => std::future::pending().await,
        }
    }
}

/// The same where there are no signals.
#[cfg(not(unix))]
fn asked_to_stop() -> impl Future<Output = ()> + Send {
    async {
        let _interrupted = tokio::signal::ctrl_c().await;
    }
}
