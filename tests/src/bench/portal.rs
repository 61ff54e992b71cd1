//! The portal's first view, cold: from asking for the page to a sign-in form that takes a name, in a new browser.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use thirtyfour::By;

use super::{
    Extent,
    cost::{median, ms},
    report::{Report, Row},
    site::Site,
};
use crate::{
    browser::{Browser, Screen},
    part::root,
};

const FIRST_VIEW_GOAL: Duration = Duration::from_secs(1);
const WEIGHT_GOAL: u64 = 150 * 1024;
/// A browser that shows nothing by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn measure(site: &Site, extent: Extent, report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..extent.of(7, 3) {
        times.push(first_view(site).await?);
    }
    let (middle, worst) = (
        median(times.iter().copied()),
        times.iter().copied().max().unwrap_or_default(),
    );
    report.add(Row {
        what: format!("portal: first view, cold, {} new browsers", times.len()),
        figure: format!(
            "{:.0} ms to a form that takes a name; at worst {:.0}",
            ms(middle),
            ms(worst)
        ),
        goal: "≤ 1000 ms".to_owned(),
        met: Some(middle <= FIRST_VIEW_GOAL),
        ..Row::default()
    });
    let weight = weight(&root().join("ui/dist-portal/assets"))?;
    report.add(Row {
        what: "portal: scripts and styles, gzip".to_owned(),
        figure: format!("{} KiB", weight / 1024),
        goal: "≤ 150 KiB".to_owned(),
        met: Some(weight <= WEIGHT_GOAL),
        ..Row::default()
    });
    Ok(())
}

/// The browser is running when the page is asked for; nothing of the portal is in its cache.
async fn first_view(site: &Site) -> Result<Duration> {
    let browser = Browser::blank(Screen::Wide).await?;
    let start = Instant::now();
    browser.go_to(&site.service, "/").await?;
    loop {
        let fields = browser.driver().find_all(By::Name("username")).await?;
        if let Some(field) = fields.first()
            && field.is_displayed().await?
        {
            break;
        }
        ensure!(start.elapsed() < PATIENCE, "no sign-in form came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let after = start.elapsed();
    browser.close().await?;
    Ok(after)
}

/// What all files of `folder` weigh on their way.
fn weight(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in std::fs::read_dir(folder).context("the portal is not built")? {
        let packed = Command::new("gzip")
            .args(["--stdout", "-9"])
            .arg(file?.path())
            .output()?;
        bytes += u64::try_from(packed.stdout.len())?;
    }
    Ok(bytes)
}
