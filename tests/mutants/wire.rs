//! Those tests of `it` and `security` that say what clients present and are given, by themselves: a mutant of what only they meet costs least.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]

#[path = "../security/cookies.rs"]
mod cookie_rules;
#[path = "../it/cookies/mod.rs"]
mod cookies;
#[path = "../security/csrf.rs"]
mod csrf;
#[path = "../it/events.rs"]
mod events;
#[path = "../it/lifecycle.rs"]
mod lifecycle;
#[path = "../security/parsing.rs"]
mod parsing;
#[path = "../security/sealed/mod.rs"]
mod sealed;
#[allow(dead_code, unused_imports, reason = "the other tests use the rest")]
mod support;
#[path = "../it/tokens.rs"]
mod tokens;
#[path = "../it/transports.rs"]
mod transports;
