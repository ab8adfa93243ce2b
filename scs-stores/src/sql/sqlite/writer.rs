//! The one connection that writes, while it is someone's.

use std::sync::Arc;

use rusqlite::{Connection, Result};
use scs::{
    Clock,
    store::{StoreError, StoreErrorKind},
};
use tokio::{sync::OwnedMutexGuard, task::spawn_blocking};

use super::{
    SqliteDurability,
    connection::{self, synchronous},
    errors,
};
use crate::sql::{
    database::{Sql, Transaction},
    retry::Failure,
    row::{Argument, FromRow},
};

/// The one connection that writes. What was begun and not committed is undone when it is dropped.
pub struct Writer {
    pub(super) connection: OwnedMutexGuard<Connection>,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether the commit waits for the disk.
    pub(super) waits: bool,
    /// Whether this commit does and others do not.
    pub(super) raises: bool,
}

impl Writer {
    pub(super) fn begin(&self) -> Result<()> {
        if self.raises {
            self.connection.pragma_update(None, "synchronous", synchronous(SqliteDurability::PowerCut))?;
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")
    }

    fn end(&self) -> Result<()> {
        self.connection.execute_batch("COMMIT")
    }
}

impl Transaction for Writer {
    async fn query<T: FromRow>(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        connection::query(&self.connection, &*self.clock, &sql, arguments)
    }

    async fn execute(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<u64, Failure> {
        connection::execute(&self.connection, &*self.clock, &sql, arguments).map_err(errors::failure)
    }

    async fn commit(self) -> Result<(), Failure> {
        if !self.waits {
            return self.end().map_err(errors::failure);
        }
        let committed = spawn_blocking(move || self.end()).await;
        let stopped =
            |error| StoreError::new(StoreErrorKind::Unavailable, "the runtime is shutting down").with_source(error);
        committed.map_err(stopped)?.map_err(errors::failure)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.connection.is_autocommit() {
            // It fails only if the transaction is over already.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        if self.raises {
            // If it fails, later commits wait for the disk too.
            let _ = self.connection.pragma_update(None, "synchronous", synchronous(SqliteDurability::ProcessEnd));
        }
    }
}
