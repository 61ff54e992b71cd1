//! Something that answers HTTPS with the service's certificate and is not the service.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// Answers every request with the same bytes.
pub struct Impostor {
    /// Its port on loopback.
    pub port: u16,
    requests: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Impostor {
    /// Starts it on a free port, with the certificate and key in `tls`, the folder of a service's `--dev-tls`.
    pub async fn start(tls: &Path, reply: String) -> Result<Self> {
        Self::start_on(0, tls, reply).await
    }

    /// Starts it on `port`, in the place of a service that is down.
    pub async fn start_on(port: u16, tls: &Path, reply: String) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let chain = CertificateDer::pem_file_iter(tls.join("server.pem"))?
            .collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_file(tls.join("server-key.pem"))
            .context("the key of the development certificate")?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        let (seen, requests) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = vec![0; 64 * 1024];
                let read = timeout(Duration::from_secs(5), stream.read(&mut request)).await;
                let Ok(Ok(length)) = read else { continue };
                let _ = seen.send(String::from_utf8_lossy(&request[..length]).into_owned());
                // Who hangs up early has seen enough
                let _ = stream.write_all(reply.as_bytes()).await;
                let _ = stream.shutdown().await;
                // Hanging up on unread bytes would reset the connection and lose the answer
                let _ = timeout(Duration::from_secs(5), async {
                    while stream
                        .read(&mut request)
                        .await
                        .is_ok_and(|length| length > 0)
                    {}
                })
                .await;
            }
        });
        Ok(Self {
            port,
            requests,
            task,
        })
    }

    /// The first lines of the requests that arrived.
    pub fn arrived(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok())
            .map(|request| request.lines().next().unwrap_or_default().to_owned())
            .collect()
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A whole HTTP answer.
pub fn http(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}
