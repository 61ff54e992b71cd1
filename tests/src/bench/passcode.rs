//! A passcode check by `auth`: each passcode is new, since the service takes none twice.
//!
//! A device is good for three of them in a row: those of the time step before, of this one and of the next.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use countersign_protocol::passcode::Period;

use super::{
    Extent,
    bare::Bare,
    caller::{Device, now},
    cost::{median, ms, ratio, us},
    floors::Floors,
    report::{Report, Row},
    site::{Load, Site, load},
};

const COMMITS: u32 = 2;
const SIDE_BY_SIDE: usize = 16;
/// What three checks take at most, and all of them as a rule.
const SOON: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(10);
const GOAL_CPU: Duration = Duration::from_micros(350);
const GOAL_RATE: f64 = 3_000.0;

pub(super) async fn measure(
    site: &Site,
    peer: &Bare,
    floors: &Floors,
    extent: Extent,
    report: &mut Report,
) -> Result<()> {
    let mut people = site.people("passcode", extent.of(1_200, 120)).await?;
    let alone = people.split_off(people.len() - extent.of(100, 10));
    let warm = people.split_off(people.len() - extent.of(100, 10));
    checks(site, warm, SIDE_BY_SIDE).await?;
    let loaded = checks(site, people, SIDE_BY_SIDE).await?;
    let bare = peer.request(site, SIDE_BY_SIDE, extent).await?;
    let alone = checks(site, alone, 1).await?;

    let floor = bare.cpu + floors.commit_cpu * COMMITS;
    report.add(Row {
        what: "passcode check: CPU of the service".to_owned(),
        figure: format!("{:.0} µs", us(loaded.cpu)),
        beside: format!(
            "{:.0} µs: a bare request of {:.0}, {COMMITS} commits of {:.0}",
            us(floor),
            us(bare.cpu),
            us(floors.commit_cpu),
        ),
        ratio: Some(ratio(loaded.cpu, floor)),
        goal: "≤ 350 µs".to_owned(),
        met: Some(loaded.cpu <= GOAL_CPU),
    });
    report.add(Row {
        what: format!("passcode check: rate, {SIDE_BY_SIDE} people, load on the same cores"),
        figure: format!("{:.0}/s", loaded.rate()),
        beside: format!("{:.0}/s: bare requests", bare.rate()),
        ratio: Some(loaded.rate() / bare.rate()),
        goal: "≥ 3000/s".to_owned(),
        met: Some(loaded.rate() >= GOAL_RATE),
    });
    report.add(Row {
        what: "passcode check: p50, one person".to_owned(),
        figure: format!("{:.2} ms", ms(median(alone.times))),
        ..Row::default()
    });
    Ok(())
}

/// Uses up the passcodes of `people`, `side_by_side` at a time.
async fn checks(site: &Site, people: Vec<Device>, side_by_side: usize) -> Result<Load> {
    let each = people.len().div_ceil(side_by_side);
    let mut people = people.into_iter();
    let mut workers = Vec::new();
    for _ in 0..side_by_side {
        let share: Vec<Device> = people.by_ref().take(each).collect();
        let application = site.application()?;
        workers.push(async move {
            let mut taken = Vec::new();
            for device in share {
                stay_within_a_step(SOON).await;
                let step = Period::THIRTY.step(now()).context("a time after 1970")?;
                for step in [step - 1, step, step + 1] {
                    let passcode = device.passcode(step);
                    let start = Instant::now();
                    application.passcode(&device.username, &passcode).await?;
                    taken.push(start.elapsed());
                }
            }
            Ok(taken)
        });
    }
    stay_within_a_step(LONG).await;
    load(site.process(), workers).await
}

/// Waits for the next time step where this one ends within `time`: the passcode of the step before would grow too old.
async fn stay_within_a_step(time: Duration) {
    let left = Duration::from_millis(Period::THIRTY.left_ms(now()).into());
    if left < time {
        tokio::time::sleep(left).await;
    }
}
