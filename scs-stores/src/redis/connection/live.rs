//! A connection that is up.

use std::sync::Arc;

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisResult, Value,
    aio::MultiplexedConnection,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};

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

    /// The answers to commands that are sent together to the node that has the key.
    pub(super) async fn ask_at_key(&mut self, key: &[u8], commands: &Pipeline) -> RedisResult<Vec<Value>> {
        match self {
            Self::Server(..) => self.ask_together(commands).await,
            Self::Cluster(cluster) => cluster.ask_at_key(key, commands).await,
        }
    }

    /// An answer of the server, or of every primary of a cluster.
    pub(super) async fn give_sign_of_life(&mut self) -> RedisResult<Value> {
        let ping = redis::cmd("PING");
        match self {
            Self::Server(..) => self.ask(&ping).await,
            Self::Cluster(cluster) => {
                let everywhere = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                cluster.ask_at(ping, everywhere).await
            }
        }
    }

    /// Whether this connection must not be used again after such an error.
    pub(super) fn is_ended_by(&self, error: &RedisError) -> bool {
        match self {
            Self::Server(..) => error::ends_connection(error),
            // A node that is silent stays silent, and only other connections find out who took its place.
            Self::Cluster(_) => {
                error.kind() == ErrorKind::ClusterConnectionNotFound
                    || error.is_connection_dropped()
                    || error.is_timeout()
            }
        }
    }
}
