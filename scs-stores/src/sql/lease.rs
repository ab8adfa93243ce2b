//! Connections that a pool has lent.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use scs::store::StoreErrorKind;
use sqlx::{Connection as _, Pool, SqlSafeStr, SqlStr, pool::PoolConnection};
use tokio::{sync::Semaphore, time::timeout};

use super::retry::{Failure, Remedy};

/// How long a connection may take to come back to its pool, which otherwise waits for as long as the network is silent.
const RETURN_TIMEOUT: Duration = Duration::from_millis(500);

/// How long the server may take to answer a call that was given up, after which the connection is closed: longer than it
/// waits for a lock.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a server that takes no writes is left for another connection.
const LEAVING_PERIOD: Duration = Duration::from_millis(250);

/// How long making a connection may take: an attempt that began while the server was away must not outlast its return by much.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(700);

/// How many wait for the pool at once, and so how many connections are made at once.
const AT_ONCE: usize = 3;

/// What a database's driver does besides asking for rows.
#[cfg_attr(not(feature = "mysql"), expect(unreachable_pub, reason = "only the store of MySQL shows it"))]
pub trait Driver: sqlx::Database {
    /// Runs statements without arguments that answer nothing.
    fn run(connection: &mut Self::Connection, script: SqlStr) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    fn failure(error: sqlx::Error) -> Failure;
}

/// A connection that a pool has lent, perhaps with a transaction that is rolled back when it is dropped.
///
/// If it is dropped while an answer is due, as when a request is given up, it is closed once the answer is there. Drivers do
/// not recover from every point at which they may be cut off: its next user could take that answer for their own, or, if it
/// was the answer to `BEGIN`, write into a transaction that nobody commits. And a server that waits for a lock does not
/// notice that a connection is closed, so that closing at once would let it have ever more of them.
#[cfg_attr(not(feature = "mysql"), expect(unreachable_pub, reason = "only the store of MySQL shows it"))]
pub struct Lease<D: Driver> {
    connection: Option<PoolConnection<D>>,
    condition: Condition,
    pub(super) in_transaction: bool,
    shared: Arc<Shared>,
}

/// What becomes of a connection when its lease ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Usable,
    /// An answer is due.
    Waiting,
    /// It is closed.
    Over,
}

/// A pool, whose connections are made a few at a time.
pub(super) struct Connections<D: Driver> {
    pool: Pool<D>,
    /// What begins a transaction.
    begin: &'static str,
    shared: Arc<Shared>,
}

/// What all connections of a pool share.
struct Shared {
    turns: Arc<Semaphore>,
    /// When a connection was left last because the server takes no writes.
    left: Mutex<Option<Instant>>,
}

impl Shared {
    /// Whether a connection to a server that takes no writes is to be left now. A few find out whether another one takes
    /// them; if all were left each time, the server would drown in new ones.
    fn leaves_server(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = left.is_none_or(|left| left.elapsed() >= LEAVING_PERIOD);
        if is_time {
            *left = Some(Instant::now());
        }
        is_time
    }
}

impl<D: Driver> Connections<D> {
    pub(super) fn of(pool: Pool<D>, begin: &'static str) -> Self {
        let shared = Shared { turns: Arc::new(Semaphore::new(AT_ONCE)), left: Mutex::default() };
        Self { pool, begin, shared: Arc::new(shared) }
    }

    /// The pool that they come from.
    #[cfg(feature = "postgres")]
    pub(super) fn pool(&self) -> Pool<D> {
        self.pool.clone()
    }

    pub(super) async fn lease(&self) -> Result<Lease<D>, Failure> {
        if let Some(connection) = self.pool.try_acquire() {
            return Ok(Lease::of(connection, &self.shared));
        }
        let acquired = timeout(self.pool.options().get_acquire_timeout(), self.acquire()).await;
        acquired.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(D::failure)
    }

    pub(super) async fn begin(&self) -> Result<Lease<D>, Failure> {
        let mut lease = self.lease().await?;
        lease.in_transaction = true;
        lease.run(self.begin).await?;
        Ok(lease)
    }

