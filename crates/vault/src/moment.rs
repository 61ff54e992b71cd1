//! A point in time by both clocks of a device: the one that people set, and the one that runs from its start.

/// Now, as the waits after wrong tries need it (row V11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Unix time in milliseconds. Anyone who holds the device can set this clock.
    pub wall_ms: i64,
    /// Milliseconds since the device started, sleep included. Nobody can set it, and a restart begins it anew.
    /// `None` where the system has no such clock: the wall clock then counts alone.
    pub boot_ms: Option<u64>,
}

impl From<i64> for Moment {
    /// By the wall clock alone.
    fn from(wall_ms: i64) -> Self {
        Self {
            wall_ms,
            boot_ms: None,
        }
    }
}

/// Milliseconds since the device started, sleep included; for whoever implements the app's clock.
///
/// `CLOCK_BOOTTIME` on Linux and Android, `CLOCK_MONOTONIC` on Apple's systems, where it runs on in sleep (clock_gettime(3)).
/// `None` elsewhere.
pub fn since_boot_ms() -> Option<u64> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::time::{ClockId, clock_gettime};

        #[cfg(not(target_vendor = "apple"))]
        let time = clock_gettime(ClockId::Boottime);
        #[cfg(target_vendor = "apple")]
        let time = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(time.tv_sec).ok()?;
        let nanoseconds = u64::try_from(time.tv_nsec).ok()?;
        seconds
            .checked_mul(1000)?
            .checked_add(nanoseconds / 1_000_000)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_clock_since_the_start_agrees_with_the_kernels_uptime() {
        let uptime = || {
            let text = std::fs::read_to_string("/proc/uptime").unwrap();
            let seconds: f64 = text.split_whitespace().next().unwrap().parse().unwrap();
            std::time::Duration::from_secs_f64(seconds)
        };
        // The kernel tells hundredths
        let slack = std::time::Duration::from_millis(20);
        let before = uptime();
        let ours = std::time::Duration::from_millis(since_boot_ms().unwrap());
        assert!(before <= ours + slack && ours <= uptime() + slack);
    }
}
