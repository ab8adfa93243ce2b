//! SQLite, in this process.

mod committer;
mod connection;
mod errors;
mod group;
mod log;
mod statements;
mod writer;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;
use scs::{
    Clock, SystemClock,
    store::{StoreError, StoreErrorKind},
};
use tokio::sync::Mutex;

use self::{
    connection::Readers,
    group::WriteConnection,
    writer::{Wait, Writer},
};
use super::{
    database::{Commit, Database, Executor, Sql, Transaction as _},
    retry::Failure,
    row::{Argument, FromRow},
    statements::Statements,
    store::SqlStore,
};

/// Keeps sessions in a file, with SQLite.
///
/// The tables are made by [`migrate`](SqlStore::migrate). Statements run on the calling thread, where they take microseconds: a
/// read waits for nobody, and writers wait for each other without holding a thread. What waits for the disk, the end
/// of a write with [`SqliteDurability::PowerCut`], runs on a thread named `scs-sqlite`, which commits in one transaction what
/// was written while it was busy. Several processes may use one file; a write that finds it locked tries again for two seconds,
/// without holding a thread.
///
/// ```
/// use scs::SessionManager;
/// use scs_stores::SqliteStore;
/// # use scs::Session;
/// # #[derive(Session)]
/// # struct Visitor { visits: u32 }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("scs-sqlite-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let file = folder.join("sessions.db");
/// let store = SqliteStore::open(file)?;
/// store.migrate().await?;
/// let sessions = SessionManager::<Visitor, _>::new(store);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok(())
/// # }
/// ```
pub type SqliteStore = SqlStore<Sqlite>;

/// What a [`SqliteStore`] is made of.
pub struct Sqlite {
    writer: Arc<Mutex<WriteConnection>>,
    readers: Readers,
    durability: SqliteDurability,
    clock: Arc<dyn Clock>,
}

/// What a write that was acknowledged withstands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SqliteDurability {
    /// A power cut: each write waits for the disk (`synchronous = FULL`).
    #[default]
    PowerCut,
    /// The end of the process: a write does not wait for the disk, and a power cut may undo the latest ones
    /// (`synchronous = NORMAL`). Deletions and changes of the token wait all the same.
    ProcessEnd,
}

/// Settings of a [`SqliteStore`] that is about to be opened.
pub struct SqliteStoreBuilder {
    path: PathBuf,
    durability: SqliteDurability,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens a file, which is created if it is missing.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is not one of SQLite.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::builder(path).open()
    }

    /// Settings for opening a file.
    pub fn builder(path: impl AsRef<Path>) -> SqliteStoreBuilder {
        SqliteStoreBuilder {
            path: path.as_ref().to_owned(),
            durability: SqliteDurability::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl SqliteStoreBuilder {
    /// What a write that was acknowledged withstands; a power cut by default.
    #[must_use]
    pub const fn durability(mut self, durability: SqliteDurability) -> Self {
        self.durability = durability;
        self
    }

    /// The clock by which records expire; the system's by default.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the file, which is created if it is missing. Waits up to two seconds while other processes open it too or hold it.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is not one of SQLite; or the path names no file: it is a URL, or a database in memory, which
    /// each connection would have for itself.
    pub fn open(self) -> Result<SqliteStore, StoreError> {
        let Self { path, durability, clock } = self;
        check(&path)?;
        let open = || connection::open(&path, durability).map_err(|error| errors::failure(error).error);
        let (writer, readers) = (committer::start(open()?)?, Readers::open(open)?);
        Ok(SqlStore::over(Sqlite { writer, readers, durability, clock }))
    }
}

/// # Errors
///
/// The path means something else to SQLite, or to its other users, than a file.
fn check(path: &Path) -> Result<(), StoreError> {
    let text = path.to_string_lossy();
    let message = match () {
        () if text.is_empty() => NO_FILE,
        () if text.contains(":memory:") => IN_MEMORY,
        () if ["sqlite:", "file:"].iter().any(|scheme| text.starts_with(scheme)) => NO_PATH,
        () => return Ok(()),
    };
    Err(StoreError::new(StoreErrorKind::Configuration, message))
}

const NO_FILE: &str = "the SQLite store needs the path of a file";
const IN_MEMORY: &str = "each connection to a database in memory would have one for itself; use `MemoryStore`, or a file in a \
     folder that is in memory";
const NO_PATH: &str = "the SQLite store takes the path of a file, without `sqlite:` or `file:` and without options; \
     `scs_stores::open` takes the URL `sqlite:FILE`";

impl fmt::Debug for SqliteStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStoreBuilder")
            .field("path", &self.path)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    async fn writer(&self, commit: Commit) -> Writer {
        let wait = match (self.durability, commit) {
            (SqliteDurability::PowerCut, _) => Wait::AsUsual,
            (SqliteDurability::ProcessEnd, Commit::Durable) => Wait::ThisTime,
            (SqliteDurability::ProcessEnd, Commit::Usual) => Wait::No,
        };
        Writer::new(Arc::clone(&self.writer).lock_owned().await, Arc::clone(&self.clock), wait)
    }

    /// Reads what is committed: on the connection that writes if it is free, whose cache every write leaves as it must be,
    /// otherwise on one whose cache the next read after a write fills again.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> T) -> T {
        match self.writer.try_lock() {
            Ok(writer) if writer.is_settled() => read(&writer.connection),
            _ => self.readers.with(read),
        }
    }
}

impl Database for Sqlite {
    const QUOTE: char = '"';
    const STATEMENTS: Statements = statements::STATEMENTS;
    const SCHEMA: &'static str = include_str!("schema.sql");

    type Transaction<'a> = Writer;

    async fn begin(&self, commit: Commit) -> Result<Writer, Failure> {
        let mut writer = self.writer(commit).await;
        writer.begin()?;
        Ok(writer)
    }

    async fn run_script(&self, script: Sql) -> Result<(), Failure> {
        let writer = self.begin(Commit::Durable).await?;
        writer.run_script(&script)?;
        writer.commit().await
    }
}

impl Executor for Sqlite {
    async fn query<T: FromRow>(&self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Vec<T>, Failure> {
        self.readers.with(|reader| connection::query(reader, &*self.clock, &sql, arguments))
    }

    async fn query_one<T: FromRow>(&self, sql: Sql, arguments: &[Argument<'_>]) -> Result<Option<T>, Failure> {
        self.read(|reader| connection::query_one(reader, &*self.clock, &sql, arguments))
    }

    async fn execute(&self, sql: Sql, arguments: &[Argument<'_>], commit: Commit) -> Result<u64, Failure> {
        self.writer(commit).await.execute_alone(sql, arguments).await
    }
}
