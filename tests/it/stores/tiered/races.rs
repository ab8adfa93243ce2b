//! Slow reads and overlapping writes: nothing older follows something newer.

use scs::store::{Store, Updated};
use scs_stores::Tiered;

use super::{ID, MILLISECOND, World, arrival, during_a_slow_read, entry, payload};
use crate::support::{MINUTE, SECOND};

#[tokio::test]
async fn a_second_read_is_served_from_the_cache() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let _ = world.durable.inner.create(ID, &entry("one")).await.unwrap();
    assert_eq!(payload(&node).await.as_deref(), Some("one"));
    assert_eq!(payload(&node).await.as_deref(), Some("one"));
    assert_eq!(world.durable.take_calls(), ["load"]);
}

#[tokio::test]
async fn what_was_written_is_served_from_the_cache() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let one = entry("one");
    let _ = node.create(ID, &one).await.unwrap();
    assert_eq!(payload(&node).await.as_deref(), Some("one"));
    let _ = node.update(ID, one.revision(), &entry("two")).await.unwrap();
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
    assert_eq!(world.durable.take_calls(), ["create", "update"]);
}

#[tokio::test]
async fn nothing_is_served_for_longer_than_the_staleness_allowed() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let _ = node.create(ID, &entry("one")).await.unwrap();
    world.durable.inner.delete(ID).await.unwrap();
    world.clock.advance(node.max_staleness() - MILLISECOND);
    assert_eq!(payload(&node).await.as_deref(), Some("one"), "another process deleted it just now");
    world.clock.advance(MILLISECOND);
    assert_eq!(payload(&node).await, None);
}

#[tokio::test]
async fn the_time_that_a_read_took_counts_as_staleness() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let _ = world.durable.inner.create(ID, &entry("one")).await.unwrap();
    during_a_slow_read(&world, &node, async { world.clock.advance(SECOND - MILLISECOND) }).await;
    assert_eq!(payload(&node).await.as_deref(), Some("one"));
    assert!(world.durable.take_calls().is_empty(), "it was cached");
    world.clock.advance(MILLISECOND);
    world.durable.inner.delete(ID).await.unwrap();
    assert_eq!(payload(&node).await, None);
}

#[tokio::test]
async fn what_comes_back_too_late_is_not_cached() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let _ = world.durable.inner.create(ID, &entry("one")).await.unwrap();
    during_a_slow_read(&world, &node, async { world.clock.advance(SECOND) }).await;
    world.durable.inner.delete(ID).await.unwrap();
    assert_eq!(payload(&node).await, None);
}

#[tokio::test]
async fn a_cached_record_tells_the_time_that_it_has_left() {
    let world = World::new();
    let builder = Tiered::builder(world.memory_cache(), world.durable.clone()).clock(world.clock.clone());
    let node = builder.max_staleness(2 * MINUTE).build();
    let _ = node.create(ID, &entry("one")).await.unwrap();
    world.clock.advance(SECOND);
    assert_eq!(node.load(ID).await.unwrap().unwrap().ttl(), MINUTE - SECOND);
    world.clock.advance(MINUTE - SECOND - MILLISECOND);
    assert_eq!(node.load(ID).await.unwrap().unwrap().ttl(), MILLISECOND);
    assert_eq!(world.durable.take_calls(), ["create"]);
    world.clock.advance(MILLISECOND);
    assert_eq!(payload(&node).await, None);
}

#[tokio::test]
async fn a_record_whose_expiry_moved_is_read_anew() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let one = entry("one");
    let _ = node.create(ID, &one).await.unwrap();
    node.touch(ID, one.revision(), 2 * MINUTE).await.unwrap();
    assert_eq!(node.load(ID).await.unwrap().unwrap().ttl(), 2 * MINUTE);
    world.durable.take_calls();
    assert_eq!(node.load(ID).await.unwrap().unwrap().ttl(), 2 * MINUTE);
    assert!(world.durable.take_calls().is_empty(), "and is cached again");
}

