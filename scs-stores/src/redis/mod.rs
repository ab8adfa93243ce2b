//! Sessions in Redis or Valkey: one server, a cluster, or a primary that sentinels watch over.

mod apart;
mod check;
mod connection;
mod contract;
mod durable;
mod error;
mod index;
mod iterate;
mod keys;
mod position;
mod record;
mod scripts;
mod settings;
mod shards;
mod url;

use std::{fmt, sync::Arc};

use scs::store::StoreError;

pub use self::settings::RedisStoreBuilder;
use self::{connection::Connection, durable::Durable, keys::Keys};

/// Keeps sessions in Redis (5 or newer) or Valkey, for as many processes as share it. Clones share one connection.
///
/// ```no_run
/// use scs_stores::RedisStore;
///
/// # async fn open() -> Result<(), scs::store::StoreError> {
/// let store = RedisStore::connect("redis://127.0.0.1:6379/0").await?;
/// # Ok(())
/// # }
/// ```
///
/// | URL | is |
/// |---|---|
/// | `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]` | one server; `rediss://` with TLS (feature `tls`) |
/// | `redis+unix:///PATH[?db=DATABASE]` | one server on a Unix socket |
/// | `redis+cluster://[LOGIN@]HOST[:PORT],HOST[:PORT]…` | a cluster, by any of its nodes; `rediss+cluster://`. Before Redis 6 with `?protocol=resp2` |
/// | `redis+sentinel://[LOGIN@]HOST[:PORT],…/SERVICE[/DATABASE]` | the primary that sentinels name; `rediss+sentinel://`. The login is for the servers; that for the sentinels is `?sentinel_login=USER:PASSWORD` |
///
/// `valkey` and `valkeys` in place of `redis` and `rediss` mean the same. `?eviction=allow` and `?prefix=shop:` do as
/// [`allow_eviction`](RedisStoreBuilder::allow_eviction) and [`key_prefix`](RedisStoreBuilder::key_prefix).
///
/// # Round trips
///
/// Loading, creating, changing, touching and admitting are one each; deleting is one, also at a revision or by a term, and
/// one more for a record that has terms. The first use of a script on a server is one more. In a cluster, where a record and its terms lie on different
/// nodes, a write that moves terms is three. There, a place that a write relies on may be taken between the first and the
/// third: then the record has lived for a round trip, and ends.
///
/// # What it does not promise
///
/// Replication is asynchronous: **a failover may lose writes that were acknowledged, logouts among them**, unless
/// [`wait_for_replicas`](RedisStoreBuilder::wait_for_replicas) is set. A server that only takes
/// snapshots restarts from its last one after a crash, so that anyone who logged out since is signed in again: switch on `appendonly yes`; with
/// `appendfsync always` nothing that was acknowledged is lost.
///
/// A server that was demoted to a replica is left with the first write that it refuses. Until then it may answer reads,
/// a little behind.
///
/// # Errors and retries
///
/// A write whose connection breaks is an error at once and is not sent again, because it may have been carried out; the next
/// call connects again. A connection that died while nobody used it is replaced unnoticed: reads are sent again, once, and a
/// write after a pause asks for a sign of life first. In a cluster a call that a node has refused, because the slot of its key moves or has moved, is sent
/// to the node that has it until the response timeout ends. A record is one key and so is a term, so that also a slot whose
/// move was interrupted is read and written.
///
/// Listing all sessions goes by `SCAN`, a step per page. A record may be listed twice while the server resizes its table;
/// if a server restarts or a cluster moves slots during a list, begin it anew.
#[derive(Clone)]
pub struct RedisStore {
    keys: Arc<Keys>,
    connection: Connection,
    durable: Option<Durable>,
    may_evict: bool,
}

impl RedisStore {
    /// Connects with the defaults of [`builder`](Self::builder).
    ///
    /// # Errors
    ///
    /// As [`RedisStoreBuilder::connect`].
    pub async fn connect(url: impl Into<String>) -> Result<Self, StoreError> {
        Self::builder(url).connect().await
    }

    /// Sets up a store that this URL names.
    pub fn builder(url: impl Into<String>) -> RedisStoreBuilder {
        RedisStoreBuilder::at_url(url.into())
    }

    /// Sets up a store on the server of the application's own client, over a connection of the store's own.
    pub fn builder_with_client(client: redis::Client) -> RedisStoreBuilder {
        RedisStoreBuilder::with_client(client)
    }

    /// Sets up a store on a cluster with settings of the application's own, over connections of the store's own. The number
    /// of retries is not taken over: the store itself sends again what a node has refused, and nothing else.
    pub fn builder_with_cluster(cluster: redis::cluster::ClusterClientBuilder) -> RedisStoreBuilder {
        RedisStoreBuilder::with_cluster(cluster)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("keys", &self.keys).finish_non_exhaustive()
    }
}
