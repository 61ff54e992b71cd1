//! Time as an argument.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use countersign_protocol::time::UnixMillis;
use countersign_vault::Moment;

/// The device's clocks.
pub trait Clock: Send + Sync {
    /// Now, as the device believes it. Anyone who holds the device can set this clock.
    fn now(&self) -> UnixMillis;

    /// Milliseconds since the device started, sleep included, which nobody can set. `None` where there is no such clock.
    fn since_boot_ms(&self) -> Option<u64> {
        countersign_vault::since_boot_ms()
    }
}

/// The system's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system's clock"
    )]
    fn now(&self) -> UnixMillis {
        let since_1970 = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        UnixMillis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Time that only ever runs on, from a start that does not matter. It counts sleep where the device has a clock that does.
pub(crate) fn running(clock: &dyn Clock) -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    clock
        .since_boot_ms()
        .map_or_else(|| START.elapsed(), Duration::from_millis)
}

/// Now by both clocks, as the vault's waits need it.
pub(crate) fn moment(clock: &dyn Clock) -> Moment {
    Moment {
        wall_ms: clock.now().0,
        boot_ms: clock.since_boot_ms(),
    }
}