#[tokio::test]
async fn a_slow_read_brings_nothing_back_that_was_deleted() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let _ = world.durable.inner.create(ID, &entry("one")).await.unwrap();
    during_a_slow_read(&world, &node, node.delete(ID)).await;
    assert_eq!(payload(&node).await, None);
    world.clock.advance(SECOND);
    assert_eq!(payload(&node).await, None);
}

#[tokio::test]
async fn a_slow_read_brings_nothing_back_where_the_cache_has_forgotten_the_write() {
    let (world, two) = (World::new(), entry("two"));
    let cache = world.shared_cache();
    let node = world.node(cache.clone());
    let one = entry("one");
    let _ = world.durable.inner.create(ID, &one).await.unwrap();
    during_a_slow_read(&world, &node, async {
        let _ = node.update(ID, one.revision(), &two).await.unwrap();
        cache.inner.delete(ID).await.unwrap();
    })
    .await;
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_slow_read_brings_nothing_back_that_another_process_deleted() {
    let world = World::new();
    let cache = world.shared_cache();
    let (here, there) = (world.node(cache.clone()), world.node(cache));
    let _ = world.durable.inner.create(ID, &entry("one")).await.unwrap();
    during_a_slow_read(&world, &here, there.delete(ID)).await;
    assert_eq!(payload(&here).await, None);
    assert_eq!(payload(&there).await, None);
}

#[tokio::test]
async fn a_slow_read_overwrites_nothing_that_another_process_wrote() {
    let (world, two) = (World::new(), entry("two"));
    let cache = world.shared_cache();
    let (here, there) = (world.node(cache.clone()), world.node(cache));
    let one = entry("one");
    let _ = world.durable.inner.create(ID, &one).await.unwrap();
    during_a_slow_read(&world, &here, there.update(ID, one.revision(), &two)).await;
    assert_eq!(payload(&here).await.as_deref(), Some("two"));
    assert_eq!(payload(&there).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_read_of_a_marker_does_not_overwrite_a_later_marker() {
    let world = World::new();
    let cache = world.shared_cache();
    let (here, there) = (world.node(cache.clone()), world.node(cache));
    let one = entry("one");
    let _ = there.create(ID, &one).await.unwrap();
    there.touch(ID, one.revision(), MINUTE).await.unwrap();
    during_a_slow_read(&world, &here, there.delete(ID)).await;
    assert_eq!(payload(&here).await, None);
    assert_eq!(payload(&there).await, None);
}

#[tokio::test]
async fn of_two_processes_the_later_writer_is_seen_whoever_tells_the_cache_last() {
    let world = World::new();
    let (shared, one, two) = (world.shared_cache(), entry("one"), entry("two"));
    let (here, there) = (world.node(shared.clone()), world.node(shared.clone()));
    let _ = here.create(ID, &one).await.unwrap();
    shared.take_calls();
    shared.delay_next("update");
    let writing = tokio::spawn({
        let (here, former, two) = (here.clone(), one.revision(), two.clone());
        async move { here.update(ID, former, &two).await }
    });
    arrival(&shared, "update").await;
    assert_eq!(there.update(ID, two.revision(), &entry("three")).await.unwrap(), Updated::Updated);
    shared.release();
    assert_eq!(writing.await.unwrap().unwrap(), Updated::Updated);
    assert_eq!(payload(&here).await.as_deref(), Some("three"));
    assert_eq!(payload(&there).await.as_deref(), Some("three"));
}

#[tokio::test]
async fn of_two_writers_in_one_process_the_later_is_seen_even_if_the_cache_evicts() {
    let world = World::new();
    let (cache, one, two) = (world.shared_cache(), entry("one"), entry("two"));
    let node = world.node(cache.clone());
    let _ = node.create(ID, &one).await.unwrap();
    cache.inner.delete(ID).await.unwrap();
    cache.take_calls();
    cache.delay_next("create");
    let writing = tokio::spawn({
        let (node, former, two) = (node.clone(), one.revision(), two.clone());
        async move { node.update(ID, former, &two).await }
    });
    arrival(&cache, "create").await;
    assert_eq!(node.update(ID, two.revision(), &entry("three")).await.unwrap(), Updated::Updated);
    cache.inner.delete(ID).await.unwrap();
    cache.release();
    assert_eq!(writing.await.unwrap().unwrap(), Updated::Updated);
    assert_eq!(payload(&node).await.as_deref(), Some("three"));
}

#[tokio::test]
async fn while_a_session_is_written_reads_of_it_ask_the_durable_store() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let one = entry("one");
    let _ = node.create(ID, &one).await.unwrap();
    world.durable.take_calls();
    world.durable.delay_answer("delete");
    let deleting = tokio::spawn({
        let node = node.clone();
        async move { node.delete(ID).await }
    });
    arrival(&world.durable, "delete").await;
    assert_eq!(payload(&node).await, None, "it is deleted, and the answer is on its way");
    world.durable.release();
    assert!(deleting.await.unwrap().unwrap());
}

#[tokio::test]
async fn after_a_conflict_the_durable_store_is_read() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let (one, theirs) = (entry("one"), entry("theirs"));
    let _ = node.create(ID, &one).await.unwrap();
    let _ = world.durable.inner.update(ID, one.revision(), &theirs).await.unwrap();
    assert_eq!(payload(&node).await.as_deref(), Some("one"), "another process wrote just now");
    assert_eq!(node.update(ID, one.revision(), &entry("ours")).await.unwrap(), Updated::Conflict);
    assert_eq!(payload(&node).await.as_deref(), Some("theirs"));
    assert_eq!(node.update(ID, theirs.revision(), &entry("ours")).await.unwrap(), Updated::Updated);
}

#[tokio::test]
async fn after_an_update_of_what_is_gone_the_durable_store_is_read() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let one = entry("one");
    let _ = node.create(ID, &one).await.unwrap();
    world.durable.inner.delete(ID).await.unwrap();
    assert_eq!(node.update(ID, one.revision(), &entry("two")).await.unwrap(), Updated::Gone);
    assert_eq!(payload(&node).await, None);
}

