//! What is fuzzed, without what fuzzes it: `fuzz_targets/` hands every target to libFuzzer, and the test suite replays what
//! was found worth keeping (`tests/corpus/`).

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a target says that a promise is broken by panicking")]

#[path = "../../../scs-stores/src/millis.rs"]
mod millis;
pub mod targets;
