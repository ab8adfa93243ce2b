//! The throttle: what a client can cause as often as it likes fills no disk.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::time::{Clock, Timestamp};

const LINES: u32 = 10;
const PERIOD: Duration = Duration::from_secs(1);

/// Lets ten log lines of each kind through in a second.
#[derive(Default)]
pub(crate) struct Throttle {
    periods: Mutex<BTreeMap<&'static str, Period>>,
}

struct Period {
    began: Timestamp,
    lines: u32,
    left_out: u64,
}

impl Period {
    const fn from(began: Timestamp) -> Self {
        Self { began, lines: 0, left_out: 0 }
    }

    /// A clock that was set back begins another one too.
    fn is_over(&self, now: Timestamp) -> bool {
        now < self.began || now.since(self.began) >= PERIOD
    }

    fn admit(&mut self) -> bool {
        let has_room = self.lines < LINES;
        match has_room {
            true => self.lines += 1,
            false => self.left_out += 1,
        }
        has_room
    }
}

impl Throttle {
    #[cfg(feature = "axum")]
    pub(crate) const fn new() -> Self {
        Self { periods: Mutex::new(BTreeMap::new()) }
    }

    /// Whether a line of this kind may be logged now. The first of a period says how many the one before left out.
    pub(crate) fn admits(&self, kind: &'static str, clock: &dyn Clock) -> bool {
        let now = clock.now();
        let mut periods = self.periods.lock().unwrap_or_else(PoisonError::into_inner);
        let period = periods.entry(kind).or_insert_with(|| Period::from(now));
        let left_out = match period.is_over(now) {
            true => std::mem::replace(period, Period::from(now)).left_out,
            false => 0,
        };
        let is_admitted = period.admit();
        drop(periods);
        if left_out > 0 {
            tracing::warn!(target: "scs::session", event = kind, left_out, "more events than the log has lines for");
        }
        is_admitted
    }
}
