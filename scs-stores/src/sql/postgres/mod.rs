//! PostgreSQL, and what speaks its language.

mod errors;
mod pooled;
mod statements;

use std::sync::Arc;

use scs::store::StoreError;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, SqlStr,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    database::{Commit, Database, Executor, Sql, Transaction},
    lease::{Connections, Driver, Lease},
    retry::Failure,
    row::{Argument, FromRow},
    server::{self, ACQUIRE_TIMEOUT, MAX_CONNECTIONS},
    statements::Statements,
    store::SqlStore,
};

/// The limits of a connection that has none, below what a call may take: the server goes on waiting for a lock although the
/// call was given up.
const LIMITS: &str = "SELECT set_config('lock_timeout', '2s', false) WHERE current_setting('lock_timeout') = '0'; \
                      SELECT set_config('statement_timeout', '10s', false) WHERE current_setting('statement_timeout') = '0'";

/// The same for one transaction on a connection of the application's.
const BEGIN_WITH_LIMITS: &str =
    "BEGIN; SELECT set_config('lock_timeout', '2s', true) WHERE current_setting('lock_timeout') = '0'";

/// Keeps sessions in PostgreSQL.
///
/// The tables are made by [`migrate`](SqlStore::migrate). The database's clock decides what has expired; its time zone and
/// that of the connection do not matter. Reading is one statement, and so is changing a session that stays under the
/// terms it has; a login is a transaction. A record is as durable as the server makes a commit.
///
/// It also works with CockroachDB: what fails to be serialised there is tried again. And behind a pooler that lends a connection
/// for one transaction at a time, if the URL says so with `?pooler=transaction`, or the store by
/// [`behind_pooler`](SqlStore::behind_pooler).
///
/// ```no_run
/// use scs::SessionManager;
/// use scs_stores::PostgresStore;
/// # use scs::Session;
/// # #[derive(Session)]
/// # struct Visitor { visits: u32 }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::connect("postgres://app:secret@127.0.0.1/app").await?;
/// store.migrate().await?;
/// let sessions = SessionManager::<Visitor, _>::new(store);
/// # Ok(())
/// # }
/// ```
pub type PostgresStore = SqlStore<Postgres>;

/// What a [`PostgresStore`] is made of.
pub struct Postgres {
    connections: Connections<sqlx::Postgres>,
    protocol: Protocol,
}

/// How statements are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    /// Prepared once for each connection.
    Prepared,
    /// As texts that need nothing from an earlier transaction.
    Texts,
}

/// A connection that the pool has lent, and how statements are sent over it.
pub struct PostgresLease {
    lease: Lease<sqlx::Postgres>,
    protocol: Protocol,
}

impl PostgresStore {
    /// A store with connections of its own, at most ten.
    ///
    /// They are not tested each time they are used: a dead one is noticed and replaced.
    ///
    /// # Errors
    ///
    /// The URL is wrong, the server cannot be reached or refuses this user.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let (url, protocol) = pooled::protocol_in(url)?;
        let options: PgConnectOptions = server::options("postgres", &url)?;
        // No statement reads a number with a fraction, and not every pooler knows the parameter.
        let options = options.application_name("scs").extra_float_digits(None);
        // A pool would try again until its patience ends and forget the reason.
        let mut probe = PgConnection::connect_with(&options).await.map_err(error)?;
        if protocol == Protocol::Texts {
            sqlx::raw_sql(pooled::PROBE).execute(&mut probe).await.map_err(error)?;
        }
        let _ = probe.close().await;
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false);
        let (pool, begin) = match protocol {
            Protocol::Prepared => {
                let limited = pool.after_connect(|connection, _| {
                    Box::pin(async { sqlx::raw_sql(LIMITS).execute(connection).await.map(drop) })
                });
                (limited, "BEGIN")
            }
            // Its connections to the server are other clients' too.
            Protocol::Texts => (pool, pooled::BEGIN),
        };
        Ok(Self::over(Postgres { connections: Connections::of(pool.connect_lazy_with(options), begin), protocol }))
    }

    /// A store that takes its connections from the application's pool.
    ///
    /// Give them a `lock_timeout` and a `statement_timeout` below the time that a call may take (`store_timeout`, 3 seconds by
    /// default). The server goes on waiting for a lock although the request was given up, and the connection is not free
    /// until then.
    pub fn new(pool: PgPool) -> Self {
        Self::over(Postgres { connections: Connections::of(pool, BEGIN_WITH_LIMITS), protocol: Protocol::Prepared })
    }

    /// The same store behind a pooler that lends a connection for one transaction at a time, as `PgBouncer` does with
    /// `pool_mode = transaction`.
    ///
    /// Nothing is prepared, and nothing is set for longer than a transaction: each statement is sent with its values in it. It
    /// costs the server some time for planning each statement.
    #[must_use]
    pub fn behind_pooler(self) -> Self {
        let connections = Connections::of(self.database.connections.pool(), pooled::BEGIN);
        Self { database: Arc::new(Postgres { connections, protocol: Protocol::Texts }), ..self }
    }

    /// The same store with its tables in this schema, which must be there, instead of the first of the search path.
    ///
    /// # Errors
    ///
    /// The name is not a letter or `_` and then letters, digits or `_`, at most 48 in all.
    pub fn with_schema(self, schema: &str) -> Result<Self, StoreError> {
        self.in_schema(schema)
    }
}

