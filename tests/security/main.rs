//! The security suite: each rule from outside. A test begins with the name of its rule.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "counts are small numbers")]

mod cookies;
mod parsing;

#[path = "../it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests use the rest")]
mod support;
