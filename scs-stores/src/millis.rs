//! Times to live as backends count them.

use std::time::Duration;

/// A thousand years: every backend can add it to the present, and no session lives longer.
const LONGEST: i64 = 1_000 * 365 * 24 * 60 * 60 * 1_000;

/// A time to live in whole milliseconds, rounded down, and at most a thousand years.
pub(crate) fn millis(ttl: Duration) -> i64 {
    i64::try_from(ttl.as_millis()).map_or(LONGEST, |millis| millis.min(LONGEST))
}

/// The time to live of so many milliseconds; none for a negative number.
pub(crate) fn duration(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
