//! One connection that all calls share, and that is made anew when it breaks or leads to a server that is no primary.

mod connector;
mod live;
mod to_the_end;

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ServerErrorKind};
use scs::store::StoreError;

use self::to_the_end::ToTheEnd;
pub(super) use self::{
    connector::{Connector, Sentinels, Timeouts},
    live::Live,
};
use super::{error, scripts::Call};

/// How long after an attempt the next one waits. Calls in between fail at once, with the error that the attempt met.
const PAUSE: Duration = Duration::from_millis(50);

/// Asking sentinels takes up to this many times as long as reaching one server.
const HOPS: u32 = 3;

/// A connection that renews itself; clones share it.
#[derive(Clone)]
pub(super) struct Connection(Arc<Shared>);

struct Shared {
    connector: Connector,
    timeouts: Timeouts,
    state: Mutex<State>,
    /// Held by the one who connects; the others wait for the outcome.
    connecting: Arc<tokio::sync::Mutex<()>>,
}

enum State {
    New,
    Up(Held),
    Down { error: RedisError, tried: Instant },
}

#[derive(Clone)]
struct Held {
    live: Live,
    since: Instant,
}

impl Connection {
    pub(super) fn new(connector: Connector, timeouts: Timeouts) -> Self {
        let (state, connecting) = (Mutex::new(State::New), Arc::default());
        Self(Arc::new(Shared { connector, timeouts, state, connecting }))
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.0.connector.is_cluster()
    }

    /// A connection of its own to the same place.
    pub(super) fn another(&self) -> Self {
        Self::new(self.0.connector.clone(), self.0.timeouts)
    }

    /// The script's answer: one round trip, and one more where the server does not know the script yet.
    pub(super) async fn call<T: Answer>(&self, call: &Call) -> Result<T, StoreError> {
        let answer = match self.ask(call.by_hash()).await {
            Err(error) if is_unknown_script(&error) => self.ask(call.by_code()).await,
            answer => answer,
        };
        answer.map_err(error::store_error)
    }

    pub(super) async fn command<T: Answer>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.ask(command.clone()).await.map_err(error::store_error)
    }

    pub(super) async fn pipeline<T: Answer>(&self, pipeline: Pipeline) -> Result<T, StoreError> {
        let answer = self.send(|mut live| async move { pipeline.query_async(&mut live).await }).await;
        answer.map_err(error::store_error)
    }

    async fn ask<T: Answer>(&self, command: Cmd) -> RedisResult<T> {
        self.send(|mut live| async move { command.query_async(&mut live).await }).await
    }

    async fn send<T: Answer, F>(&self, send: impl FnOnce(Live) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>> + Send + 'static,
    {
        let held = self.held().await?;
        let (shared, answer) = (Arc::clone(&self.0), send(held.live.clone()));
        ToTheEnd::new(async move { shared.judge(&held, answer.await) }).await
    }

    /// The connection that is up, for what only one of the topologies can do.
    pub(super) async fn live(&self) -> Result<Live, StoreError> {
        self.held().await.map(|held| held.live).map_err(error::store_error)
    }

    async fn held(&self) -> RedisResult<Held> {
        if let Some(outcome) = self.0.outcome() {
            return outcome;
        }
        let turn = Arc::clone(&self.0.connecting).lock_owned().await;
        // Somebody else may have connected, or failed to, meanwhile.
        if let Some(outcome) = self.0.outcome() {
            return outcome;
        }
        let shared = Arc::clone(&self.0);
        ToTheEnd::new(async move {
            let _turn = turn;
            shared.connect().await
        })
        .await
    }
}

/// What an answer can be read as.
pub(super) trait Answer: FromRedisValue + Send + 'static {}

impl<T: FromRedisValue + Send + 'static> Answer for T {}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known without trying: the connection, or why there is none. `None` if it is time to try.
    fn outcome(&self) -> Option<RedisResult<Held>> {
        match &*self.state() {
            State::Up(held) => Some(Ok(held.clone())),
            State::Down { error, tried } if tried.elapsed() < PAUSE => Some(Err(error.clone())),
            State::New | State::Down { .. } => None,
        }
    }

    async fn connect(&self) -> RedisResult<Held> {
        let limit = HOPS * self.timeouts.connect;
        let connected = tokio::time::timeout(limit, self.connector.connect(self.timeouts)).await;
        let now = Instant::now();
        let outcome = connected.unwrap_or_else(|_| Err(error::no_answer(limit))).map(|live| Held { live, since: now });
        *self.state() = match &outcome {
            Ok(held) => State::Up(held.clone()),
            Err(error) => State::Down { error: error.clone(), tried: now },
        };
        outcome
    }

    /// Leaves the connection if it is the one that failed, and not one that took its place.
    fn judge<T>(&self, held: &Held, answer: RedisResult<T>) -> RedisResult<T> {
        answer.inspect_err(|error| {
            if held.live.is_ended_by(error) {
                self.leave(held, error);
            }
        })
    }

    fn leave(&self, failed: &Held, error: &RedisError) {
        let mut state = self.state();
        if matches!(&*state, State::Up(held) if held.since == failed.since) {
            *state = State::Down { error: error.clone(), tried: failed.since };
        }
    }
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}
