//! What is looked at before a store is handed out: that the server answers, is what the URL says, and keeps what it is given.

use redis::{
    FromRedisValue as _, Value,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};
use scs::store::StoreError;

use super::{
    connection::{Cluster, Connection, Live},
    error,
};

impl Connection {
    /// # Errors
    ///
    /// The server cannot be reached, refuses the login, is part of a cluster where the URL says otherwise, or may evict
    /// live sessions.
    pub(super) async fn check(&self, allows_eviction: bool) -> Result<(), StoreError> {
        let information = match self.live().await? {
            Live::Server(..) => vec![self.server_information().await?],
            Live::Cluster(cluster) => cluster_information(cluster).await,
        };
        let evicting =
            information.iter().filter_map(|text| value(text, "maxmemory_policy")).find(|it| *it != "noeviction");
        match evicting.filter(|_| !allows_eviction) {
            Some(policy) => Err(error::evicts(policy)),
            None if !self.is_cluster()
                && information.iter().any(|text| value(text, "cluster_enabled") == Some("1")) =>
            {
                Err(error::unexpected_cluster())
            }
            None => Ok(()),
        }
    }

    /// Empty where the server does not let its user ask.
    async fn server_information(&self) -> Result<String, StoreError> {
        self.command::<()>(&redis::cmd("PING")).await?;
        let mut sections = String::new();
        for section in ["memory", "cluster"] {
            sections += &self.command::<String>(redis::cmd("INFO").arg(section)).await.unwrap_or_default();
        }
        Ok(sections)
    }
}

/// One text per primary; none where they do not let their user ask.
async fn cluster_information(mut cluster: Cluster) -> Vec<String> {
    let mut memory = redis::cmd("INFO");
    memory.arg("memory");
    let everywhere = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
    let Ok(Value::Map(answers)) = cluster.ask_at(memory, everywhere).await else { return Vec::new() };
    answers.into_iter().filter_map(|(_, text)| String::from_redis_value(text).ok()).collect()
}

/// The value of a line `name:value`.
fn value<'a>(information: &'a str, name: &str) -> Option<&'a str> {
    information.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}
