//! A connection that is up.

use std::sync::Arc;

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisResult, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
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
    pub(super) async fn ask(&mut self, command: &Cmd) -> RedisResult<Value> {
        let answer = match self {
            Self::Server(connection, _) => connection.send_packed_command(command).await,
            Self::Cluster(connection) => connection.req_packed_command(command).await,
        };
        answer?.extract_error()
    }

    /// The answers to commands that are sent together.
    pub(super) async fn ask_together(&mut self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let answers = match self {
            Self::Server(connection, _) => connection.send_packed_commands(commands, 0, commands.len()).await,
            Self::Cluster(connection) => connection.req_packed_commands(commands, 0, commands.len()).await,
        };
        answers?.into_iter().map(Value::extract_error).collect()
    }

    /// Whether this connection must not be used again after such an error.
    pub(super) fn is_ended_by(&self, error: &RedisError) -> bool {
        match self {
            Self::Server(..) => error::ends_connection(error),
            Self::Cluster(_) => error.kind() == ErrorKind::ClusterConnectionNotFound || error.is_connection_dropped(),
        }
    }
}
