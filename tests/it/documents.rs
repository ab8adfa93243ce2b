//! The documents that name tests, checked against the tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::support::{root, sources, without_comments};

/// The documents whose tables have a column of tests.
const DOCUMENTS: [&str; 5] =
    ["docs/browsers.md", "docs/guarantees.md", "docs/from-scs.md", "docs/stores.md", "docs/security.md"];

/// What each concept of another library is called here.
const GUIDES: [&str; 3] = ["docs/from-tower-sessions.md", "docs/from-axum-session.md", "docs/from-scs.md"];

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

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

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
    let licenses = ["scs", "scs-derive", "scs-stores"]
        .map(|package| ["LICENSE-MIT", "LICENSE-APACHE"].map(|file| (package, file)));
    for (package, file) in licenses.into_iter().flatten().chain([("scs", "README.md")]) {
        assert!(read(file) == read(&format!("{package}/{file}")), "{package}/{file} is not {file} any more: copy it");
    }
}

/// The sources of the published packages, in one text.
fn published() -> String {
    let texts = ["scs/src", "scs-derive/src", "scs-stores/src"].into_iter().flat_map(sources);
    texts.map(|(_, text)| without_comments(&text)).collect()
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// The names that are declared: what stands behind `fn`, `struct` and their kind, and what the derive reads as an attribute.
fn declared(sources: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut words = identifiers(sources).peekable();
    while let Some(word) = words.next() {
        if ["fn", "struct", "enum", "trait", "type", "mod", "const", "macro_rules"].contains(&word) {
            names.extend(words.peek());
        }
    }
    names.extend(sources.split('"').skip(1).step_by(2).filter(|text| identifiers(text).eq([*text])));
    names
}

/// What the rows of a guide are held to.
struct Names<'a> {
    declared: BTreeSet<&'a str>,
    used: BTreeSet<&'a str>,
    tests: Vec<&'a str>,
    text: String,
}

impl Names<'_> {
    /// `set_x` stands for the accessor of any field.
    fn is_accessor(&self, name: &str) -> bool {
        name == "x" || name.strip_suffix('x').is_some_and(|prefix| self.text.contains(&format!("\"{prefix}{{name}}")))
    }

    fn is_file(name: &str) -> bool {
        name.contains('/') && root().join(name).is_file()
    }

    /// Whether everything between two backticks is there.
    fn has(&self, code: &str) -> bool {
        let is_known = |name| {
            self.used.contains(name)
                || self.declared.contains(name)
                || self.tests.contains(&name)
                || self.is_accessor(name)
        };
        Self::is_file(code)
            || identifiers(code).all(is_known)
            || self.text.contains(&code.to_lowercase().replace('-', "_"))
    }

    /// Whether it is a name of this project, and not one of the language alone.
    fn is_ours(&self, code: &str) -> bool {
        let is_ours = |name| self.declared.contains(name) || self.tests.contains(&name) || self.is_accessor(name);
        Self::is_file(code) || identifiers(code).any(is_ours)
    }
}

/// The rows of the tables, without their heads.
fn rows(document: &str) -> Vec<&str> {
    let lines: Vec<&str> = document.lines().collect();
    let is_head = |at: usize| lines.get(at + 1).is_some_and(|next| next.starts_with("|-"));
    let rows =
        (0..lines.len()).filter(|&at| lines[at].starts_with('|') && !lines[at].starts_with("|-") && !is_head(at));
    rows.map(|at| lines[at]).collect()
}

#[test]
fn every_row_of_a_guide_names_what_exists() {
    let (published, tests) = (published(), tests());
    let examples: String = sources("examples").into_iter().map(|(_, text)| without_comments(&text)).collect();
    let names = Names {
        declared: declared(&published),
        used: [&published, &tests, &examples].into_iter().flat_map(|text| identifiers(text)).collect(),
        tests: test_functions(&tests),
        text: published.to_lowercase(),
    };
    for guide in GUIDES {
        let text = fs::read_to_string(root().join(guide)).unwrap();
        let rows = rows(&text);
        assert!(rows.len() > 40, "{guide} has {} rows", rows.len());
        for row in rows {
            for word in ["planned", "not yet", "to do"] {
                assert!(!row.contains(word), "{guide} says `{word}`: {row}");
            }
            // What the other library has stands in the first cell.
            let here = cells(row)[1..].join(" ");
            let codes: Vec<&str> = here.split('`').skip(1).step_by(2).collect();
            for code in &codes {
                assert!(names.has(code), "{guide}: there is no `{code}` in the sources: {row}");
            }
            assert!(codes.iter().any(|code| names.is_ours(code)), "{guide} names nothing that exists here: {row}");
        }
    }
}

fn is_markdown(path: impl AsRef<Path>) -> bool {
    path.as_ref().extension().is_some_and(|extension| extension == "md")
}

/// Every document of the repository.
fn documents() -> Vec<PathBuf> {
    let mut documents = Vec::new();
    for folder in ["", "docs", "scs", "scs/src"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if is_markdown(&path) {
                documents.push(path);
            }
        }
    }
    assert!(documents.len() > 20);
    documents
}

/// The text without its blocks of code and without code in lines.
fn prose(document: &str) -> String {
    let outside = document.split("```").step_by(2).collect::<String>();
    outside.lines().map(|line| line.split('`').step_by(2).collect::<String>() + "\n").collect()
}

