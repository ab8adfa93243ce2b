//! Changes that wait: seen at once here, written together, and never those that must last.

use std::{sync::Mutex, time::Duration};

use scs::store::{Created, Entry, Iterate, Store, Term, Updated};
use scs_stores::{FlushReport, MemoryCache, Tiered, WriteBehind};

use super::{ID, World, arrival, entry, payload};
use crate::support::{Fault, MINUTE, SECOND, TestStore};

type Node = Tiered<MemoryCache, TestStore>;

/// A node that lets changes wait, with a session in it.
async fn with_session() -> (World, Node, Entry) {
    let world = World::new();
    let builder = Tiered::builder(world.memory_cache(), world.durable.clone()).clock(world.clock.clone());
    let node = builder.write_behind(WriteBehind::every(SECOND).max_dirty(3)).build();
    let one = entry("one");
    assert_eq!(node.create(ID, &one).await.unwrap(), Created::Created);
    world.durable.take_calls();
    (world, node, one)
}

async fn update(node: &Node, former: &Entry, entry: Entry) -> Entry {
    assert_eq!(node.update(ID, former.revision(), &entry).await.unwrap(), Updated::Updated);
    entry
}

fn counts(report: &FlushReport) -> (usize, usize, usize) {
    (report.written, report.lost.len(), report.failed)
}

#[tokio::test]
async fn a_new_session_does_not_wait() {
    let (world, _, _) = with_session().await;
    assert_eq!(world.truth().await.as_deref(), Some("one"));
}

#[tokio::test]
async fn plain_changes_wait_and_are_seen_at_once() {
    let (world, node, one) = with_session().await;
    let two = update(&node, &one, entry("two")).await;
    update(&node, &two, entry("three")).await;
    assert!(world.durable.take_calls().is_empty());
    assert_eq!(payload(&node).await.as_deref(), Some("three"));
    assert_eq!(world.truth().await.as_deref(), Some("one"));
}

#[tokio::test]
async fn many_changes_of_one_session_are_written_once() {
    let (world, node, mut last) = with_session().await;
    for number in 0..100 {
        last = update(&node, &last, entry(&number.to_string())).await;
    }
    assert_eq!(counts(&node.flush().await), (1, 0, 0));
    assert_eq!(world.durable.take_calls(), ["update"]);
    assert_eq!(world.truth().await.as_deref(), Some("99"));
    assert_eq!(world.durable.inner.load(ID).await.unwrap().unwrap().revision(), last.revision());
    assert_eq!(payload(&node).await.as_deref(), Some("99"));
    assert_eq!(counts(&node.flush().await), (0, 0, 0), "nothing waits any more");
}

#[tokio::test]
async fn compare_and_set_is_decided_against_what_waits() {
    let (world, node, one) = with_session().await;
    let two = update(&node, &one, entry("two")).await;
    assert_eq!(node.update(ID, one.revision(), &entry("lost")).await.unwrap(), Updated::Conflict);
    assert_eq!(node.update(ID, one.revision(), &two).await.unwrap(), Updated::Updated, "sent again");
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
    assert!(world.durable.take_calls().is_empty());
}

#[tokio::test]
async fn touches_wait_too() {
    let (world, node, one) = with_session().await;
    node.touch(ID, one.revision(), 2 * MINUTE).await.unwrap();
    assert_eq!(node.load(ID).await.unwrap().unwrap().ttl(), 2 * MINUTE);
    assert!(world.durable.take_calls().is_empty());
    world.clock.advance(SECOND);
    assert_eq!(counts(&node.flush().await), (1, 0, 0));
    assert_eq!(world.durable.take_calls(), ["touch"]);
    let stored = world.durable.inner.load(ID).await.unwrap().unwrap();
    assert_eq!((stored.ttl(), stored.revision()), (2 * MINUTE - SECOND, one.revision()));
}

#[tokio::test]
async fn what_waited_is_written_with_the_time_it_has_left() {
    let (world, node, one) = with_session().await;
    update(&node, &one, entry("two")).await;
    world.clock.advance(SECOND);
    let _ = node.flush().await;
    assert_eq!(world.durable.inner.load(ID).await.unwrap().unwrap().ttl(), MINUTE - SECOND);
}

