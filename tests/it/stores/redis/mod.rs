//! Sessions in Redis and Valkey, in each of the forms they run in: the contract first, then what is special to them.

mod apart;
mod connecting;
mod durability;
mod failover;
mod memory;
mod outages;
mod reshard;
mod round_trips;
mod traffic;

use std::time::Duration;

use scs::{
    SessionId,
    conformance::Harness,
    store::{Entry, Revision, StoreError, Term},
};
use scs_stores::RedisStore;

use crate::support::{MINUTE, RedisServer, wait_until};

/// A server that a variable names, shared by all cases: each store has a prefix of its own.
pub(super) struct Redis(pub(super) &'static str);

impl Harness for Redis {
    type Store = RedisStore;

    async fn store(&self) -> RedisStore {
        let prefix = format!("scs-test:{:x}:", Revision::random().get());
        self.store_with(prefix).await
    }

    async fn another(&self, store: &RedisStore) -> RedisStore {
        self.store_with(prefix(store)).await
    }
}

impl Redis {
    async fn store_with(&self, prefix: String) -> RedisStore {
        RedisStore::builder(url(self.0)).key_prefix(prefix).connect().await.unwrap()
    }
}

/// What the names of a store's keys begin with, as it shows itself.
fn prefix(store: &RedisStore) -> String {
    let shown = format!("{store:?}");
    shown.split('"').nth(1).unwrap().to_owned()
}

scs::conformance!(
    #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
    server: Redis("SCS_REDIS_URL") => store, iterate, index, limit
);
scs::conformance!(
    #[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
    cluster: Redis("SCS_REDIS_CLUSTER_URL") => store, iterate, index, limit
);
scs::conformance!(
    #[cfg_attr(not(redis_sentinel), ignore = "set SCS_REDIS_SENTINEL_URL")]
    sentinel: Redis("SCS_REDIS_SENTINEL_URL") => store, iterate, index, limit
);
scs::conformance!(
    #[cfg_attr(not(valkey), ignore = "set SCS_VALKEY_URL")]
    valkey: Redis("SCS_VALKEY_URL") => store, iterate, index, limit
);

fn url(variable: &str) -> String {
    std::env::var(variable).unwrap()
}

fn id() -> SessionId {
    let half = || Revision::random().get().to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half());
    bytes[8..].copy_from_slice(&half());
    SessionId::from_bytes(bytes)
}

fn term() -> Term {
    Term::from_bytes(id().to_bytes())
}

fn entry() -> Entry {
    Entry::new("state", MINUTE)
}

fn entry_under(terms: &[Term], dropped: &[Term]) -> Entry {
    entry().with_terms(terms.to_vec(), dropped.to_vec())
}

/// A store on a server of the test's own.
async fn store_on(server: &RedisServer) -> RedisStore {
    RedisStore::connect(server.url()).await.unwrap()
}

/// Three primaries, and a replica of the first.
fn cluster_of_our_own() -> Vec<RedisServer> {
    let node = |_| {
        let bus = RedisServer::free_port().to_string();
        RedisServer::start(&["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", &bus])
    };
    let nodes: Vec<_> = (0..4).map(node).collect();
    for (node, slots) in nodes.iter().zip(["0 5460", "5461 10922", "10923 16383"]) {
        assert_eq!(node.ask(&format!("CLUSTER ADDSLOTSRANGE {slots}")), "OK");
    }
    for node in &nodes[1..] {
        node.ask(&format!("CLUSTER MEET 127.0.0.1 {} {}", nodes[0].port, nodes[0].bus_port()));
    }
    let first = nodes[0].ask("CLUSTER MYID");
    wait_until("all have met", || nodes.iter().all(|node| node.ask("CLUSTER NODES").lines().count() == 4));
    wait_until("it is whole", || nodes.iter().all(|node| node.ask("CLUSTER INFO").contains("cluster_state:ok")));
    wait_until("it replicates", || nodes[3].ask(&format!("CLUSTER REPLICATE {first}")) == "OK");
    wait_until("the replica is in", || nodes[0].ask("INFO replication").contains("state=online"));
    nodes
}

fn url_of(nodes: &[RedisServer]) -> String {
    let ports: Vec<_> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
    format!("redis+cluster://{}", ports.join(","))
}

/// What the operator reads: the error and what caused it.
fn words(error: &StoreError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source}")
}

/// As long as a call may take that fails at once, on a machine that does other things.
const AT_ONCE: Duration = Duration::from_millis(250);
