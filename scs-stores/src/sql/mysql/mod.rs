//! MySQL and MariaDB.

mod errors;
mod settings;
mod statements;

use scs::store::StoreError;
use sqlx::{
    AssertSqlSafe, Connection as _, MySqlConnection, MySqlPool, SqlStr,
    mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlQueryResult},
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

/// Strict mode, and locks on rows alone: gaps between them would make logins wait for each other. Nothing waits for a lock for
/// longer than a call may take: the server goes on waiting although the call was given up. The rest is the server's own default,
/// which its operator may have changed (see `settings.rs`).
const SETTINGS: &str = "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES'); \
                        SET SESSION autocommit = 1, completion_type = 0, sql_safe_updates = 0, sql_select_limit = DEFAULT, \
                            unique_checks = 1; \
                        SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; \
                        SET SESSION innodb_lock_wait_timeout = LEAST(@@SESSION.innodb_lock_wait_timeout, 2); \
                        SET SESSION lock_wait_timeout = LEAST(@@SESSION.lock_wait_timeout, 2)";

/// Keeps sessions in MySQL or MariaDB.
///
/// The tables are made by [`migrate`](SqlStore::migrate), in InnoDB. The database's clock decides what has expired, in UTC whatever
/// its time zone. Reading is one statement, and so is changing a session that stays under the terms it has; a
/// login is a transaction. A record is as durable as the server makes a commit.
///
/// ```no_run
/// use scs::SessionManager;
/// use scs_stores::MySqlStore;
/// # use scs::Session;
/// # #[derive(Session)]
/// # struct Visitor { visits: u32 }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MySqlStore::connect("mysql://app:secret@127.0.0.1/app").await?;
/// store.migrate().await?;
/// let sessions = SessionManager::<Visitor, _>::new(store);
/// # Ok(())
/// # }
/// ```
pub type MySqlStore = SqlStore<MySql>;

/// What a [`MySqlStore`] is made of.
pub struct MySql {
    connections: Connections<sqlx::MySql>,
    largest_record: usize,
}

/// What a statement takes of a packet besides the record, more or less.
const BESIDES_THE_RECORD: u64 = 4096;

impl MySqlStore {
    /// A store with connections of its own, at most ten.
    ///
    /// They are in strict mode, and are not tested each time they are used: a dead one is noticed and replaced.
    ///
    /// # Errors
    ///
    /// The URL is wrong, the server cannot be reached or refuses this user.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options: MySqlConnectOptions = server::options("mysql", url)?;
        // A pool would try again until its patience ends and forget the reason.
        let mut probe = MySqlConnection::connect_with(&options).await.map_err(error)?;
        let largest_record = largest_record(&mut probe).await?;
        let _ = probe.close().await;
        let pool = MySqlPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async { sqlx::raw_sql(SETTINGS).execute(connection).await.map(drop) })
            });
        let connections = Connections::of(pool.connect_lazy_with(options), "BEGIN");
        Ok(Self::over(MySql { connections, largest_record }))
    }

    /// A store that takes its connections from the application's pool.
    ///
    /// Give them an `innodb_lock_wait_timeout` and a `lock_wait_timeout` below the time that a call may take (`store_timeout`, 3
    /// seconds by default). The server goes on waiting for a lock although the request was given up, and the connection is
    /// not free until then.
    ///
    /// # Errors
    ///
    /// A setting of the connections changes what statements do, and the error names it: they are not in strict mode, say, in
    /// which the database refuses what it cannot keep whole, or do not commit by themselves. Or the server cannot be reached.
    pub async fn new(pool: MySqlPool) -> Result<Self, StoreError> {
        let mut connection = pool.acquire().await.map_err(error)?;
        settings::check(&mut connection).await?;
        let largest_record = largest_record(&mut connection).await?;
        drop(connection);
        Ok(Self::over(MySql { connections: Connections::of(pool, "BEGIN"), largest_record }))
    }

    /// The same store with its tables in this database, which must be there, instead of the one of the connection.
    ///
    /// # Errors
    ///
    /// The name is not a letter or `_` and then letters, digits or `_`, at most 48 in all.
    pub fn with_database(self, database: &str) -> Result<Self, StoreError> {
        self.in_schema(database)
    }
}

/// The server ends a connection that sends a larger packet, and does not say why.
async fn largest_record(connection: &mut MySqlConnection) -> Result<usize, StoreError> {
    let packet = sqlx::query_scalar::<_, u64>("SELECT @@SESSION.max_allowed_packet").fetch_one(connection).await;
    let record = packet.map_err(error)?.saturating_sub(BESIDES_THE_RECORD);
    Ok(usize::try_from(record).unwrap_or(usize::MAX))
}

fn error(error: sqlx::Error) -> StoreError {
    errors::failure(error).error
}

impl Database for MySql {
    const QUOTE: char = '`';
    const STATEMENTS: Statements = statements::STATEMENTS;
    const SCHEMA: &'static str = include_str!("schema.sql");

    type Transaction<'a> = Lease<sqlx::MySql>;

    fn largest_record(&self) -> usize {
        self.largest_record
    }

    async fn begin(&self, _: Commit) -> Result<Lease<sqlx::MySql>, Failure> {
        self.connections.begin().await
    }

    async fn run_script(&self, script: Sql) -> Result<(), Failure> {
        self.connections.lease().await?.run(AssertSqlSafe(script)).await
    }
}

impl Executor for MySql {
    async fn query<T: FromRow>(&self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        self.connections.lease().await?.query(sql, arguments).await
    }

    async fn execute(&self, sql: Sql, arguments: &[Argument<'_>], _: Commit) -> Result<u64, Failure> {
        self.connections.lease().await?.execute(sql, arguments).await
    }
}

impl Transaction for Lease<sqlx::MySql> {
    async fn query<T: FromRow>(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        let rows = server::bind(sql, arguments).fetch_all(self.ask()).await;
        Ok(server::read_all(&self.answered(rows).await?)?)
    }

    async fn execute(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<u64, Failure> {
        let done = server::bind(sql, arguments).execute(self.ask()).await;
        self.answered(rows_changed(done)).await
    }

    async fn commit(self) -> Result<(), Failure> {
        self.end().await
    }
}

impl Driver for sqlx::MySql {
    async fn run(connection: &mut MySqlConnection, script: SqlStr) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(script).execute(connection).await.map(drop)
    }

    fn failure(error: sqlx::Error) -> Failure {
        errors::failure(error)
    }
}

/// How many rows were changed: none where another one has the key.
fn rows_changed(done: Result<MySqlQueryResult, sqlx::Error>) -> Result<u64, sqlx::Error> {
    match done {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(0),
        done => done.map(|done| done.rows_affected()),
    }
}
