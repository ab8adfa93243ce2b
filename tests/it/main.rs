//! The promises of scs, each as a test whose name says it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]

mod accounts;
mod architecture;
mod attributes;
mod caching;
mod checking;
mod claims;
mod commit;
mod concurrency;
mod conformance;
mod cookies;
mod counter;
mod documents;
mod events;
mod evolution;
mod examples;
mod faults;
mod fields;
mod flash;
mod hooks;
mod lessons;
mod lifecycle;
mod limits;
mod listing;
mod memory_store;
mod merging;
mod middleware;
mod moving;
mod namesakes;
mod outages;
mod playground;
mod records;
mod refusals;
mod rotation;
mod schema_files;
mod scs_parity;
mod secrets;
mod stores;
#[allow(dead_code, unused_imports, reason = "the proofs use the rest")]
mod support;
mod tokens;
mod transports;
mod without_tower;
mod zoo;
