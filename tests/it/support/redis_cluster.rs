//! A Redis cluster of a test's own, whose slots it may move.

use std::collections::BTreeSet;

use super::{Probe, RedisServer, wait_until};

/// Three primaries, and a replica of the first. They end with this.
pub(crate) struct RedisCluster {
    pub(crate) nodes: Vec<RedisServer>,
}

impl RedisCluster {
    const PRIMARIES: usize = 3;

    /// A node that is silent for so many milliseconds is replaced by its replica.
    pub(crate) fn start(node_timeout: u32) -> Self {
        let node = |_| {
            let (bus, timeout) = (RedisServer::free_port().to_string(), node_timeout.to_string());
            RedisServer::start(&[
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                &timeout,
                "--cluster-port",
                &bus,
            ])
        };
        let nodes: Vec<_> = (0..=Self::PRIMARIES).map(node).collect();
        for (node, slots) in nodes.iter().zip(["0 5460", "5461 10922", "10923 16383"]) {
            assert_eq!(node.ask(&format!("CLUSTER ADDSLOTSRANGE {slots}")), "OK");
        }
        for node in &nodes[1..] {
            node.ask(&format!("CLUSTER MEET 127.0.0.1 {} {}", nodes[0].port, nodes[0].bus_port()));
        }
        let cluster = Self { nodes };
        let nodes = &cluster.nodes;
        let first = nodes[0].ask("CLUSTER MYID");
        wait_until("all have met", || nodes.iter().all(|node| node.ask("CLUSTER NODES").lines().count() == 4));
        wait_until("it is whole", || cluster.is_whole());
        wait_until("it replicates", || nodes[3].ask(&format!("CLUSTER REPLICATE {first}")) == "OK");
        wait_until("the replica is in", || nodes[0].ask("INFO replication").contains("state=online"));
        cluster
    }

    pub(crate) fn url(&self) -> String {
        let ports: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("redis+cluster://{}", ports.join(","))
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.nodes.iter().all(|node| node.ask("CLUSTER INFO").contains("cluster_state:ok"))
    }

    pub(crate) fn primaries(&self) -> &[RedisServer] {
        &self.nodes[..Self::PRIMARIES]
    }

    pub(crate) fn slot(&self, key: &str) -> u16 {
        self.nodes[0].ask(&format!("CLUSTER KEYSLOT {key}")).parse().unwrap()
    }

    /// The primary that has a slot's keys.
    pub(crate) fn owner(&self, slot: u16) -> usize {
        let owns = |node: &RedisServer| node.ask(&format!("CLUSTER COUNTKEYSINSLOT {slot}")) != "0";
        self.primaries().iter().position(owns).expect("a key of the slot is on a node")
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
        let first = view(&self.nodes[0]);
        self.primaries().iter().all(|node| view(node) == first)
    }

    /// Moves slots from one primary to another, with all of their keys.
    pub(crate) fn move_slots(&self, slots: impl Iterator<Item = u16>, from: usize, to: usize) {
        for slot in slots {
            self.move_keys(slot, from, to, usize::MAX);
            let name = self.nodes[to].ask("CLUSTER MYID");
            for node in [to, from, Self::PRIMARIES - from - to] {
                assert_eq!(self.nodes[node].ask(&format!("CLUSTER SETSLOT {slot} NODE {name}")), "OK");
            }
        }
        wait_until("all nodes know who has which slots", || self.agree());
    }

    /// Begins to move a slot, and moves up to so many of its keys.
    pub(crate) fn move_keys(&self, slot: u16, from: usize, to: usize, keys: usize) {
        let (source, target) = (&self.nodes[from], &self.nodes[to]);
        let importing = format!("CLUSTER SETSLOT {slot} IMPORTING {}", source.ask("CLUSTER MYID"));
        assert_eq!(target.ask(&importing), "OK");
        let migrating = format!("CLUSTER SETSLOT {slot} MIGRATING {}", target.ask("CLUSTER MYID"));
        assert_eq!(source.ask(&migrating), "OK");
        migrate(&mut source.probe(), slot, target.port, keys);
    }
}

fn migrate(source: &mut Probe, slot: u16, port: u16, keys: usize) {
    for _ in 0..keys {
        let key = source.ask(&format!("CLUSTER GETKEYSINSLOT {slot} 1"));
        if key.is_empty() {
            return;
        }
        let moved = source.ask(&format!("MIGRATE 127.0.0.1 {port} {key} 0 5000"));
        // A key that was deleted just now is not there to be moved.
        assert!(matches!(moved.as_str(), "OK" | "NOKEY"), "{moved}");
    }
}
