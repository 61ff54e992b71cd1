//! Refused sign-ins, timed: whoever tries a name must not learn from how long it takes whether anybody has it (row S10).

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use countersign_protocol::{
    random,
    wire::self_service::{BASE, SESSION_HEADER, SignIn},
};
use reqwest::{Client, StatusCode};
use ring::rand::SystemRandom;

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
/// Half of all guesses are right by chance. Of 500 pairs, chance alone stays below this in 99.8 of 100 runs.
const TOLD_APART_GOAL: f64 = 57.0;

/// Whose name is tried.
#[derive(Clone, Copy)]
enum Who {
    Nobody,
    WithoutPassword,
    WithPassword,
}

impl Who {
    const ALL: [Self; 3] = [Self::Nobody, Self::WithoutPassword, Self::WithPassword];

    /// Names of one length, since they travel too.
    fn name(self, n: usize) -> String {
        let prefix = match self {
            Self::Nobody => "nobody",
            Self::WithoutPassword => "unused",
            Self::WithPassword => "secret",
        };
        format!("{prefix}{n:04}")
    }
}

/// 1,500 tries in threes: a name that nobody has, one without a password, and a wrong password, in an order drawn anew for
/// each three. Every name is tried as often as the others before the next is, so that the rows of its count are alike.
pub(super) async fn measure(site: &Site, extent: Extent, report: &mut Report) -> Result<()> {
    let rounds: usize = extent.of(500, 24);
    for n in 0..rounds.div_ceil(TRIES_PER_NAME) {
        site.service.add_user(&Who::WithoutPassword.name(n))?;
        let name = Who::WithPassword.name(n);
        site.service.add_user(&name)?;
        site.service.set_password(&name, PASSWORD)?;
    }
    let client = client(&site.service.ca, Http::One)?;
    let url = format!("https://{}{BASE}/session", site.service.address());
    for who in Who::ALL {
        refused(&client, &url, &who.name(9_999)).await?;
    }
    let (mut nobody, mut plain, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        for who in in_any_order()? {
            let took = refused(&client, &url, &who.name(round / TRIES_PER_NAME)).await?;
            match who {
                Who::Nobody => nobody.push(took),
                Who::WithoutPassword => plain.push(took),
                Who::WithPassword => wrong.push(took),
            }
        }
    }
    let wrong_median = median(wrong.iter().copied());
    for (who, times) in [("of nobody", nobody), ("without a password", plain)] {
        let told_apart = told_apart(&times, &wrong);
        let middle = median(times.iter().copied());
        let apart = middle_difference(&times, &wrong);
        report.add(Row {
            what: format!("self-service: a refused name {who}, {rounds} times"),
            figure: format!(
                "{:.1} ms, {apart:+.2} beside its pair; told apart {told_apart:.0} %",
                ms(middle)
            ),
            beside: format!("{:.1} ms: a wrong password", ms(wrong_median)),
            ratio: Some(ratio(middle, wrong_median)),
            goal: format!("≤ {TOLD_APART_GOAL:.0} % (50 is chance)"),
            met: Some(told_apart <= TOLD_APART_GOAL),
        });
    }
    Ok(())
}

/// All three, in one of their six orders.
fn in_any_order() -> Result<[Who; 3]> {
    let [first, second] = random::bytes::<2>(&SystemRandom::new())?;
    let mut order = Who::ALL;
    order.swap(2, usize::from(first) % 3);
    order.swap(1, usize::from(second) % 2);
    Ok(order)
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

/// How often, in percent, whoever sees both times of a pair names the slower kind rightly, at the better of both guesses.
/// Pairs were measured one after the other, so what else the machine does meets both alike.
fn told_apart(one: &[Duration], other: &[Duration]) -> f64 {
    let (mut slower, mut all) = (0.0_f64, 0.0_f64);
    for (a, b) in one.iter().zip(other) {
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

/// The middle of the differences within the pairs, in milliseconds; above zero where `one` takes longer.
fn middle_difference(one: &[Duration], other: &[Duration]) -> f64 {
    let mut differences: Vec<f64> = one
        .iter()
        .zip(other)
        .map(|(a, b)| ms(*a) - ms(*b))
        .collect();
    differences.sort_by(f64::total_cmp);
    differences
        .get(differences.len() / 2)
        .copied()
        .unwrap_or_default()
}
