//! The bare web server beside the service: the same library, the same TLS, nothing behind it.

use std::{process::Command, process::Stdio, time::Instant};

use anyhow::Result;
use reqwest::Client;

use super::{
    Extent,
    caller::{Http, client},
    cost::Process,
    site::{Load, Site, load},
};
use crate::part::{Part, built, free_port};

/// The running peer.
pub(super) struct Bare {
    /// Where it listens.
    pub host: String,
    part: Part,
}

impl Bare {
    /// Starts it with the certificate of `site`'s service.
    pub(super) fn start(site: &Site) -> Result<Self> {
        let port = free_port()?;
        let running = Part::start(
            Command::new(built("bare_axum")?)
                .arg(port.to_string())
                .arg(&site.tls)
                .stdin(Stdio::null()),
        )?;
        Ok(Self {
            host: format!("localhost:{port}"),
            part: running,
        })
    }

    /// Its process.
    pub(super) fn process(&self) -> Process {
        Process(self.part.id())
    }

    /// What one request on a kept connection costs it, with `side_by_side` connections at work.
    pub(super) async fn request(
        &self,
        site: &Site,
        side_by_side: usize,
        extent: Extent,
    ) -> Result<Load> {
        let url = format!("https://{}/", self.host);
        let each = extent.of(24_000, 4_000) / side_by_side;
        let mut clients = Vec::new();
        for _ in 0..side_by_side {
            let client = client(&site.service.ca, Http::One)?;
            ask(&client, &url).await?;
            clients.push(client);
        }
        load(
            self.process(),
            clients.into_iter().map(|client| {
                let url = url.clone();
                async move {
                    let mut times = Vec::new();
                    for _ in 0..each {
                        let start = Instant::now();
                        ask(&client, &url).await?;
                        times.push(start.elapsed());
                    }
                    Ok(times)
                }
            }),
        )
        .await
    }
}

async fn ask(client: &Client, url: &str) -> Result<()> {
    // About as many bytes either way as in a call of the service
    let request = client
        .post(url)
        .header("authorization", format!("Basic {}", "x".repeat(200)))
        .body("x".repeat(300));
    request.send().await?.error_for_status()?.bytes().await?;
    Ok(())
}
