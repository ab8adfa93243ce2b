//! What every store does, under whatever names.

use std::sync::Arc;

use bytes::Bytes;
use scs::{
    ManualClock, MemoryStore, SessionId,
    store::{Created, Entry, Iterate as _, Store as _, Updated},
};

use crate::support::{HOUR, MINUTE, START};
fn store() -> (MemoryStore, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    (MemoryStore::new().with_clock(clock.clone()), clock)
}

const ID: SessionId = SessionId::from_bytes([7; 16]);

async fn payload(store: &MemoryStore) -> Option<Bytes> {
    store.load(ID).await.unwrap().map(|stored| stored.payload().clone())
}

#[tokio::test]
async fn deleting_what_is_not_there_is_no_error() {
    let (store, _) = store();
    assert!(!store.delete(ID).await.unwrap());
}

#[tokio::test]
async fn finding_what_is_not_there_or_has_expired_is_no_error() {
    let (store, clock) = store();
    assert_eq!(payload(&store).await, None);
    assert_eq!(store.create(ID, &Entry::new("one", MINUTE)).await.unwrap(), Created::Created);
    clock.advance(MINUTE);
    assert_eq!(payload(&store).await, None);
}

#[tokio::test]
async fn a_record_that_was_stored_is_found_until_it_is_deleted() {
    let (store, _) = store();
    assert_eq!(store.create(ID, &Entry::new("one", MINUTE)).await.unwrap(), Created::Created);
    assert_eq!(payload(&store).await.unwrap(), "one");
    assert!(store.delete(ID).await.unwrap());
    assert_eq!(payload(&store).await, None);
}

#[tokio::test]
async fn storing_again_replaces_the_data_and_the_expiry() {
    let (store, clock) = store();
    let first = Entry::new("one", MINUTE);
    assert_eq!(store.create(ID, &first).await.unwrap(), Created::Created);
    assert_eq!(store.update(ID, first.revision(), &Entry::new("two", HOUR)).await.unwrap(), Updated::Updated);
    clock.advance(2 * MINUTE);
    assert_eq!(payload(&store).await.unwrap(), "two");
}

async fn all(store: &MemoryStore) -> Vec<SessionId> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.page(cursor, 10).await.unwrap();
        ids.extend(page.items.into_iter().map(|(id, _)| id));
        cursor = page.next;
        if cursor.is_none() {
            return ids;
        }
    }
}

#[tokio::test]
async fn all_are_those_that_have_not_expired() {
    let (store, clock) = store();
    assert!(all(&store).await.is_empty());
    for (byte, ttl) in [(1, MINUTE), (2, HOUR)] {
        let id = SessionId::from_bytes([byte; 16]);
        assert_eq!(store.create(id, &Entry::new("data", ttl)).await.unwrap(), Created::Created);
    }
    clock.advance(MINUTE);
    assert_eq!(all(&store).await, [SessionId::from_bytes([2; 16])]);
}
