//! Stores of scs, typed sessions for Rust web servers, opened by URL.
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

#[cfg(feature = "redb")]
mod kv;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "redb", feature = "redis", feature = "sqlite"))]
mod millis;
mod open;

pub use self::open::{OpenError, open};

#[cfg(feature = "redb")]
pub use self::kv::redb::{RedbDurability, RedbStatistics, RedbStore, RedbStoreBuilder};
/// The redb that [`RedbStore::in_database`] takes databases of.
#[cfg(feature = "redb")]
pub use redb;
