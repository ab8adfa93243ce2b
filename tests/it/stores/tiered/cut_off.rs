//! Futures dropped midway, and writes of which nobody knows whether they were done.

use std::future::poll_fn;

use scs::store::{Store, Updated};

use super::{ID, MILLISECOND, World, arrival, entry, payload};
use crate::support::{Fault, MINUTE, SECOND};

/// Polls a call once and drops it.
async fn cut_off<T>(call: impl Future<Output = T>) {
    let mut call = std::pin::pin!(call);
    let mut polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut polled, true) || call.as_mut().poll(context).is_ready() {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[tokio::test]
async fn an_update_that_was_cut_off_and_arrives_later_is_seen_at_once() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let (one, two) = (entry("one"), entry("two"));
    let _ = node.create(ID, &one).await.unwrap();
    world.durable.fail_next("update", Fault::Hangs);
    cut_off(node.update(ID, one.revision(), &two)).await;
    assert_eq!(payload(&node).await.as_deref(), Some("one"));
    assert_eq!(world.durable.inner.update(ID, one.revision(), &two).await.unwrap(), Updated::Updated);
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_deletion_that_was_cut_off_and_arrives_later_is_seen_at_once() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let _ = node.create(ID, &entry("one")).await.unwrap();
    world.durable.fail_next("delete", Fault::Hangs);
    cut_off(node.delete(ID)).await;
    assert_eq!(payload(&node).await.as_deref(), Some("one"), "it is not deleted yet");
    assert!(world.durable.inner.delete(ID).await.unwrap());
    assert_eq!(payload(&node).await, None);
}

#[tokio::test]
async fn a_deletion_that_failed_midway_is_served_from_no_cache() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        let world = World::new();
        let node = world.node(world.memory_cache());
        let _ = node.create(ID, &entry("one")).await.unwrap();
        world.durable.fail_next("delete", fault);
        assert!(node.delete(ID).await.is_err());
        world.durable.take_calls();
        assert_eq!(payload(&node).await, world.truth().await);
        assert_eq!(payload(&node).await, world.truth().await);
        assert_eq!(world.durable.take_calls(), ["load", "load"], "{fault:?}");
    }
}

#[tokio::test]
async fn an_update_whose_answer_was_lost_is_seen_at_once() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let one = entry("one");
    let _ = node.create(ID, &one).await.unwrap();
    world.durable.fail_next("update", Fault::AnswerLost);
    assert!(node.update(ID, one.revision(), &entry("two")).await.is_err());
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_write_that_failed_and_arrives_later_is_seen_at_once() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let (one, two) = (entry("one"), entry("two"));
    let _ = node.create(ID, &one).await.unwrap();
    world.durable.fail_next("update", Fault::Refused);
    assert!(node.update(ID, one.revision(), &two).await.is_err());
    assert_eq!(payload(&node).await.as_deref(), Some("one"));
    assert_eq!(world.durable.inner.update(ID, one.revision(), &two).await.unwrap(), Updated::Updated);
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
    world.durable.fail_next("delete", Fault::Refused);
    assert!(node.delete(ID).await.is_err());
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
    assert!(world.durable.inner.delete(ID).await.unwrap());
    assert_eq!(payload(&node).await, None);
}

#[tokio::test]
async fn a_deletion_that_is_cut_off_before_the_cache_was_told_is_seen_at_once() {
    let world = World::new();
    let cache = world.shared_cache();
    let node = world.node(cache.clone());
    let _ = node.create(ID, &entry("one")).await.unwrap();
    for call in ["load", "update"] {
        cache.fail_next(call, Fault::Hangs);
        cut_off(node.delete(ID)).await;
        assert_eq!(payload(&node).await, None, "{call}");
        let _ = world.durable.inner.create(ID, &entry("one")).await.unwrap();
    }
}

#[tokio::test]
async fn a_read_that_was_cut_off_leaves_the_next_one_free() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let _ = world.durable.inner.create(ID, &entry("one")).await.unwrap();
    world.durable.fail_next("load", Fault::Hangs);
    cut_off(node.load(ID)).await;
    assert_eq!(payload(&node).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_session_is_cached_again_some_time_after_its_write_was_cut_off() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let one = entry("one");
    let _ = node.create(ID, &one).await.unwrap();
    world.durable.fail_next("touch", Fault::Hangs);
    cut_off(node.touch(ID, one.revision(), MINUTE)).await;
    world.clock.advance(3 * SECOND);
    payload(&node).await;
    world.durable.take_calls();
    world.clock.advance(MILLISECOND);
    payload(&node).await;
    assert!(world.durable.take_calls().is_empty());
}

#[tokio::test]
async fn a_write_that_hangs_keeps_no_other_session_waiting() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    let one = entry("one");
    let _ = node.create(ID, &one).await.unwrap();
    world.durable.take_calls();
    world.durable.fail_next("update", Fault::Hangs);
    let hanging = tokio::spawn({
        let (node, former) = (node.clone(), one.revision());
        async move { node.update(ID, former, &entry("two")).await }
    });
    arrival(&world.durable, "update").await;
    let other = scs::SessionId::from_bytes([2; 16]);
    let _ = node.create(other, &entry("other")).await.unwrap();
    assert!(node.load(other).await.unwrap().is_some());
    hanging.abort();
}
