//! Those tests of `it` and `security` that need no server and no store but the one in memory, in a binary of their own that is built in
//! seconds: what `just mutants` runs against each mutant.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]

#[path = "../it/accounts.rs"]
mod accounts;
#[path = "../security/at_rest.rs"]
mod at_rest;
#[path = "../it/attributes.rs"]
mod attributes;
#[path = "../it/caching.rs"]
mod caching;
#[path = "../it/claims.rs"]
mod claims;
#[path = "../it/commit.rs"]
mod commit;
#[path = "../it/concurrency.rs"]
mod concurrency;
#[path = "../it/events.rs"]
mod events;
#[path = "../it/evolution.rs"]
mod evolution;
#[path = "../it/faults.rs"]
mod faults;
#[path = "../it/fields.rs"]
mod fields;
#[path = "../it/flash.rs"]
mod flash;
#[path = "../it/hooks.rs"]
mod hooks;
#[path = "../it/lifecycle.rs"]
mod lifecycle;
#[path = "../it/limits.rs"]
mod limits;
#[path = "../it/listing.rs"]
mod listing;
#[path = "../it/memory_store.rs"]
mod memory_store;
#[path = "../it/merging.rs"]
mod merging;
#[path = "../it/middleware.rs"]
mod middleware;
#[path = "../it/records/mod.rs"]
mod records;
#[path = "../it/rotation.rs"]
mod rotation;
#[path = "../it/schema_files.rs"]
mod schema_files;
#[allow(dead_code, unused_imports, reason = "the other tests use the rest")]
mod support;
#[path = "../it/tokens.rs"]
mod tokens;
#[path = "../it/transports.rs"]
mod transports;
