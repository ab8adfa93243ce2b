//! Random operations of two processes, with failures of both stores, against what the durable store really had.

use std::collections::BTreeMap;

use proptest::prelude::*;
use scs::{
    Clock, SessionId, Timestamp,
    store::{Created, Deleted, Entry, Revision, Store, Updated},
};
use scs_stores::Tiered;

use super::World;
use crate::support::{Fault, TestStore};

use std::time::Duration;

const CALLS: [&str; 6] = ["load", "create", "update", "touch", "delete", "delete_at"];

#[derive(Debug, Clone)]
enum Step {
    Create {
        node: usize,
        id: u8,
        ttl: u16,
    },
    Load {
        node: usize,
        id: u8,
    },
    /// At the revision that the node last saw.
    Update {
        node: usize,
        id: u8,
        ttl: u16,
    },
    Touch {
        node: usize,
        id: u8,
        ttl: u16,
    },
    Delete {
        node: usize,
        id: u8,
    },
    /// At the revision that the node last saw.
    DeleteAt {
        node: usize,
        id: u8,
    },
    Pass {
        millis: u16,
    },
    /// The next call of this name fails: in the durable store, or in the cache of a node.
    Fail {
        cache_of: Option<usize>,
        call: usize,
        fault: Fault,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (node, id, ttl) = (|| 0..2_usize, || 0..2_u8, || prop_oneof![1..2000_u16, Just(60_000)]);
    let fault = prop_oneof![Just(Fault::Refused), Just(Fault::AnswerLost)];
    let cache_fault = prop_oneof![3 => fault.clone(), 1 => Just(Fault::Hangs)];
    let step = prop_oneof![
        2 => (node(), id(), ttl()).prop_map(|(node, id, ttl)| Step::Create { node, id, ttl }),
        8 => (node(), id()).prop_map(|(node, id)| Step::Load { node, id }),
        4 => (node(), id(), ttl()).prop_map(|(node, id, ttl)| Step::Update { node, id, ttl }),
        2 => (node(), id(), ttl()).prop_map(|(node, id, ttl)| Step::Touch { node, id, ttl }),
        1 => (node(), id()).prop_map(|(node, id)| Step::Delete { node, id }),
        1 => (node(), id()).prop_map(|(node, id)| Step::DeleteAt { node, id }),
        3 => prop_oneof![1..999_u16, Just(1), Just(999), Just(1000)].prop_map(|millis| Step::Pass { millis }),
        1 => (0..CALLS.len(), fault).prop_map(|(call, fault)| Step::Fail { cache_of: None, call, fault }),
        2 => (node(), 0..CALLS.len(), cache_fault)
            .prop_map(|(node, call, fault)| Step::Fail { cache_of: Some(node), call, fault }),
    ];
    proptest::collection::vec(step, 1..60)
}

/// What the durable store had from some time on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Truth {
    from: Timestamp,
    record: Option<(Revision, Timestamp)>,
}

impl Truth {
    fn revision_at(&self, now: Timestamp) -> Option<Revision> {
        self.record.filter(|(_, expires)| now < *expires).map(|(revision, _)| revision)
    }
}

struct Run {
    world: World,
    caches: [TestStore; 2],
    nodes: [Tiered<TestStore, TestStore>; 2],
    history: BTreeMap<u8, Vec<Truth>>,
    /// For each node and id the place in the history before which the node must see nothing.
    seen: BTreeMap<(usize, u8), usize>,
    known: BTreeMap<(usize, u8), Revision>,
}

fn session(id: u8) -> SessionId {
    SessionId::from_bytes([id; 16])
}

fn entry(ttl: u16) -> Entry {
    Entry::new("x", Duration::from_millis(ttl.into()))
}

