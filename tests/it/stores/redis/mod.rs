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
mod unused;

use std::time::Duration;

use scs::{
    SessionId,
    conformance::Harness,
    store::{Entry, Revision, StoreError, Term},
};
use scs_stores::RedisStore;

use crate::support::{MINUTE, RedisServer};

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

/// What the operator reads: the error and what caused it.
fn words(error: &StoreError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{source}")
}

/// As long as a call may take that fails at once, on a machine that does other things.
const AT_ONCE: Duration = Duration::from_millis(250);
