//! One connection that all calls share, and that is made anew when it breaks or leads to a server that is no primary.

mod cluster;
mod connector;
mod given_up;
mod live;

use std::{
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use scs::store::StoreError;
use tokio::runtime::{self, Handle};

use self::given_up::Waiting;
pub(super) use self::{
    cluster::Cluster,
    connector::{Connector, Sentinels, Timeouts},
    live::Live,
};
use super::{error, scripts::Call};

/// How long after an attempt the next one waits. Calls in between fail at once, with the error that the attempt met.
const PAUSE: Duration = Duration::from_millis(50);

/// How long after an answer a connection is taken for one that works.
const FRESH: Duration = Duration::from_millis(100);

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
    Up(Arc<Held>),
    Down { error: RedisError, tried: Instant },
}

struct Held {
    live: Live,
    since: Instant,
    /// Where the driver's task runs, and ends.
    runtime: Option<runtime::Id>,
    /// When the last answer came, in milliseconds after that.
    answered: AtomicU64,
    /// Whether a check is under way.
    is_checked: AtomicBool,
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

    /// The script's answer: one round trip, and one more where the server does not know the script yet, or where nobody has
    /// used the connection for a while.
    pub(super) async fn call<T: Answer>(&self, call: &Call) -> Result<T, StoreError> {
        let answer = match self.run(call, call.by_hash()).await {
            Err(error) if is_unknown_script(&error) => self.run(call, &call.by_code()).await,
            answer => answer,
        };
        answer.map_err(error::store_error)
    }

    /// The same, with the answer to a command that the same node gets behind it on the same connection. The script is sent
    /// with its code: the command would run behind one that the server does not know, too.
    pub(super) async fn call_then<T: Answer, U: Answer>(&self, call: &Call, then: &Cmd) -> Result<(T, U), StoreError> {
        let mut both = Pipeline::with_capacity(2);
        both.add_command(call.by_code()).add_command(then.clone());
        let (key, both) = (call.first_key(), &both);
        let send = |mut live: Live| async move { live.ask_at_key(key, both).await.map(Value::Array) };
        self.send_script(call, send).await.map_err(error::store_error)
    }

