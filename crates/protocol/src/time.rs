//! Times on the wire.

use std::ops::{Add, Sub};

use jiff::{Timestamp, fmt::rfc2822, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A point in time, Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Whole seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// From whole seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// How far apart two times are, in milliseconds, always positive.
    pub const fn distance(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }
}

impl Add<i64> for UnixMillis {
    type Output = Self;

    /// So many milliseconds later.
    fn add(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl Sub for UnixMillis {
    type Output = i64;

    /// Milliseconds from `other` to `self`.
    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

/// Reads the date of an HTTP header (RFC 2822, as loosely as clients write it: one-digit days, any zone, `GMT`).
pub fn parse_http_date(text: &str) -> Option<UnixMillis> {
    rfc2822::DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text.trim())
        .ok()
        .map(|t| UnixMillis(t.as_millisecond()))
}

/// Writes a date as Duo's clients do: `Tue, 24 Nov 2026 03:48:29 -0000`. `None` beyond the year 9999.
pub fn format_http_date(time: UnixMillis) -> Option<String> {
    let zoned = Timestamp::from_millisecond(time.0)
        .ok()?
        .to_zoned_datetime(TimeZone::UTC);
    Some(zoned.strftime("%a, %d %b %Y %H:%M:%S -0000").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_client_are_read() {
        for text in [
            "Tue, 24 Nov 2026 03:48:29 -0000",
            "Tue, 24 Nov 2026 03:48:29 GMT",
            "Tue, 24 Nov 2026 03:48:29 +0000",
            "Tue, 24 Nov 2026 05:48:29 +0200",
            "24 Nov 2026 03:48:29 +0000",
        ] {
            assert_eq!(
                parse_http_date(text),
                Some(UnixMillis(1_795_492_109_000)),
                "{text}"
            );
        }
        assert!(parse_http_date("Tue, 4 Aug 2026 09:05:07 -0000").is_some());
        for text in [
            "",
            "yesterday",
            "2026-11-24T03:48:29Z",
            "Tue, 99 Nov 2026 03:48:29 GMT",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_written_date_reads_back() {
        let time = UnixMillis(1_795_492_109_000);
        assert_eq!(
            format_http_date(time).as_deref(),
            Some("Tue, 24 Nov 2026 03:48:29 -0000")
        );
        assert_eq!(
            parse_http_date(&format_http_date(time).unwrap()),
            Some(time)
        );
    }
}