/// Where links lead: `[text](target)` and `[label]: target`.
fn targets(document: &str) -> Vec<String> {
    let text = prose(document);
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let defined = text.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: "));
    inline.chain(defined.map(|(_, target)| target.trim())).map(ToOwned::to_owned).collect()
}

/// The anchors of a document's headings, as they are made on GitHub.
fn anchors(document: &str) -> Vec<String> {
    let outside = document.split("```").step_by(2).collect::<String>();
    let headings = outside.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn every_link_of_a_document_leads_to_a_file_and_a_heading() {
    let mut count = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        // A copy, and part of the crate's documentation: links of items are rustdoc's to check.
        let folder = if path == root().join("scs/README.md") { root() } else { path.parent().unwrap().to_owned() };
        let relative =
            |target: &String| !target.contains("://") && !target.starts_with("mailto:") && !target.contains("::");
        for target in targets(&text).into_iter().filter(relative) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let led = if file.is_empty() { path.clone() } else { folder.join(file) };
            assert!(led.exists(), "{}: `{target}` leads nowhere", path.display());
            let there = || anchors(&fs::read_to_string(&led).unwrap()).contains(&anchor.to_owned());
            assert!(anchor.is_empty() || there(), "{}: `{target}` has no such heading", path.display());
            count += 1;
        }
    }
    assert!(count > 60, "{count} links");
}

/// The names of documents that are no links: `docs/stores.md` in the middle of a sentence, or in brackets that are defined nowhere.
fn unlinked(document: &str) -> Vec<String> {
    let outside = document.split("```").step_by(2).collect::<String>();
    let (definitions, text): (Vec<&str>, Vec<&str>) =
        outside.lines().partition(|line| line.starts_with('[') && line.contains("]: "));
    let is_defined = |word: &str| definitions.iter().any(|line| line.starts_with(&format!("{word}: ")));
    let text = text.join(" ").replace('`', " ");
    let words = text.split_whitespace().map(|word| word.trim_matches(['|', ',', '.', ':', ';', '"', '\'']));
    let is_document = |word: &&str| is_markdown(word.trim_matches(['[', ']'])) && !word.contains("](");
    words.filter(is_document).filter(|word| !is_defined(word)).map(ToOwned::to_owned).collect()
}

#[test]
fn what_a_document_says_of_another_is_a_link() {
    let readers = documents().into_iter().filter(|path| !path.ends_with("CHANGELOG.md"));
    for path in readers.filter(|path| path.parent() != Some(&root().join("scs/src"))) {
        let text = fs::read_to_string(&path).unwrap();
        let names = unlinked(&text);
        assert!(names.is_empty(), "{} has no link to {names:?}", path.display());
    }
}

#[test]
fn the_labels_of_the_readme_lead_out_of_the_documentation_too() {
    let (readme, library) = (read("README.md"), read("scs/src/lib.rs"));
    let labels: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).collect();
    for document in documents().iter().filter_map(|path| path.strip_prefix(root().join("docs")).ok()) {
        let target = format!("docs/{}", document.display());
        assert!(labels.iter().any(|(_, led)| *led == target), "README.md does not lead to {target}");
    }
    for (label, target) in labels {
        let line = format!("concat!(\"[{label}]: \", env!(\"CARGO_PKG_REPOSITORY\"), \"/");
        let led = library.split(&line).nth(1).and_then(|rest| rest.split('"').next());
        assert!(
            led.is_some_and(|led| led.ends_with(&format!("/main/{target}"))),
            "scs/src/lib.rs has no link for {label}"
        );
    }
}

#[test]
fn every_published_package_says_where_it_comes_from() {
    for package in ["scs", "scs-derive", "scs-stores"] {
        let manifest = read(&format!("{package}/Cargo.toml"));
        for key in ["repository.workspace = true", "homepage.workspace = true", "documentation = \"https://"] {
            assert!(manifest.contains(key), "{package}/Cargo.toml has no `{key}`");
        }
    }
}

#[test]
fn no_guard_is_written_so_that_another_import_breaks_it() {
    let documents = documents().into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap()));
    for (path, text) in sources("examples").into_iter().chain(documents).chain(sources("scs/src")) {
        let is_ambiguous = |line: &str| line.contains("TypedSession") && line.contains("::from_request_parts(");
        assert!(!text.lines().any(is_ambiguous), "{}: use `parts.extract::<TypedSession<..>>()`", path.display());
    }
}

#[test]
fn the_number_of_cases_is_that_of_the_kit() {
    let kit = read("scs/src/conformance/cases.rs");
    let capability = |name: &str| {
        let cases = kit.split(&format!("\n    ({name}, ")).nth(1).unwrap().split("\n    };").next().unwrap().to_owned();
        cases.lines().filter(|line| line.trim_start().split_once(": \"").is_some()).count()
    };
    let every_store: usize = ["store", "iterate", "index", "limit", "purge"].into_iter().map(capability).sum();
    for document in ["README.md", "docs/guarantees.md", "docs/stores.md"] {
        let said = format!(" {every_store} cases of `scs::conformance`");
        assert!(read(document).contains(&said), "{document} does not say:{said}");
    }
    let said = format!("and {} more around a restart", capability("restart"));
    assert!(read("docs/stores.md").contains(&said), "docs/stores.md does not say: {said}");
}
