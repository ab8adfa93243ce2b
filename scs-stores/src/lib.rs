//! Stores of scs, typed sessions for Rust web servers: each behind a feature of its own, or opened by URL.
//!
//! ```
//! use scs_stores::open;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), scs_stores::OpenError> {
//! let store = open("memory").await?;
//! # Ok(())
//! # }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "mysql", feature = "postgres", feature = "redis", feature = "sqlite"))]
mod backoff;
#[cfg(feature = "redb")]
mod kv;
#[cfg(any(
    feature = "mysql",
    feature = "postgres",
    feature = "redb",
    feature = "redis",
    feature = "sqlite",
    feature = "tiered"
))]
mod millis;
mod open;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "tiered")]
mod tiered;

pub use self::open::{OpenError, open};

#[cfg(feature = "redb")]
pub use self::kv::redb::{RedbDurability, RedbStatistics, RedbStore, RedbStoreBuilder};
#[cfg(feature = "redis")]
pub use self::redis::{RedisStore, RedisStoreBuilder};
#[cfg(feature = "mysql")]
pub use self::sql::{MySql, MySqlStore};
#[cfg(feature = "postgres")]
pub use self::sql::{Postgres, PostgresStore};
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub use self::sql::{PurgeStatement, SqlStore, Statements};
#[cfg(feature = "sqlite")]
pub use self::sql::{Sqlite, SqliteDurability, SqliteStore, SqliteStoreBuilder};
#[cfg(feature = "tiered")]
pub use self::tiered::{FlushReport, MemoryCache, Tiered, TieredBuilder, WriteBehind};

/// The drivers whose pools, clients and databases an application may hand to a store.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "redb", feature = "redis"))]
pub mod drivers {
    #[cfg(feature = "redb")]
    pub use redb;
    #[cfg(feature = "redis")]
    pub use redis;
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub use sqlx;
}
