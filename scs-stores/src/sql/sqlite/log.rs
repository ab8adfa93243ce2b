//! The length of the write-ahead log, so that it is copied into the file on a thread that may wait for the disk.

use std::{cell::Cell, ffi::c_int};

use rusqlite::{Connection, Result, hooks::Wal};

/// How many pages the log has before it is copied into the file; as many as by default.
const LONGEST: c_int = 1_000;

thread_local! {
    /// How many pages the log had after the latest commit on this thread.
    static PAGES: Cell<c_int> = const { Cell::new(0) };
}

/// Has a connection notice how long the log is, in place of copying it into the file with each commit that makes it long.
pub(super) fn watch(connection: &Connection) {
    let note = |_: &Wal, pages| {
        PAGES.set(pages);
        Ok(())
    };
    connection.wal_hook(Some(note));
}

/// Whether a commit on this thread made the log long, since it was asked.
pub(super) fn is_long() -> bool {
    PAGES.take() >= LONGEST
}

/// Copies the log into the file, as far as no reader needs it.
pub(super) fn shorten(connection: &Connection) -> Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}
