//! The contract, over any two stores.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use scs::{Clock, ManualClock, MemoryStore, conformance::Harness};
use scs_stores::{MemoryCache, SqliteDurability, Tiered, WriteBehind};

use super::super::{postgres::Postgres, redis::Redis, sqlite::Sqlite};
use crate::support::START;

/// Sessions in memory, on a clock that the cases move.
struct Durable(Arc<ManualClock>);

impl Harness for Durable {
    type Store = MemoryStore;

    async fn store(&self) -> MemoryStore {
        MemoryStore::new().with_clock(self.0.clone())
    }

    async fn pass(&self, time: Duration) {
        self.0.advance(time);
    }
}

/// A cache of this process on the same clock.
struct Cache(Arc<ManualClock>);

impl Harness for Cache {
    type Store = MemoryCache;

    async fn store(&self) -> MemoryCache {
        MemoryCache::new(100_000).with_clock(self.0.clone())
    }

    async fn pass(&self, time: Duration) {
        self.0.advance(time);
    }
}

type Stores<C, D> = Mutex<Vec<Tiered<<C as Harness>::Store, <D as Harness>::Store>>>;

/// Two stores that have harnesses of their own, one in front of the other.
pub(crate) struct Both<C: Harness, D: Harness> {
    cache: C,
    durable: D,
    /// Whether all processes have one cache.
    is_shared: bool,
    clock: Option<Arc<dyn Clock>>,
    behind: Option<WriteBehind>,
    /// The stores that are flushed whenever time passes.
    flushed: Option<Stores<C, D>>,
}

impl<C: Harness, D: Harness> Both<C, D> {
    pub(crate) fn new(cache: C, durable: D) -> Self {
        Self { cache, durable, is_shared: false, clock: None, behind: None, flushed: None }
    }

    pub(crate) fn write_behind(mut self) -> Self {
        self.behind = Some(WriteBehind::every(Duration::from_secs(1)));
        self
    }

    fn over(&self, cache: C::Store, durable: D::Store) -> Tiered<C::Store, D::Store> {
        let mut builder = Tiered::builder(cache, durable);
        if let Some(clock) = &self.clock {
            builder = builder.clock(Arc::clone(clock));
        }
        if let Some(behind) = self.behind {
            builder = builder.write_behind(behind);
        }
        let store = builder.build();
        self.flushed.iter().for_each(|flushed| flushed.lock().unwrap().push(store.clone()));
        store
    }

    fn sharing(mut self) -> Self {
        self.is_shared = true;
        self
    }

    fn on(mut self, clock: Arc<ManualClock>) -> Self {
        self.clock = Some(clock);
        self
    }

    fn flushed(mut self) -> Self {
        self.flushed = Some(Mutex::default());
        self
    }
}

impl<C: Harness, D: Harness> Harness for Both<C, D> {
    type Store = Tiered<C::Store, D::Store>;

    async fn store(&self) -> Self::Store {
        self.over(self.cache.store().await, self.durable.store().await)
    }

    /// With a cache of its own, or its own handle to one that all share.
    async fn another(&self, store: &Self::Store) -> Self::Store {
        let cache = match self.is_shared {
            true => self.cache.another(store.cache()).await,
            false => self.cache.store().await,
        };
        self.over(cache, self.durable.another(store.durable()).await)
    }

    /// Both count time by the same clock, or each by the clock on the wall.
    async fn pass(&self, time: Duration) {
        let stores = self.flushed.as_ref().map(|flushed| flushed.lock().unwrap().clone()).unwrap_or_default();
        for store in stores {
            let report = store.flush().await;
            assert!(report.failed == 0 && report.lost.is_empty(), "{report:?}");
        }
        self.durable.pass(time).await;
    }

    fn precision(&self) -> Duration {
        self.cache.precision().max(self.durable.precision())
    }

    fn latency(&self) -> Duration {
        self.cache.latency().max(self.durable.latency())
    }

    fn largest_payload(&self) -> usize {
        self.durable.largest_payload()
    }
}

fn in_memory() -> Both<Cache, Durable> {
    let clock = Arc::new(ManualClock::new(START));
    Both::new(Cache(clock.clone()), Durable(clock.clone())).on(clock)
}

fn shared() -> Both<Durable, Durable> {
    let clock = Arc::new(ManualClock::new(START));
    Both::new(Durable(clock.clone()), Durable(clock.clone())).sharing().on(clock)
}

fn over_sqlite() -> Both<Cache, Sqlite> {
    let clock = Arc::new(ManualClock::new(START));
    Both::new(Cache(clock.clone()), Sqlite::on(clock.clone(), SqliteDurability::ProcessEnd)).on(clock)
}

// The cache by itself: what the tiers rely on, as long as it evicts nothing.
scs::conformance!(cache: Cache(Arc::new(ManualClock::new(START))) => store);
scs::conformance!(through: in_memory() => store, iterate, index, limit, purge);
scs::conformance!(through_a_shared_cache: shared() => store, iterate, index, limit, purge);
scs::conformance!(behind: in_memory().write_behind() => store, iterate, index, limit, purge);
scs::conformance!(behind_and_flushed: in_memory().write_behind().flushed() => store, iterate, index, limit, purge);
scs::conformance!(memory_over_sqlite: over_sqlite() => store, iterate, index, limit, purge);
scs::conformance!(
    #[cfg_attr(not(all(redis, postgres)), ignore = "set SCS_REDIS_URL and SCS_POSTGRES_URL")]
    redis_over_postgres: Both::new(Redis("SCS_REDIS_URL"), Postgres::new("")).sharing() => store, iterate, index, limit, purge
);
