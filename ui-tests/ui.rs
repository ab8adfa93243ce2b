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

#[test]
fn no_message_shows_a_generated_name() {
    let mut folders = vec![std::path::PathBuf::from("fail")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folders of cases can be read") {
            let path = entry.expect("a case can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "stderr") {
                let text = std::fs::read_to_string(&path).expect("a message can be read");
                assert!(!text.contains("__"), "{} shows a generated name", path.display());
            }
        }
    }
}
