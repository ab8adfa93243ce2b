use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use scs::{Clock, SystemClock, Timestamp};

/// The system's clock, which takes its time, until a year is said to have passed.
#[derive(Debug, Default)]
pub struct Shifted(AtomicBool);

impl Shifted {
    pub fn pass_a_year(&self) {
        self.0.store(true, Relaxed);
    }
}

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        let shift = if self.0.load(Relaxed) { Duration::from_hours(365 * 24) } else { Duration::ZERO };
        SystemClock.now() + shift
    }
}
