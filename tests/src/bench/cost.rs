//! Processor time and memory of processes, as the kernel counts them, and medians.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};
use rustix::{
    param::clock_ticks_per_second,
    time::{ClockId, clock_gettime},
};

/// A process whose costs are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process(pub u32);

impl Process {
    /// Processor time of all its threads so far, user and system, in steps of a clock tick (10 ms).
    pub(super) fn cpu(self) -> Result<Duration> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name, in parentheses, may hold anything; utime and stime are fields 14 and 15 of proc(5)
        let (_, rest) = text.rsplit_once(')').context("a name in parentheses")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let field = |number: usize| -> Result<u64> {
            Ok(fields.get(number - 3).context("a short line")?.parse()?)
        };
        let ticks = field(14)? + field(15)?;
        Ok(Duration::from_nanos(
            ticks * 1_000_000_000 / clock_ticks_per_second(),
        ))
    }

    /// Its share of memory in KiB: pages that it shares count by the part.
    pub(super) fn pss_kib(self) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        Ok(kib.context("no Pss line")?.parse()?)
    }

    /// The same, summed over it and every process of its process group.
    pub(super) fn group_pss_kib(self) -> Result<u64> {
        let mut kib = 0;
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            if group_of(id) == Some(self.0) {
                // One that has ended since is no longer part of it
                kib += Self(id).pss_kib().unwrap_or_default();
            }
        }
        Ok(kib)
    }
}

fn group_of(id: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(2)?.parse().ok()
}

/// Processor time of this process so far.
pub(super) fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanos)
}

/// The middle one.
pub(super) fn median(values: impl IntoIterator<Item = Duration>) -> Duration {
    part(values, 50)
}

/// The value below which `percent` of all lie.
pub(super) fn part(values: impl IntoIterator<Item = Duration>, percent: usize) -> Duration {
    let mut sorted: Vec<Duration> = values.into_iter().collect();
    sorted.sort_unstable();
    let place = sorted.len() * percent / 100;
    sorted
        .get(place.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

/// Milliseconds.
pub(super) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Microseconds.
pub(super) fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// `time` in multiples of `floor`.
pub(super) fn ratio(time: Duration, floor: Duration) -> f64 {
    time.as_secs_f64() / floor.as_secs_f64()
}

/// A count as a fraction can hold it.
pub(super) fn float(count: u64) -> f64 {
    // Whole seconds of a duration are exact far beyond any count here
    Duration::from_secs(count).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_a_few_is_one_of_them() {
        let times = [5, 1, 9].map(Duration::from_millis);
        assert_eq!(median(times), Duration::from_millis(5));
        assert_eq!(part(times, 99), Duration::from_millis(9));
        assert_eq!(median([]), Duration::ZERO);
    }

    #[test]
    fn this_process_has_memory_and_a_group() {
        let this = Process(std::process::id());
        assert!(this.pss_kib().unwrap() > 100);
        assert!(group_of(this.0).is_some());
        assert!(this.cpu().is_ok());
    }
}
