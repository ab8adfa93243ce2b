//! The queue in which commits of one session take turns once they have met in a conflict.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Mutex as FairMutex, OwnedMutexGuard};

use crate::id::SessionId;

/// Fair turns per session, within this process. Nothing is kept for sessions without a conflict.
#[derive(Default)]
pub(super) struct Queue {
    lines: Mutex<HashMap<SessionId, Arc<FairMutex<()>>>>,
    /// Length of `lines`, readable without its lock.
    contended: AtomicUsize,
}

/// The right to write a session; the next in line has it when this is dropped.
pub(super) struct Turn<'a> {
    _guard: OwnedMutexGuard<()>,
    // After the guard, so that the line is free when its end is looked for.
    _place: Place<'a>,
}

impl Queue {
    /// Whether commits of this session are taking turns.
    pub(super) fn is_contended(&self, id: SessionId) -> bool {
        self.contended.load(Ordering::Acquire) > 0 && self.lines().contains_key(&id)
    }

    /// Waits for the turn.
    pub(super) async fn turn(&self, id: SessionId) -> Turn<'_> {
        let place = self.join(id);
        let line = place.line.clone().unwrap_or_default();
        let guard = line.lock_owned().await;
        Turn { _guard: guard, _place: place }
    }

    fn join(&self, id: SessionId) -> Place<'_> {
        let mut lines = self.lines();
        let line = Arc::clone(lines.entry(id).or_default());
        self.contended.store(lines.len(), Ordering::Release);
        Place { queue: self, id, line: Some(line) }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<FairMutex<()>>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in line, also while still waiting: a cancelled wait gives it up.
struct Place<'a> {
    queue: &'a Queue,
    id: SessionId,
    /// Gone only while the place is given up.
    line: Option<Arc<FairMutex<()>>>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.queue.lines();
        // Under the lock, so that of two places given up together one sees itself as the last.
        self.line.take();
        if lines.get(&self.id).is_some_and(|line| Arc::strong_count(line) == 1) {
            lines.remove(&self.id);
            self.queue.contended.store(lines.len(), Ordering::Release);
        }
    }
}
