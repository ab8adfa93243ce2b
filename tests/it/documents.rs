//! The documents that name tests, checked against the tests.

use std::fs;

use crate::support::{root, sources};

/// The documents whose tables have a column of tests.
const DOCUMENTS: [&str; 5] =
    ["docs/browsers.md", "docs/guarantees.md", "docs/from-scs.md", "docs/stores.md", "docs/security.md"];

/// The rules of docs/security.md: how many there are under each word.
const RULES: [(&str, u32); 17] = [
    ("TOK", 7),
    ("CKE", 11),
    ("PAR", 3),
    ("HDR", 3),
    ("CAC", 4),
    ("LIF", 8),
    ("REN", 6),
    ("TYP", 1),
    ("TER", 9),
    ("ENC", 11),
    ("STO", 11),
    ("CON", 9),
    ("CAN", 3),
    ("AVL", 5),
    ("LOG", 4),
    ("CSR", 3),
    ("SUP", 3),
];

/// Those of which each that is kept has a test that begins with its name.
const NAMED_BY_RULE: [&str; 9] = ["TOK", "HDR", "CAC", "LIF", "REN", "TER", "STO", "LOG", "SUP"];

/// The sources of every test, in one text.
fn tests() -> String {
    ["tests/browsers", "tests/it", "tests/proofs", "tests/security"]
        .into_iter()
        .flat_map(sources)
        .map(|(_, text)| text)
        .collect()
}

/// The names of functions behind a `#[test]`, with whatever stands between the two, and of proofs.
fn test_functions(sources: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in sources.lines().map(str::trim) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let proof = ["on_every_store!(", "on_every_server!(", "in_each_browser!(", "faults!("]
            .into_iter()
            .find_map(|tries| line.strip_prefix(tries));
        names.extend(proof.and_then(|proof| proof.split([',', ')']).next()));
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

/// The rows of docs/security.md that begin with a rule.
fn rules(document: &str) -> Vec<(&str, Vec<&str>)> {
    let rows = document.lines().filter(|line| line.starts_with('|')).map(cells);
    let is_rule =
        |name: &str| name.split_once('-').is_some_and(|(word, _)| RULES.iter().any(|(rule, _)| *rule == word));
    rows.filter_map(|row| Some((row.first()?.trim(), row.clone()))).filter(|(name, _)| is_rule(name)).collect()
}

#[test]
fn every_rule_of_security_has_its_row_and_what_is_kept_has_a_test_of_its_name() {
    let document = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let rules = rules(&document);
    for rule in RULES.iter().flat_map(|(word, count)| (1..=*count).map(move |number| format!("{word}-{number}"))) {
        let mut rows = rules.iter().filter(|(name, _)| *name == rule);
        let (Some((_, row)), None) = (rows.next(), rows.next()) else { panic!("{rule} has no row, or two") };
        let [_, _, _, status, tests] = row[..] else { panic!("{rule} has {} cells", row.len()) };
        let statuses = ["kept", "offered", "application", "not provided"];
        assert!(statuses.iter().any(|known| status.starts_with(known)), "{rule} is {status}");
        let word = rule.split('-').next().unwrap();
        let own = if NAMED_BY_RULE.contains(&word) { prefix_of(&rule) } else { String::new() };
        assert!(status == "not provided" || tests.contains(&format!("`{own}")), "{rule} has no test of its name");
    }
}

/// `tok_1_`, as the tests of TOK-1 begin.
fn prefix_of(rule: &str) -> String {
    format!("{}_", rule.to_lowercase().replace('-', "_"))
}

#[test]
fn every_test_of_a_rule_stands_in_the_row_of_its_rule() {
    let document = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let sources: String = sources("tests/security").into_iter().map(|(_, text)| text).collect();
    let functions = test_functions(&sources);
    assert!(functions.len() > 80, "{} tests", functions.len());
    for (rule, row) in rules(&document) {
        for test in functions.iter().filter(|test| test.starts_with(&prefix_of(rule))) {
            assert!(row.last().unwrap().contains(&format!("`{test}`")), "{rule} does not name `{test}`");
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
