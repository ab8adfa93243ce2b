//! A lone write that waits for no disk is done on the calling thread; all others share the writing thread.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::join_all};
use scs::{
    Clock, Timestamp,
    store::{Created, Entry, SessionId, Store as _, StoreErrorKind, Updated},
};
use scs_stores::{RedbDurability, RedbStore, drivers::redb};
use tokio::time::timeout;

use crate::support::{Folder, HOUR, MINUTE, SECOND, START, StoppingClock};

fn id(number: u64) -> SessionId {
    SessionId::from_bytes([number.to_be_bytes(); 2].concat().try_into().unwrap())
}

fn entry() -> Entry {
    Entry::new("x", MINUTE)
}

fn open(folder: &Folder, clock: Arc<dyn Clock>, delay: Duration) -> RedbStore {
    let builder = RedbStore::builder(folder.file("sessions.redb")).clock(clock);
    builder.durability(RedbDurability::Within(delay)).open().unwrap()
}

/// A relaxed store whose writing thread has stopped in the middle of a write.
fn stopped(folder: &Folder) -> (RedbStore, Arc<StoppingClock>) {
    let clock = Arc::new(StoppingClock::new("scs-redb"));
    let store = open(folder, clock.clone(), HOUR);
    clock.arm();
    assert!(store.delete(id(u64::MAX)).now_or_never().is_none(), "a deletion waits for the disk");
    clock.wait_until_stopped();
    (store, clock)
}

#[tokio::test]
async fn a_lone_change_is_written_on_the_calling_thread() {
    let folder = Folder::new("redb");
    let store = open(&folder, Arc::new(scs::SystemClock), HOUR);
    let (one, two) = (entry(), entry());
    assert_eq!(store.create(id(1), &one).now_or_never().unwrap().unwrap(), Created::Created);
    assert_eq!(store.update(id(1), one.revision(), &two).now_or_never().unwrap().unwrap(), Updated::Updated);
    store.touch(id(1), two.revision(), HOUR).now_or_never().unwrap().unwrap();
    assert_eq!((store.statistics().writes, store.statistics().durable_commits), (3, 0));
}

#[tokio::test]
async fn what_waits_for_the_disk_or_takes_long_holds_no_thread_of_the_runtime() {
    let folder = Folder::new("redb");
    let store = open(&folder, Arc::new(scs::SystemClock), HOUR);
    let (lasting, large) = (entry().with_full_durability(), Entry::new(vec![1; 1024 * 1024], MINUTE));
    for entry in [lasting, large] {
        let mut creating = Box::pin(store.create(id(entry.payload().len() as u64), &entry));
        assert!(creating.as_mut().now_or_never().is_none());
        assert_eq!(creating.await.unwrap(), Created::Created);
    }
}

#[tokio::test]
async fn what_was_written_on_the_calling_thread_is_on_disk_in_time() {
    let folder = Folder::new("redb");
    let store = open(&folder, Arc::new(scs::SystemClock), Duration::from_millis(1));
    for number in 0..10 {
        let _ = store.create(id(number), &entry()).await.unwrap();
        let durable = async {
            while store.statistics().durable_commits <= number {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(10 * SECOND, durable).await.expect("nothing was made durable");
    }
}

#[tokio::test]
async fn a_transaction_of_the_application_is_not_waited_for_on_the_calling_thread() {
    let folder = Folder::new("redb");
    let database = Arc::new(redb::Database::create(folder.file("sessions.redb")).unwrap());
    let builder = RedbStore::in_database(database.clone()).durability(RedbDurability::Within(HOUR));
    let store = builder.open().unwrap();
    let transaction = database.begin_write().unwrap();
    let (one, mut creating) = (entry(), Box::pin(async { store.create(id(1), &entry()).await }));
    assert!(creating.as_mut().now_or_never().is_none());
    assert!(store.create(id(2), &one).now_or_never().is_none());
    drop(transaction);
    assert_eq!(creating.await.unwrap(), Created::Created);
}

#[tokio::test]
async fn changes_of_many_writers_share_one_commit() {
    let folder = Folder::new("redb");
    let (store, clock) = stopped(&folder);
    let entries: Vec<Entry> = (0..100).map(|_| entry()).collect();
    let mut creating = Box::pin(join_all((0..).zip(&entries).map(|(number, entry)| store.create(id(number), entry))));
    assert!(creating.as_mut().now_or_never().is_none(), "the calling thread does not wait for the writer");
    clock.release();
    assert!(creating.await.into_iter().all(|created| created.unwrap() == Created::Created));
    assert_eq!((store.statistics().writes, store.statistics().commits), (100, 1));
}

#[tokio::test]
async fn a_writer_that_is_cut_off_leaves_the_queue_working() {
    let folder = Folder::new("redb");
    let (store, clock) = stopped(&folder);
    for number in 0..100 {
        assert!(store.create(id(number), &entry()).now_or_never().is_none());
    }
    clock.release();
    let creating = timeout(10 * SECOND, store.create(id(100), &entry())).await;
    assert_eq!(creating.expect("the queue stands still").unwrap(), Created::Created);
    assert!(store.load(id(0)).await.unwrap().is_some(), "what had a place is done all the same");
}

#[derive(Default)]
struct PanickingClock(AtomicBool);

impl Clock for PanickingClock {
    fn now(&self) -> Timestamp {
        assert!(!self.0.load(Ordering::Relaxed), "a panic that a test asked for");
        START
    }
}

#[tokio::test]
async fn a_panic_while_writing_on_the_calling_thread_is_answered_and_does_not_last() {
    let (folder, clock) = (Folder::new("redb"), Arc::new(PanickingClock::default()));
    let store = open(&folder, clock.clone(), HOUR);
    clock.0.store(true, Ordering::Relaxed);
    assert_eq!(store.create(id(1), &entry()).await.unwrap_err().kind(), StoreErrorKind::Other);
    clock.0.store(false, Ordering::Relaxed);
    assert_eq!(store.create(id(1), &entry()).now_or_never().unwrap().unwrap(), Created::Created);
}
