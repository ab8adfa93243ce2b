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

mod millis;
mod open;
#[cfg(feature = "redis")]
pub mod redis;

pub use self::open::{OpenError, open};
