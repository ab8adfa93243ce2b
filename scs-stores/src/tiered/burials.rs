//! What a shared cache could not be told, and is told again until it knows.
//!
//! A cache that was away for a moment would serve the former record of a session to other processes until that is too old: a
//! logout among them. So the id is remembered, and buried in the background.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use scs::{SessionId, Timestamp, store::Store};
use tokio::runtime::Handle;

use super::cache::CacheTier;

/// How long after a try the next one waits.
const PAUSE: Duration = Duration::from_millis(100);

/// How many fail in one round before it is given up.
const FAILURES: usize = 8;

/// The ids of sessions of which the cache may have a former record.
#[derive(Default)]
pub(super) struct Burials(Mutex<Due>);

#[derive(Default)]
struct Due {
    /// Each until its former record is too old to be served.
    ids: BTreeMap<SessionId, Timestamp>,
    /// Whether a task is burying them.
    is_under_way: bool,
}

impl Burials {
    fn due(&self) -> MutexGuard<'_, Due> {
        // Nothing that can panic runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an id; `true` if a task is to begin that buries it.
    fn begin(&self, id: SessionId, until: Timestamp) -> bool {
        let mut due = self.due();
        due.ids.insert(id, until);
        !std::mem::replace(&mut due.is_under_way, true)
    }

    /// The ids that are still due, in an order that stays.
    fn still_due(&self, now: Timestamp) -> Vec<SessionId> {
        let mut due = self.due();
        due.ids.retain(|_, until| now < *until);
        // When there are none, the task that asks ends, and the next burial begins another.
        due.is_under_way = !due.ids.is_empty();
        due.ids.keys().copied().collect()
    }
}

/// A write that the cache has yet to be told of. Dropped before, it has the session buried in the background.
pub(super) struct Burial<'a, C: Store> {
    cache: &'a Arc<CacheTier<C>>,
    id: SessionId,
    is_due: bool,
}

impl<'a, C: Store> Burial<'a, C> {
    pub(super) const fn of(cache: &'a Arc<CacheTier<C>>, id: SessionId) -> Self {
        Self { cache, id, is_due: true }
    }

    /// The cache has been told.
    pub(super) fn done(mut self) {
        self.is_due = false;
    }
}

impl<C: Store> Drop for Burial<'_, C> {
    fn drop(&mut self) {
        if !self.is_due {
            return;
        }
        if !self.cache.burials.begin(self.id, self.cache.clock.now() + self.cache.max_staleness) {
            return;
        }
        // Outside of the lock: a runtime that is ending drops the task at once.
        let under_way = UnderWay(Arc::clone(self.cache));
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { bury_all(&under_way).await });
        }
    }
}

/// Buries what is due, until nothing is. A part of the cache that does not answer keeps nothing from the others: each round goes
/// on where the one before gave up.
async fn bury_all<C: Store>(UnderWay(cache): &UnderWay<C>) {
    let mut first = 0;
    loop {
        tokio::time::sleep(PAUSE).await;
        let mut due = cache.burials.still_due(cache.clock.now());
        if due.is_empty() {
            return;
        }
        let count = due.len();
        due.rotate_left(first % count);
        let mut failures = 0;
        for (number, id) in due.into_iter().enumerate() {
            if failures == FAILURES {
                first += number;
                break;
            }
            match cache.bury_anyway(id).await {
                Ok(()) => drop(cache.burials.due().ids.remove(&id)),
                Err(_) => failures += 1,
            }
        }
    }
}

/// The task that buries. It may end with its runtime, and another one begins then.
struct UnderWay<C: Store>(Arc<CacheTier<C>>);

impl<C: Store> Drop for UnderWay<C> {
    fn drop(&mut self) {
        self.0.burials.due().is_under_way = false;
    }
}
