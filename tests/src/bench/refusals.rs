//! Refused sign-ins, timed: whoever tries a name must not learn from how long it takes whether anybody has it (row S10).

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use countersign_protocol::wire::self_service::{BASE, SESSION_HEADER, SignIn};
use reqwest::{Client, StatusCode};

use super::{
    Extent,
    caller::{Http, client},
    cost::{median, ms, ratio},
    report::{Report, Row},
    site::Site,
};

const PASSWORD: &str = "correct horse battery";
/// From the fifth wrong one on a name waits.
const TRIES_PER_NAME: usize = 4;
/// Half of all guesses are right by chance. Of 334 pairs, chance alone stays below this in 99.9 of 100 runs.
const TOLD_APART_GOAL: f64 = 57.0;

/// 1,002 tries: a name that nobody has, one without a password, and a wrong password, in turns.
pub(super) async fn measure(site: &Site, extent: Extent, report: &mut Report) -> Result<()> {
    let rounds: usize = extent.of(334, 24);
    for n in 0..rounds.div_ceil(TRIES_PER_NAME) {
        site.service.add_user(&format!("plain{n}"))?;
        let name = format!("secret{n}");
        site.service.add_user(&name)?;
        site.service.set_password(&name, PASSWORD)?;
    }
    let client = client(&site.service.ca, Http::One)?;
    let url = format!("https://{}{BASE}/session", site.service.address());
    let (mut nobody, mut plain, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    refused(&client, &url, "nobody at all").await?;
    for round in 0..rounds {
        let of = round / TRIES_PER_NAME;
        nobody.push(refused(&client, &url, &format!("nobody{round}")).await?);
        plain.push(refused(&client, &url, &format!("plain{of}")).await?);
        wrong.push(refused(&client, &url, &format!("secret{of}")).await?);
    }
    let wrong_median = median(wrong.iter().copied());
    for (who, times) in [("of nobody", nobody), ("without a password", plain)] {
        let told_apart = told_apart(&times, &wrong);
        let middle = median(times.iter().copied());
        report.add(Row {
            what: format!("self-service: a refused name {who}, {rounds} times"),
            figure: format!("{:.1} ms; told apart {told_apart:.0} %", ms(middle)),
            beside: format!("{:.1} ms: a wrong password", ms(wrong_median)),
            ratio: Some(ratio(middle, wrong_median)),
            goal: format!("≤ {TOLD_APART_GOAL:.0} % (50 is chance)"),
            met: Some(told_apart <= TOLD_APART_GOAL),
        });
    }
    Ok(())
}

/// How long a refusal takes.
async fn refused(client: &Client, url: &str, name: &str) -> Result<Duration> {
    let typed = SignIn {
        username: name.to_owned(),
        password: "wrong horse battery".to_owned(),
        shared: false,
    };
    let start = Instant::now();
    let call = client.post(url).header(SESSION_HEADER, "new").json(&typed);
    let answer = call.send().await?;
    let status = answer.status();
    answer.bytes().await?;
    let took = start.elapsed();
    ensure!(status == StatusCode::UNAUTHORIZED, "{name}: {status}");
    Ok(took)
}

/// How often, in percent, whoever sees one time of each names the slower kind rightly, at the better of both guesses.
fn told_apart(one: &[Duration], other: &[Duration]) -> f64 {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let (mut slower, mut all) = (0.0_f64, 0.0_f64);
    for (a, b) in pairs {
        slower += match a.cmp(b) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        };
        all += 1.0;
    }
    let share = 100.0 * slower / all;
    share.max(100.0 - share)
}
