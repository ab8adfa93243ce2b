//! A clock that stops a thread.

use std::sync::{
    Barrier,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use scs::{Clock, Timestamp};

use super::START;

/// A clock that stops the thread of one name, once, when it asks for the time.
pub(crate) struct StoppingClock {
    thread: &'static str,
    is_armed: AtomicBool,
    stopped: Barrier,
    released: Barrier,
}

impl StoppingClock {
    pub(crate) fn new(thread: &'static str) -> Self {
        Self { thread, is_armed: AtomicBool::new(false), stopped: Barrier::new(2), released: Barrier::new(2) }
    }

    /// Stops the thread when it asks next.
    pub(crate) fn arm(&self) {
        self.is_armed.store(true, SeqCst);
    }

    pub(crate) fn is_armed(&self) -> bool {
        self.is_armed.load(SeqCst)
    }

    pub(crate) fn wait_until_stopped(&self) {
        self.stopped.wait();
    }

    pub(crate) fn release(&self) {
        self.released.wait();
    }
}

impl Clock for StoppingClock {
    fn now(&self) -> Timestamp {
        if std::thread::current().name() == Some(self.thread) && self.is_armed.swap(false, SeqCst) {
            self.stopped.wait();
            self.released.wait();
        }
        START
    }
}
