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

#[cfg(feature = "tiered")]
mod millis;
mod open;
#[cfg(feature = "tiered")]
mod tiered;

pub use self::open::{OpenError, open};
#[cfg(feature = "tiered")]
pub use self::tiered::{FlushReport, MemoryCache, Tiered, TieredBuilder, WriteBehind};
