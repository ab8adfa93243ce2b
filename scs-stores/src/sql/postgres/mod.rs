//! PostgreSQL, and what speaks its language.

mod errors;
mod statements;

use scs::store::StoreError;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, PgTransaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    database::{Commit, Database, Executor, Sql, Transaction},
    retry::Failure,
    row::{Argument, FromRow},
    server::{self, ACQUIRE_TIMEOUT, MAX_CONNECTIONS},
    statements::Statements,
    store::SqlStore,
};

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
    pool: PgPool,
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
        let options: PgConnectOptions = url.parse().map_err(|error| server::invalid_url("postgres", error))?;
        let options = options.application_name("scs");
        // A pool would try again until its patience ends and forget the reason.
        let probe = PgConnection::connect_with(&options).await.map_err(|error| errors::failure(error).error)?;
        let _ = probe.close().await;
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false);
        Ok(Self::new(pool.connect_lazy_with(options)))
    }

    /// A store that takes its connections from the application's pool.
    pub fn new(pool: PgPool) -> Self {
        Self::over(Postgres { pool })
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

    type Transaction<'a> = PgTransaction<'static>;

    async fn begin(&self, _: Commit) -> Result<PgTransaction<'static>, Failure> {
        self.pool.begin().await.map_err(errors::failure)
    }

    async fn run_script(&self, script: Sql) -> Result<(), Failure> {
        let mut transaction = self.begin(Commit::Durable).await?;
        // Creating a table that is being created elsewhere is an error, also with `IF NOT EXISTS`.
        let alone = sqlx::raw_sql("SELECT pg_advisory_xact_lock(7161711520158)");
        alone.execute(&mut *transaction).await.map_err(errors::failure)?;
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *transaction).await.map_err(errors::failure)?;
        transaction.commit().await.map_err(errors::failure)
    }
}

impl Executor for Postgres {
    async fn query<T: FromRow>(&self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        let mut connection = self.pool.acquire().await.map_err(errors::failure)?;
        let rows = server::bind(sql, arguments).fetch_all(&mut *connection).await.map_err(errors::failure);
        Ok(server::read_all(&server::keep_or_leave(connection, rows)?)?)
    }

    async fn execute(&self, sql: Sql, arguments: &[Argument<'_>], _: Commit) -> Result<u64, Failure> {
        let mut connection = self.pool.acquire().await.map_err(errors::failure)?;
        let done = server::bind(sql, arguments).execute(&mut *connection).await.map_err(errors::failure);
        Ok(server::keep_or_leave(connection, done)?.rows_affected())
    }
}

impl Transaction for PgTransaction<'static> {
    async fn query<T: FromRow>(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        let rows = server::bind(sql, arguments).fetch_all(&mut **self).await.map_err(errors::failure)?;
        Ok(server::read_all(&rows)?)
    }

    async fn execute(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<u64, Failure> {
        let done = server::bind(sql, arguments).execute(&mut **self).await.map_err(errors::failure)?;
        Ok(done.rows_affected())
    }

    async fn commit(self) -> Result<(), Failure> {
        sqlx::Transaction::commit(self).await.map_err(errors::failure)
    }
}
