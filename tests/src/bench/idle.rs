//! What a device that waits costs the service in memory, beside a connection that a bare web server holds.

use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use reqwest::Client;
use tokio::task::JoinSet;

use super::{
    Extent,
    bare::Bare,
    caller::{Device, Http, client},
    cost::{Process, float, us},
    report::{Report, Row},
    site::Site,
};

const GOAL: f64 = 1.2;
/// Seconds that a poll is held.
const WAIT: u32 = 50;
/// Connections that are opened at one time.
const OPENING: usize = 32;
/// A process that has used no processor for so long has nothing left to do.
const STILL: Duration = Duration::from_millis(500);
/// From the last call to the look at it, and how long it is looked at.
const SETTLE: Duration = Duration::from_secs(3);
const WATCHED: Duration = Duration::from_secs(5);

pub(super) async fn measure(
    site: &mut Site,
    peer: &mut Bare,
    extent: Extent,
    report: &mut Report,
) -> Result<()> {
    let people = site.people("idle", extent.of(1_500, 200)).await?;
    for (http, called) in [(Http::Two, "HTTP/2, as the app"), (Http::One, "HTTP/1.1")] {
        // A young process each: memory that was freed before would hide what a connection takes
        site.service.stop();
        site.service.resume().await?;
        *peer = Bare::start(site)?;
        let ours = Held::cost(site, site.process(), &people, http, None).await?;
        let bare = Held::cost(site, peer.process(), &people, http, Some(&peer.host)).await?;
        report.add(Row {
            what: format!(
                "idle device in the long poll, {} of them, {called}",
                people.len()
            ),
            figure: format!("{:.1} KiB", ours.kib),
            beside: format!("{:.1} KiB: bare axum holding as many", bare.kib),
            ratio: Some(ours.kib / bare.kib),
            goal: "≤ 1.2 ×".to_owned(),
            met: Some(ours.kib <= bare.kib * GOAL),
        });
        report.add(Row {
            what: "idle device in the long poll: CPU of the service in a second".to_owned(),
            figure: format!("{:.0} µs", us(ours.cpu_in_a_second)),
            beside: format!("{:.0} µs: bare axum", us(bare.cpu_in_a_second)),
            ..Row::default()
        });
    }
    Ok(())
}

/// What one of many held calls costs.
struct Held {
    kib: f64,
    cpu_in_a_second: Duration,
}

impl Held {
    /// Has each of `people` hold a call, each on a connection of her own, and looks at `process`.
    async fn cost(
        site: &Site,
        process: Process,
        people: &[Device],
        http: Http,
        bare: Option<&str>,
    ) -> Result<Self> {
        // What is only made once is made before: statements, pages of the database, threads
        for device in people.iter().take(64) {
            first(&client(&site.service.ca, http)?, device, bare).await?;
        }
        still(process).await?;
        let before = process.pss_kib()?;
        let mut held = JoinSet::new();
        for some in people.chunks(OPENING) {
            let mut opening = Vec::new();
            for device in some {
                let client = client(&site.service.ca, http)?;
                opening.push(async move {
                    let revision = first(&client, device, bare).await?;
                    anyhow::Ok((client, revision))
                });
            }
            for ((client, revision), device) in try_join_all(opening).await?.into_iter().zip(some) {
                let request = match bare {
                    Some(host) => client.get(format!("https://{host}/hold")),
                    None => device.poll(Some((WAIT, &revision)))?.request(&client),
                };
                held.spawn(async move {
                    let answered = request.send().await;
                    // The connection lives as long as its client
                    drop(client);
                    answered.map(drop)
                });
            }
        }
        tokio::time::sleep(SETTLE).await;
        let spent = process.cpu()?;
        tokio::time::sleep(WATCHED).await;
        let spent = process.cpu()?.saturating_sub(spent);
        let grown = process.pss_kib()?.saturating_sub(before);
        anyhow::ensure!(held.try_join_next().is_none(), "a call was not held");
        held.abort_all();
        let count = u32::try_from(people.len())?;
        Ok(Self {
            kib: float(grown) / f64::from(count),
            cpu_in_a_second: spent.div_f64(WATCHED.as_secs_f64()) / count,
        })
    }
}

/// The first call on a connection, answered at once: the list's revision from the service.
async fn first(client: &Client, device: &Device, bare: Option<&str>) -> Result<String> {
    let Some(host) = bare else {
        return device
            .waiting(client)
            .await?
            .revision
            .context("a list has a revision");
    };
    let call = client.post(format!("https://{host}/")).body("x");
    call.send().await?.error_for_status()?.bytes().await?;
    Ok(String::new())
}

/// Waits until `process` has nothing more to do.
async fn still(process: Process) -> Result<()> {
    loop {
        let before = process.cpu()?;
        tokio::time::sleep(STILL).await;
        if process.cpu()? == before {
            return Ok(());
        }
    }
}