    /// The answer to a command that may be sent twice.
    pub(super) async fn command<T: Answer>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.ask(command).await.map_err(error::store_error)
    }

    /// The answers to commands that are sent together and may be sent twice, as a tuple.
    pub(super) async fn commands<T: Answer>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        let ask = |mut live: Live| async move { live.ask_together(commands).await.map(Value::Array) };
        self.send_again(ask).await.map_err(error::store_error)
    }

    async fn ask<T: Answer>(&self, command: &Cmd) -> RedisResult<T> {
        self.send_again(|mut live| async move { live.ask(command).await }).await
    }

    async fn run<T: Answer>(&self, call: &Call, command: &Cmd) -> RedisResult<T> {
        self.send_script(call, |mut live| async move { live.ask(command).await }).await
    }

    /// What must not be sent twice goes out only on a connection that has answered just now: one that died unused would leave open
    /// whether it was carried out. A cluster's driver notices by itself, and renews it.
    async fn send_script<T: Answer, F>(&self, call: &Call, send: impl Fn(Live) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<Value>>,
    {
        if call.is_repeatable() {
            return self.send_again(send).await;
        }
        if !self.is_cluster() && !self.held().await?.is_fresh() {
            self.ask::<Value>(&redis::cmd("PING")).await?;
        }
        self.send(send).await
    }

    /// Sends, and once more if the connection turns out to be dead: perhaps it has been for long, and nobody used it.
    async fn send_again<T: Answer, F>(&self, send: impl Fn(Live) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<Value>>,
    {
        match self.send(&send).await {
            Err(error) if error.is_connection_dropped() && !error.is_timeout() => self.send(&send).await,
            answer => answer,
        }
    }

    async fn send<T: Answer, F>(&self, send: impl FnOnce(Live) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<Value>>,
    {
        let held = self.held().await?;
        let waiting = Waiting::new(&self.0, &held);
        let answer = send(held.live.clone()).await;
        waiting.end();
        if answer.is_ok() {
            held.note_answer();
        }
        self.0.judge(&held, answer.and_then(|value| Ok(T::from_redis_value(value)?)))
    }

    /// The connection that is up, for what only one of the topologies can do.
    pub(super) async fn live(&self) -> Result<Live, StoreError> {
        self.held().await.map(|held| held.live.clone()).map_err(error::store_error)
    }

    async fn held(&self) -> RedisResult<Arc<Held>> {
        match self.0.outcome() {
            Some(outcome) => outcome,
            None => self.connected().await,
        }
    }

    /// Connects, or waits for another caller that does. Connecting goes on in the background when its caller gives up, who
    /// may have less time than it takes.
    async fn connected(&self) -> RedisResult<Arc<Held>> {
        let turn = Arc::clone(&self.0.connecting).lock_owned().await;
        // Somebody else may have connected, or failed to, meanwhile.
        if let Some(outcome) = self.0.outcome() {
            return outcome;
        }
        let shared = Arc::clone(&self.0);
        let connecting = tokio::spawn(async move {
            let _turn = turn;
            shared.connect().await
        });
        // The task fails only with the runtime that it is on.
        connecting.await.unwrap_or_else(|_| Err(error::no_answer(self.0.limit())))
    }
}

impl Held {
    fn new(live: Live, since: Instant) -> Self {
        Self { live, since, runtime: runtime(), answered: AtomicU64::new(0), is_checked: AtomicBool::new(false) }
    }

    fn age(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn note_answer(&self) {
        self.answered.store(self.age(), Ordering::Relaxed);
    }

    /// Whether the server has answered just now, and the driver cannot have ended with another runtime since.
    fn is_fresh(&self) -> bool {
        let silent = self.age().saturating_sub(self.answered.load(Ordering::Relaxed));
        Duration::from_millis(silent) < FRESH && self.runtime == runtime()
    }
}

fn runtime() -> Option<runtime::Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

/// What an answer can be read as.
pub(super) trait Answer: FromRedisValue + Send {}

impl<T: FromRedisValue + Send> Answer for T {}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known without trying: the connection, or why there is none. `None` if it is time to try.
    fn outcome(&self) -> Option<RedisResult<Arc<Held>>> {
        match &*self.state() {
            State::Up(held) => Some(Ok(Arc::clone(held))),
            State::Down { error, tried } if tried.elapsed() < PAUSE => Some(Err(error.clone())),
            State::New | State::Down { .. } => None,
        }
    }

    /// How long connecting may take.
    fn limit(&self) -> Duration {
        HOPS * self.timeouts.connect
    }

    async fn connect(&self) -> RedisResult<Arc<Held>> {
        let limit = self.limit();
        let connected = tokio::time::timeout(limit, self.connector.connect(self.timeouts)).await;
        let now = Instant::now();
        let connected = connected.unwrap_or_else(|_| Err(error::no_answer(limit)));
        let outcome = connected.map(|live| Arc::new(Held::new(live, now)));
        *self.state() = match &outcome {
            Ok(held) => State::Up(Arc::clone(held)),
            Err(error) => State::Down { error: error.clone(), tried: now },
        };
        outcome
    }

    /// Leaves the connection if it is the one that failed, and not one that took its place.
    fn judge<T>(&self, held: &Arc<Held>, answer: RedisResult<T>) -> RedisResult<T> {
        answer.inspect_err(|error| {
            if held.live.is_ended_by(error) {
                self.leave(held, error);
            }
        })
    }

    fn leave(&self, failed: &Arc<Held>, error: &RedisError) {
        let mut state = self.state();
        if matches!(&*state, State::Up(held) if Arc::ptr_eq(held, failed)) {
            *state = match failed.runtime == runtime() {
                true => State::Down { error: error.clone(), tried: failed.since },
                // It ended with the runtime that it was made in, and says nothing of the server.
                false => State::New,
            };
        }
    }
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}
