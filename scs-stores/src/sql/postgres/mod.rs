//! PostgreSQL, and what speaks its language.

mod errors;
mod statements;

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
/// It also works with CockroachDB: what fails to be serialised there is tried again.
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
        let options: PgConnectOptions = server::options("postgres", url)?;
        let options = options.application_name("scs");
        // A pool would try again until its patience ends and forget the reason.
        let probe = PgConnection::connect_with(&options).await.map_err(|error| errors::failure(error).error)?;
        let _ = probe.close().await;
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async { sqlx::raw_sql(LIMITS).execute(connection).await.map(drop) })
            });
        Ok(Self::over(Postgres { connections: Connections::of(pool.connect_lazy_with(options), "BEGIN") }))
    }

    /// A store that takes its connections from the application's pool.
    ///
    /// Give them a `lock_timeout` and a `statement_timeout` below the time that a call may take (`store_timeout`, 3 seconds by
    /// default). The server goes on waiting for a lock although the request was given up, and the connection is not free
    /// until then.
    pub fn new(pool: PgPool) -> Self {
        Self::over(Postgres { connections: Connections::of(pool, BEGIN_WITH_LIMITS) })
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

    type Transaction<'a> = Lease<sqlx::Postgres>;

    async fn begin(&self, _: Commit) -> Result<Lease<sqlx::Postgres>, Failure> {
        self.connections.begin().await
    }

    async fn run_script(&self, script: Sql) -> Result<(), Failure> {
        let mut transaction = self.begin(Commit::Durable).await?;
        // Making an index takes its time.
        transaction.run("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
        // Creating a table that is being created elsewhere is an error, also with `IF NOT EXISTS`.
        transaction.run("SELECT pg_advisory_xact_lock(7161711520158)").await?;
        transaction.run(AssertSqlSafe(script)).await?;
        transaction.commit().await
    }
}

impl Executor for Postgres {
    async fn query<T: FromRow>(&self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        self.connections.lease().await?.query(sql, arguments).await
    }

    async fn execute(&self, sql: Sql, arguments: &[Argument<'_>], _: Commit) -> Result<u64, Failure> {
        self.connections.lease().await?.execute(sql, arguments).await
    }
}

impl Transaction for Lease<sqlx::Postgres> {
    async fn query<T: FromRow>(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        let rows = server::bind(sql, arguments).fetch_all(self.ask()).await;
        Ok(server::read_all(&self.answered(rows).await?)?)
    }

    async fn execute(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<u64, Failure> {
        let done = server::bind(sql, arguments).execute(self.ask()).await;
        Ok(self.answered(done).await?.rows_affected())
    }

    async fn commit(self) -> Result<(), Failure> {
        self.end().await
    }
}

impl Driver for sqlx::Postgres {
    async fn run(connection: &mut PgConnection, script: SqlStr) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(script).execute(connection).await.map(drop)
    }

    fn failure(error: sqlx::Error) -> Failure {
        errors::failure(error)
    }
}
