//! `from_tower_sessions` and `from_axum_session`: what the documents say is what compiles and runs.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::{Server, Visitor, set_cookies};

const DOCUMENTS: [(&str, &str); 2] =
    [("docs/from-tower-sessions.md", "from_tower_sessions"), ("docs/from-axum-session.md", "from_axum_session")];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// A program without the comment that it begins with.
fn code(program: &str) -> String {
    let lines = program.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_program_at_the_end_of_a_migration_document_is_the_example_that_compiles() {
    for (document, example) in DOCUMENTS {
        let text = read(document);
        let last = text.rsplit("```rust,ignore\n").next().unwrap();
        let (printed, rest) = last.split_once("\n```").unwrap();
        assert!(rest.trim().is_empty(), "{document} ends with the program");
        assert_eq!(printed, code(&read(&format!("examples/{example}.rs"))), "{document}");
    }
}

#[test]
fn every_improvement_that_a_migration_document_claims_is_a_test() {
    let mut sources = String::new();
    for folder in ["tests/it", "tests/it/examples"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    for (document, _) in DOCUMENTS {
        let text = read(document);
        let section = text.split("## What gets better").nth(1).unwrap().split("\n## ").next().unwrap();
        let names: BTreeSet<&str> = section.split('`').filter(|word| word.matches('_').count() > 3).collect();
        assert!(names.len() >= 5, "{document}");
        for name in names {
            assert!(sources.contains(&format!("fn {name}()")), "{document} cites `{name}`");
        }
    }
}

#[tokio::test]
async fn the_converted_programs_count_greet_once_and_sign_out() {
    for (_, example) in DOCUMENTS {
        let server = Server::start(example, &["127.0.0.1:0"]).await;
        let mut visitor = Visitor::of(&server);
        assert_eq!(visitor.read("/").await, "visit 1\n");
        let mut before = visitor.clone();
        assert_eq!(visitor.submit("/login/7", &[]).await, "Welcome, 7! visit 2\n");
        assert_eq!(visitor.read("/").await, "visit 3\n");
        assert_eq!(before.read("/").await, "visit 1\n", "the token from before is worthless");
        visitor.submit("/logout", &[]).await;
        assert_eq!(visitor.read("/").await, "visit 2\n", "a new session, which the page after the logout began");
    }
}

#[tokio::test]
async fn only_the_program_that_remembered_before_remembers_afterwards() {
    for ((_, example), is_persistent) in DOCUMENTS.into_iter().zip([false, true]) {
        let server = Server::start(example, &["127.0.0.1:0"]).await;
        let signed_in = Visitor::of(&server).post("/login/7", &[]).await;
        assert_eq!(set_cookies(&signed_in)[0].contains("; Max-Age=2592000;"), is_persistent, "{example}");
    }
}
