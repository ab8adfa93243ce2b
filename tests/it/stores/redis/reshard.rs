//! Slots that move from one node of a cluster to another, and moves that were interrupted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use scs::{
    SessionId,
    store::{Admission, Created, Entry, Index as _, Limit as _, Store as _, Term, Updated},
};
use scs_stores::RedisStore;
use tokio::task::JoinSet;

use super::{entry_under, id, term};
use crate::support::{MINUTE, RedisCluster};

/// No node is replaced in this time, however busy the machine is.
const NODE_TIMEOUT: u32 = 60_000;

/// The names of the keys of a session and of its term.
fn keys(id: SessionId, term: Term) -> [String; 2] {
    [format!("scs:s:{id}"), format!("scs:t:{:032x}", u128::from_be_bytes(term.to_bytes()))]
}

/// Everything that a session goes through.
async fn live(store: &RedisStore, id: SessionId, term: Term, last: &mut Entry) {
    let found = store.load(id).await.expect("load").expect("it lives");
    assert_eq!(found.revision(), last.revision());
    let changed = Entry::new("changed", MINUTE).with_unchanged_terms(vec![term]);
    assert_eq!(store.update(id, last.revision(), &changed).await.expect("update"), Updated::Updated);
    let moved = entry_under(&[term], &[]);
    assert_eq!(store.update(id, changed.revision(), &moved).await.expect("update"), Updated::Updated);
    *last = moved;
    store.touch(id, last.revision(), 2 * MINUTE).await.expect("touch");
    assert_eq!(store.find(term, None, 10).await.expect("find").items, [id]);
    assert_eq!(store.admit(term, id, 1, MINUTE).await.expect("admit"), Admission::Admitted);
    store.forget(term, id).await.expect("forget");
}

async fn end(store: &RedisStore, id: SessionId, term: Term) {
    assert!(store.delete_under(term, id).await.expect("delete"));
    assert!(store.load(id).await.expect("load").is_none());
    assert_eq!(store.find(term, None, 10).await.expect("find").items, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn while_slots_move_no_call_fails() {
    let cluster = RedisCluster::start(NODE_TIMEOUT);
    let (store, stop) = (RedisStore::connect(cluster.url()).await.unwrap(), Arc::new(AtomicBool::new(false)));
    let (mut visitors, mut names) = (JoinSet::new(), Vec::new());
    for _ in 0..20 {
        let (id, term, mut last) = (id(), term(), Entry::new("new", MINUTE));
        last = last.with_terms(vec![term], Vec::new());
        assert_eq!(store.create(id, &last).await.unwrap(), Created::Created);
        names.extend(keys(id, term));
        let (store, stop) = (store.clone(), stop.clone());
        visitors.spawn(async move {
            let mut visits = 0;
            while !stop.load(Ordering::Relaxed) {
                live(&store, id, term, &mut last).await;
                visits += 1;
            }
            end(&store, id, term).await;
            visits
        });
    }
    let resharding = tokio::task::spawn_blocking(move || {
        for from in [0, 1, 2, 0, 1, 2] {
            let slots = names.iter().map(|name| cluster.slot(name)).filter(|slot| cluster.owner(*slot) == from);
            cluster.move_slots(slots, from, (from + 1) % 3);
        }
        cluster
    });
    let _cluster = resharding.await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let visits: usize = visitors.join_all().await.into_iter().sum();
    assert!(visits > 100, "{visits} visits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn slots_whose_move_was_interrupted_are_read_and_written() {
    let cluster = RedisCluster::start(NODE_TIMEOUT);
    let store = RedisStore::connect(cluster.url()).await.unwrap();
    // The record and the term have gone over, or are still where they were.
    for moved in [[0, 0], [0, 1], [1, 0], [1, 1]] {
        let (id, term) = (id(), term());
        let mut last = Entry::new("new", MINUTE).with_terms(vec![term], Vec::new());
        assert_eq!(store.create(id, &last).await.unwrap(), Created::Created);
        for (name, moved) in keys(id, term).iter().zip(moved) {
            let slot = cluster.slot(name);
            let from = cluster.owner(slot);
            cluster.move_keys(slot, from, (from + 1) % 3, moved);
        }
        live(&store, id, term, &mut last).await;
        end(&store, id, term).await;
        // What comes into a slot that moves is put where it moves to.
        assert_eq!(store.create(id, &last).await.unwrap(), Created::Created);
        live(&store, id, term, &mut last).await;
        end(&store, id, term).await;
    }
}

/// Only the first primary has a replica, and it takes a slot over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_write_waits_for_the_replicas_of_the_node_that_has_taken_it() {
    let cluster = RedisCluster::start(NODE_TIMEOUT);
    let store = RedisStore::builder(cluster.url()).wait_for_replicas(1).connect().await.unwrap();
    let plain = RedisStore::connect(cluster.url()).await.unwrap();
    let of_the_second = |id: &SessionId| (5461..=10922).contains(&cluster.slot(&format!("scs:s:{id}")));
    let id = std::iter::repeat_with(id).find(of_the_second).unwrap();
    let entry = Entry::new("new", MINUTE);
    assert_eq!(plain.create(id, &entry).await.unwrap(), Created::Created);
    let alone = store.delete(id).await.unwrap_err().to_string();
    assert!(alone.contains("0 of 1 replicas"), "{alone}");
    assert_eq!(plain.create(id, &entry).await.unwrap(), Created::Created);
    cluster.move_keys(cluster.slot(&format!("scs:s:{id}")), 1, 0, usize::MAX);
    let changed = Entry::new("changed", MINUTE).with_full_durability();
    assert_eq!(store.update(id, entry.revision(), &changed).await.unwrap(), Updated::Updated);
    assert!(store.delete(id).await.unwrap());
}
