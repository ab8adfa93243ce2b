//! A connection that is up.

use std::sync::Arc;

use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, Value, aio::MultiplexedConnection};

use super::{super::error, cluster::Cluster};

/// A connection that is up; clones share it.
#[derive(Clone)]
pub(in super::super) enum Live {
    /// To one server, whose address this is.
    Server(MultiplexedConnection, Arc<str>),
    /// To every node of a cluster.
    Cluster(Cluster),
}

impl Live {
    pub(super) async fn ask(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::Server(connection, _) => connection.send_packed_command(command).await?.extract_error(),
            Self::Cluster(cluster) => cluster.ask(command).await,
        }
    }

    /// The answers to commands for the same key that are sent together.
    pub(super) async fn ask_together(&mut self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        match self {
            Self::Server(connection, _) => {
                let answers = connection.send_packed_commands(commands, 0, commands.len()).await?;
                answers.into_iter().map(Value::extract_error).collect()
            }
            Self::Cluster(cluster) => cluster.ask_together(commands).await,
        }
    }

    /// Whether this connection must not be used again after such an error.
    pub(super) fn is_ended_by(&self, error: &RedisError) -> bool {
        match self {
            Self::Server(..) => error::ends_connection(error),
            Self::Cluster(_) => error.kind() == ErrorKind::ClusterConnectionNotFound || error.is_connection_dropped(),
        }
    }
}