#[tokio::test]
async fn a_crash_loses_plain_changes_since_the_last_flush_and_nothing_else() {
    let (world, node, one) = with_session().await;
    let two = update(&node, &one, entry("flushed")).await;
    let _ = node.flush().await;
    update(&node, &two, entry("lost")).await;
    drop(node);
    assert_eq!(payload(&world.node(world.memory_cache())).await.as_deref(), Some("flushed"));
}

#[tokio::test]
async fn a_change_of_the_secret_does_not_wait_and_takes_along_what_does() {
    let (world, node, one) = with_session().await;
    let two = update(&node, &one, entry("two")).await;
    let renewed = update(&node, &two, entry("renewed").with_full_durability()).await;
    assert_eq!(world.truth().await.as_deref(), Some("renewed"));
    assert_eq!(node.dirty(), 0);
    update(&node, &renewed, entry("three")).await;
    assert_eq!(world.truth().await.as_deref(), Some("renewed"), "and plain changes wait again");
}

#[tokio::test]
async fn a_change_of_terms_does_not_wait() {
    let (world, node, one) = with_session().await;
    let two = update(&node, &one, entry("two")).await;
    update(&node, &two, entry("found").with_terms(vec![Term::from_bytes([1; 16])], Vec::new())).await;
    assert_eq!(world.truth().await.as_deref(), Some("found"));
}

#[tokio::test]
async fn a_deletion_does_not_wait_and_no_flush_brings_anything_back() {
    let (world, node, one) = with_session().await;
    update(&node, &one, entry("two")).await;
    assert!(node.delete(ID).await.unwrap());
    assert_eq!(world.truth().await, None);
    assert_eq!(counts(&node.flush().await), (0, 0, 0));
    assert_eq!(payload(&node).await, None);
    assert_eq!(world.truth().await, None);
}

#[tokio::test]
async fn a_deletion_while_the_session_is_flushed_is_final() {
    let (world, node, one) = with_session().await;
    update(&node, &one, entry("two")).await;
    world.durable.delay_next("update");
    let flushing = tokio::spawn({
        let node = node.clone();
        async move { node.flush().await }
    });
    arrival(&world.durable, "update").await;
    let deleting = tokio::spawn({
        let node = node.clone();
        async move { node.delete(ID).await }
    });
    tokio::task::yield_now().await;
    world.durable.release();
    assert!(deleting.await.unwrap().unwrap());
    let _ = flushing.await.unwrap();
    assert_eq!(payload(&node).await, None);
    assert_eq!(world.truth().await, None);
}

#[tokio::test]
async fn a_session_that_ends_soon_does_not_wait() {
    let (world, node, one) = with_session().await;
    world.clock.advance(MINUTE - SECOND);
    payload(&node).await;
    update(&node, &one, entry("two")).await;
    assert_eq!(world.truth().await.as_deref(), Some("two"), "the next flush could come too late");
}

#[tokio::test]
async fn a_shortened_life_does_not_wait() {
    let (world, node, one) = with_session().await;
    update(&node, &one, Entry::new("two", SECOND)).await;
    world.clock.advance(SECOND);
    assert_eq!(payload(&node).await, None);
    assert_eq!(world.truth().await, None);
}

#[tokio::test]
async fn no_more_sessions_wait_than_allowed() {
    let (world, node, _) = with_session().await;
    for number in 10..20 {
        let (id, one) = (scs::SessionId::from_bytes([number; 16]), entry("one"));
        let _ = node.create(id, &one).await.unwrap();
        assert_eq!(node.update(id, one.revision(), &entry("two")).await.unwrap(), Updated::Updated);
    }
    assert_eq!(node.dirty(), 3);
    let updates = world.durable.take_calls().into_iter().filter(|call| *call == "update").count();
    assert_eq!(updates, 7, "the others were written through");
}

#[tokio::test]
async fn a_flush_writes_everything_once_however_many_flush() {
    let (world, node, one) = with_session().await;
    update(&node, &one, entry("two")).await;
    let (first, second) = tokio::join!(node.flush(), node.flush());
    assert_eq!(first.written + second.written, 1);
    assert_eq!(world.durable.take_calls(), ["update"]);
}

