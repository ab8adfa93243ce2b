//! Stores of scs, typed sessions for Rust web servers, opened by URL.
//!
//! ```
//! use scs_stores::open;
//!
//! # fn main() -> Result<(), scs_stores::OpenError> {
//! let store = open("memory")?;
//! # Ok(())
//! # }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod open;

pub use self::open::{OpenError, open};
