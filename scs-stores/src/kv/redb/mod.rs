//! Sessions in a redb file.

mod builder;
mod contract;
mod database;
mod error;
mod operations;
mod postings;
mod queue;
mod reads;
mod record;
mod tables;
mod writer;

use std::{
    fmt,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use scs::{Clock, store::StoreError};

pub use self::builder::{RedbDurability, RedbStoreBuilder};
use self::{
    database::{Database, Source},
    error::Failure,
    queue::{Effort, Queue},
    reads::Snapshot,
    tables::Tables,
    writer::Counters,
};

/// Keeps sessions in a file of this process, for a single server: [redb], which is pure Rust. They outlive a restart.
///
/// Every operation is one transaction, so that a record and the index are never out of step. A thread named `scs-redb`
/// writes, everything that is waiting in one transaction, and is waited for asynchronously. Where the disk is not waited
/// for ([`RedbDurability::Within`]) and no other write is under way, a write of up to 64 KiB happens on the calling thread, in
/// about ten microseconds. Reading happens on the calling thread; it waits for no write, and takes microseconds unless
/// the page must come from the disk. Records take up to 16 MiB. Time is the process's clock.
///
/// Expired records stay in the file until they are purged: start the manager's `reaper`. The file does not shrink by
/// itself; its free pages are used again. Other users of the machine cannot read a file that this store has made (on
/// Unix).
///
/// Clones share one file. Dropping the last blocks until everything is on disk, some milliseconds.
///
/// ```
/// use std::time::Duration;
///
/// use scs::store::{Entry, SessionId, Store as _};
/// use scs_stores::RedbStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("scs-doc-redb-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("sessions.redb");
/// let store = RedbStore::open(&path)?;
/// let id = SessionId::from_bytes([7; 16]);
/// let _ = store.create(id, &Entry::new("a session", Duration::from_secs(60))).await?;
///
/// drop(store);
/// let store = RedbStore::open(&path)?;
/// assert!(store.load(id).await?.is_some());
/// # drop(store);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok(())
/// # }
/// ```
///
/// [redb]: https://www.redb.org
#[derive(Clone)]
pub struct RedbStore(Arc<Redb>);

struct Redb {
    /// Before the database, so that the writing thread has ended when the file is closed.
    queue: Queue,
    database: Arc<Database>,
    counters: Arc<Counters>,
    clock: Arc<dyn Clock>,
}

/// What a [`RedbStore`] has written since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedbStatistics {
    /// Writes that were committed.
    pub writes: u64,
    /// Transactions that they shared.
    pub commits: u64,
    /// Transactions that were on disk before they were answered; the others are before the next of these.
    pub durable_commits: u64,
}

impl RedbStore {
    /// Opens the store in a file, or creates it, with the settings of [`builder`](Self::builder). Blocks the thread.
    ///
    /// # Errors
    ///
    /// As [`RedbStoreBuilder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::builder(path).open()
    }

    /// Settings for a store in a file of its own.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use scs_stores::{RedbDurability, RedbStore};
    ///
    /// # fn main() -> Result<(), scs::store::StoreError> {
    /// let durability = RedbDurability::Within(Duration::from_secs(1));
    /// let store = RedbStore::builder("sessions.redb").durability(durability).open()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(path: impl AsRef<Path>) -> RedbStoreBuilder {
        RedbStoreBuilder::at(path.as_ref())
    }

    /// Settings for a store in tables of a database that the application uses for other things too.
    ///
    /// After an I/O error redb wants its database to be opened anew. A store with a file of its own does that; here it
    /// is up to the application, and until then every operation fails. Do not drop the store while the same thread has
    /// a write transaction of the database open: each would wait for the other.
    pub fn in_database(database: Arc<redb::Database>) -> RedbStoreBuilder {
        RedbStoreBuilder::new(Source::Shared(database))
    }

    /// Counts what was written since the store was opened.
    pub fn statistics(&self) -> RedbStatistics {
        let Counters { writes, commits, durable_commits } = &*self.0.counters;
        RedbStatistics {
            writes: writes.load(Ordering::Relaxed),
            commits: commits.load(Ordering::Relaxed),
            durable_commits: durable_commits.load(Ordering::Relaxed),
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        effort: Effort,
        perform: impl Fn(&mut Tables<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(self.0.queue.write(effort, perform).await?)
    }

    async fn read<T>(&self, read: impl Fn(&Snapshot<'_>) -> Result<T, Failure> + Send) -> Result<T, StoreError> {
        match self.0.read(&read) {
            Err(failure) if failure.closes_the_file() => {
                // Whatever the writing thread does, it opens the file anew first.
                self.write(Effort::Long, |_| Ok(())).await?;
                Ok(self.0.read(&read)?)
            }
            outcome => Ok(outcome?),
        }
    }
}

impl Redb {
    fn read<T>(&self, read: impl Fn(&Snapshot<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let (names, now) = (&self.database.names, now(&*self.clock));
        self.database.read(|transaction| read(&Snapshot { transaction, names, now }))
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore").field("statistics", &self.statistics()).finish_non_exhaustive()
    }
}

/// Milliseconds since the Unix epoch.
fn now(clock: &dyn Clock) -> i64 {
    i64::try_from(clock.now().as_unix_millis()).unwrap_or(i64::MAX)
}