impl Database for Postgres {
    const QUOTE: char = '"';
    const STATEMENTS: Statements = statements::STATEMENTS;
    const SCHEMA: &'static str = include_str!("schema.sql");

    type Transaction<'a> = PostgresLease;

    async fn begin(&self, _: Commit) -> Result<PostgresLease, Failure> {
        Ok(PostgresLease { lease: self.connections.begin().await?, protocol: self.protocol })
    }

    async fn run_script(&self, script: Sql) -> Result<(), Failure> {
        let mut transaction = self.begin(Commit::Durable).await?;
        // Making an index takes its time.
        transaction.lease.run("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
        // Creating a table that is being created elsewhere is an error, also with `IF NOT EXISTS`.
        transaction.lease.run("SELECT pg_advisory_xact_lock(7161711520158)").await?;
        transaction.lease.run(AssertSqlSafe(script)).await?;
        transaction.commit().await
    }
}

impl Postgres {
    async fn lease(&self) -> Result<PostgresLease, Failure> {
        Ok(PostgresLease { lease: self.connections.lease().await?, protocol: self.protocol })
    }
}

impl Executor for Postgres {
    async fn query<T: FromRow>(&self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        self.lease().await?.query(sql, arguments).await
    }

    async fn execute(&self, sql: Sql, arguments: &[Argument<'_>], _: Commit) -> Result<u64, Failure> {
        self.lease().await?.execute(sql, arguments).await
    }
}

impl Transaction for PostgresLease {
    async fn query<T: FromRow>(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        let rows = match self.protocol {
            Protocol::Prepared => server::bind(sql, arguments).fetch_all(self.lease.ask()).await,
            Protocol::Texts => self.text(&sql, arguments).fetch_all(self.lease.ask()).await,
        };
        Ok(server::read_all(&self.lease.answered(rows).await?)?)
    }

    async fn execute(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<u64, Failure> {
        let done = match self.protocol {
            Protocol::Prepared => server::bind(sql, arguments).execute(self.lease.ask()).await,
            Protocol::Texts => self.text(&sql, arguments).execute(self.lease.ask()).await,
        };
        Ok(self.lease.answered(done).await?.rows_affected())
    }

    async fn commit(self) -> Result<(), Failure> {
        self.lease.end().await
    }
}

impl PostgresLease {
    /// The statement with its arguments in it; alone, it brings what a transaction would have set.
    fn text(&self, sql: &str, arguments: &[Argument<'_>]) -> sqlx::RawSql {
        let settings = if self.lease.in_transaction { "" } else { pooled::SETTINGS };
        sqlx::raw_sql(AssertSqlSafe(pooled::with_arguments(settings, sql, arguments)))
    }
}

fn error(error: sqlx::Error) -> StoreError {
    errors::failure(error).error
}

impl Driver for sqlx::Postgres {
    async fn run(connection: &mut PgConnection, script: SqlStr) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(script).execute(connection).await.map(drop)
    }

    fn failure(error: sqlx::Error) -> Failure {
        errors::failure(error)
    }
}
