//! Time is the process's clock: what has ended is purged with all that leads to it.

use std::sync::Arc;

use scs::{
    ManualClock,
    store::{Admission, Entry, Index as _, Iterate as _, Limit as _, Purge as _, SessionId, Store as _, Term, Updated},
};
use scs_stores::RedbStore;

use super::tables::Tables;
use crate::support::{DAY, Folder, HOUR, MINUTE, SECOND, START};

const TERM: Term = Term::from_bytes([7; 16]);
const OTHER: Term = Term::from_bytes([8; 16]);

fn id(number: u16) -> SessionId {
    SessionId::from_bytes([number.to_be_bytes(); 8].concat().try_into().unwrap())
}

fn open() -> (RedbStore, Arc<ManualClock>, Folder) {
    let (folder, clock) = (Folder::new("redb"), Arc::new(ManualClock::new(START)));
    (RedbStore::builder(folder.file("sessions.redb")).clock(clock.clone()).open().unwrap(), clock, folder)
}

fn under(terms: &[Term], dropped: &[Term]) -> Entry {
    Entry::new("x", MINUTE).with_lifetime(HOUR).with_terms(terms.to_vec(), dropped.to_vec())
}

#[tokio::test]
async fn records_and_index_agree_after_every_operation() {
    let (store, clock, folder) = open();
    let (one, two, three) = (under(&[TERM, OTHER], &[]), under(&[TERM], &[OTHER]), under(&[OTHER], &[]));
    let _ = store.create(id(1), &one).await.unwrap();
    let _ = store.update(id(1), one.revision(), &two).await.unwrap();
    store.touch(id(1), two.revision(), SECOND).await.unwrap();
    let _ = store.create(id(2), &one).await.unwrap();
    assert!(store.delete(id(2)).await.unwrap());
    clock.advance(2 * SECOND);
    // In place of an expired record.
    let _ = store.create(id(1), &three).await.unwrap();
    store.touch(id(1), three.revision(), MINUTE).await.unwrap();
    store.forget(OTHER, id(1)).await.unwrap();
    assert_eq!(store.find(OTHER, None, 10).await.unwrap().items, [id(1)], "a live record keeps its entry");
    assert!(store.find(TERM, None, 10).await.unwrap().items.is_empty());
    drop(store);
    Tables::of_file(&folder.file("sessions.redb")).assert_agree();
}

#[tokio::test]
async fn a_purge_leaves_nothing_behind() {
    let (store, clock, folder) = open();
    for number in 0..10 {
        let _ = store.create(id(number), &under(&[TERM, OTHER], &[])).await.unwrap();
    }
    // Admitted and never created.
    assert_eq!(store.admit(TERM, id(100), 20, HOUR).await.unwrap(), Admission::Admitted);
    let touched = under(&[TERM], &[]);
    let _ = store.create(id(10), &touched).await.unwrap();
    store.touch(id(10), touched.revision(), DAY).await.unwrap();
    clock.advance(MINUTE);
    assert_eq!(store.purge(100).await.unwrap(), 10);
    clock.advance(2 * DAY);
    assert_eq!(store.purge(100).await.unwrap(), 1);
    drop(store);
    assert_eq!(Tables::of_file(&folder.file("sessions.redb")), Tables::default());
}

#[tokio::test]
async fn a_purge_of_many_is_exact() {
    let (store, clock, _folder) = open();
    let creating = (0..900).map(|number| {
        let store = store.clone();
        async move { store.create(id(number), &Entry::new("x", MINUTE)).await.unwrap() }
    });
    futures_util::future::join_all(creating).await;
    clock.advance(MINUTE);
    assert_eq!(store.purge(600).await.unwrap(), 600);
    assert_eq!(store.purge(usize::MAX).await.unwrap(), 300);
    assert_eq!(store.purge(usize::MAX).await.unwrap(), 0);
}

#[tokio::test]
async fn a_page_takes_bounded_time_whatever_is_asked_for() {
    let (store, _clock, _folder) = open();
    let creating = (0..1_100).map(|number| {
        let store = store.clone();
        async move { store.create(id(number), &under(&[TERM], &[])).await.unwrap() }
    });
    futures_util::future::join_all(creating).await;
    let (page, found) =
        (store.page(None, usize::MAX).await.unwrap(), store.find(TERM, None, usize::MAX).await.unwrap());
    assert_eq!((page.items.len(), found.items.len()), (1_000, 1_000));
    assert_eq!(store.page(page.next, usize::MAX).await.unwrap().items.len(), 100);
    assert_eq!(store.find(TERM, found.next, usize::MAX).await.unwrap().items.len(), 100);
}

#[tokio::test]
async fn a_purge_of_what_lives_longer_by_now_ends() {
    let (store, clock, folder) = open();
    let one = Entry::new("x", MINUTE);
    let touching = (0..600).map(|number| {
        let (store, one) = (store.clone(), one.clone());
        async move {
            let _ = store.create(id(number), &one).await.unwrap();
            store.touch(id(number), one.revision(), DAY).await.unwrap();
        }
    });
    futures_util::future::join_all(touching).await;
    clock.advance(MINUTE);
    assert_eq!(store.purge(10).await.unwrap(), 0);
    drop(store);
    let tables = Tables::of_file(&folder.file("sessions.redb"));
    assert_eq!(tables.records.len(), 600);
    tables.assert_agree();
}

#[tokio::test]
async fn a_clock_that_is_set_back_brings_back_nothing_that_was_purged_or_deleted() {
    let (store, clock, _folder) = open();
    for number in [1, 2] {
        let _ = store.create(id(number), &under(&[TERM], &[])).await.unwrap();
    }
    assert!(store.delete(id(2)).await.unwrap());
    clock.advance(DAY);
    assert_eq!(store.purge(10).await.unwrap(), 1);
    clock.set(START - DAY);
    assert!(store.load(id(1)).await.unwrap().is_none());
    assert!(store.load(id(2)).await.unwrap().is_none());
    assert!(store.page(None, 10).await.unwrap().items.is_empty());
    assert!(store.find(TERM, None, 10).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_clock_that_jumps_panics_nowhere() {
    let (store, clock, _folder) = open();
    let mut last = under(&[TERM], &[]);
    let _ = store.create(id(1), &last).await.unwrap();
    for millis in [START.as_unix_millis(), 1, 0] {
        clock.set(scs::Timestamp::from_unix_millis(millis));
        let next = under(&[TERM], &[]);
        assert_eq!(store.update(id(1), last.revision(), &next).await.unwrap(), Updated::Updated);
        assert!(store.load(id(1)).await.unwrap().is_some());
        assert_eq!(store.purge(10).await.unwrap(), 0);
        last = next;
    }
    clock.set(scs::Timestamp::from_unix_millis(u64::MAX));
    assert!(store.load(id(1)).await.unwrap().is_none());
    let _ = store.create(id(2), &last).await.unwrap();
    assert!(store.load(id(2)).await.unwrap().is_none(), "time has no room left");
    assert_eq!(store.purge(10).await.unwrap(), 2);
}
