//! What databases behind a socket share: their driver and the ways it fails.

use std::{error::Error, str::FromStr, time::Duration};

use scs::store::{StoreError, StoreErrorKind};
use sqlx::{AssertSqlSafe, ColumnIndex, Database, Decode, Encode, Row, Type, error::DatabaseError, query::Query};

use super::{
    database::Sql,
    retry::{Failure, Remedy},
    row::{Argument, Columns, FromRow, unreadable},
};

/// How many connections a store has that was opened by URL.
pub(super) const MAX_CONNECTIONS: u32 = 10;

/// How long an operation waits for one of them.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A statement with its arguments.
pub(super) fn bind<'q, DB>(sql: Sql, arguments: &'q [Argument<'_>]) -> Query<'q, DB, DB::Arguments>
where
    DB: Database,
    for<'a> &'a [u8]: Encode<'a, DB> + Type<DB>,
    for<'a> i64: Encode<'a, DB> + Type<DB>,
{
    // The statements are constants of this crate; names of tables were validated.
    let query = sqlx::query(AssertSqlSafe(sql));
    arguments.iter().fold(query, |query, argument| match *argument {
        Argument::Bytes(bytes) => query.bind(bytes),
        Argument::Number(number) => query.bind(number),
    })
}

impl<R> Columns for R
where
    R: Row,
    usize: ColumnIndex<R>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
{
    fn bytes(&self, column: usize) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        Ok(self.try_get(column)?)
    }

    fn number(&self, column: usize) -> Result<i64, Box<dyn Error + Send + Sync>> {
        Ok(self.try_get(column)?)
    }
}

/// All rows of an answer.
pub(super) fn read_all<T: FromRow, R: Columns>(rows: &[R]) -> Result<Vec<T>, StoreError> {
    rows.iter().map(T::from_row).collect::<Result<_, _>>().map_err(unreadable)
}

/// What a database's code for an error means for a store.
pub(super) struct Meaning {
    pub(super) kind: StoreErrorKind,
    pub(super) message: &'static str,
    pub(super) remedy: Remedy,
}

impl Meaning {
    pub(super) const fn new(kind: StoreErrorKind, message: &'static str) -> Self {
        Self { kind, message, remedy: Remedy::None }
    }

    pub(super) const fn remedied_by(self, remedy: Remedy) -> Self {
        Self { remedy, ..self }
    }
}

/// What a failure of the driver means; `meaning` knows the codes of the database.
pub(super) fn failure(error: sqlx::Error, meaning: impl FnOnce(&dyn DatabaseError) -> Meaning) -> Failure {
    use StoreErrorKind::{Configuration, Other, Timeout, Unavailable};
    let Meaning { kind, message, remedy } = match &error {
        sqlx::Error::Database(error) => meaning(error.as_ref()),
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            Meaning::new(Unavailable, "no database listens at this address; check that it is up, its host and its port")
        }
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            Meaning::new(Unavailable, "the connection to the database broke").remedied_by(Remedy::AnotherConnection)
        }
        sqlx::Error::PoolTimedOut => Meaning::new(
            Timeout,
            "no connection became free in time; the database is down or slow, or the pool is too small for the load",
        ),
        sqlx::Error::PoolClosed => Meaning::new(Unavailable, "the application has closed the pool of connections"),
        // So the driver tells which of its features is missing.
        sqlx::Error::Tls(error) if error.to_string().contains("mysql-rsa") => Meaning::new(
            Configuration,
            "MySQL asks for the password by RSA, because this connection has no TLS; use TLS (feature `tls` of scs-stores), or \
             switch on the feature `mysql-rsa`",
        ),
        sqlx::Error::Tls(_) => Meaning::new(
            Configuration,
            "the database and this client do not agree on TLS; see `sslmode`, and the feature `tls` of scs-stores",
        ),
        sqlx::Error::Configuration(_) => Meaning::new(Configuration, "the settings of the connection are wrong"),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => {
            Meaning::new(Configuration, "a row cannot be read; the table was not made by `migrate`")
        }
        _ => Meaning::new(Other, "the database failed"),
    };
    Failure::new(StoreError::new(kind, message).with_source(error), remedy)
}

