//! One line per store.

use std::{sync::Arc, time::Duration};

use scs::{ManualClock, MemoryStore, conformance::Harness, store::AnyStore};

use crate::support::START;

/// Sessions in memory, on a clock that the cases move.
struct Memory(Arc<ManualClock>);

impl Memory {
    fn new() -> Self {
        Self(Arc::new(ManualClock::new(START)))
    }
}

impl Harness for Memory {
    type Store = MemoryStore;

    async fn store(&self) -> MemoryStore {
        MemoryStore::new().with_clock(self.0.clone())
    }

    async fn pass(&self, time: Duration) {
        self.0.advance(time);
    }
}

scs::conformance!(memory: Memory::new() => store, iterate, index, limit, purge);

/// The same behind a store that is chosen at run time.
struct Any(Memory);

impl Harness for Any {
    type Store = AnyStore;

    async fn store(&self) -> AnyStore {
        AnyStore::new(self.0.store().await)
    }

    async fn pass(&self, time: Duration) {
        self.0.pass(time).await;
    }
}

scs::conformance!(any: Any(Memory::new()) => store, iterate, index, limit, purge);
