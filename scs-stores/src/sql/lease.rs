//! Connections that a pool has lent.

use std::{future::Future, sync::Arc, time::Duration};

use sqlx::{Pool, SqlSafeStr, SqlStr, pool::PoolConnection};
use tokio::{sync::Semaphore, time::timeout};

use super::retry::{Failure, Remedy};

/// How long a connection may take to come back to its pool, which otherwise waits for as long as the network is silent.
const RETURN_TIMEOUT: Duration = Duration::from_millis(500);

/// How long making a connection may take: an attempt that began while the server was away must not outlast its return by much.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(700);

/// How many wait for the pool at once, and so how many connections are made at once.
const AT_ONCE: usize = 3;

/// What a database's driver does besides asking for rows.
pub trait Driver: sqlx::Database {
    /// Runs statements without arguments that answer nothing.
    fn run(connection: &mut Self::Connection, script: SqlStr) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    fn failure(error: sqlx::Error) -> Failure;
}

/// A connection that a pool has lent, perhaps with a transaction that is rolled back when it is dropped.
///
/// If it is dropped while an answer is due, as when a request is given up, it is closed. Drivers do not recover from every
/// point at which they may be cut off: whoever used it next could take that answer for their own, or, if it was the answer
/// to `BEGIN`, write into a transaction that nobody commits.
pub struct Lease<D: Driver> {
    connection: Option<PoolConnection<D>>,
    is_waiting: bool,
    in_transaction: bool,
}

/// A pool, whose connections are made a few at a time.
pub(super) struct Connections<D: Driver> {
    pool: Pool<D>,
    turns: Arc<Semaphore>,
}

impl<D: Driver> Connections<D> {
    pub(super) fn of(pool: Pool<D>) -> Self {
        Self { pool, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    pub(super) async fn lease(&self) -> Result<Lease<D>, Failure> {
        if let Some(connection) = self.pool.try_acquire() {
            return Ok(Lease::of(connection));
        }
        let acquired = timeout(self.pool.options().get_acquire_timeout(), self.acquire()).await;
        acquired.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(D::failure)
    }

    pub(super) async fn begin(&self) -> Result<Lease<D>, Failure> {
        let mut lease = self.lease().await?;
        lease.run("BEGIN").await?;
        lease.in_transaction = true;
        Ok(lease)
    }

    /// A connection that becomes free, or a new one. It is made to the end also if whoever wanted it gives up: a server that
    /// is slow to connect would otherwise be asked again and again, each time in vain, and become slower.
    async fn acquire(&self) -> Result<Lease<D>, sqlx::Error> {
        loop {
            let turn = Arc::clone(&self.turns).acquire_owned().await;
            let acquiring = self.pool.acquire();
            let acquired = tokio::spawn(async move {
                let _turn = turn;
                timeout(CONNECT_TIMEOUT, acquiring).await.map(|acquired| acquired.map(Lease::of))
            });
            if let Ok(acquired) = acquired.await.map_err(|_| sqlx::Error::WorkerCrashed)? {
                return acquired;
            }
        }
    }
}

impl<D: Driver> Lease<D> {
    const fn of(connection: PoolConnection<D>) -> Self {
        Self { connection: Some(connection), is_waiting: false, in_transaction: false }
    }

    pub(super) async fn end(mut self) -> Result<(), Failure> {
        self.run("COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    pub(super) async fn run(&mut self, script: impl SqlSafeStr) -> Result<(), Failure> {
        let done = D::run(self.ask(), script.into_sql_str()).await;
        self.answered(done)
    }

    /// The connection, for one question; its answer goes to [`answered`](Self::answered).
    pub(super) fn ask(&mut self) -> &mut D::Connection {
        self.is_waiting = true;
        self.connection.as_mut().expect("it is given back only when this is dropped")
    }

    /// Lets the connection be used again if the answer was one, and no other connection is needed: a server that became a
    /// replica keeps its connections, and they would fail again and again.
    pub(super) fn answered<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, Failure> {
        let was_understood = matches!(answer, Ok(_) | Err(sqlx::Error::Database(_)));
        let answer = answer.map_err(D::failure);
        let is_over = answer.as_ref().is_err_and(|failure| failure.remedy == Remedy::AnotherConnection);
        self.is_waiting = is_over || !was_understood;
        answer
    }

    /// Where it takes too long, or fails, the connection is closed.
    async fn roll_back(mut self) {
        let rolled_back = timeout(RETURN_TIMEOUT, self.run("ROLLBACK")).await;
        self.in_transaction = false;
        self.is_waiting = !matches!(rolled_back, Ok(Ok(())));
    }
}

impl<D: Driver> Drop for Lease<D> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.is_waiting {
            drop(connection.detach());
        } else if self.in_transaction {
            // Until it is rolled back it is to be closed, also by a runtime that ends and takes no more tasks.
            let lease = Self { connection: Some(connection), is_waiting: true, in_transaction: true };
            tokio::spawn(lease.roll_back());
        } else {
            tokio::spawn(timeout(RETURN_TIMEOUT, connection.return_to_pool()));
        }
    }
}
