//! One thread writes, and everything that waits shares a transaction.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use scs::{
    Clock, Timestamp,
    store::{Created, Entry, Index as _, Purge as _, SessionId, Store as _, StoreErrorKind, Term, Updated},
};
use scs_stores::{RedbDurability, RedbStore, drivers::redb};
use tokio::{task::JoinSet, time::timeout};

use crate::support::{Folder, HOUR, MINUTE, SECOND, START};

fn id(number: u64) -> SessionId {
    SessionId::from_bytes([number.to_be_bytes(); 2].concat().try_into().unwrap())
}

fn entry() -> Entry {
    Entry::new("x", MINUTE)
}

/// A store whose writing thread the test can stop: it waits as long as another write transaction is open.
struct Stoppable {
    database: Arc<redb::Database>,
    store: RedbStore,
    _folder: Folder,
}

impl Stoppable {
    fn new() -> Self {
        let folder = Folder::new("redb");
        let database = Arc::new(redb::Database::create(folder.file("sessions.redb")).unwrap());
        let store = RedbStore::in_database(database.clone()).open().unwrap();
        Self { database, store, _folder: folder }
    }

    fn stop(&self) -> redb::WriteTransaction {
        self.database.begin_write().unwrap()
    }

    /// Creates in the background, each as far as it gets.
    async fn start_creating(&self, numbers: std::ops::Range<u64>) -> JoinSet<Created> {
        let mut creating = JoinSet::new();
        for number in numbers {
            let store = self.store.clone();
            creating.spawn(async move { store.create(id(number), &entry()).await.unwrap() });
        }
        tokio::task::yield_now().await;
        creating
    }
}

#[tokio::test]
async fn writes_that_wait_share_a_transaction() {
    let stoppable = Stoppable::new();
    let stop = stoppable.stop();
    let creating = stoppable.start_creating(0..100).await;
    drop(stop);
    assert_eq!(creating.join_all().await, [Created::Created; 100]);
    let statistics = stoppable.store.statistics();
    assert_eq!(statistics.writes, 100);
    // The first may have found the thread idle and gone alone.
    assert!(statistics.commits <= 2, "{statistics:?}");
}

#[tokio::test]
async fn a_busy_writer_stalls_neither_readers_nor_the_runtime() {
    let stoppable = Stoppable::new();
    let _ = stoppable.store.create(id(0), &entry()).await.unwrap();
    let stop = stoppable.stop();
    // More than the queue has places.
    let mut creating = stoppable.start_creating(1..1000).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(stoppable.store.load(id(0)).await.unwrap().is_some());
        assert!(stoppable.store.load(id(1)).await.unwrap().is_none(), "nobody sees what is not committed");
    }
    assert!(creating.try_join_next().is_none(), "nothing is answered before it is committed");
    drop(stop);
    assert_eq!(creating.join_all().await, [Created::Created; 999]);
}

#[tokio::test]
async fn one_write_that_fails_by_itself_fails_no_other() {
    let stoppable = Stoppable::new();
    let records = redb::TableDefinition::<&[u8; 16], &[u8]>::new("scs_records");
    let stop = stoppable.stop();
    stop.open_table(records).unwrap().insert(&id(50).to_bytes(), &b"damaged"[..]).unwrap();
    let creating = stoppable.start_creating(0..50).await;
    let store = stoppable.store.clone();
    let failing = tokio::spawn(async move { store.create(id(50), &entry()).await });
    let others = stoppable.start_creating(51..100).await;
    stop.commit().unwrap();
    assert_eq!(creating.join_all().await, [Created::Created; 50]);
    assert_eq!(others.join_all().await, [Created::Created; 49]);
    let error = failing.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Other);
    assert!(error.to_string().contains(&id(50).to_string()), "{error}");
    // As it says, deleting it helps.
    stoppable.store.delete(id(50)).await.unwrap();
    assert_eq!(stoppable.store.create(id(50), &entry()).await.unwrap(), Created::Created);
}

/// Panics in the writing thread when told to.
#[derive(Default)]
struct PanickingClock(AtomicBool);

impl Clock for PanickingClock {
    fn now(&self) -> Timestamp {
        let is_writing = std::thread::current().name() == Some("scs-redb");
        assert!(!(is_writing && self.0.load(Ordering::Relaxed)), "a panic that a test asked for");
        START
    }
}

