//! A connection that is up.

use std::sync::Arc;

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster_async::ClusterConnection,
};

use super::super::error;

/// A connection that is up; clones share it.
#[derive(Clone)]
pub(in super::super) enum Live {
    /// To one server, whose address this is.
    Server(MultiplexedConnection, Arc<str>),
    /// To every node of a cluster; the driver renews the connections to nodes by itself.
    Cluster(ClusterConnection),
}

impl Live {
    /// Whether this connection must not be used again after such an error.
    pub(super) fn is_ended_by(&self, error: &RedisError) -> bool {
        match self {
            Self::Server(..) => error::ends_connection(error),
            Self::Cluster(_) => error.kind() == ErrorKind::ClusterConnectionNotFound || error.is_connection_dropped(),
        }
    }
}

impl ConnectionLike for Live {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(connection, _) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(connection, _) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(connection, _) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
