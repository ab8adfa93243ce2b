//! SQLite.

mod company;
mod opening;

use std::{sync::Arc, time::Duration};

use scs::{
    ManualClock, SessionId,
    conformance::Harness,
    store::{Created, Entry, Store as _, StoreErrorKind},
};
use scs_stores::{SqliteDurability, SqliteStore};
use tokio::sync::Notify;

use crate::support::{Folder, HOUR, MINUTE, START};

/// A file of its own for each case, on a clock that the cases move.
pub(super) struct Sqlite {
    clock: Arc<ManualClock>,
    folder: Folder,
    durability: SqliteDurability,
}

impl Sqlite {
    pub(super) fn new(durability: SqliteDurability) -> Self {
        Self::on(Arc::new(ManualClock::new(START)), durability)
    }

    pub(super) fn on(clock: Arc<ManualClock>, durability: SqliteDurability) -> Self {
        Self { clock, folder: Folder::new("sqlite"), durability }
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

    async fn another(&self, _: &SqliteStore) -> SqliteStore {
        self.store().await
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn latency(&self) -> Duration {
        Duration::ZERO
    }
}

scs::conformance!(kit: Sqlite::new(SqliteDurability::PowerCut) => store, iterate, index, limit, purge);
scs::conformance!(relaxed: Sqlite::new(SqliteDurability::ProcessEnd) => store, iterate, index, limit, purge);

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

async fn open(folder: &Folder, durability: SqliteDurability) -> SqliteStore {
    let store = SqliteStore::builder(folder.file("sessions.db")).durability(durability).open().unwrap();
    store.migrate().await.unwrap();
    store
}

#[tokio::test]
async fn sessions_are_there_after_the_process_has_ended() {
    let (folder, entry) = (Folder::new("sqlite"), Entry::new("one", MINUTE));
    for durability in [SqliteDurability::PowerCut, SqliteDurability::ProcessEnd] {
        let store = open(&folder, durability).await;
        let _ = store.create(id(durability as u8), &entry).await.unwrap();
        drop(store);
        assert_eq!(open(&folder, durability).await.load(id(durability as u8)).await.unwrap().unwrap().payload(), "one");
    }
}

#[tokio::test]
async fn tables_may_have_another_name() {
    let folder = Folder::new("sqlite");
    let store = open(&folder, SqliteDurability::PowerCut).await;
    let other = store.clone().with_table("scs_sessions_terms").unwrap();
    assert!(other.schema().contains(r#"CREATE TABLE IF NOT EXISTS "scs_sessions_terms_terms""#), "{}", other.schema());
    let other = store.clone().with_table("logins").unwrap();
    assert!(!other.schema().contains("scs_sessions"), "{}", other.schema());
    other.migrate().await.unwrap();
    let _ = store.create(id(1), &Entry::new("one", MINUTE)).await.unwrap();
    assert!(other.load(id(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn another_process_that_writes_is_waited_for() {
    let folder = Folder::new("sqlite");
    let store = open(&folder, SqliteDurability::ProcessEnd).await;
    let other = rusqlite::Connection::open(folder.file("sessions.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (entry, began) = (Entry::new("one", MINUTE), Arc::new(Notify::new()));
    let writing = tokio::spawn({
        let (store, began) = (store.clone(), began.clone());
        async move {
            began.notify_one();
            store.create(id(1), &entry).await
        }
    });
    began.notified().await;
    // The runtime has one thread, which is not held: what is read is read at once.
    for _ in 0..100 {
        assert!(store.load(id(1)).await.unwrap().is_none());
        tokio::task::yield_now().await;
    }
    assert!(!writing.is_finished());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(writing.await.unwrap().unwrap(), Created::Created);
}

#[tokio::test(start_paused = true)]
async fn another_process_that_holds_the_file_for_long_is_an_error() {
    let folder = Folder::new("sqlite");
    let store = open(&folder, SqliteDurability::ProcessEnd).await;
    let other = rusqlite::Connection::open(folder.file("sessions.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.create(id(1), &Entry::new("one", MINUTE)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("another process"), "{error}");
}

#[tokio::test]
async fn a_clock_that_goes_back_brings_nothing_back_that_was_deleted() {
    let sqlite = Sqlite::new(SqliteDurability::PowerCut);
    let store = sqlite.store().await;
    let _ = store.create(id(1), &Entry::new("one", MINUTE)).await.unwrap();
    store.delete(id(1)).await.unwrap();
    sqlite.clock.set(START - HOUR);
    assert!(store.load(id(1)).await.unwrap().is_none());
}
