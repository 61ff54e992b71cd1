//! The service's end of TLS: certificates from files, and the listener with its limits on slow or greedy peers.
//!
//! There is no plain HTTP (row N1): a proxy in front speaks TLS to the service as well.

pub mod connections;
pub mod development;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use axum_server::{
    Handle,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::shares::Shares;
use connections::Counting;

/// From accepting a connection to the end of its TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// From the end of the handshake to the first complete request head (row R1).
const FIRST_HEADER_TIME: Duration = Duration::from_secs(10);
/// From the end of one answer to the next complete request head on a kept-alive connection.
/// hyper counts idle time here, and a person at a `pam_duo` prompt may think for a minute between two calls.
const NEXT_HEADER_TIME: Duration = Duration::from_secs(90);
/// Streams a peer may have open at once on one HTTP/2 connection (row R1).
const HTTP2_STREAMS: u32 = 64;
/// Streams a peer may reset before the connection is closed (the "rapid reset" flood, row R1).
const HTTP2_RESETS: usize = 20;
/// How long open answers may take to finish once the service has been told to stop.
const SHUTDOWN_TIME: Duration = Duration::from_secs(10);

/// Why TLS could not be set up; each message says which file to look at.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate or key file is missing, unreadable or not PEM.
    #[error("cannot read {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system or the parser says.
        reason: String,
    },
    /// The key does not belong to the certificate, or its kind is not supported.
    #[error("the certificate and key cannot be used: {0}")]
    Pair(#[from] rustls::Error),
    /// The development authority could not make a certificate, most often because the public host is not a name.
    #[error("cannot make a development certificate: {0}")]
    Make(#[from] rcgen::Error),
}

impl TlsError {
    fn file(path: &Path, reason: &impl ToString) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// Makes ring the process's only provider of TLS cryptography. Safe to call more than once.
pub fn install_provider() {
    // An error only says that a provider is installed already, and ring is the only one in the build.
    let _ = ring::default_provider().install_default();
}

/// A server configuration for TLS 1.2 and 1.3 from a PEM certificate chain and a PEM key.
pub fn from_pem_files(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| TlsError::file(chain, &error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::file(key, &error))?;
    server_config(chain, key)
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Serves `router` on `listener`, to each address its share of `connections`, until `stop` is done; open answers then have
/// ten seconds to finish.
pub async fn serve(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    connections: Arc<Shares>,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let handle: Handle<SocketAddr> = Handle::new();
    tokio::spawn({
        let handle = handle.clone();
        async move {
            stop.await;
            handle.graceful_shutdown(Some(SHUTDOWN_TIME));
        }
    });
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(config))
        .handshake_timeout(HANDSHAKE_TIME)
        .acceptor(Counting::by(connections));
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(acceptor)
        .handle(handle)
        .first_request_timeout(FIRST_HEADER_TIME);
    server
        .http_builder()
        .http1()
        .header_read_timeout(NEXT_HEADER_TIME);
    server
        .http_builder()
        .http2()
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_pending_accept_reset_streams(HTTP2_RESETS)
        .max_local_error_reset_streams(HTTP2_RESETS)
        .keep_alive_interval(NEXT_HEADER_TIME);
    server
        .serve(router.into_make_service_with_connect_info::<SocketAddr>())
        .await
}
