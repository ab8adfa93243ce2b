//! A write's turn at the one connection that writes.

use std::sync::Arc;

use scs::{
    Clock,
    store::{StoreError, StoreErrorKind},
};
use tokio::sync::OwnedMutexGuard;

use super::{
    connection::{self, run},
    errors,
    group::WriteConnection,
};
use crate::sql::{
    database::{Sql, Transaction},
    retry::Failure,
    row::{Argument, FromRow},
};

/// A turn at the one connection that writes. What was begun and not committed is undone when it is dropped.
pub struct Writer {
    turn: OwnedMutexGuard<WriteConnection>,
    clock: Arc<dyn Clock>,
    wait: Wait,
    stage: Stage,
}

/// Whether what is written must be on disk before it is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    No,
    /// As every write of the store.
    AsUsual,
    /// Other than the usual write of the store.
    ThisTime,
}

/// What is to be undone when a turn ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing: each statement is a transaction of its own, or part of the shared one.
    Statements,
    /// The transaction.
    Alone,
    /// What came after the savepoint: other writes wait for the rest of the transaction.
    Shared,
}

const UNDO_PART: &str = "ROLLBACK TO part; RELEASE part";

impl Writer {
    pub(super) const fn new(turn: OwnedMutexGuard<WriteConnection>, clock: Arc<dyn Clock>, wait: Wait) -> Self {
        Self { turn, clock, wait, stage: Stage::Statements }
    }

    /// Begins a transaction, or a part of the shared one.
    pub(super) fn begin(&mut self) -> Result<(), Failure> {
        if self.turn.is_shared() {
            run(&self.turn.connection, "SAVEPOINT part").map_err(errors::failure)?;
            self.stage = Stage::Shared;
        } else {
            self.stage = Stage::Alone;
            self.turn.begin(self.wait == Wait::ThisTime).map_err(errors::failure)?;
        }
        Ok(())
    }

    pub(super) fn run_script(&self, script: &str) -> Result<(), Failure> {
        self.turn.connection.execute_batch(script).map_err(errors::failure)
    }

    /// Leaves everything to the shared transaction and waits for its end.
    async fn share(mut self) -> Result<(), Failure> {
        self.stage = Stage::Statements;
        let outcome = self.turn.share();
        drop(self);
        outcome.await.map_err(|_| undone())?.map_err(errors::failure)
    }

    /// Runs one statement that is a transaction of its own, or part of the shared one.
    pub(super) async fn execute_alone(mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<u64, Failure> {
        if self.wait != Wait::No && !self.turn.is_shared() {
            self.begin()?;
        }
        let changed = self.execute(sql, arguments).await?;
        match self.stage {
            Stage::Alone if changed == 0 => Ok(0),
            Stage::Statements if !self.turn.is_shared() => {
                self.turn.watch_log();
                Ok(changed)
            }
            _ => self.share().await.map(|()| changed),
        }
    }
}

impl Transaction for Writer {
    async fn query<T: FromRow>(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        connection::query(&self.turn.connection, &*self.clock, &sql, arguments)
    }

    async fn execute(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> Result<u64, Failure> {
        connection::execute(&self.turn.connection, &*self.clock, &sql, arguments).map_err(errors::failure)
    }

    async fn commit(mut self) -> Result<(), Failure> {
        if self.stage == Stage::Alone && self.wait == Wait::No {
            self.turn.commit().map_err(errors::failure)?;
            self.turn.watch_log();
            return Ok(());
        }
        if self.stage == Stage::Shared {
            run(&self.turn.connection, "RELEASE part").map_err(errors::failure)?;
        }
        self.share().await
    }

    async fn give_up(self) -> Result<(), Failure> {
        if self.stage != Stage::Shared {
            return Ok(());
        }
        self.turn.connection.execute_batch(UNDO_PART).map_err(errors::failure)?;
        self.share().await
    }
}

fn undone() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the transaction was undone because a write that shared it failed")
}

impl Drop for Writer {
    fn drop(&mut self) {
        match self.stage {
            Stage::Statements => {}
            Stage::Alone => self.turn.settle(),
            // It fails only if SQLite has undone everything already.
            Stage::Shared => drop(self.turn.connection.execute_batch(UNDO_PART)),
        }
    }
}
