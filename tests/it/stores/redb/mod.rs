//! The store in a redb file.

mod alone;
#[cfg(unix)]
mod crash;
mod damage;
mod full_disk;
mod opening;
mod tables;
mod time;
mod writing;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use scs::{ManualClock, conformance::Harness};
use scs_stores::{RedbDurability, RedbStore, drivers::redb};

use crate::support::{Folder, HOUR, START};

/// Files of their own, on a clock that the cases move.
struct File {
    clock: Arc<ManualClock>,
    folders: Mutex<Vec<Folder>>,
    open: fn(&Folder) -> scs_stores::RedbStoreBuilder,
}

impl File {
    fn new(open: fn(&Folder) -> scs_stores::RedbStoreBuilder) -> Self {
        Self { clock: Arc::new(ManualClock::new(START)), folders: Mutex::default(), open }
    }
}

impl Harness for File {
    type Store = RedbStore;

    async fn store(&self) -> RedbStore {
        let folder = Folder::new("redb");
        let store = (self.open)(&folder).clock(self.clock.clone()).open().unwrap();
        self.folders.lock().unwrap().push(folder);
        store
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn latency(&self) -> Duration {
        Duration::ZERO
    }

    fn largest_payload(&self) -> usize {
        16 * 1024 * 1024
    }
}

fn own_file(folder: &Folder) -> scs_stores::RedbStoreBuilder {
    RedbStore::builder(folder.file("sessions.redb"))
}

scs::conformance!(contract: File::new(own_file) => store, iterate, index, limit, purge);

/// Where redb keeps its latest commits in memory, and others have tables too.
fn relaxed_in_a_shared_database(folder: &Folder) -> scs_stores::RedbStoreBuilder {
    let database = Arc::new(redb::Database::create(folder.file("sessions.redb")).unwrap());
    let _other = RedbStore::in_database(database.clone()).prefix("other").open().unwrap();
    RedbStore::in_database(database).durability(RedbDurability::Within(HOUR))
}

scs::conformance!(relaxed: File::new(relaxed_in_a_shared_database) => store, iterate, index, limit, purge);