#[tokio::test]
async fn a_flush_over_another_writer_is_dropped_and_reported() {
    let (world, node, one) = with_session().await;
    update(&node, &one, entry("ours")).await;
    let _ = world.durable.inner.update(ID, one.revision(), &entry("theirs")).await.unwrap();
    let report = node.flush().await;
    assert_eq!((report.written, report.lost), (0, vec![ID]));
    assert_eq!(world.truth().await.as_deref(), Some("theirs"));
    assert_eq!(payload(&node).await.as_deref(), Some("theirs"));
    assert_eq!(counts(&node.flush().await), (0, 0, 0), "reported once");
}

#[tokio::test]
async fn a_flush_of_what_another_process_deleted_creates_nothing_and_is_reported() {
    let (world, node, one) = with_session().await;
    update(&node, &one, entry("ours")).await;
    world.durable.inner.delete(ID).await.unwrap();
    assert_eq!(node.flush().await.lost, [ID]);
    assert_eq!(world.truth().await, None);
    assert_eq!(payload(&node).await, None);
}

#[tokio::test]
async fn what_could_not_be_written_waits_for_the_next_flush() {
    let (world, node, one) = with_session().await;
    update(&node, &one, entry("two")).await;
    world.durable.fail_next("update", Fault::Refused);
    let report = node.flush().await;
    assert_eq!(counts(&report), (0, 0, 1));
    assert!(report.error.is_some());
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
    assert_eq!(counts(&node.flush().await), (1, 0, 0));
    assert_eq!(world.truth().await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_flush_whose_answer_was_lost_is_not_taken_for_another_writer() {
    let (world, node, one) = with_session().await;
    let two = update(&node, &one, entry("two")).await;
    world.durable.fail_next("update", Fault::AnswerLost);
    assert_eq!(counts(&node.flush().await), (0, 0, 1));
    update(&node, &two, entry("three")).await;
    assert_eq!(counts(&node.flush().await), (1, 0, 0));
    assert_eq!(world.truth().await.as_deref(), Some("three"));
}

#[tokio::test]
async fn a_flush_that_was_cut_off_is_done_by_the_next() {
    let (world, node, one) = with_session().await;
    let two = update(&node, &one, entry("two")).await;
    world.durable.delay_answer("update");
    let flushing = tokio::spawn({
        let node = node.clone();
        async move { node.flush().await }
    });
    arrival(&world.durable, "update").await;
    flushing.abort();
    assert!(flushing.await.is_err());
    update(&node, &two, entry("three")).await;
    assert_eq!(counts(&node.flush().await), (1, 0, 0));
    assert_eq!(world.truth().await.as_deref(), Some("three"));
}

#[tokio::test]
async fn a_deletion_that_is_cut_off_leaves_the_session_as_it_was() {
    let (world, node, one) = with_session().await;
    update(&node, &one, entry("two")).await;
    world.durable.fail_next("delete", Fault::Hangs);
    let deleting = tokio::spawn({
        let node = node.clone();
        async move { node.delete(ID).await }
    });
    arrival(&world.durable, "delete").await;
    deleting.abort();
    assert!(deleting.await.is_err());
    assert_eq!(payload(&node).await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_list_has_what_waits() {
    let (_world, node, one) = with_session().await;
    update(&node, &one, entry("two")).await;
    let mut page = node.page(None, 10).await.unwrap();
    while page.items.is_empty() {
        page = node.page(page.next, 10).await.unwrap();
    }
    assert_eq!(page.items[0].1.payload(), "two");
}

#[tokio::test(start_paused = true)]
async fn the_flusher_writes_once_per_interval_and_reports() {
    let (world, node, one) = with_session().await;
    let reports = std::sync::Arc::new(Mutex::new(Vec::new()));
    let flusher = tokio::spawn(node.flusher({
        let reports = reports.clone();
        move |report| reports.lock().unwrap().push(report.written)
    }));
    update(&node, &one, entry("two")).await;
    tokio::time::sleep(Duration::from_millis(999)).await;
    assert_eq!(world.truth().await.as_deref(), Some("one"));
    tokio::time::sleep(Duration::from_millis(1002)).await;
    assert_eq!(world.truth().await.as_deref(), Some("two"));
    assert_eq!(*reports.lock().unwrap(), [1, 0]);
    flusher.abort();
}

#[tokio::test]
async fn without_write_behind_there_is_nothing_to_flush() {
    let world = World::new();
    let node = world.node(world.memory_cache());
    node.flusher(|_| panic!("a report of nothing")).await;
    assert_eq!(counts(&node.flush().await), (0, 0, 0));
}
