//! A cache in front of a durable store.

mod bounded;
mod cut_off;
mod kit;
mod managed;
mod model;
mod outage;
mod races;
mod write_behind;
mod write_behind_model;

use std::{sync::Arc, time::Duration};

use scs::{
    ManualClock, MemoryStore, SessionId,
    store::{Entry, Store},
};
use scs_stores::{MemoryCache, Tiered};

use crate::support::{MINUTE, START, TestStore};

const MILLISECOND: Duration = Duration::from_millis(1);
const ID: SessionId = SessionId::from_bytes([1; 16]);

/// A durable store, and caches and nodes in front of it, on one clock that the test moves.
struct World {
    clock: Arc<ManualClock>,
    durable: TestStore,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let durable = TestStore::over(MemoryStore::new().with_clock(clock.clone()));
        Self { clock, durable }
    }

    /// A cache in one process.
    fn memory_cache(&self) -> MemoryCache {
        MemoryCache::new(1000).with_clock(self.clock.clone())
    }

    /// A cache that several processes share, and that fails when the test says so.
    fn shared_cache(&self) -> TestStore {
        TestStore::over(MemoryStore::new().with_clock(self.clock.clone()))
    }

    /// One process.
    fn node<C: Store>(&self, cache: C) -> Tiered<C, TestStore> {
        Tiered::builder(cache, self.durable.clone()).clock(self.clock.clone()).build()
    }

    /// The payload in the durable store.
    async fn truth(&self) -> Option<String> {
        payload(&self.durable.inner).await
    }
}

fn entry(payload: &str) -> Entry {
    Entry::new(payload.to_owned(), MINUTE)
}

/// Does something after the durable store has answered a read of the node, and before the node has the answer.
async fn during_a_slow_read<C: Store + Clone>(world: &World, node: &Tiered<C, TestStore>, work: impl Future) {
    world.durable.take_calls();
    world.durable.delay_answer("load");
    let reading = tokio::spawn({
        let node = node.clone();
        async move { node.load(ID).await }
    });
    arrival(&world.durable, "load").await;
    work.await;
    world.durable.release();
    let _ = reading.await.unwrap();
    world.durable.take_calls();
}

/// The payload that a store has under the one id of these tests.
async fn payload(store: &impl Store) -> Option<String> {
    let stored = store.load(ID).await.unwrap();
    stored.map(|stored| String::from_utf8(stored.payload().to_vec()).unwrap())
}

/// Waits until a call has arrived at the store, which a test has told to let it wait.
async fn arrival(store: &TestStore, call: &'static str) {
    for _ in 0..100_000 {
        if store.take_calls().contains(&call) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nobody called `{call}`");
}
