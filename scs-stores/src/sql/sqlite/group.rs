//! The one connection that writes, and the transaction on it that several writes share while the disk is waited for.

use std::sync::{Arc, mpsc::Sender};

use rusqlite::{Connection, Error, Result};
use tokio::sync::oneshot;

use super::{
    SqliteDurability,
    connection::{run, synchronous},
    log,
};

/// How a shared transaction ended.
pub(super) type Outcome = Result<(), Arc<Error>>;

/// The one connection that writes. A write that must be on disk leaves its transaction open for the committing thread to
/// end; until that begins, every other write becomes part of it.
pub(super) struct WriteConnection {
    pub(super) connection: Connection,
    /// The writes that wait for the open transaction; `None` while there is no such transaction.
    group: Option<Vec<oneshot::Sender<Outcome>>>,
    /// Whether this transaction waits for the disk and others do not.
    is_raised: bool,
    calls: Sender<Call>,
}

/// What the committing thread is called for.
pub(super) enum Call {
    Commit,
    ShortenLog,
}

/// A shared transaction that has ended. Its writers are answered after the turn, so that the next turn can begin at once.
#[must_use]
pub(super) struct Ended {
    members: Vec<oneshot::Sender<Outcome>>,
    outcome: Outcome,
}

impl Ended {
    pub(super) fn answer(self) {
        for member in self.members {
            // The writer may have given up.
            let _ = member.send(self.outcome.clone());
        }
    }
}

impl WriteConnection {
    pub(super) fn new(connection: Connection, calls: Sender<Call>) -> Self {
        log::watch(&connection);
        Self { connection, group: None, is_raised: false, calls }
    }

    /// Whether everything that was written on this connection is committed.
    pub(super) const fn is_settled(&self) -> bool {
        self.group.is_none()
    }

    /// Whether a shared transaction is open. One that SQLite has undone, as when the disk is full, is over.
    pub(super) fn is_shared(&mut self) -> bool {
        if self.group.is_some() && self.connection.is_autocommit() {
            self.group = None;
            self.settle();
        }
        self.group.is_some()
    }

    /// Begins a transaction; a raised one waits for the disk whatever others do.
    pub(super) fn begin(&mut self, is_raised: bool) -> Result<()> {
        if is_raised {
            self.connection.pragma_update(None, "synchronous", synchronous(SqliteDurability::PowerCut))?;
            self.is_raised = true;
        }
        run(&self.connection, "BEGIN IMMEDIATE")
    }

    /// Leaves the transaction open for the committing thread, and tells what to wait for.
    pub(super) fn share(&mut self) -> oneshot::Receiver<Outcome> {
        let (member, outcome) = oneshot::channel();
        let is_first = self.group.is_none();
        self.group.get_or_insert_default().push(member);
        if is_first && self.calls.send(Call::Commit).is_err() {
            // The thread is gone.
            self.commit_shared().answer();
        }
        outcome
    }

    /// Commits the shared transaction, if it is still open.
    pub(super) fn commit_shared(&mut self) -> Ended {
        let outcome = if self.is_shared() { self.commit().map_err(Arc::new) } else { Ok(()) };
        Ended { members: self.group.take().unwrap_or_default(), outcome }
    }

    pub(super) fn commit(&mut self) -> Result<()> {
        let committed = run(&self.connection, "COMMIT");
        self.settle();
        committed
    }

    /// Calls for the committing thread if the log has become long with what was committed on this one.
    pub(super) fn watch_log(&self) {
        if log::is_long() {
            // Where the thread is gone, the log grows.
            let _ = self.calls.send(Call::ShortenLog);
        }
    }

    /// Undoes what was begun and not committed.
    pub(super) fn settle(&mut self) {
        if !self.connection.is_autocommit() {
            // It fails only if the transaction is over already.
            let _ = run(&self.connection, "ROLLBACK");
        }
        if self.is_raised {
            let usual = synchronous(SqliteDurability::ProcessEnd);
            // If it fails, later commits wait for the disk too.
            self.is_raised = self.connection.pragma_update(None, "synchronous", usual).is_err();
        }
    }
}
