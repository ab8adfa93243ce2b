//! The cache fails, and the sessions do not.

use std::time::Duration;

use scs::{
    SessionId,
    store::{Created, Entry, Revision, Store, StoreError, StoreErrorKind, Stored, Updated},
};
use scs_stores::Tiered;

use super::{ID, MILLISECOND, World, entry, payload};
use crate::support::{Fault, MINUTE, SECOND, TestStore};

/// Every call to the cache fails like this, from now on.
fn fail_all(cache: &TestStore, fault: Fault) {
    for call in ["load", "create", "update", "delete", "touch"] {
        (0..50).for_each(|_| cache.fail_next(call, fault));
    }
}

/// Two processes that serve what is cached for a minute.
fn lasting_nodes<C: Store + Clone>(world: &World, cache: &C) -> [Tiered<C, TestStore>; 2] {
    [(); 2].map(|()| {
        let node = Tiered::builder(cache.clone(), world.durable.clone());
        node.clock(world.clock.clone()).max_staleness(MINUTE).build()
    })
}

#[tokio::test]
async fn while_the_cache_is_down_everything_works() {
    let world = World::new();
    let cache = world.shared_cache();
    let node = world.node(cache.clone());
    fail_all(&cache, Fault::Refused);
    let (one, two) = (entry("one"), entry("two"));
    let _ = node.create(ID, &one).await.unwrap();
    assert_eq!(payload(&node).await.as_deref(), Some("one"));
    assert_eq!(node.update(ID, one.revision(), &two).await.unwrap(), Updated::Updated);
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
    node.touch(ID, two.revision(), SECOND).await.unwrap();
    assert!(node.delete(ID).await.unwrap());
    assert_eq!(payload(&node).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_never_answers_costs_its_timeout_once() {
    let world = World::new();
    let cache = world.shared_cache();
    let node = world.node(cache.clone());
    let _ = world.durable.inner.create(ID, &entry("one")).await.unwrap();
    fail_all(&cache, Fault::Hangs);
    let begun = tokio::time::Instant::now();
    for _ in 0..10 {
        let answer = tokio::time::timeout(SECOND, payload(&node)).await;
        assert_eq!(answer.expect("an answer").as_deref(), Some("one"));
    }
    assert!(begun.elapsed() < SECOND / 5, "{:?}", begun.elapsed());
    assert_eq!(cache.take_calls(), ["load"]);
    world.clock.advance(SECOND);
    payload(&node).await;
    assert_eq!(cache.take_calls(), ["load"], "and is asked again after a second");
}

#[tokio::test]
async fn a_deletion_that_the_cache_did_not_learn_of_is_final_here_and_bounded_elsewhere() {
    let world = World::new();
    let cache = world.shared_cache();
    let (here, there) = (world.node(cache.clone()), world.node(cache.clone()));
    let _ = here.create(ID, &entry("one")).await.unwrap();
    cache.fail_next("load", Fault::Refused);
    assert!(here.delete(ID).await.unwrap());
    assert_eq!(payload(&here).await, None);
    assert_eq!(payload(&there).await.as_deref(), Some("one"), "the cache was not told");
    world.clock.advance(there.max_staleness());
    assert_eq!(payload(&there).await, None);
    assert_eq!(payload(&here).await, None);
}

/// One slow answer gives the cache a pause of a second, in which it is told of nothing.
#[tokio::test(start_paused = true)]
async fn deletions_that_the_cache_did_not_learn_of_are_told_it_when_it_answers_again() {
    let world = World::new();
    let cache = world.shared_cache();
    let node =
        || Tiered::builder(cache.clone(), world.durable.clone()).clock(world.clock.clone()).max_staleness(MINUTE);
    let (here, there) = (node().build(), node().build());
    let _ = here.create(ID, &entry("one")).await.unwrap();
    cache.fail_next("load", Fault::Hangs);
    assert!(here.delete(ID).await.unwrap());
    assert_eq!(payload(&there).await.as_deref(), Some("one"), "the cache was not told");
    world.clock.advance(SECOND);
    tokio::time::sleep(SECOND).await;
    assert_eq!(payload(&there).await, None);
    cache.take_calls();
    tokio::time::sleep(MINUTE).await;
    assert_eq!(cache.take_calls(), [""; 0], "what is done is not repeated");
}

/// A cache of which one part never takes a marker.
#[derive(Clone)]
struct Poisoned(TestStore, SessionId);

impl Poisoned {
    fn check(&self, id: SessionId) -> Result<(), StoreError> {
        match id == self.1 {
            true => Err(StoreError::new(StoreErrorKind::Other, "another type of key")),
            false => Ok(()),
        }
    }
}

impl Store for Poisoned {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.check(id)?;
        self.0.create(id, entry).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.check(id)?;
        self.0.load(id).await
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.check(id)?;
        self.0.update(id, expected, entry).await
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.check(id)?;
        self.0.touch(id, expected, ttl).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.check(id)?;
        self.0.delete(id).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_of_the_cache_that_fails_keeps_no_other_part_from_being_told() {
    let world = World::new();
    let cache = world.shared_cache();
    let number = |number: u8| SessionId::from_bytes([number; 16]);
    for poisoned in [number(0), number(49), number(99)] {
        let [here, there] = lasting_nodes(&world, &Poisoned(cache.clone(), poisoned));
        for id in (0..100).map(number) {
            let _ = here.create(id, &entry("one")).await.unwrap();
        }
        cache.fail_next("load", Fault::Hangs);
        for id in (0..100).map(number) {
            assert!(here.delete(id).await.unwrap());
        }
        world.clock.advance(SECOND);
        tokio::time::sleep(2 * SECOND).await;
        for id in (0..100).map(number).filter(|id| *id != poisoned) {
            assert!(there.load(id).await.unwrap().is_none(), "{id} is served");
        }
        world.clock.advance(2 * MINUTE);
    }
}

/// A task ends with its runtime, and what it had to do is done in the next one.
#[test]
fn what_the_cache_is_to_be_told_outlives_the_runtime_of_the_request() {
    let world = World::new();
    let cache = world.shared_cache();
    let node =
        || Tiered::builder(cache.clone(), world.durable.clone()).clock(world.clock.clone()).max_staleness(MINUTE);
    let (here, there) = (node().build(), node().build());
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let other = SessionId::from_bytes([2; 16]);
    runtime().block_on(async {
        let _ = here.create(ID, &entry("one")).await.unwrap();
        let _ = here.create(other, &entry("two")).await.unwrap();
        cache.fail_next("load", Fault::Refused);
        here.delete(ID).await.unwrap();
    });
    runtime().block_on(async {
        cache.fail_next("load", Fault::Refused);
        here.delete(other).await.unwrap();
        tokio::time::sleep(SECOND).await;
        assert!(there.load(ID).await.unwrap().is_none() && there.load(other).await.unwrap().is_none());
    });
}

/// The deletion is done when its caller goes away, and the cache has heard nothing of it.
#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_dropped_before_the_cache_is_told_is_told_it_afterwards() {
    let world = World::new();
    let cache = world.shared_cache();
    let node =
        || Tiered::builder(cache.clone(), world.durable.clone()).clock(world.clock.clone()).max_staleness(MINUTE);
    let (here, there) = (node().build(), node().build());
    let _ = here.create(ID, &entry("one")).await.unwrap();
    cache.fail_next("load", Fault::Hangs);
    let deleted = tokio::time::timeout(MILLISECOND, here.delete(ID)).await;
    assert!(deleted.is_err(), "the cache has not answered");
    tokio::time::sleep(SECOND).await;
    assert_eq!(payload(&there).await, None);
}

#[tokio::test]
async fn an_update_that_the_cache_did_not_learn_of_is_seen_here_at_once() {
    let world = World::new();
    let cache = world.shared_cache();
    let node = world.node(cache.clone());
    let one = entry("one");
    let _ = node.create(ID, &one).await.unwrap();
    cache.fail_next("update", Fault::Refused);
    cache.fail_next("load", Fault::Refused);
    let _ = node.update(ID, one.revision(), &entry("two")).await.unwrap();
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
}