/// Reads a URL. Without `//` the driver takes all of it for the name of a database, which the server's error would quote.
pub(super) fn options<O: FromStr<Err = sqlx::Error>>(scheme: &str, url: &str) -> Result<O, StoreError> {
    let is_url = url.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//"));
    let options = if is_url { url.parse().ok() } else { None };
    options.ok_or_else(|| invalid_url(scheme))
}

/// An error for a text that is not a URL. The driver's own message is left out: it may quote the password.
fn invalid_url(scheme: &str) -> StoreError {
    let message = format!("the URL is not like {scheme}://user:password@host:port/database");
    StoreError::new(StoreErrorKind::Configuration, message)
}

/// The tables are missing, or are others than `migrate` makes.
pub(super) const NO_TABLE: Meaning = Meaning::new(
    StoreErrorKind::Configuration,
    "a table is missing; call `migrate` once, or check the names given to `with_schema` and `with_table`",
);
pub(super) const OTHER_TABLE: Meaning = Meaning::new(
    StoreErrorKind::Configuration,
    "a table of this name exists and is not one of a session store; choose another name with `with_table`",
);
pub(super) const DENIED: Meaning = Meaning::new(
    StoreErrorKind::Configuration,
    "the database refuses this user; check name, password and what the user may do with the tables",
);
pub(super) const NO_DATABASE: Meaning =
    Meaning::new(StoreErrorKind::Configuration, "there is no database of this name; create it or correct the URL");
pub(super) const FULL: Meaning =
    Meaning::new(StoreErrorKind::Full, "the database has no room left; free some or purge expired sessions");
pub(super) const TOO_LARGE: Meaning =
    Meaning::new(StoreErrorKind::TooLarge, "the database refuses a record of this size; raise its largest packet");
pub(super) const BUSY: Meaning =
    Meaning::new(StoreErrorKind::Unavailable, "too much was going on at once").remedied_by(Remedy::Time);
pub(super) const LOCKED: Meaning = Meaning::new(
    StoreErrorKind::Timeout,
    "a lock was not free in time; look for a long transaction, or for a change of the table that is under way",
)
.remedied_by(Remedy::Time);
pub(super) const CANCELLED: Meaning = Meaning::new(
    StoreErrorKind::Timeout,
    "the database cancelled a statement that took too long; look for locks and load, or raise its limit",
);
pub(super) const ENDED: Meaning = Meaning::new(StoreErrorKind::Unavailable, "the database ended the connection")
    .remedied_by(Remedy::AnotherConnection);
pub(super) const CROWDED: Meaning = Meaning::new(
    StoreErrorKind::Unavailable,
    "the database takes no more connections; use smaller pools or raise its limit",
);
pub(super) const READ_ONLY: Meaning = Meaning::new(
    StoreErrorKind::Unavailable,
    "the database takes no writes; it may be a replica or be recovering, or let this user only read",
)
.remedied_by(Remedy::AnotherServer);
#[cfg(feature = "postgres")]
pub(super) const POOLED: Meaning = Meaning::new(
    StoreErrorKind::Configuration,
    "a pooler in front of the database gives each transaction another connection, which breaks prepared statements; add \
     `pooler=transaction` to the options of the URL, or call `behind_pooler` on the store",
);
#[cfg(feature = "postgres")]
pub(super) const POOLED_BY_STATEMENT: Meaning = Meaning::new(
    StoreErrorKind::Configuration,
    "the pooler in front of the database lends a connection for one statement, and signing in takes a transaction; set its \
     `pool_mode` to `transaction`, and add `pooler=transaction` to the options of the URL",
);
#[cfg(feature = "postgres")]
pub(super) const STARTUP_PARAMETER: Meaning = Meaning::new(
    StoreErrorKind::Configuration,
    "a pooler in front of the database refuses a parameter of this connection; leave the parameter out, or add it to the \
     pooler's `ignore_startup_parameters`",
);
pub(super) const FAILED: Meaning = Meaning::new(StoreErrorKind::Other, "the database reports an error");

#[cfg(test)]
mod tests {
    use super::{FAILED, failure};

    #[test]
    fn a_server_that_wants_rsa_is_told_from_one_that_wants_another_tls() {
        let told = |text: &str| failure(sqlx::Error::Tls(text.into()), |_| FAILED).error.to_string();
        assert!(told("RSA auth backend disabled; enable feature `mysql-rsa`").contains("feature `mysql-rsa`"));
        assert!(told("no cipher in common").contains("sslmode"));
    }
}