impl Run {
    fn new(is_shared: bool) -> Self {
        let world = World::new();
        let one = world.shared_cache();
        let caches = [one.clone(), if is_shared { one } else { world.shared_cache() }];
        let nodes = caches.clone().map(|cache| world.node(cache));
        let history = [0, 1].map(|id| (id, vec![Truth { from: world.clock.now(), record: None }])).into();
        Self { world, caches, nodes, history, seen: BTreeMap::new(), known: BTreeMap::new() }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Create { node, id, ttl } => self.create(node, id, &entry(ttl)).await,
            Step::Load { node, id } => self.load(node, id).await,
            Step::Update { node, id, ttl } => self.update(node, id, &entry(ttl)).await,
            Step::Touch { node, id, ttl } => {
                let known = self.known(node, id);
                let _ = self.nodes[node].touch(session(id), known, Duration::from_millis(ttl.into())).await;
                self.wrote(node, id).await;
            }
            Step::Delete { node, id } => self.delete(node, id).await,
            Step::DeleteAt { node, id } => self.delete_at(node, id).await,
            Step::Pass { millis } => self.world.clock.advance(Duration::from_millis(millis.into())),
            Step::Fail { cache_of, call, fault } => {
                let store = cache_of.map_or(&self.world.durable, |node| &self.caches[node]);
                store.fail_next(CALLS[call], fault);
            }
        }
    }

    fn known(&self, node: usize, id: u8) -> Revision {
        self.known.get(&(node, id)).copied().unwrap_or_else(Revision::random)
    }

    async fn create(&mut self, node: usize, id: u8, entry: &Entry) {
        let created = self.nodes[node].create(session(id), entry).await;
        self.wrote(node, id).await;
        if matches!(created, Ok(Created::Created)) {
            self.known.insert((node, id), entry.revision());
            assert_eq!(self.now(id), Some(entry.revision()), "acknowledged, and not in the durable store");
        }
    }

    async fn update(&mut self, node: usize, id: u8, entry: &Entry) {
        let updated = self.nodes[node].update(session(id), self.known(node, id), entry).await;
        self.wrote(node, id).await;
        match updated {
            Ok(Updated::Updated) => {
                self.known.insert((node, id), entry.revision());
                assert_eq!(self.now(id), Some(entry.revision()), "acknowledged, and not in the durable store");
            }
            Ok(Updated::Conflict | Updated::Gone | Updated::NotAdmitted) => self.sees_the_truth(node, id).await,
            Err(_) => {}
        }
    }

    async fn sees_the_truth(&self, node: usize, id: u8) {
        if let Ok(stored) = self.nodes[node].load(session(id)).await {
            let seen = stored.map(|stored| stored.revision());
            assert_eq!(seen, self.now(id), "a load after a conflict is not the truth");
        }
    }

    async fn delete_at(&mut self, node: usize, id: u8) {
        let (known, before) = (self.known(node, id), self.now(id));
        let deleted = self.nodes[node].delete_at(session(id), known).await;
        self.wrote(node, id).await;
        match deleted {
            Ok(Deleted::Deleted) => assert_eq!((before, self.now(id)), (Some(known), None), "not what was expected"),
            Ok(Deleted::Conflict | Deleted::Gone) => {
                assert_eq!(before, self.now(id), "something was deleted");
                self.sees_the_truth(node, id).await;
            }
            Err(_) => {}
        }
    }

    async fn delete(&mut self, node: usize, id: u8) {
        let deleted = self.nodes[node].delete(session(id)).await;
        self.wrote(node, id).await;
        assert!(deleted.is_err() || self.now(id).is_none(), "acknowledged, and still in the durable store");
    }

    async fn load(&mut self, node: usize, id: u8) {
        let Ok(stored) = self.nodes[node].load(session(id)).await else { return };
        let now = self.world.clock.now();
        let Some(stored) = stored else {
            assert_eq!(self.now(id), None, "a session that exists was not found");
            return;
        };
        self.known.insert((node, id), stored.revision());
        let history = &self.history[&id];
        let had = |place: usize| history[place].revision_at(history[place].from) == Some(stored.revision());
        let last = (0..history.len()).rev().find(|place| had(*place)).expect("what never was");
        let expires = history[last].record.unwrap().1;
        let until = history.get(last + 1).map_or(now, |next| next.from).min(expires);
        let staleness = now.since(until);
        assert!(staleness < self.nodes[node].max_staleness() || until == now, "stale for {staleness:?}");
        let latest =
            history.iter().filter_map(|truth| truth.record.filter(|(revision, _)| *revision == stored.revision()));
        let longest = latest.map(|(_, expires)| expires).max().unwrap();
        assert!(now + stored.ttl() <= longest && !stored.ttl().is_zero(), "served for longer than it lives");
        let floor = self.seen.get(&(node, id)).copied().unwrap_or(0);
        assert!(last >= floor, "older than what this node did itself");
    }

    /// Writes down what the durable store has after a node has written, or tried to.
    async fn wrote(&mut self, node: usize, id: u8) {
        let from = self.world.clock.now();
        let stored = self.world.durable.inner.load(session(id)).await.unwrap();
        let record = stored.map(|stored| (stored.revision(), from + stored.ttl()));
        let history = self.history.get_mut(&id).unwrap();
        history.push(Truth { from, record });
        self.seen.insert((node, id), history.len() - 1);
    }

    fn now(&self, id: u8) -> Option<Revision> {
        self.history[&id].last().unwrap().revision_at(self.world.clock.now())
    }
}

fn run(steps: Vec<Step>, is_shared: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut run = Run::new(is_shared);
        for step in steps {
            run.step(step).await;
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn two_nodes_with_a_cache_each_keep_what_is_promised(steps in steps()) {
        run(steps, false);
    }

    #[test]
    fn two_nodes_with_a_shared_cache_keep_what_is_promised(steps in steps()) {
        run(steps, true);
    }
}
