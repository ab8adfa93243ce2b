//! SQLite.

use std::{sync::Arc, time::Duration};

use scs::{ManualClock, conformance::Harness};
use scs_stores::{Durability, SqliteStore};

use super::Folder;
use crate::support::START;

/// A file of its own for each case, on a clock that the cases move.
struct Sqlite {
    clock: Arc<ManualClock>,
    folder: Folder,
    durability: Durability,
}

impl Sqlite {
    fn new(durability: Durability) -> Self {
        Self { clock: Arc::new(ManualClock::new(START)), folder: Folder::new("sqlite"), durability }
    }
}

impl Harness for Sqlite {
    type Store = SqliteStore;

    async fn store(&self) -> SqliteStore {
        let builder = SqliteStore::builder(self.folder.file("sessions.db"));
        let store = builder.clock(self.clock.clone()).durability(self.durability).open().unwrap();
        store.migrate().await.unwrap();
        store
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn latency(&self) -> Duration {
        Duration::ZERO
    }
}

scs::conformance!(kit: Sqlite::new(Durability::PowerCut) => store, iterate, index, limit, purge);
scs::conformance!(relaxed: Sqlite::new(Durability::ProcessEnd) => store, iterate, index, limit, purge);