async fn counting_is_exact<C: Store + Clone>(world: World, caches: [C; 2]) {
    let nodes = caches.map(|cache| world.node(cache));
    let _ = nodes[0].create(ID, &entry("0")).await.unwrap();
    let counting = (0..8).map(|task| tokio::spawn(count(nodes[task % 2].clone(), 25)));
    for counted in counting.collect::<Vec<_>>() {
        counted.await.unwrap();
    }
    assert_eq!(world.truth().await.as_deref(), Some("200"));
    for node in &nodes {
        // A node that did not write last may be behind, by no more than it says.
        world.clock.advance(node.max_staleness());
        assert_eq!(payload(node).await.as_deref(), Some("200"));
    }
}

async fn count(node: impl Store, times: usize) {
    for _ in 0..times {
        loop {
            let stored = node.load(ID).await.unwrap().unwrap();
            let number: usize = String::from_utf8(stored.payload().to_vec()).unwrap().parse().unwrap();
            tokio::task::yield_now().await;
            let next = entry(&(number + 1).to_string());
            if node.update(ID, stored.revision(), &next).await.unwrap() == Updated::Updated {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counting_on_two_nodes_with_a_cache_each_is_exact() {
    let world = World::new();
    let caches = [world.memory_cache(), world.memory_cache()];
    counting_is_exact(world, caches).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counting_on_two_nodes_with_a_shared_cache_is_exact() {
    let world = World::new();
    let cache = world.shared_cache();
    counting_is_exact(world, [cache.clone(), cache]).await;
}
