//! What the compiler says of a mistake, word for word, and what it accepts.
//!
//! The messages are those of the toolchain in `rust-toolchain.toml`. To accept new ones:
//! `TRYBUILD=overwrite cargo test --package scs-ui-tests`.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*/*.rs");
}
