//! A push round trip: `preauth`, `auth`, the device's poll, its signed answer, `auth_status`.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::{
    Extent,
    bare::Bare,
    caller::{Application, Device},
    cost::{median, ms, ratio, us},
    floors::Floors,
    report::{Report, Row},
    site::{Load, Site, load},
};

/// HTTP requests, signatures checked and durable commits that the goal reckons with.
const REQUESTS: u32 = 5;
const VERIFIES: u32 = 2;
const COMMITS: u32 = 3;
/// People who sign in side by side under load.
const SIDE_BY_SIDE: usize = 16;
const GOAL_CPU: Duration = Duration::from_millis(1);
const GOAL_RATE: f64 = 1_000.0;
/// A sixtieth of privacyIDEA's 175 ms.
const GOAL_MEDIAN: Duration = Duration::from_micros(2_917);

pub(super) async fn measure(
    site: &Site,
    peer: &Bare,
    floors: &Floors,
    extent: Extent,
    report: &mut Report,
) -> Result<()> {
    let people = site.people("push", SIDE_BY_SIDE).await?;
    // Warm, and thrown away
    let (people, _) = sign_ins(site, people, extent.of(20, 5)).await?;
    let (mut people, loaded) = sign_ins(site, people, extent.of(125, 15)).await?;
    let bare = peer.request(site, SIDE_BY_SIDE, extent).await?;
    people.truncate(1);
    let (_, alone) = sign_ins(site, people, extent.of(300, 40)).await?;
    let bare_alone = peer.request(site, 1, extent).await?;

    let floor = bare.cpu * REQUESTS + floors.verify * VERIFIES + floors.commit_cpu * COMMITS;
    report.add(Row {
        what: "push round trip: CPU of the service".to_owned(),
        figure: format!("{:.0} µs", us(loaded.cpu)),
        beside: format!(
            "{:.0} µs: {REQUESTS} bare requests of {:.0}, {VERIFIES} verifies of {:.0}, {COMMITS} commits of {:.0}",
            us(floor),
            us(bare.cpu),
            us(floors.verify),
            us(floors.commit_cpu),
        ),
        ratio: Some(ratio(loaded.cpu, floor)),
        goal: "≤ 1000 µs".to_owned(),
        met: Some(loaded.cpu <= GOAL_CPU),
    });
    report.add(Row {
        what: format!("push round trip: rate, {SIDE_BY_SIDE} people, load on the same cores"),
        figure: format!("{:.0}/s", loaded.rate()),
        beside: format!(
            "{:.0}/s: bare requests, a {REQUESTS}th",
            bare.rate() / f64::from(REQUESTS)
        ),
        ratio: Some(loaded.rate() / (bare.rate() / f64::from(REQUESTS))),
        goal: "≥ 1000/s".to_owned(),
        met: Some(loaded.rate() >= GOAL_RATE),
    });
    let middle = median(alone.times.iter().copied());
    let floor = median(bare_alone.times) * REQUESTS + floors.commit * COMMITS;
    report.add(Row {
        what: "push round trip: p50, one person".to_owned(),
        figure: format!("{:.2} ms", ms(middle)),
        beside: format!(
            "{:.2} ms: {REQUESTS} bare requests, {COMMITS} commits waited for",
            ms(floor)
        ),
        ratio: Some(ratio(middle, floor)),
        goal: "≤ 2.92 ms".to_owned(),
        met: Some(middle <= GOAL_MEDIAN),
    });
    Ok(())
}

/// Each person signs in `times` times on connections of her own. Gives the people back.
async fn sign_ins(site: &Site, people: Vec<Device>, times: usize) -> Result<(Vec<Device>, Load)> {
    let (back, mut came_back) = tokio::sync::mpsc::unbounded_channel();
    let mut workers = Vec::new();
    for mut device in people {
        let (application, back) = (site.application()?, back.clone());
        workers.push(async move {
            let mut taken = Vec::new();
            for _ in 0..times {
                let start = Instant::now();
                sign_in(&application, &mut device).await?;
                taken.push(start.elapsed());
            }
            // Whoever gives up reading has no use for it
            let _ = back.send(device);
            Ok(taken)
        });
    }
    drop(back);
    let load = load(site.process(), workers).await?;
    let mut people = Vec::new();
    while let Ok(device) = came_back.try_recv() {
        people.push(device);
    }
    Ok((people, load))
}

async fn sign_in(application: &Application, device: &mut Device) -> Result<()> {
    application.preauth(&device.username).await?;
    let txid = application.push(&device.username).await?;
    let waiting = device.waiting(&application.client).await?;
    let request = waiting.transactions.first().context("the request waits")?;
    device.approve(&application.client, request).await?;
    application.allowed(&txid).await
}
