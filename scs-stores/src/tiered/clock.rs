//! The clock that staleness is measured with.

use scs::{Clock, Timestamp};
use tokio::time::Instant;

/// Time since the clock was made. Nobody sets it, so no record is served for longer because the wall clock was put back.
pub(super) struct MonotonicClock(Instant);

impl MonotonicClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for MonotonicClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(0) + self.0.elapsed()
    }
}
