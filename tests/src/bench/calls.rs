//! Fifty telephone calls at once: how evenly speech leaves, as the other end sees it, and what that costs.
//!
//! The calls come from `examples/calls` of the service, which is the service's calls without its database; sipp answers
//! all of them, and speech goes to a socket of this program, which sends each packet back: the service does not speak for long
//! to somebody from whom nothing comes.

use std::{
    collections::HashMap,
    fs,
    net::UdpSocket,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    Extent,
    cost::{Process, ms, part, us},
    report::{Report, Row},
};
use crate::part::{Part, built, free_port, root};

const CALLS: u32 = 50;
/// The time between two packets (RFC 3551 §4.2).
const PACKET: Duration = Duration::from_millis(20);
const GOAL: Duration = Duration::from_millis(5);
/// The fixed part of a packet's header; its last four bytes name the call (RFC 3550 §5.1).
const HEADER: usize = 12;

pub(super) fn measure(folder: &Path, extent: Extent, report: &mut Report) -> Result<()> {
    fs::create_dir_all(folder)?;
    let seconds = extent.of(30, 5);
    let ear = UdpSocket::bind("127.0.0.1:0")?;
    ear.set_read_timeout(Some(Duration::from_millis(200)))?;
    let scenario = fs::read_to_string(root().join("tests/parts/callee-many.xml"))?;
    let script = folder.join("callees.xml");
    let port = ear.local_addr()?.port().to_string();
    fs::write(&script, scenario.replace("MEDIA", &port))?;
    let sip = free_port()?;
    let _callees = Part::start(
        Command::new("sipp")
            .arg("-sf")
            .arg(&script)
            .args(["-i", "127.0.0.1", "-p", &sip.to_string(), "-nostdin"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )
    .context("sipp: run scripts/setup calls")?;
    let mut caller = Part::start(
        Command::new(built("examples/calls")?)
            .arg(format!("sip:127.0.0.1:{sip}"))
            .args([CALLS.to_string(), seconds.to_string()])
            .stdin(Stdio::null()),
    )?;
    let process = Process(caller.id());
    let over = AtomicBool::new(false);
    let (heard, bare, cpu) = std::thread::scope(|scope| -> Result<_> {
        let ear = scope.spawn(|| listen(&ear, &over));
        let timer = scope.spawn(|| bare_timer(&over));
        // Until shortly before they hang up: what is being set up and torn down is no speech
        let wait = Duration::from_secs(seconds).saturating_sub(Duration::from_millis(500));
        std::thread::sleep(wait);
        let cpu = process.cpu();
        over.store(true, Ordering::SeqCst);
        let heard = ear.join().ok().context("the ear broke off")?;
        let bare = timer.join().ok().context("the timer broke off")?;
        Ok((heard, bare, cpu?))
    })?;
    ensure!(
        caller.child().wait()?.success(),
        "the calls did not all come about"
    );
    ensure!(
        heard.len() == usize::try_from(CALLS)?,
        "{} calls were heard",
        heard.len()
    );
    let packets: usize = heard.values().map(Vec::len).sum();
    let unevenness: Vec<Duration> = heard
        .into_values()
        .flat_map(|times| uneven(&times))
        .collect();
    let (p50, p99) = (part(unevenness.clone(), 50), part(unevenness, 99));
    report.add(Row {
        what: format!("{CALLS} calls at once: unevenness of speech, p99"),
        figure: format!("{:.2} ms (p50 {:.2})", ms(p99), ms(p50)),
        beside: format!("{:.2} ms: a bare timer of 20 ms, p99", ms(bare)),
        ratio: Some(ms(p99) / ms(bare)),
        goal: "≤ 5 ms".to_owned(),
        met: Some(p99 <= GOAL),
    });
    report.add(Row {
        what: format!("{CALLS} calls at once: CPU of the caller for a packet"),
        figure: format!("{:.0} µs", us(cpu / u32::try_from(packets.max(1))?)),
        beside: format!("{packets} packets in {seconds} s"),
        ..Row::default()
    });
    Ok(())
}

/// When the packets of each call came. Each is sent back, as a telephone sends as much as it gets.
fn listen(ear: &UdpSocket, over: &AtomicBool) -> HashMap<[u8; 4], Vec<Instant>> {
    let mut heard: HashMap<[u8; 4], Vec<Instant>> = HashMap::new();
    let mut packet = [0; 512];
    while !over.load(Ordering::SeqCst) {
        let Ok((length, from)) = ear.recv_from(&mut packet) else {
            continue;
        };
        let now = Instant::now();
        let _gone = ear.send_to(packet.get(..length).unwrap_or_default(), from);
        if let Some([_, _, _, _, _, _, _, _, call @ ..]) = packet.get(..length.min(HEADER))
            && let Ok(call) = <[u8; 4]>::try_from(call)
        {
            heard.entry(call).or_default().push(now);
        }
    }
    heard
}

/// By how much each packet came earlier or later after the one before it than it should.
fn uneven(times: &[Instant]) -> Vec<Duration> {
    let pairs = times.iter().zip(times.iter().skip(1));
    pairs
        .map(|(before, after)| (*after - *before).abs_diff(PACKET))
        .collect()
}

/// The same for a thread that does nothing but wait, on the same cores at the same time.
fn bare_timer(over: &AtomicBool) -> Duration {
    let start = Instant::now();
    let mut times = vec![start];
    for tick in 1.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        std::thread::sleep((start + PACKET * tick).saturating_duration_since(Instant::now()));
        times.push(Instant::now());
    }
    part(uneven(&times), 99)
}
