//! Wrong tries: counted before the check, in the file and in the keystore, with waits that double (the counting half of row V11).

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::error::{Damage, UnlockError};
use crate::keystore::Keystore;

/// Wrong tries in a row before the first wait.
const FREE_TRIES: u32 = 5;
/// Wrong tries in a row after which nothing is tried any more (NIST SP 800-63B-4 §3.2.10 allows no more than ten).
const MOST_TRIES: u32 = 10;
/// The first wait; each further wrong try doubles it.
const FIRST_WAIT_MS: i64 = 60_000;

/// Tries since the last success. The file's copy is plain (there is no key before an unlock),
/// which is why the keystore holds another and the higher count holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tries {
    /// Tries begun and not known to have succeeded.
    pub(crate) failures: u32,
    /// Unix time in milliseconds of the last of them.
    pub(crate) last_at_ms: i64,
}

impl Tries {
    /// The record of tries, from whichever copy counted more. A keystore that cannot be read has no say.
    pub(crate) fn read(
        connection: &Connection,
        keystore: &dyn Keystore,
        name: &str,
    ) -> Result<Self, UnlockError> {
        const DAMAGED: UnlockError = UnlockError::Damaged(Damage::Database);
        let body: String = connection
            .query_row("SELECT body FROM tries", [], |row| row.get(0))
            .map_err(|_| DAMAGED)?;
        let here: Self = serde_json::from_str(&body).map_err(|_| DAMAGED)?;
        let there = keystore.read(name).ok().flatten();
        let there = there
            .and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok())
            .unwrap_or_default();
        Ok(Self {
            failures: here.failures.max(there.failures),
            last_at_ms: here.last_at_ms.max(there.last_at_ms),
        })
    }

    /// Whether a try may be made now.
    pub(crate) fn permit(self, now_ms: i64) -> Result<(), UnlockError> {
        if self.failures >= MOST_TRIES {
            return Err(UnlockError::Stopped);
        }
        match self.wait_left_ms(now_ms) {
            0 => Ok(()),
            left => Err(UnlockError::MustWait {
                seconds: u32::try_from(left.div_euclid(1000) + i64::from(left % 1000 != 0))
                    .unwrap_or(u32::MAX),
            }),
        }
    }

    /// The record with one more try begun.
    pub(crate) fn begun(self, now_ms: i64) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            last_at_ms: now_ms,
        }
    }

    /// What a wrong try is answered, once it is counted.
    pub(crate) fn refusal(self, now_ms: i64) -> UnlockError {
        match self.permit(now_ms) {
            Ok(()) => UnlockError::Refused {
                tries_left: FREE_TRIES.saturating_sub(self.failures),
            },
            Err(wait_or_stop) => wait_or_stop,
        }
    }

    /// A clock that was set back gives the full wait again, not an endless one.
    fn wait_left_ms(self, now_ms: i64) -> i64 {
        let Some(doublings) = self.failures.checked_sub(FREE_TRIES) else {
            return 0;
        };
        let wait = FIRST_WAIT_MS << doublings.min(MOST_TRIES);
        (wait - now_ms.saturating_sub(self.last_at_ms)).clamp(0, wait)
    }

    /// Whether the clock stands before the last try: the record is then moved to the present, so that the wait ends.
    pub(crate) fn is_ahead_of(self, now_ms: i64) -> bool {
        self.last_at_ms > now_ms
    }

    /// Makes the file's copy durable.
    pub(crate) fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        let body = self.to_json();
        connection.execute(
            "INSERT OR REPLACE INTO tries (one, body) VALUES (1, ?1)",
            [body],
        )?;
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

    #[test]
    fn four_wrong_tries_count_down_and_the_fifth_begins_a_minute() {
        let mut tries = Tries::default();
        for left in [4, 3, 2, 1] {
            tries = tries.begun(NOW);
            assert_eq!(
                tries.refusal(NOW),
                UnlockError::Refused { tries_left: left }
            );
        }
        tries = tries.begun(NOW);
        assert_eq!(tries.refusal(NOW), UnlockError::MustWait { seconds: 60 });
        assert_eq!(
            tries.permit(NOW + 59_001),
            Err(UnlockError::MustWait { seconds: 1 })
        );
        assert_eq!(tries.permit(NOW + 60_000), Ok(()));
    }

    #[test]
    fn waits_double_and_the_tenth_stops() {
        let mut tries = Tries {
            failures: 5,
            last_at_ms: NOW,
        };
        for seconds in [120, 240, 480, 960] {
            tries = tries.begun(NOW);
            assert_eq!(tries.refusal(NOW), UnlockError::MustWait { seconds });
        }
        tries = tries.begun(NOW);
        assert_eq!(tries.refusal(NOW), UnlockError::Stopped);
        assert_eq!(tries.permit(NOW + 1_000_000_000), Err(UnlockError::Stopped));
    }

    #[test]
    fn a_clock_set_back_never_shortens_and_never_exceeds_the_wait() {
        let tries = Tries {
            failures: 5,
            last_at_ms: NOW,
        };
        assert_eq!(
            tries.permit(NOW - 86_400_000),
            Err(UnlockError::MustWait { seconds: 60 })
        );
        assert!(tries.is_ahead_of(NOW - 86_400_000));
    }
}
