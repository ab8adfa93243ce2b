//! What a shared cache could not be told, and is told again until it knows.
//!
//! A cache that was away for a moment would serve the former record of a session to other processes until that is too old: a
//! logout among them. So the id is remembered, and buried in the background.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use scs::{SessionId, Timestamp, store::Store};
use tokio::runtime::Handle;

use super::cache::CacheTier;

/// How long after a try the next one waits.
const PAUSE: Duration = Duration::from_millis(100);

/// The ids of sessions of which the cache may have a former record.
#[derive(Default)]
pub(super) struct Burials(Mutex<Due>);

#[derive(Default)]
struct Due {
    /// Each until its former record is too old to be served.
    ids: HashMap<SessionId, Timestamp>,
    /// Whether a task is burying them.
    is_under_way: bool,
}

impl Burials {
    fn due(&self) -> MutexGuard<'_, Due> {
        // Nothing that can panic runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ids that are still due; when there are none, the task that asks has ended.
    fn still_due(&self, now: Timestamp) -> Vec<SessionId> {
        let mut due = self.due();
        due.ids.retain(|_, until| now < *until);
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
        let mut due = self.cache.burials.due();
        due.ids.insert(self.id, self.cache.clock.now() + self.cache.max_staleness);
        if !due.is_under_way
            && let Ok(runtime) = Handle::try_current()
        {
            due.is_under_way = true;
            runtime.spawn(bury_all(Arc::clone(self.cache)));
        }
    }
}

/// Buries what is due, until nothing is.
async fn bury_all<C: Store>(cache: Arc<CacheTier<C>>) {
    loop {
        tokio::time::sleep(PAUSE).await;
        let due = cache.burials.still_due(cache.clock.now());
        if due.is_empty() {
            return;
        }
        for id in due {
            if cache.bury(id).await.is_err() {
                break;
            }
            cache.burials.due().ids.remove(&id);
        }
    }
}
