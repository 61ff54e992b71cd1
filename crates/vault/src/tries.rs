//! Wrong tries: counted before the check, in the file and in the keystore, with waits that double (row V11).

use std::cmp::Ordering;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::credential::SlotKind;
use crate::error::{Damage, UnlockError};
use crate::keystore::Keystore;
use crate::moment::Moment;
use crate::slot;

/// Wrong tries in a row before the first wait.
const FREE_TRIES: u32 = 5;
/// Wrong tries in a row after which nothing is tried any more (NIST SP 800-63B-4 §3.2.10 allows no more than ten).
const MOST_TRIES: u32 = 10;
/// The first wait; each further wrong try doubles it.
const FIRST_WAIT_MS: u64 = 60_000;

/// Tries since the last success. The file's copy is plain (there is no key before an unlock),
/// which is why the keystore holds another and the higher count holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tries {
    /// Tries begun and not known to have succeeded.
    pub(crate) failures: u32,
    /// Unix time in milliseconds of the last of them.
    pub(crate) last_at_ms: i64,
    /// Milliseconds from the device's start to the last of them, where it has such a clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_boot_ms: Option<u64>,
}

impl Tries {
    /// The file's copy of a slot kind's record.
    pub(crate) fn read(
        connection: &Connection,
        format: u32,
        kind: SlotKind,
    ) -> Result<Self, UnlockError> {
        const DAMAGED: UnlockError = UnlockError::Damaged(Damage::Database);
        let body: rusqlite::Result<String> = if format == 1 {
            // One record for all kinds
            connection.query_row("SELECT body FROM tries", [], |row| row.get(0))
        } else {
            let of_kind = "SELECT body FROM tries WHERE kind = ?1";
            connection.query_row(of_kind, [slot::code(kind)], |row| row.get(0))
        };
        serde_json::from_str(&body.map_err(|_| DAMAGED)?).map_err(|_| DAMAGED)
    }

    /// With the keystore's copy: the one that counted more. A keystore that cannot be read has no say.
    pub(crate) fn or_worse(self, keystore: &dyn Keystore, name: &str) -> Self {
        let there = keystore.read(name).ok().flatten();
        let there = there.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        self.worse(there.unwrap_or_default())
    }

    /// The copy that counted more; of two that counted the same, the later times.
    fn worse(self, other: Self) -> Self {
        match self.failures.cmp(&other.failures) {
            Ordering::Greater => self,
            Ordering::Less => other,
            Ordering::Equal => Self {
                failures: self.failures,
                last_at_ms: self.last_at_ms.max(other.last_at_ms),
                last_boot_ms: self.last_boot_ms.max(other.last_boot_ms),
            },
        }
    }

    /// Whether a try may be made now.
    pub(crate) fn permit(self, now: Moment) -> Result<(), UnlockError> {
        if self.is_stopped() {
            return Err(UnlockError::Stopped);
        }
        match self.wait_left_ms(now) {
            0 => Ok(()),
            left => Err(UnlockError::MustWait {
                seconds: u32::try_from(left.div_ceil(1000)).unwrap_or(u32::MAX),
            }),
        }
    }

    /// Whether no try is taken any more.
    pub(crate) fn is_stopped(self) -> bool {
        self.failures >= MOST_TRIES
    }

