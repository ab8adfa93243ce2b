//! Sessions in Redis and Valkey, in each of the forms they run in.

use std::time::Duration;

use scs::{conformance::Harness, store::Revision};
use scs_stores::redis::RedisStore;

/// A server that a variable names, shared by all cases: each store has a prefix of its own.
struct Redis(&'static str);

impl Harness for Redis {
    type Store = RedisStore;

    async fn store(&self) -> RedisStore {
        let url = std::env::var(self.0).unwrap();
        let prefix = format!("scs-test:{:x}:", Revision::random().get());
        RedisStore::builder(url).key_prefix(prefix).connect().await.unwrap()
    }

    fn latency(&self) -> Duration {
        Duration::from_millis(400)
    }
}

scs::conformance!(#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")] server: Redis("SCS_REDIS_URL") => store, iterate, index, limit);
scs::conformance!(#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")] cluster: Redis("SCS_REDIS_CLUSTER_URL") => store, iterate, index, limit);
scs::conformance!(#[cfg_attr(not(redis_sentinel), ignore = "set SCS_REDIS_SENTINEL_URL")] sentinel: Redis("SCS_REDIS_SENTINEL_URL") => store, iterate, index, limit);
scs::conformance!(#[cfg_attr(not(valkey), ignore = "set SCS_VALKEY_URL")] valkey: Redis("SCS_VALKEY_URL") => store, iterate, index, limit);
