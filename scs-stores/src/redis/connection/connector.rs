//! How a connection is made: to a server, to the primary that the sentinels name, to a cluster.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, Client, RedisResult,
    cluster::{ClusterClient, ClusterClientBuilder, ClusterConfig},
    sentinel::{Sentinel, SentinelNodeConnectionInfo},
};

use super::{cluster::Cluster, live::Live};

/// How long the driver waits.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Timeouts {
    /// For one server to take a connection.
    pub(in super::super) connect: Duration,
    /// For the answer to one call.
    pub(in super::super) response: Duration,
}

/// Makes connections.
#[derive(Clone)]
pub(in super::super) enum Connector {
    Server(Client),
    Cluster(Box<ClusterClient>),
    Sentinel(Sentinels),
}

/// A service that sentinels watch over.
#[derive(Clone)]
pub(in super::super) struct Sentinels {
    pub(in super::super) addresses: Vec<redis::ConnectionInfo>,
    pub(in super::super) service: String,
    pub(in super::super) node: SentinelNodeConnectionInfo,
}

impl Connector {
    /// A cluster whose driver sends nothing again by itself.
    ///
    /// # Errors
    ///
    /// The addresses or logins are none.
    pub(in super::super) fn cluster(cluster: ClusterClientBuilder) -> RedisResult<Self> {
        cluster.retries(0).build().map(|client| Self::Cluster(Box::new(client)))
    }

    pub(in super::super) const fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    pub(super) async fn connect(&self, timeouts: Timeouts) -> RedisResult<Live> {
        match self {
            Self::Server(client) => connect_to(client, timeouts).await,
            Self::Sentinel(sentinels) => connect_to(&sentinels.primary().await?, timeouts).await,
            Self::Cluster(client) => {
                let config = ClusterConfig::new()
                    .set_connection_timeout(timeouts.connect)
                    .set_response_timeout(timeouts.response);
                let connection = client.get_async_connection_with_config(config).await?;
                Ok(Live::Cluster(Cluster::new(connection, timeouts.response)))
            }
        }
    }
}

impl Sentinels {
    /// The primary that the sentinels name now, and that says itself that it is one.
    async fn primary(&self) -> RedisResult<Client> {
        let mut sentinels = Sentinel::build(self.addresses.clone())?;
        sentinels.async_master_for(&self.service, Some(&self.node)).await
    }
}

async fn connect_to(client: &Client, timeouts: Timeouts) -> RedisResult<Live> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(timeouts.connect))
        .set_response_timeout(Some(timeouts.response));
    let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    Ok(Live::Server(connection, client.get_connection_info().addr().to_string().into()))
}
