//! Proof that a store keeps the contract: some 130 named cases that every store of this project
//! passes, and that yours can be run through with one line.
//!
//! A [`Harness`] makes stores and lets time pass; [`conformance!`](crate::conformance!) turns each case
//! into a `#[test]`. A case that fails prints what the contract says.
//!
//! ```
//! use scs::{MemoryStore, conformance::Harness};
//!
//! struct Memory;
//!
//! impl Harness for Memory {
//!     type Store = MemoryStore;
//!
//!     async fn store(&self) -> MemoryStore {
//!         MemoryStore::new()
//!     }
//! }
//!
//! scs::conformance!(memory: Memory => store, iterate, index, limit, purge);
//! # fn main() {}
//! ```

mod cases;
mod harness;
#[expect(missing_docs, clippy::missing_errors_doc, reason = "cases.rs has the contract's words for each case")]
pub mod index;
#[expect(missing_docs, clippy::missing_errors_doc, reason = "cases.rs has the contract's words for each case")]
pub mod iterate;
#[expect(missing_docs, clippy::missing_errors_doc, reason = "cases.rs has the contract's words for each case")]
pub mod limit;
#[expect(missing_docs, clippy::missing_errors_doc, reason = "cases.rs has the contract's words for each case")]
pub mod purge;
#[expect(missing_docs, clippy::missing_errors_doc, reason = "cases.rs has the contract's words for each case")]
pub mod restart;
#[expect(missing_docs, clippy::missing_errors_doc, reason = "cases.rs has the contract's words for each case")]
pub mod store;

pub use self::harness::{Failure, Harness, Verdict, check};
