//! The documents that name tests, checked against the tests.

use std::fs;

use crate::support::{root, sources};

/// The documents whose tables have a column of tests.
const DOCUMENTS: [&str; 3] = ["docs/guarantees.md", "docs/from-scs.md", "docs/stores.md"];

/// The sources of every test, in one text.
fn tests() -> String {
    ["tests/it", "tests/proofs"].into_iter().flat_map(sources).map(|(_, text)| text).collect()
}

/// The names of functions behind a `#[test]`, with whatever stands between the two, and of proofs.
fn test_functions(sources: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in sources.lines().map(str::trim) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let proof = ["on_every_store!(", "on_every_server!("].into_iter().find_map(|tries| line.strip_prefix(tries));
        names.extend(proof.and_then(|proof| proof.split(',').next()));
        let function = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
        if let Some(function) = function.filter(|_| is_test) {
            names.push(function.split(['(', '<']).next().unwrap());
            is_test = false;
        }
    }
    names
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split(" | ").collect()
}

/// What stands between backticks in the columns of tests.
fn named_tests(document: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut column = None;
    for line in document.lines() {
        if !line.starts_with('|') {
            column = None;
        } else if let Some(found) = cells(line).iter().position(|cell| cell.trim() == "test") {
            column = Some(found);
        } else if let Some(cell) = column.and_then(|column| cells(line).get(column).copied()) {
            names.extend(cell.split('`').skip(1).step_by(2));
        }
    }
    names
}

#[test]
fn every_test_that_a_document_names_exists() {
    let sources = tests();
    let functions = test_functions(&sources);
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let named = named_tests(&text);
        assert!(named.len() >= 10, "{document} names {} tests", named.len());
        for name in named {
            let exists = if name.contains('/') { root().join(name).is_file() } else { functions.contains(&name) };
            assert!(exists, "{document} names `{name}`, and there is no such test");
        }
    }
}

#[test]
fn every_departure_from_scs_says_what_is_different() {
    for entry in fs::read_dir(root().join("tests/it/scs_parity/departures")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for pair in
            lines.windows(2).filter(|pair| pair[1].starts_with("#[test]") || pair[1].starts_with("#[tokio::test"))
        {
            assert!(pair[0].starts_with("///"), "{}: a test without its reason", path.display());
        }
    }
}

#[test]
fn the_program_in_the_document_is_the_one_that_is_tested() {
    let document = fs::read_to_string(root().join("docs/from-scs.md")).unwrap();
    let program = document.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    let tested = fs::read_to_string(root().join("tests/it/scs_parity/converted.rs")).unwrap();
    assert!(tested.contains(program), "docs/from-scs.md and tests/it/scs_parity/converted.rs differ");
}

/// Copies and no links: links do not survive every checkout, and the crate's documentation would be a path.
#[test]
fn packages_have_copies_of_what_they_are_published_with() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let licenses = ["scs", "scs-derive", "scs-stores"]
        .map(|package| ["LICENSE-MIT", "LICENSE-APACHE"].map(|file| (package, file)));
    for (package, file) in licenses.into_iter().flatten().chain([("scs", "README.md")]) {
        assert!(read(file) == read(&format!("{package}/{file}")), "{package}/{file} is not {file} any more: copy it");
    }
}
