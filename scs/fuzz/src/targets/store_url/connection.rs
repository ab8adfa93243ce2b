//! What a URL says about connecting, without what connects.

use std::time::Duration;

use redis::{
    Client, ConnectionInfo, RedisResult,
    cluster::{ClusterClient, ClusterClientBuilder},
    sentinel::SentinelNodeConnectionInfo,
};

#[derive(Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) connect: Duration,
    pub(super) response: Duration,
}

#[allow(dead_code, reason = "nothing connects")]
pub(super) enum Connector {
    Server(Client),
    Cluster(Box<ClusterClient>),
    Sentinel(Sentinels),
}

impl Connector {
    pub(super) fn cluster(cluster: ClusterClientBuilder) -> RedisResult<Self> {
        cluster.build().map(|client| Self::Cluster(Box::new(client)))
    }
}

#[allow(dead_code, reason = "nothing connects")]
pub(super) struct Sentinels {
    pub(super) addresses: Vec<ConnectionInfo>,
    pub(super) service: String,
    pub(super) node: SentinelNodeConnectionInfo,
}
