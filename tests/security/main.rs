//! What attackers try, each as a test whose name begins with the requirement that it shows: docs/security.md has the list.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]

mod at_rest;
mod csrf;
mod sealed;
#[path = "../it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests use the rest")]
mod support;
