//! The thread that waits for the disk.

use std::{
    sync::{
        Arc, Weak,
        mpsc::{Receiver, channel},
    },
    thread,
};

use rusqlite::Connection;
use scs::store::{StoreError, StoreErrorKind};
use tokio::sync::Mutex;

use super::{
    group::{Call, WriteConnection},
    log,
};

/// The connection that writes, with a thread that commits what is shared on it. The thread ends with the connection.
pub(super) fn start(connection: Connection) -> Result<Arc<Mutex<WriteConnection>>, StoreError> {
    let (sender, calls) = channel();
    let writer = Arc::new(Mutex::new(WriteConnection::new(connection, sender)));
    let served = Arc::downgrade(&writer);
    let thread = thread::Builder::new().name("scs-sqlite".to_owned()).spawn(move || work(&served, &calls));
    thread.map(|_| writer).map_err(|error| {
        let message = "no thread could be started that commits to the SQLite file; raise the limits of the process";
        StoreError::new(StoreErrorKind::Configuration, message).with_source(error)
    })
}

/// Answers each call, in turn with the writers: a write that is waiting already becomes part of the commit.
fn work(writer: &Weak<Mutex<WriteConnection>>, calls: &Receiver<Call>) {
    for call in calls {
        let Some(writer) = writer.upgrade() else { break };
        let mut turn = writer.blocking_lock();
        let ended = turn.commit_shared();
        if matches!(call, Call::ShortenLog) || log::is_long() {
            // If it fails, the log stays as long as it is, and the next commit says so.
            let _ = log::shorten(&turn.connection);
        }
        drop(turn);
        ended.answer();
    }
}
