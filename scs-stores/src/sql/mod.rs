//! Stores in SQL databases: one way of keeping records, three dialects.
//!
//! `contract.rs` keeps the contract and `store.rs` uses the [`Statements`] of a dialect; `postgres/`, `mysql/` and `sqlite/` have the
//! statements, the tables and the driver of one database each.

mod contract;
mod database;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod lease;
mod migrate;
mod names;
mod retry;
mod row;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
mod statements;
mod store;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub(crate) use self::database::Database;
#[cfg(feature = "mysql")]
pub use self::mysql::{MySql, MySqlStore};
#[cfg(feature = "postgres")]
pub use self::postgres::{Postgres, PostgresStore};
#[cfg(feature = "sqlite")]
pub use self::sqlite::{Sqlite, SqliteDurability, SqliteStore, SqliteStoreBuilder};
pub use self::{
    statements::{PurgeStatement, Statements},
    store::SqlStore,
};
