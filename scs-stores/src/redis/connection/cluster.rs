//! Asks a cluster, and follows the slots that move from one node to another.
//!
//! The driver is told to send nothing again. It would repeat a write whose answer was lost, and the server cannot recognise that
//! write once another caller has written. It also sends `ASKING` by itself, so that another call on the same connection can use it up.
//! Here a call is repeated only after a node has refused it, and until its time is over.

use std::time::Duration;

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value,
    aio::ConnectionLike as _,
    cluster_async::ClusterConnection,
    cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr},
};
use tokio::time::{Instant, timeout_at};

use super::super::error;
use crate::backoff::pause;

/// The longest pause before a refused call is sent again.
const LONGEST_PAUSE: Duration = Duration::from_millis(64);

/// Connections to all nodes of a cluster; clones share them. The driver renews them by itself.
#[derive(Clone)]
pub(in super::super) struct Cluster {
    connection: ClusterConnection,
    /// How long a call may take with all its tries.
    limit: Duration,
}

/// What is sent to the node that has the key.
#[derive(Clone, Copy)]
enum Request<'a> {
    One(&'a Cmd),
    /// All for the same key.
    Together(&'a Pipeline),
    /// To the node that has this key, whatever each of them is for.
    At(&'a [u8], &'a Pipeline),
}

/// What to do after a node has refused a request.
enum Remedy {
    /// Ask the node that is taking the slot over.
    Ask(SingleNodeRoutingInfo),
    /// Ask the node that has the slot by now, or ask once more.
    Again,
}

impl Cluster {
    pub(super) const fn new(connection: ClusterConnection, limit: Duration) -> Self {
        Self { connection, limit }
    }

    pub(super) async fn ask(&mut self, command: &Cmd) -> RedisResult<Value> {
        let mut answers = self.follow(Request::One(command)).await?;
        answers.pop().ok_or_else(|| error::no_answer(self.limit))
    }

    pub(super) async fn ask_together(&mut self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        self.follow(Request::Together(commands)).await
    }

    /// Asks the node that has the key, and that one alone.
    pub(super) async fn ask_at_key(&mut self, key: &[u8], commands: &Pipeline) -> RedisResult<Vec<Value>> {
        self.follow(Request::At(key, commands)).await
    }

    /// Asks the nodes that a route names, once.
    pub(in super::super) async fn ask_at(&mut self, command: Cmd, route: RoutingInfo) -> RedisResult<Value> {
        self.connection.route_command(command, route).await
    }

    async fn follow(&mut self, request: Request<'_>) -> RedisResult<Vec<Value>> {
        let end = Instant::now() + self.limit;
        let mut route = None;
        for attempt in 0.. {
            let sent = timeout_at(end, request.send(&mut self.connection, route));
            let refused = match sent.await.unwrap_or_else(|_| Err(error::no_answer(self.limit))) {
                Ok(answers) => return Ok(answers),
                Err(error) => error,
            };
            route = match remedy(&refused) {
                Some(Remedy::Ask(node)) => Some(node),
                Some(Remedy::Again) => None,
                None => return Err(refused),
            };
            if attempt > 0 {
                let pause = pause(LONGEST_PAUSE, attempt);
                if Instant::now() + pause >= end {
                    return Err(if route.is_some() { unreached(&refused) } else { refused });
                }
                tokio::time::sleep(pause).await;
            }
        }
        unreachable!("attempts do not end before the time does")
    }
}

impl Request<'_> {
    /// The answers of the node that the slot belongs to, or of the one that is taking it over.
    async fn send(
        self,
        connection: &mut ClusterConnection,
        taking_over: Option<SingleNodeRoutingInfo>,
    ) -> RedisResult<Vec<Value>> {
        let answers = match (taking_over, self) {
            (None, Self::One(command)) => vec![connection.req_packed_command(command).await?],
            (None, Self::Together(commands)) => connection.req_packed_commands(commands, 0, commands.len()).await?,
            (None, Self::At(key, commands)) => {
                let node = SingleNodeRoutingInfo::SpecificNode(Route::with_key(key, SlotAddr::Master));
                connection.route_pipeline(commands.clone(), 0, commands.len(), node).await?
            }
            (Some(node), request) => {
                let asking = request.asking();
                let count = asking.len();
                let answers = connection.route_pipeline(asking, 0, count, node).await?;
                // Every other one is the answer to `ASKING`.
                answers.into_iter().skip(1).step_by(2).collect()
            }
        };
        answers.into_iter().map(Value::extract_error).collect()
    }

    /// The same commands, each behind an `ASKING` of its own.
    fn asking(self) -> Pipeline {
        let mut asking = Pipeline::new();
        let mut add = |command: &Cmd| {
            asking.add_command(redis::cmd("ASKING")).add_command(command.clone());
        };
        match self {
            Self::One(command) => add(command),
            Self::Together(commands) | Self::At(_, commands) => commands.cmd_iter().for_each(add),
        }
        asking
    }
}

/// What to do after an error; `None` after one that leaves open whether the request was carried out, or that stays.
fn remedy(error: &RedisError) -> Option<Remedy> {
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::Ask) => Some(taking_over(error).map_or(Remedy::Again, Remedy::Ask)),
        ErrorKind::Server(
            ServerErrorKind::Moved
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::ReadOnly,
        )
        | ErrorKind::ClusterConnectionNotFound => Some(Remedy::Again),
        _ => None,
    }
}

/// A node that takes a slot over and that the driver does not know, because it has no slot yet.
fn unreached(refused: &RedisError) -> RedisError {
    let node = "a node that takes a slot over cannot be reached until a slot is its own";
    (ErrorKind::ClusterConnectionNotFound, node, refused.to_string()).into()
}

/// The node that the answer to a request names.
fn taking_over(error: &RedisError) -> Option<SingleNodeRoutingInfo> {
    let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
    Some(SingleNodeRoutingInfo::ByAddress { host: host.to_owned(), port: port.parse().ok()? })
}
