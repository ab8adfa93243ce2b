use std::{path::Path, sync::Arc, time::Duration};

use scs::{
    Clock, SystemClock,
    store::{StoreError, StoreErrorKind},
};

use super::{
    Redb, RedbStore,
    database::{Database, Source},
    queue::Queue,
    tables::Names,
    writer::{Counters, Writer},
};

/// Bytes of memory for pages of the file, unless told otherwise. redb's own default is a GiB.
const CACHE_SIZE: usize = 64 * 1024 * 1024;

/// The longest prefix, in bytes.
const LONGEST_PREFIX: usize = 64;

/// How sure it is that a write outlives a crash.
///
/// Whatever is set here, a deletion and a write that changes a secret are on disk before they are answered: losing one
/// could let in who must stay out. What has been answered is never half there, and a write that came later is never
/// there without those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RedbDurability {
    /// A write is on disk (`fsync`) before it is answered. It outlives a crash of the process and of the machine, and
    /// a loss of power as far as the disk keeps its word.
    #[default]
    Immediate,
    /// A write is on disk at most this long after it was answered, and at the latest when the store is dropped. A crash
    /// of the process, too, loses what was not: a session created last is unknown, one changed last is as it was
    /// before, and one touched last expires earlier. At most 24 hours.
    Within(Duration),
}

/// Settings of a [`RedbStore`].
#[must_use = "nothing is opened before `open`"]
pub struct RedbStoreBuilder {
    source: Source,
    prefix: String,
    durability: RedbDurability,
    quick_repair: bool,
    clock: Arc<dyn Clock>,
}

impl RedbStoreBuilder {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            prefix: "scs".to_owned(),
            durability: RedbDurability::default(),
            quick_repair: false,
            clock: Arc::new(SystemClock),
        }
    }

    pub(super) fn at(path: &Path) -> Self {
        Self::new(Source::File { path: path.to_owned(), cache_size: CACHE_SIZE })
    }

    /// How sure it is that a write outlives a crash.
    pub const fn durability(mut self, durability: RedbDurability) -> Self {
        self.durability = durability;
        self
    }

    /// Whether the file opens at once after a crash, however large it is; off by default, when it is read once, a
    /// second for each few hundred thousand sessions. Each transaction then waits for the disk twice.
    pub const fn quick_repair(mut self, quick_repair: bool) -> Self {
        self.quick_repair = quick_repair;
        self
    }

    /// What the names of the tables begin with, `scs` by default: for several stores in one file.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Bytes of memory for pages of the file, 64 MiB by default. Has no effect on a database that the application
    /// opened.
    pub const fn cache_size(mut self, bytes: usize) -> Self {
        if let Source::File { cache_size, .. } = &mut self.source {
            *cache_size = bytes;
        }
        self
    }

    /// The clock by which records expire, the operating system's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the store, and creates its file and tables if they are not there. Blocks the thread, after
    /// a crash for longer.
    ///
    /// # Errors
    ///
    /// The file is open already, is no redb database, is damaged, or cannot be written to; its folder does not exist;
    /// the prefix is empty, longer than 64 bytes, or has other characters than ASCII letters, digits and `_`.
    pub fn open(self) -> Result<RedbStore, StoreError> {
        check_prefix(&self.prefix)?;
        let database = Arc::new(Database::open(self.source, Names::new(&self.prefix))?);
        let counters = Arc::new(Counters::default());
        let writer = Writer::new(database.clone(), self.clock.clone(), counters.clone());
        let queue = Queue::start(writer.durability(self.durability, self.quick_repair))?;
        Ok(RedbStore(Arc::new(Redb { queue, database, counters, clock: self.clock })))
    }
}

fn check_prefix(prefix: &str) -> Result<(), StoreError> {
    let is_word = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match is_word && (1..=LONGEST_PREFIX).contains(&prefix.len()) {
        true => Ok(()),
        false => Err(StoreError::new(
            StoreErrorKind::Configuration,
            "the prefix of redb tables must have 1 to 64 ASCII letters, digits or underscores",
        )),
    }
}
