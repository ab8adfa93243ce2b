//! What can be set before a store connects.

use std::{fmt, sync::Arc, time::Duration};

use redis::{Client, cluster::ClusterClientBuilder};
use scs::store::StoreError;

use super::{
    RedisStore,
    connection::{Connection, Connector, Timeouts},
    durable::Durable,
    keys::Keys,
    url::{self, Parsed},
};

/// Sets a [`RedisStore`] up; [`connect`](Self::connect) makes it.
///
/// ```no_run
/// use std::time::Duration;
///
/// use scs_stores::RedisStore;
///
/// # async fn open() -> Result<(), scs::store::StoreError> {
/// let store = RedisStore::builder("redis+sentinel://10.0.0.1,10.0.0.2,10.0.0.3/sessions")
///     .key_prefix("shop:")
///     .response_timeout(Duration::from_millis(500))
///     .wait_for_replicas(1)
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens until `connect`"]
pub struct RedisStoreBuilder {
    place: Place,
    prefix: Option<String>,
    allows_eviction: bool,
    timeouts: Timeouts,
    replicas: usize,
}

/// Where the sessions are.
enum Place {
    Url(String),
    Client(Box<Client>),
    Cluster(Box<ClusterClientBuilder>),
}

impl RedisStoreBuilder {
    pub(super) fn at_url(url: String) -> Self {
        Self::at(Place::Url(url))
    }

    pub(super) fn with_client(client: Client) -> Self {
        Self::at(Place::Client(Box::new(client)))
    }

    pub(super) fn with_cluster(cluster: ClusterClientBuilder) -> Self {
        Self::at(Place::Cluster(Box::new(cluster)))
    }

    const fn at(place: Place) -> Self {
        let timeouts = Timeouts { connect: Duration::from_secs(1), response: Duration::from_secs(1) };
        Self { place, prefix: None, allows_eviction: false, timeouts, replicas: 0 }
    }

    /// What the keys of this application begin with; `scs:` by default. Applications that share a database need one each.
    /// Braces, spaces and control characters are refused; so is nothing at all.
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Goes on also if the server may drop live sessions when its memory is full (`maxmemory-policy`), which signs their
    /// users out. In a URL: `?eviction=allow`.
    ///
    /// What such a server drops is also the lists by which sessions are found, while the sessions live. So finding sessions,
    /// ending them by a value and limiting them are refused with an error: "log out everywhere" would miss some.
    pub const fn allow_eviction(mut self) -> Self {
        self.allows_eviction = true;
        self
    }

    /// How long a call waits for its answer; a second by default. In a cluster this is for the call with all its retries.
    pub const fn response_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.response = limit;
        self
    }

    /// How long making a connection to one server may take; a second by default.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.connect = limit;
        self
    }

    /// Deletions, and writes that change a session's secret, are answered only when so many replicas have them too (`WAIT`),
    /// so that a failover forgets no logout. They take one round trip more, over a connection of their own. None by
    /// default. If the replicas do not answer within half the response timeout, the call is an error, although the primary
    /// has the write.
    pub const fn wait_for_replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// Connects, and checks that the server is what the URL says and keeps what it is given.
    ///
    /// # Errors
    ///
    /// `Configuration`: the URL or the prefix is none, the login is refused, the database does not exist, a server is part of
    /// a cluster or not against what the URL says, or may evict live sessions. `Unavailable` or `Timeout`: it cannot be
    /// reached.
    pub async fn connect(self) -> Result<RedisStore, StoreError> {
        let Parsed { connector, allows_eviction, prefix } = match self.place {
            Place::Url(url) => url::parse(&url, self.timeouts)?,
            Place::Client(client) => Parsed::of(Connector::Server(*client)),
            Place::Cluster(cluster) => Parsed::of(Connector::cluster(*cluster).map_err(url::refused)?),
        };
        let prefix = self.prefix.or(prefix).unwrap_or_else(|| "scs:".to_owned());
        let keys = Arc::new(Keys::new(prefix)?);
        let connection = Connection::new(connector, self.timeouts);
        let may_evict = self.allows_eviction || allows_eviction;
        connection.check(may_evict).await?;
        let durable = (self.replicas > 0).then(|| Durable::new(connection.clone(), self.replicas, self.timeouts));
        Ok(RedisStore { keys, connection, durable, may_evict })
    }
}

impl fmt::Debug for RedisStoreBuilder {
    /// Leaves the URL out, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("prefix", &self.prefix)
            .field("timeouts", &self.timeouts)
            .field("replicas", &self.replicas)
            .finish_non_exhaustive()
    }
}
