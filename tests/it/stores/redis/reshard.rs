//! Slots that move from one node of a cluster to another, and moves that were interrupted.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use scs::{
    SessionId,
    store::{Admission, Created, Entry, Index as _, Limit as _, Store as _, Term, Updated},
};
use scs_stores::RedisStore;
use tokio::task::JoinSet;

use super::{cluster_of_our_own, entry_under, id, term, url_of};
use crate::support::{MINUTE, Probe, RedisServer, wait_until};

/// The primaries of a cluster, and who of them has what.
struct Primaries<'a>(&'a [RedisServer]);

impl Primaries<'_> {
    fn slot(&self, key: &str) -> u16 {
        self.0[0].ask(&format!("CLUSTER KEYSLOT {key}")).parse().unwrap()
    }

    /// The node that a slot belongs to.
    fn owner(&self, slot: u16) -> usize {
        let owns = |node: &RedisServer| node.ask(&format!("CLUSTER COUNTKEYSINSLOT {slot}")) != "0";
        self.0.iter().position(owns).expect("a key of the slot is on a node")
    }

    /// Whether the nodes tell the same of each other. Until they do, a message from before a move may give a slot back, and
    /// the node that loses it drops its keys.
    fn agree(&self) -> bool {
        let view = |node: &RedisServer| {
            let told = node.ask("CLUSTER NODES");
            let slots = |line: &str| {
                let words: Vec<_> = line.split(' ').collect();
                (words[0].to_owned(), words[6].to_owned(), words[8..].join(" "))
            };
            told.lines().filter(|line| !line.is_empty()).map(slots).collect::<BTreeSet<_>>()
        };
        let first = view(&self.0[0]);
        self.0.iter().all(|node| view(node) == first)
    }

    /// Moves up to so many keys of a slot to another node, and the slot after them if it is to.
    fn move_slot(&self, slot: u16, to: usize, keys: usize, to_the_end: bool) {
        let from = self.owner(slot);
        let names: Vec<_> = self.0.iter().map(|node| node.ask("CLUSTER MYID")).collect();
        let (mut source, mut target) = (self.0[from].probe(), self.0[to].probe());
        assert_eq!(target.ask(&format!("CLUSTER SETSLOT {slot} IMPORTING {}", names[from])), "OK");
        assert_eq!(source.ask(&format!("CLUSTER SETSLOT {slot} MIGRATING {}", names[to])), "OK");
        migrate(&mut source, slot, self.0[to].port, keys);
        if to_the_end {
            for node in [to, from, 3 - from - to] {
                assert_eq!(self.0[node].ask(&format!("CLUSTER SETSLOT {slot} NODE {}", names[to])), "OK");
            }
        }
    }
}

fn migrate(source: &mut Probe, slot: u16, port: u16, keys: usize) {
    for _ in 0..keys {
        let key = source.ask(&format!("CLUSTER GETKEYSINSLOT {slot} 1"));
        if key.is_empty() {
            return;
        }
        assert_eq!(source.ask(&format!("MIGRATE 127.0.0.1 {port} {key} 0 5000")), "OK");
    }
}

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
    let nodes = cluster_of_our_own();
    let (store, stop) = (RedisStore::connect(url_of(&nodes)).await.unwrap(), Arc::new(AtomicBool::new(false)));
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
    let nodes = tokio::task::spawn_blocking(move || {
        let primaries = Primaries(&nodes[..3]);
        for from in [0, 1, 2, 0, 1, 2] {
            for slot in names.iter().map(|name| primaries.slot(name)) {
                if primaries.owner(slot) == from {
                    primaries.move_slot(slot, (from + 1) % 3, usize::MAX, true);
                }
            }
            wait_until("all nodes know who has which slots", || primaries.agree());
        }
        nodes
    });
    let nodes = nodes.await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let visits: usize = visitors.join_all().await.into_iter().sum();
    assert!(visits > 100, "{visits} visits");
    drop(nodes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn slots_whose_move_was_interrupted_are_read_and_written() {
    let nodes = cluster_of_our_own();
    let primaries = Primaries(&nodes[..3]);
    let store = RedisStore::connect(url_of(&nodes)).await.unwrap();
    // The record and the term have gone over, or are still where they were.
    for moved in [[0, 0], [0, 1], [1, 0], [1, 1]] {
        let (id, term) = (id(), term());
        let mut last = Entry::new("new", MINUTE).with_terms(vec![term], Vec::new());
        assert_eq!(store.create(id, &last).await.unwrap(), Created::Created);
        for (name, moved) in keys(id, term).iter().zip(moved) {
            let slot = primaries.slot(name);
            primaries.move_slot(slot, (primaries.owner(slot) + 1) % 3, moved, false);
        }
        live(&store, id, term, &mut last).await;
        end(&store, id, term).await;
        // What comes into a slot that moves is put where it moves to.
        assert_eq!(store.create(id, &last).await.unwrap(), Created::Created);
        live(&store, id, term, &mut last).await;
        end(&store, id, term).await;
    }
}
