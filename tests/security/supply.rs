//! SUP: what the project is made of.

use std::{collections::BTreeSet, fs, process::Command};

use crate::support::{root, sources};

/// Crates that no program should bring along without saying so: C compilers, and what they build.
const C: [&str; 6] = ["cc", "cmake", "bindgen", "pkg-config", "vcpkg", "libloading"];

const OWN: [&str; 3] = ["scs", "scs-derive", "scs-stores"];

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn cargo(arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// The names of the crates that a package of ours brings along with its default features.
fn crates(package: &str, depth: &str) -> BTreeSet<String> {
    let arguments = ["tree", "--package", package, "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let tree = cargo(&[&arguments[..], &["--depth", depth]].concat());
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != package).map(ToOwned::to_owned).collect()
}

#[test]
fn sup_1_no_crate_of_ours_has_unsafe_code() {
    assert!(read("Cargo.toml").contains("unsafe_code = \"forbid\""));
    for package in OWN {
        let manifest = read(&format!("{package}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{package} keeps the workspace's lints");
        for (path, text) in sources(&format!("{package}/src")) {
            let code = crate::support::without_comments(&text);
            let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
            assert!(!words.into_iter().any(|word| word == "unsafe"), "{}", path.display());
        }
    }
}

#[test]
fn sup_1_the_core_has_few_dependencies_and_needs_no_c_compiler() {
    let direct = crates("scs-session", "1");
    assert!((1..=25).contains(&direct.len()), "{} direct dependencies: {direct:?}", direct.len());
    let all = crates("scs-session", "99");
    let c: Vec<_> = all.iter().filter(|name| C.contains(&name.as_str()) || name.ends_with("-sys")).collect();
    assert!(c.is_empty(), "{c:?} in the default build");
}

/// The texts in the brackets behind a key of deny.toml.
fn listed(key: &str) -> Vec<String> {
    let text = read("deny.toml");
    let list = text.split(&format!("\n{key} = [")).nth(1).unwrap_or_else(|| panic!("deny.toml has `{key}`"));
    let lines = list.split("\n]").next().unwrap().split(']').next().unwrap().lines();
    let lines = lines.map(|line| line.split('#').next().unwrap());
    lines.flat_map(|line| line.split('"').skip(1).step_by(2).map(ToOwned::to_owned)).collect()
}

/// Every package of the workspace, those of the tests included, as this machine builds them.
fn packages() -> Vec<serde_json::Value> {
    let version = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--format-version", "1", "--locked", "--filter-platform", host]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// `MIT OR Apache-2.0`, `(MIT OR Apache-2.0) AND Unicode-3.0`: one allowed licence for each part that must be kept.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    expression.replace('/', " OR ").split(" AND ").all(|part| {
        let part = part.trim_matches(['(', ')']);
        part.split(" OR ").any(|licence| allowed.iter().any(|allowed| allowed == licence.trim()))
    })
}

#[test]
fn sup_2_every_dependency_has_a_licence_that_is_allowed_is_not_banned_and_comes_from_the_registry() {
    let (allowed, banned, packages) = (listed("allow"), listed("deny"), packages());
    assert!(allowed.len() > 3 && banned.len() > 3 && packages.len() > 100);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} has no licence"));
        assert!(is_allowed(licence, &allowed), "{name}: {licence}");
        assert!(!banned.iter().any(|banned| banned == name), "{name} is banned in deny.toml");
        let source = package["source"].as_str();
        assert!(source.is_none_or(|source| source.starts_with("registry+")), "{name} comes from {source:?}");
    }
}

#[test]
fn sup_2_a_licence_is_judged_by_each_of_its_parts() {
    let allowed = ["MIT", "Unicode-3.0"].map(str::to_owned);
    assert!(is_allowed("MIT OR Apache-2.0", &allowed) && is_allowed("Apache-2.0/MIT", &allowed));
    assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
    assert!(!is_allowed("(MIT OR Apache-2.0) AND OpenSSL", &allowed) && !is_allowed("GPL-3.0", &allowed));
}

/// The names of tests in the table of holes that were fixed.
fn regression_tests() -> Vec<String> {
    let policy = read("SECURITY.md");
    let table = policy.split("| regression test |").nth(1).expect("SECURITY.md has the table of fixed holes");
    let rows = table.lines().filter(|line| line.starts_with('|') && !line.starts_with("|-"));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2).map(ToOwned::to_owned)).collect()
}

#[test]
fn sup_3_there_is_a_private_channel_a_term_and_a_test_for_each_hole_that_was_fixed() {
    let policy = read("SECURITY.md");
    for promise in ["private vulnerability report", "90 days", "regression test"] {
        assert!(policy.contains(promise), "SECURITY.md says nothing of: {promise}");
    }
    let tests: String =
        ["tests/it", "tests/proofs", "tests/security"].into_iter().flat_map(sources).map(|(_, text)| text).collect();
    for test in regression_tests() {
        assert!(tests.contains(&format!("fn {test}(")), "{test} does not exist");
    }
}
