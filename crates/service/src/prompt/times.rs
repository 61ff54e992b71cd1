//! Which stored times of a prompt count now: not over, and not of later than now (rows C3, R4). What is of later was stored
//! while the clock was wrong, but for the steps by which clocks are kept right.

use std::ops::RangeInclusive;

use countersign_protocol::time::UnixMillis;

use crate::policy::{CLOCK_STEP_MS, PROMPT_CODE_MS, PROMPT_LIFE_MS, YES_LIFE_MS};

/// The latest time at which anything can have been stored.
pub(crate) fn latest(now: UnixMillis) -> UnixMillis {
    now + CLOCK_STEP_MS
}

/// When prompts were begun that are under way.
pub(crate) fn begun(now: UnixMillis) -> RangeInclusive<UnixMillis> {
    (now + (1 - PROMPT_LIFE_MS))..=latest(now)
}

/// When a yes was said that lets somebody in.
pub(crate) fn fresh_yeses(now: UnixMillis) -> RangeInclusive<UnixMillis> {
    (now + (1 - YES_LIFE_MS))..=latest(now)
}

/// Until when codes are good that are exchanged.
pub(crate) fn ends_of_codes(now: UnixMillis) -> RangeInclusive<UnixMillis> {
    (now + 1)..=(latest(now) + PROMPT_CODE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_r4_what_is_a_minute_old_or_of_later_than_now_counts_no_more() {
        let now = UnixMillis(1_000_000_000);
        for (range, counts, not) in [
            (begun(now), [-599_999, 2_000], [-600_000, 2_001]),
            (fresh_yeses(now), [-59_999, 2_000], [-60_000, 2_001]),
            (ends_of_codes(now), [1, 62_000], [0, 62_001]),
        ] {
            assert!(counts.iter().all(|at| range.contains(&(now + *at))));
            assert!(!not.iter().any(|at| range.contains(&(now + *at))));
        }
    }
}
