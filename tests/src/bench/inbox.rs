//! From an application's call to the moment the app's engine knows of the request.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use countersign_authenticator::{
    Authenticator,
    view::{Answer, AppView, OpenView},
};
use countersign_vault::KdfProfile;

use super::{
    Extent, app,
    caller::now,
    cost::{median, ms, part},
    report::{Report, Row},
    site::Site,
};

const PERSON: &str = "amira";
const GOAL: Duration = Duration::from_millis(20);
/// Long enough for the engine to hold its next poll.
const BETWEEN: Duration = Duration::from_millis(40);

pub(super) async fn measure(
    site: &Site,
    folder: &Path,
    extent: Extent,
    report: &mut Report,
) -> Result<()> {
    let app = app::new(
        &folder.join("inbox"),
        KdfProfile::FLOOR,
        &[site.service.address()],
    )?;
    app::create(&app).await?;
    site.service.add_user(PERSON)?;
    app::activate(&app, &site.service.activation(PERSON)?.text).await?;
    let application = site.application()?;
    let (mut from_call, mut from_creation) = (Vec::new(), Vec::new());
    for round in 0..extent.of(310, 40) {
        tokio::time::sleep(BETWEEN).await;
        let mut changes = app.changes();
        changes.mark_unchanged();
        let start = Instant::now();
        let (asked, seen) = tokio::join!(application.push(PERSON), request(&app, &mut changes));
        let (txid, (view, seen, wall)) = (asked?, seen?);
        let Some(request) = view.requests.first() else {
            bail!("it was seen a moment ago");
        };
        let created: i64 = request.created_at_ms.parse()?;
        if round >= 10 {
            from_call.push(seen - start);
            from_creation.push(Duration::from_millis(
                u64::try_from(wall - created).unwrap_or_default(),
            ));
        }
        let answer = app
            .answer(&request.id, Answer::Approve { number: None })
            .await;
        if let Err(problem) = answer {
            bail!("the answer: {problem:?}");
        }
        application.allowed(&txid).await?;
    }
    let (p50, p99) = (
        median(from_call.iter().copied()),
        part(from_call.iter().copied(), 99),
    );
    report.add(Row {
        what: format!(
            "request to the engine's inbox, {} times: p50",
            from_call.len()
        ),
        figure: format!("{:.2} ms from the call", ms(p50)),
        beside: format!(
            "{:.0} ms from the row's time",
            ms(median(from_creation.iter().copied()))
        ),
        ..Row::default()
    });
    report.add(Row {
        what: "request to the engine's inbox: p99".to_owned(),
        figure: format!("{:.2} ms from the call", ms(p99)),
        beside: format!("{:.0} ms from the row's time", ms(part(from_creation, 99))),
        goal: "< 20 ms".to_owned(),
        met: Some(p99 < GOAL),
        ..Row::default()
    });
    app.lock().await;
    Ok(())
}

/// Waits until a request waits; tells when it was seen.
async fn request(
    app: &Authenticator,
    changes: &mut tokio::sync::watch::Receiver<u64>,
) -> Result<(OpenView, Instant, i64)> {
    loop {
        tokio::time::timeout(Duration::from_secs(20), changes.changed()).await??;
        let view = app.view().await;
        let (seen, wall) = (Instant::now(), now().0);
        match view {
            AppView::Open(view) if !view.requests.is_empty() => return Ok((view, seen, wall)),
            AppView::Open(_) => {}
            _ => bail!("the app is no longer open"),
        }
    }
}