    /// The record with one more try begun.
    pub(crate) fn begun(self, now: Moment) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            last_at_ms: now.wall_ms,
            last_boot_ms: now.boot_ms,
        }
    }

    /// What a wrong try is answered, once it is counted.
    pub(crate) fn refusal(self, now: Moment) -> UnlockError {
        match self.permit(now) {
            Ok(()) => UnlockError::Refused {
                tries_left: FREE_TRIES.saturating_sub(self.failures),
            },
            Err(wait_or_stop) => wait_or_stop,
        }
    }

    /// The longer of what is left by either clock.
    fn wait_left_ms(self, now: Moment) -> u64 {
        let Some(doublings) = self.failures.checked_sub(FREE_TRIES) else {
            return 0;
        };
        let wait = FIRST_WAIT_MS << doublings.min(MOST_TRIES);
        let by_boot = self
            .since_by_boot(now)
            .map(|since| wait.saturating_sub(since));
        let by_wall = match u64::try_from(now.wall_ms.saturating_sub(self.last_at_ms)) {
            Ok(since) => wait.saturating_sub(since),
            // Set back, the wall clock says nothing. Alone it gives the full wait again, never an endless one
            Err(_) if by_boot.is_some() => 0,
            Err(_) => wait,
        };
        by_wall.max(by_boot.unwrap_or(0))
    }

    /// Milliseconds since the last try that the boot clock vouches for: after a restart those since the restart.
    ///
    /// A restart that already runs longer than the last try's reading is not told from none: the wait is then too long, never
    /// too short.
    fn since_by_boot(self, now: Moment) -> Option<u64> {
        let (now, last) = (now.boot_ms?, self.last_boot_ms?);
        Some(now.checked_sub(last).unwrap_or(now))
    }

    /// The record as it is to be kept once a clock was found to have jumped. `None` if none did.
    ///
    /// Where the only clock stands before the last try, that try is moved to the present, so that the wait ends.
    /// After a restart it is moved to the restart, so that what is left falls steadily from then on.
    pub(crate) fn after_a_jump(self, now: Moment) -> Option<Self> {
        if self.failures == 0 {
            return None;
        }
        match (now.boot_ms, self.last_boot_ms) {
            (Some(now), Some(last)) => (now < last).then_some(Self {
                last_boot_ms: Some(0),
                ..self
            }),
            _ => (self.last_at_ms > now.wall_ms).then_some(Self {
                last_at_ms: now.wall_ms,
                ..self
            }),
        }
    }

    /// Makes the file's copy durable.
    pub(crate) fn write(
        self,
        connection: &Connection,
        format: u32,
        kind: SlotKind,
    ) -> rusqlite::Result<()> {
        let (sql, key) = if format == 1 {
            (
                "INSERT OR REPLACE INTO tries (one, body) VALUES (?1, ?2)",
                1,
            )
        } else {
            let sql = "INSERT OR REPLACE INTO tries (kind, body) VALUES (?1, ?2)";
            (sql, slot::code(kind))
        };
        connection.execute(sql, (key, self.to_json()))?;
        Ok(())
    }

    pub(crate) fn to_json(self) -> String {
        serde_json::to_string(&self).expect("two integers are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;
    const HOUR: i64 = 3_600_000;

    fn at(wall_ms: i64, boot_ms: u64) -> Moment {
        Moment {
            wall_ms,
            boot_ms: Some(boot_ms),
        }
    }

    fn wait(seconds: u32) -> Result<(), UnlockError> {
        Err(UnlockError::MustWait { seconds })
    }

    /// Five wrong tries, the last at `now`.
    fn five(now: Moment) -> Tries {
        (0..5).fold(Tries::default(), |tries, _| tries.begun(now))
    }

    #[test]
    fn four_wrong_tries_count_down_and_the_fifth_begins_a_minute() {
        let now = Moment::from(NOW);
        let mut tries = Tries::default();
        for left in [4, 3, 2, 1] {
            tries = tries.begun(now);
            assert_eq!(
                tries.refusal(now),
                UnlockError::Refused { tries_left: left }
            );
        }
        tries = tries.begun(now);
        assert_eq!(tries.refusal(now), UnlockError::MustWait { seconds: 60 });
        assert_eq!(tries.permit((NOW + 59_001).into()), wait(1));
        assert_eq!(tries.permit((NOW + 60_000).into()), Ok(()));
    }

    #[test]
    fn waits_double_and_the_tenth_stops() {
        let now = at(NOW, 500);
        let mut tries = five(now);
        for seconds in [120, 240, 480, 960] {
            tries = tries.begun(now);
            assert_eq!(tries.refusal(now), UnlockError::MustWait { seconds });
        }
        tries = tries.begun(now);
        assert_eq!(tries.refusal(now), UnlockError::Stopped);
        let years_later = at(NOW + 100_000 * HOUR, u64::MAX);
        assert_eq!(tries.permit(years_later), Err(UnlockError::Stopped));
    }

    #[test]
    fn v11_a_wall_clock_set_forward_shortens_no_wait_where_there_is_a_boot_clock() {
        let tries = five(at(NOW, 1_000_000));
        assert_eq!(tries.permit(at(NOW + HOUR, 1_000_000)), wait(60));
        assert_eq!(tries.permit(at(NOW + HOUR, 1_059_999)), wait(1));
        assert_eq!(tries.permit(at(NOW + HOUR, 1_060_000)), Ok(()));
        // The other way round: the boot clock cannot be set, a wall clock that lags makes the wait longer
        assert_eq!(tries.permit(at(NOW + 10_000, 2_000_000)), wait(50));
    }

    #[test]
    fn v11_a_wall_clock_set_back_neither_shortens_nor_lengthens_the_wait_of_the_boot_clock() {
        let tries = five(at(NOW, 1_000_000));
        assert_eq!(tries.permit(at(NOW - 24 * HOUR, 1_010_000)), wait(50));
        assert_eq!(tries.permit(at(NOW - 24 * HOUR, 1_060_000)), Ok(()));
        assert_eq!(tries.after_a_jump(at(NOW - 24 * HOUR, 1_010_000)), None);
    }

    #[test]
    fn v11_after_a_restart_the_wait_runs_from_the_restart() {
        let tries = five(at(NOW, 1_000_000));
        assert_eq!(tries.permit(at(NOW + HOUR, 5_000)), wait(55));
        assert_eq!(tries.permit(at(NOW + HOUR, 60_000)), Ok(()));
        let moved = tries.after_a_jump(at(NOW + HOUR, 5_000)).unwrap();
        assert_eq!(moved.permit(at(NOW + HOUR, 5_000)), wait(55));
        assert_eq!(moved.permit(at(NOW + HOUR, 59_000)), wait(1));
        assert_eq!(moved.after_a_jump(at(NOW + HOUR, 59_000)), None);
        // A restart soon after a start: too long rather than too short, and it ends
        let early = five(at(NOW, 20_000));
        assert_eq!(early.permit(at(NOW + HOUR, 30_000)), wait(50));
        assert_eq!(early.permit(at(NOW + HOUR, 80_000)), Ok(()));
    }

    #[test]
    fn a_wall_clock_alone_that_is_set_back_never_shortens_and_never_exceeds_the_wait() {
        let tries = five(NOW.into());
        let earlier = Moment::from(NOW - 24 * HOUR);
        assert_eq!(tries.permit(earlier), wait(60));
        let moved = tries.after_a_jump(earlier).unwrap();
        assert_eq!(moved.permit((NOW - 24 * HOUR + 60_000).into()), Ok(()));
        assert_eq!(Tries::default().after_a_jump(earlier), None);
    }

    #[test]
    fn the_worse_of_two_copies_counts_and_one_that_was_written_without_a_boot_clock_is_read() {
        let old: Tries = serde_json::from_str(r#"{"failures":6,"last_at_ms":5}"#).unwrap();
        assert_eq!(old.last_boot_ms, None);
        let five = five(at(NOW, 7));
        assert_eq!(old.worse(five), old);
        assert_eq!(five.worse(old), old);
        let later = Tries {
            last_at_ms: NOW + 1,
            ..five
        };
        assert_eq!(five.worse(later), later);
        let read: Tries = serde_json::from_str(&five.to_json()).unwrap();
        assert_eq!(read, five);
    }
}