    /// A connection that becomes free, or a new one. It is made to the end also if whoever wanted it gives up: a server that
    /// is slow to connect would otherwise be asked again and again, each time in vain, and become slower.
    async fn acquire(&self) -> Result<Lease<D>, sqlx::Error> {
        loop {
            let turn = Arc::clone(&self.shared.turns).acquire_owned().await;
            let (acquiring, shared) = (self.pool.acquire(), Arc::clone(&self.shared));
            let acquired = tokio::spawn(async move {
                let _turn = turn;
                let acquired = timeout(CONNECT_TIMEOUT, acquiring).await;
                acquired.map(|acquired| acquired.map(|connection| Lease::of(connection, &shared)))
            });
            if let Ok(acquired) = acquired.await.map_err(|_| sqlx::Error::WorkerCrashed)? {
                return acquired;
            }
        }
    }
}

impl<D: Driver> Lease<D> {
    fn of(connection: PoolConnection<D>, shared: &Arc<Shared>) -> Self {
        let (connection, shared) = (Some(connection), Arc::clone(shared));
        Self { connection, condition: Condition::Usable, in_transaction: false, shared }
    }

    pub(super) async fn end(mut self) -> Result<(), Failure> {
        // Whether this was done, only its answer tells.
        self.in_transaction = false;
        let ended = self.run("COMMIT").await;
        self.in_transaction = ended.is_err();
        ended
    }

    pub(super) async fn run(&mut self, script: impl SqlSafeStr) -> Result<(), Failure> {
        let done = D::run(self.ask(), script.into_sql_str()).await;
        self.answered(done).await
    }

    /// The connection, for one question; its answer goes to [`answered`](Self::answered).
    pub(super) fn ask(&mut self) -> &mut D::Connection {
        self.condition = Condition::Waiting;
        self.connection.as_mut().expect("it is given back only when this is dropped")
    }

    /// Lets the connection be used again if the answer was one, and no other connection is needed: a server that became a
    /// replica keeps its connections, and they would fail again and again.
    pub(super) async fn answered<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, Failure> {
        let was_understood = matches!(answer, Ok(_) | Err(sqlx::Error::Database(_)));
        let mut answer = answer.map_err(D::failure);
        if let Err(failure) = &mut answer
            && failure.error.kind() == StoreErrorKind::Other
            && was_understood
            && self.has_ended().await
        {
            failure.ends_connection();
        }
        let is_over = match answer.as_ref().map_err(|failure| failure.remedy) {
            Err(Remedy::AnotherConnection) => true,
            Err(Remedy::AnotherServer) => self.shared.leaves_server(),
            _ => false,
        };
        self.condition = if is_over || !was_understood { Condition::Over } else { Condition::Usable };
        // What was not committed is not done.
        answer.map_err(|failure| Failure { may_be_done: failure.may_be_done && !self.in_transaction, ..failure })
    }

    /// Whether the connection ended with an error that nobody here knows: each server, and each proxy before it, has words of its
    /// own for a connection that it closes.
    async fn has_ended(&mut self) -> bool {
        match &mut self.connection {
            Some(connection) => !matches!(timeout(RETURN_TIMEOUT, connection.ping()).await, Ok(Ok(()))),
            None => true,
        }
    }

    /// Where it takes too long, or fails, the connection is closed.
    async fn roll_back(mut self) {
        let rolled_back = timeout(RETURN_TIMEOUT, self.run("ROLLBACK")).await;
        self.in_transaction = false;
        self.condition = if matches!(rolled_back, Ok(Ok(()))) { Condition::Usable } else { Condition::Over };
    }

    /// Keeps the connection's place in the pool until the server is done with what was given up.
    async fn wait(mut self) {
        if let Some(connection) = &mut self.connection {
            let _ = timeout(ANSWER_TIMEOUT, connection.ping()).await;
        }
    }
}

impl<D: Driver> Drop for Lease<D> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        // Until it is free it is to be closed, also by a runtime that ends and takes no more tasks.
        let lease = |connection| Self {
            connection: Some(connection),
            condition: Condition::Over,
            in_transaction: true,
            shared: Arc::clone(&self.shared),
        };
        match self.condition {
            Condition::Over => drop(connection.detach()),
            Condition::Waiting => drop(tokio::spawn(lease(connection).wait())),
            Condition::Usable if self.in_transaction => drop(tokio::spawn(lease(connection).roll_back())),
            Condition::Usable => drop(tokio::spawn(timeout(RETURN_TIMEOUT, connection.return_to_pool()))),
        }
    }
}