#[tokio::test]
async fn a_panic_while_writing_is_answered_and_does_not_last() {
    let (folder, clock) = (Folder::new("redb"), Arc::new(PanickingClock::default()));
    let store = RedbStore::builder(folder.file("sessions.redb")).clock(clock.clone()).open().unwrap();
    let _ = store.create(id(1), &entry()).await.unwrap();
    clock.0.store(true, Ordering::Relaxed);
    let answer = timeout(10 * SECOND, store.create(id(2), &entry())).await.expect("the caller hangs");
    assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Other);
    clock.0.store(false, Ordering::Relaxed);
    assert_eq!(store.create(id(2), &entry()).await.unwrap(), Created::Created);
    assert!(store.load(id(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn dropping_the_last_handle_waits_for_what_is_queued() {
    let folder = Folder::new("redb");
    let store = RedbStore::open(folder.file("sessions.redb")).unwrap();
    for number in 0..100 {
        // The future is dropped in the queue.
        let _ = store.create(id(number), &entry()).now_or_never();
    }
    drop(store);
    let store = RedbStore::open(folder.file("sessions.redb")).unwrap();
    for number in 0..100 {
        assert!(store.load(id(number)).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_changes_nothing_is_not_committed() {
    let stoppable = Stoppable::new();
    let (store, one) = (&stoppable.store, entry());
    let _ = store.create(id(1), &one).await.unwrap();
    let before = store.statistics();
    assert_eq!(store.create(id(1), &entry()).await.unwrap(), Created::Occupied);
    assert_eq!(store.create(id(1), &one).await.unwrap(), Created::Created);
    assert_eq!(store.update(id(1), entry().revision(), &entry()).await.unwrap(), Updated::Conflict);
    assert_eq!(store.update(id(2), entry().revision(), &entry()).await.unwrap(), Updated::Gone);
    store.touch(id(1), entry().revision(), MINUTE).await.unwrap();
    assert!(!store.delete(id(2)).await.unwrap());
    store.forget(Term::from_bytes([1; 16]), id(1)).await.unwrap();
    assert_eq!(store.purge(10).await.unwrap(), 0);
    assert_eq!(store.statistics(), before);
}

fn relaxed(folder: &Folder, delay: Duration) -> RedbStore {
    RedbStore::builder(folder.file("sessions.redb")).durability(RedbDurability::Within(delay)).open().unwrap()
}

#[tokio::test]
async fn a_relaxed_store_waits_for_the_disk_only_where_a_loss_could_let_someone_in() {
    let folder = Folder::new("redb");
    let store = relaxed(&folder, HOUR);
    let (one, two) = (entry(), entry());
    let _ = store.create(id(1), &one).await.unwrap();
    let _ = store.update(id(1), one.revision(), &two).await.unwrap();
    store.touch(id(1), two.revision(), MINUTE).await.unwrap();
    assert_eq!(store.statistics().commits, 3);
    assert_eq!(store.statistics().durable_commits, 0);
    let _ = store.update(id(1), two.revision(), &entry().with_full_durability()).await.unwrap();
    assert_eq!(store.statistics().durable_commits, 1, "a new secret");
    let _ = store.create(id(2), &entry().with_full_durability()).await.unwrap();
    assert_eq!(store.statistics().durable_commits, 2, "a new secret");
    assert!(store.delete(id(1)).await.unwrap());
    assert_eq!(store.statistics().durable_commits, 3, "a deletion");
}

#[tokio::test]
async fn a_relaxed_write_is_on_disk_in_the_end() {
    let folder = Folder::new("redb");
    let store = relaxed(&folder, Duration::from_millis(1));
    let _ = store.create(id(1), &entry()).await.unwrap();
    let flushed = async {
        while store.statistics().durable_commits == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(10 * SECOND, flushed).await.expect("nothing was made durable");
}

#[tokio::test]
async fn a_relaxed_store_that_is_dropped_loses_nothing() {
    let folder = Folder::new("redb");
    let database = Arc::new(redb::Database::create(folder.file("sessions.redb")).unwrap());
    let store =
        RedbStore::in_database(database.clone()).durability(RedbDurability::Within(Duration::MAX)).open().unwrap();
    let _ = store.create(id(1), &entry()).await.unwrap();
    drop(store);
    // What a crash would leave of the database that is still open.
    let copy = folder.path().join("copy.redb");
    std::fs::copy(folder.file("sessions.redb"), &copy).unwrap();
    assert!(RedbStore::open(copy).unwrap().load(id(1)).await.unwrap().is_some());
    drop(database);
}
