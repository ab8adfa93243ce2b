//! Connections to one file, and statements on them.

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
    thread::{self, available_parallelism},
    time::{Duration, Instant},
};

use rusqlite::{CachedStatement, Connection, OpenFlags, Result, Row, Rows, config::DbConfig};
use scs::{Clock, store::StoreError};

use super::{SqliteDurability, errors};
use crate::sql::{
    retry::{Failure, PATIENCE},
    row::{Argument, Columns, FromRow, unreadable},
};

/// Enough for every statement of the dialect.
const CACHED_STATEMENTS: usize = 40;

/// Opens a file for reading and writing, and waits while others open it too, recover it or hold it.
pub(super) fn open(path: &Path, durability: SqliteDurability) -> Result<Connection> {
    let end = Instant::now() + PATIENCE;
    loop {
        match try_open(path, durability) {
            Err(error) if errors::is_busy(&error) && Instant::now() < end => {
                // The caller waits: a file is opened once, where a program starts.
                thread::sleep(Duration::from_millis(fastrand::u64(1..10)));
            }
            opened => return opened,
        }
    }
}

fn try_open(path: &Path, durability: SqliteDurability) -> Result<Connection> {
    // A path is a path: nothing in it is an option.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // A quoted name that is not there is an error and not a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    // Who finds the file locked tries again without holding a thread.
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", synchronous(durability))?;
    Ok(connection)
}

pub(super) const fn synchronous(durability: SqliteDurability) -> &'static str {
    match durability {
        SqliteDurability::PowerCut => "FULL",
        SqliteDurability::ProcessEnd => "NORMAL",
    }
}

/// Connections that only read, one for each thread that may run at a time.
pub(super) struct Readers(Box<[Mutex<Connection>]>);

impl Readers {
    pub(super) fn open(open: impl Fn() -> Result<Connection, StoreError>) -> Result<Self, StoreError> {
        let threads = available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Self((0..threads).map(|_| open().map(Mutex::new)).collect::<Result<_, _>>()?))
    }

    /// Reads on a connection that nobody uses. If all are in use, it is for microseconds.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Connection) -> T) -> T {
        let free = self.0.iter().find_map(|reader| match reader.try_lock() {
            Ok(reader) => Some(reader),
            Err(TryLockError::Poisoned(reader)) => Some(reader.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        read(&free.unwrap_or_else(|| lock(&self.0[0])))
    }
}

fn lock(reader: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    reader.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a statement that has no arguments and answers nothing.
pub(super) fn run(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

pub(super) fn query<T: FromRow>(
    connection: &Connection,
    clock: &dyn Clock,
    sql: &str,
    arguments: &[Argument<'_>],
) -> Result<Vec<T>, Failure> {
    let mut statement = connection.prepare_cached(sql).map_err(errors::failure)?;
    let mut rows = bind(&mut statement, clock, arguments).map_err(errors::failure)?;
    let mut read = Vec::new();
    while let Some(row) = rows.next().map_err(errors::failure)? {
        read.push(T::from_row(&SqliteRow(row)).map_err(unreadable)?);
    }
    Ok(read)
}

/// The first row.
pub(super) fn query_one<T: FromRow>(
    connection: &Connection,
    clock: &dyn Clock,
    sql: &str,
    arguments: &[Argument<'_>],
) -> Result<Option<T>, Failure> {
    let mut statement = connection.prepare_cached(sql).map_err(errors::failure)?;
    let mut rows = bind(&mut statement, clock, arguments).map_err(errors::failure)?;
    let row = rows.next().map_err(errors::failure)?;
    Ok(row.map(|row| T::from_row(&SqliteRow(row))).transpose().map_err(unreadable)?)
}

/// Answers how many rows were changed.
pub(super) fn execute(
    connection: &Connection,
    clock: &dyn Clock,
    sql: &str,
    arguments: &[Argument<'_>],
) -> Result<u64> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = bind(&mut statement, clock, arguments)?;
    while rows.next()?.is_some() {}
    Ok(connection.changes())
}

/// Binds the arguments, and after them the time if the statement asks for it.
fn bind<'s>(statement: &'s mut CachedStatement<'_>, clock: &dyn Clock, arguments: &[Argument<'_>]) -> Result<Rows<'s>> {
    for (position, argument) in (1..).zip(arguments) {
        match *argument {
            Argument::Bytes(bytes) => statement.raw_bind_parameter(position, bytes)?,
            Argument::Number(number) => statement.raw_bind_parameter(position, number)?,
        }
    }
    if statement.parameter_count() > arguments.len() {
        let now = i64::try_from(clock.now().as_unix_millis()).unwrap_or(i64::MAX);
        statement.raw_bind_parameter(arguments.len() + 1, now)?;
    }
    Ok(statement.raw_query())
}

struct SqliteRow<'a, 'r>(&'a Row<'r>);

impl Columns for SqliteRow<'_, '_> {
    fn bytes(&self, column: usize) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.get(column)?)
    }

    fn number(&self, column: usize) -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.get(column)?)
    }
}
