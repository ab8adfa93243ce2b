//! A cache in this process takes no more memory than it was given.

use scs::{
    MemoryStore, SessionId,
    store::{Entry, Revision, Store, StoreError, Stored, Updated},
};
use scs_stores::{MemoryCache, Tiered, WriteBehind};

use super::entry;
use crate::support::{MINUTE, SECOND};

fn id(number: u128) -> SessionId {
    SessionId::from_bytes(number.to_be_bytes())
}

/// A store with a session under every id.
struct Endless;

impl Store for Endless {
    async fn create(&self, _: SessionId, _: &Entry) -> Result<scs::store::Created, StoreError> {
        Ok(scs::store::Created::Occupied)
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        Ok(Some(Stored::new(vec![b'x'; 100], Revision::random(), MINUTE)).filter(|_| id.to_bytes() != [0; 16]))
    }

    async fn update(&self, _: SessionId, _: Revision, _: &Entry) -> Result<Updated, StoreError> {
        Ok(Updated::Updated)
    }

    async fn touch(&self, _: SessionId, _: Revision, _: std::time::Duration) -> Result<(), StoreError> {
        Ok(())
    }

    async fn delete(&self, _: SessionId) -> Result<bool, StoreError> {
        Ok(true)
    }
}

#[tokio::test]
async fn a_million_sessions_pass_through_a_cache_of_a_thousand() {
    let cache = MemoryCache::new(1000);
    let node = Tiered::new(cache.clone(), Endless);
    let mut most = 0;
    for number in 1..=1_000_000 {
        assert!(node.load(id(number)).await.unwrap().is_some());
        if number % 10_000 == 0 {
            most = most.max(cache.entries());
        }
    }
    assert!((1..=1000).contains(&most), "{most} entries");
}

#[tokio::test]
async fn bytes_are_a_bound_too() {
    let cache = MemoryCache::with_bytes(100 * 1024);
    let node = Tiered::new(cache.clone(), Endless);
    for number in 1..=10_000 {
        node.load(id(number)).await.unwrap();
    }
    let entries = cache.entries();
    assert!((100..=1024).contains(&entries), "{entries} entries of more than a hundred bytes in a hundred KiB");
}

#[tokio::test]
async fn a_cache_that_evicts_loses_nothing_that_waits() {
    let (cache, durable) = (MemoryCache::new(10), MemoryStore::new());
    let behind = WriteBehind::every(SECOND).max_dirty(100);
    let node = Tiered::builder(cache.clone(), durable.clone()).write_behind(behind).build();
    let mut dirty = 0;
    for number in 0..500 {
        let one = entry("one");
        let _ = node.create(id(number), &one).await.unwrap();
        node.load(id(number)).await.unwrap();
        let _ = node.update(id(number), one.revision(), &entry("two")).await.unwrap();
        dirty = dirty.max(node.dirty());
        cache.entries();
    }
    assert!((50..=100).contains(&dirty), "{dirty} sessions waited");
    for number in 0..500 {
        assert_eq!(node.load(id(number)).await.unwrap().unwrap().payload(), "two");
    }
    let report = node.flush().await;
    assert_eq!((report.failed, report.lost.len(), node.dirty()), (0, 0, 0));
    for number in 0..500 {
        assert_eq!(durable.load(id(number)).await.unwrap().unwrap().payload(), "two");
    }
}
