//! Queues: commits of one session take turns once they have met in a conflict, and sign-ins under a
//! limited value take turns.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Mutex as FairMutex, OwnedMutexGuard};

/// Fair turns per key, within this process. Nothing is kept for keys that nobody waits for.
pub(super) struct Queue<K> {
    lines: Mutex<HashMap<K, Arc<FairMutex<()>>>>,
    /// Length of `lines`, readable without its lock.
    contended: AtomicUsize,
}

/// A turn; the next in line has it when this is dropped.
pub(super) struct Turn<'a, K: Copy + Eq + Hash> {
    _guard: OwnedMutexGuard<()>,
    // After the guard, so that the line is free when its end is looked for.
    _place: Place<'a, K>,
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self { lines: Mutex::default(), contended: AtomicUsize::new(0) }
    }
}

impl<K: Copy + Eq + Hash> Queue<K> {
    /// Whether commits of this session are taking turns.
    pub(super) fn is_contended(&self, key: K) -> bool {
        self.contended.load(Ordering::Acquire) > 0 && self.lines().contains_key(&key)
    }

    /// Waits for the turn.
    pub(super) async fn turn(&self, key: K) -> Turn<'_, K> {
        let place = self.join(key);
        let line = place.line.clone().unwrap_or_default();
        let guard = line.lock_owned().await;
        Turn { _guard: guard, _place: place }
    }

    fn join(&self, key: K) -> Place<'_, K> {
        let mut lines = self.lines();
        let line = Arc::clone(lines.entry(key).or_default());
        self.contended.store(lines.len(), Ordering::Release);
        Place { queue: self, key, line: Some(line) }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<K, Arc<FairMutex<()>>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in line, also while still waiting: a cancelled wait gives it up.
struct Place<'a, K: Copy + Eq + Hash> {
    queue: &'a Queue<K>,
    key: K,
    /// Gone only while the place is given up.
    line: Option<Arc<FairMutex<()>>>,
}

impl<K: Copy + Eq + Hash> Drop for Place<'_, K> {
    fn drop(&mut self) {
        let mut lines = self.queue.lines();
        // Under the lock, so that of two places given up together one sees itself as the last.
        self.line.take();
        if lines.get(&self.key).is_some_and(|line| Arc::strong_count(line) == 1) {
            lines.remove(&self.key);
            self.queue.contended.store(lines.len(), Ordering::Release);
        }
    }
}
