//! Pauses between tries.

use std::time::Duration;

/// A random part of a time that doubles with each attempt up to the longest, so that callers in each other's way part.
pub(crate) fn pause(longest: Duration, attempt: u32) -> Duration {
    (longest / 16 * (1 << attempt.min(4))).mul_f64(fastrand::f64())
}
