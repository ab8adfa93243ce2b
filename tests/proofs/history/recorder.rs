//! The recorder: what was asked and answered when.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use super::session::Step;

/// One step of a request with its answer.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) called: u64,
    /// `None` if nobody knows whether it was done, and when.
    pub(super) answered: Option<u64>,
    pub(super) step: Step,
}

#[derive(Default)]
pub(super) struct Recorder {
    time: AtomicU64,
    events: Mutex<Vec<Event>>,
}

impl Recorder {
    /// A moment that is later than all before.
    pub(super) fn now(&self) -> u64 {
        self.time.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn note(&self, called: u64, step: Step) {
        let answered = (!step.is_uncertain()).then(|| self.now());
        self.events.lock().unwrap().push(Event { called, answered, step });
    }

    pub(super) fn events(&self) -> Vec<Event> {
        let mut events = self.events.lock().unwrap().clone();
        events.sort_by_key(|event| event.called);
        events
    }
}

pub(super) fn lines(events: &[Event]) -> String {
    let line = |event: &Event| format!("  {}..{:?} {:?}\n", event.called, event.answered, event.step);
    events.iter().map(line).collect()
}
