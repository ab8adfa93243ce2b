//! Places: where the sessions of one test are, on each store.

use std::{
    any::Any,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use scs::{Clock, MemoryStore, SystemClock, store::AnyStore};
use scs_stores::{MemoryCache, MySqlStore, PostgresStore, RedbStore, RedisStore, SqliteStore, Tiered};
use sqlx::{AssertSqlSafe, MySqlPool, PgPool, mysql::MySqlPoolOptions, postgres::PgPoolOptions};

use super::unique;

/// How long a test on a busy machine waits for a store.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Where the sessions of one test are, and nothing else.
pub(crate) struct Place {
    pub(crate) url: String,
    /// Removes it when it is dropped.
    _end: Option<Box<dyn Any + Send + Sync>>,
}

impl Place {
    pub(crate) fn memory() -> Self {
        Self { url: "memory".to_owned(), _end: None }
    }

    /// A file of `sqlite`, `redb` or `tiered`: a cache in memory in front of SQLite.
    pub(crate) fn file(scheme: &str) -> Self {
        let file = std::env::temp_dir().join(unique(scheme));
        Self { url: format!("{scheme}:{}", file.display()), _end: Some(Box::new(Files(file))) }
    }

    /// Keys of its own on the server of a URL, which end by themselves.
    pub(crate) fn keys(variable: &str) -> Self {
        Self { url: format!("{}?prefix={}:", std::env::var(variable).unwrap(), unique("place")), _end: None }
    }

    /// A database of its own on the server of a URL.
    pub(crate) async fn database(variable: &str) -> Self {
        let (url, name) = (std::env::var(variable).unwrap(), unique("place"));
        run(&url, format!("CREATE DATABASE {name}")).await;
        let (server, _) = url.rsplit_once('/').unwrap();
        Self { url: format!("{server}/{name}"), _end: Some(Box::new(Database { url, name })) }
    }

    /// Another place of its kind, if it is one within this process; on a server there is no need of one.
    pub(crate) fn another(&self) -> Option<Self> {
        let scheme = self.url.split(':').next()?;
        match scheme {
            "memory" => Some(Self::memory()),
            _ => self.takes_a_clock().then(|| Self::file(scheme)),
        }
    }

    /// A store of this place, as one process has it. In memory each is a store of its own.
    pub(crate) async fn store(&self) -> AnyStore {
        self.store_on(Arc::new(SystemClock)).await
    }

    /// A store by a clock that the test moves, where the store is part of the process; servers go by their own.
    pub(crate) async fn store_on(&self, clock: Arc<dyn Clock>) -> AnyStore {
        let (scheme, path) = self.url.split_once(':').unwrap_or((&self.url, ""));
        match scheme {
            "memory" => AnyStore::new(MemoryStore::new().with_clock(clock)),
            "sqlite" => AnyStore::new(sqlite(path, clock).await),
            "redb" => AnyStore::new(redb(path, clock).await),
            "tiered" => {
                let cache = MemoryCache::new(10_000).with_clock(clock.clone());
                AnyStore::new(Tiered::builder(cache, sqlite(path, clock.clone()).await).clock(clock).build())
            }
            _ => scs_stores::open(&self.url).await.unwrap(),
        }
    }

    /// A store with so many connections at most, where it has a pool of them, which waits for answers however busy the
    /// machine is.
    pub(crate) async fn patient_store(&self, connections: u32) -> AnyStore {
        let url = &self.url;
        match url.split(':').next() {
            Some("postgres") => {
                let pool = PgPoolOptions::new().max_connections(connections).connect(url).await.unwrap();
                let store = PostgresStore::new(pool);
                store.migrate().await.unwrap();
                AnyStore::new(store)
            }
            Some("mysql") => {
                let pool = MySqlPoolOptions::new().max_connections(connections).connect(url).await.unwrap();
                let store = MySqlStore::new(pool).await.unwrap();
                store.migrate().await.unwrap();
                AnyStore::new(store)
            }
            Some(scheme) if scheme.starts_with("redis") => {
                let store = RedisStore::builder(url).response_timeout(PATIENCE).connect_timeout(PATIENCE);
                AnyStore::new(store.connect().await.unwrap())
            }
            _ => self.store().await,
        }
    }

    /// Whether [`store_on`](Self::store_on) goes by the clock that it is given.
    pub(crate) fn takes_a_clock(&self) -> bool {
        ["memory", "sqlite", "redb", "tiered"].iter().any(|scheme| self.url.starts_with(scheme))
    }
}

async fn sqlite(path: &str, clock: Arc<dyn Clock>) -> SqliteStore {
    let store = SqliteStore::builder(path).clock(clock).open().unwrap();
    store.migrate().await.unwrap();
    store
}

/// Requests of earlier rounds that were cut off may still be about to let go of the file.
async fn redb(path: &str, clock: Arc<dyn Clock>) -> RedbStore {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match RedbStore::builder(path).clock(clock.clone()).open() {
            Err(_) if Instant::now() < give_up => tokio::time::sleep(Duration::from_millis(10)).await,
            opened => return opened.unwrap(),
        }
    }
}

async fn run(url: &str, statement: String) {
    let statement = AssertSqlSafe(statement);
    match url.starts_with("postgres") {
        true => drop(sqlx::raw_sql(statement).execute(&PgPool::connect(url).await.unwrap()).await.unwrap()),
        false => drop(sqlx::raw_sql(statement).execute(&MySqlPool::connect(url).await.unwrap()).await.unwrap()),
    }
}

/// A file, and those that its store puts beside it.
struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

struct Database {
    url: String,
    name: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        let force = if self.url.starts_with("postgres") { "WITH (FORCE)" } else { "" };
        let (url, statement) = (self.url.clone(), format!("DROP DATABASE {} {force}", self.name));
        // Elsewhere: this is inside a runtime.
        let dropped =
            std::thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(run(&url, statement)));
        dropped.join().unwrap();
    }
}
