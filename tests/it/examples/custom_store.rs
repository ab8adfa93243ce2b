//! `custom_store`: a store that somebody else wrote, from outside and by the contract.

#[allow(dead_code, unreachable_pub, reason = "only the store of the program is used here")]
#[path = "../../../examples/custom_store.rs"]
mod example;

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use reqwest::Method;
use scs::store::{Created, Entry, Iterate as _, Purge as _, Revision, SessionId, Store as _, Updated};

use self::example::MapStore;
use crate::support::{Server, Visitor};

const LONG: Duration = Duration::from_hours(1);

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

/// One that is stored and has expired: its time to live is none.
async fn store_expired(store: &MapStore, number: u8) -> Revision {
    let entry = Entry::new("expired", Duration::ZERO);
    assert_eq!(store.create(id(number), &entry).await.unwrap(), Created::Created);
    entry.revision()
}

async fn payload(store: &MapStore, number: u8) -> Option<Vec<u8>> {
    store.load(id(number)).await.unwrap().map(|stored| stored.payload().to_vec())
}

#[tokio::test]
async fn creating_never_overwrites_a_session_that_lives() {
    let store = MapStore::default();
    let (first, second) = (Entry::new("first", LONG), Entry::new("second", LONG));
    assert_eq!(store.create(id(1), &first).await.unwrap(), Created::Created);
    assert_eq!(store.create(id(1), &second).await.unwrap(), Created::Occupied);
    let stored = store.load(id(1)).await.unwrap().unwrap();
    assert_eq!((&stored.payload()[..], stored.revision()), (&b"first"[..], first.revision()));
    assert!(stored.ttl() <= LONG && stored.ttl() > LONG / 2);
    store_expired(&store, 2).await;
    assert_eq!(store.create(id(2), &second).await.unwrap(), Created::Created, "an expired one is nobody's");
}

#[tokio::test]
async fn updating_never_creates_and_compares_the_revision() {
    let store = MapStore::default();
    let (first, second, third) = (Entry::new("first", LONG), Entry::new("second", LONG), Entry::new("third", LONG));
    assert_eq!(store.update(id(1), first.revision(), &second).await.unwrap(), Updated::Gone);
    assert_eq!(payload(&store, 1).await, None);
    assert_eq!(store.create(id(1), &first).await.unwrap(), Created::Created);
    assert_eq!(store.update(id(1), first.revision(), &second).await.unwrap(), Updated::Updated);
    assert_eq!(store.update(id(1), first.revision(), &third).await.unwrap(), Updated::Conflict);
    assert_eq!(payload(&store, 1).await.unwrap(), b"second");
    assert!(store.delete(id(1)).await.unwrap());
    assert!(!store.delete(id(1)).await.unwrap());
    assert_eq!(store.update(id(1), second.revision(), &third).await.unwrap(), Updated::Gone);
}

#[tokio::test]
async fn what_has_expired_is_neither_read_nor_updated_nor_touched_and_is_purged_in_batches() {
    let store = MapStore::default();
    for number in 1..=5 {
        let revision = store_expired(&store, number).await;
        store.touch(id(number), revision, LONG).await.unwrap();
        assert_eq!(payload(&store, number).await, None);
        assert_eq!(store.update(id(number), revision, &Entry::new("back", LONG)).await.unwrap(), Updated::Gone);
    }
    assert!(!store.delete(id(5)).await.unwrap());
    assert_eq!(store.create(id(9), &Entry::new("alive", LONG)).await.unwrap(), Created::Created);
    assert!(store.page(None, 1).await.unwrap().items.iter().all(|(found, _)| *found == id(9)));
    assert_eq!(store.purge(3).await.unwrap(), 3);
    assert_eq!(store.purge(3).await.unwrap(), 1);
    assert_eq!(payload(&store, 9).await.unwrap(), b"alive");
}

#[tokio::test]
async fn touching_moves_the_expiry_of_the_expected_revision_and_nothing_else() {
    let store = MapStore::default();
    let entry = Entry::new("first", LONG);
    assert_eq!(store.create(id(1), &entry).await.unwrap(), Created::Created);
    store.touch(id(1), Entry::new("", LONG).revision(), 3 * LONG).await.unwrap();
    assert!(store.load(id(1)).await.unwrap().unwrap().ttl() <= LONG);
    store.touch(id(1), entry.revision(), 3 * LONG).await.unwrap();
    let stored = store.load(id(1)).await.unwrap().unwrap();
    assert!(stored.ttl() > 2 * LONG && stored.revision() == entry.revision());
}

#[tokio::test]
async fn pages_hold_every_live_session_exactly_once() {
    let store = MapStore::default();
    for number in 0..10 {
        assert_eq!(store.create(id(number), &Entry::new("", LONG)).await.unwrap(), Created::Created);
    }
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.page(cursor, 3).await.unwrap();
        assert!(page.items.len() <= 3);
        found.extend(page.items.into_iter().map(|(id, _)| id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (10, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_of_ones_own_counts_concurrent_visits_exactly() {
    let server = Server::start("custom_store", &["127.0.0.1:0"]).await;
    let mut visitor = Visitor::of(&server);
    assert_eq!(visitor.read("/").await, "visit 1\n");
    let visits = (0..20).map(|_| tokio::spawn(visitor.request(Method::GET, "/").send()));
    assert!(join_all(visits).await.into_iter().all(|visit| visit.unwrap().unwrap().status() == 200));
    assert_eq!(visitor.read("/").await, "visit 22\n");
    Visitor::of(&server).read("/").await;
    assert_eq!(visitor.read("/sessions").await, "2 sessions\n");
}
