//! The peer of the benches: a web server as bare as axum and rustls make it, on the service's certificate.
//!
//! `POST /` answers a few bytes at once; `GET /hold` never answers.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context as _, Result};
use axum::{
    Router,
    routing::{get, post},
};
use axum_server::tls_rustls::RustlsConfig;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments
        .next()
        .context("the first argument is the port")?
        .parse()?;
    let tls = PathBuf::from(
        arguments
            .next()
            .context("the second is the folder of the certificate")?,
    );
    // It is the first, so nothing is installed yet
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config =
        RustlsConfig::from_pem_file(tls.join("server.pem"), tls.join("server-key.pem")).await?;
    let router = Router::new()
        .route(
            "/",
            post(async |body: axum::body::Bytes| answer(body.len())),
        )
        .route("/hold", get(async || std::future::pending::<()>().await));
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    axum_server::bind_rustls(address, config)
        .serve(router.into_make_service())
        .await?;
    Ok(())
}

/// As long as a usual answer of the service.
fn answer(read: usize) -> String {
    format!("{read:0200}")
}
