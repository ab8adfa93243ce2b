//! The architecture that ARCHITECTURE.md describes, checked against the sources.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use crate::support::{root, sources, without_comments};

/// The floors of `scs`, from the ground up, by top-level module.
const FLOORS: [&[&str]; 6] = [
    &["error", "id", "revision", "term", "time", "token"],
    &["codec", "record", "schema", "state", "value"],
    &["conformance", "sealed", "store"],
    &["manager", "typed_session"],
    &["transport"],
    &["extract", "middleware", "testing"],
];

/// Crates that begin at a floor, and are not to be seen below it.
const BEGIN_AT: [(&str, usize); 5] = [("serde", 1), ("tokio", 3), ("http", 4), ("axum_core", 5), ("tower_layer", 5)];

/// The top-level module of a file of `scs`; `None` for `lib.rs`.
fn module(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(root().join("scs/src")).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap();
    Some(first.trim_end_matches(".rs").to_owned()).filter(|module| module != "lib")
}

fn floor_of(module: &str) -> usize {
    let floor = FLOORS.iter().position(|modules| modules.contains(&module));
    floor.unwrap_or_else(|| panic!("`{module}` is on no floor: add it to ARCHITECTURE.md and to this test"))
}

/// What follows each `prefix` in the text, as far as it is a name.
fn names_after<'t>(text: &'t str, prefix: &str) -> impl Iterator<Item = String> + use<'t> {
    let parts: Vec<&str> = text.split(prefix).skip(1).collect();
    parts.into_iter().map(|part| part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

/// The modules that a file imports.
fn imported_modules(text: &str) -> BTreeSet<String> {
    imported_from("crate", text)
}

/// The names that a file imports from the root of a crate, also with `use root::{a, b::c}`.
fn imported_from(root: &str, text: &str) -> BTreeSet<String> {
    // Macros are at the root of the crate, wherever they are written.
    let is_module = |name: &String| !name.is_empty() && !name.starts_with("__");
    let mut modules: BTreeSet<String> = names_after(text, &format!("{root}::")).filter(is_module).collect();
    for group in text.split(&format!("use {root}::{{")).skip(1) {
        let group = group.split("};").next().unwrap();
        let mut depth = 0;
        let mut name = String::new();
        for c in group.chars().chain([',']) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    let first = name.split("::").next().unwrap().trim();
                    modules.extend((!first.is_empty()).then(|| first.to_owned()));
                    name.clear();
                }
                _ if depth == 0 => name.push(c),
                _ => {}
            }
        }
    }
    modules
}

#[test]
fn imports_point_down_the_floors() {
    for (path, text) in sources("scs/src") {
        let Some(module) = module(&path) else { continue };
        for imported in imported_modules(&without_comments(&text)) {
            assert!(
                floor_of(&imported) <= floor_of(&module),
                "{} (floor {}) imports `{imported}` (floor {})",
                path.display(),
                floor_of(&module),
                floor_of(&imported),
            );
        }
    }
}

#[test]
fn outside_crates_begin_at_their_floor() {
    for (path, text) in sources("scs/src") {
        let Some(module) = module(&path) else { continue };
        let text = without_comments(&text);
        for (name, floor) in BEGIN_AT {
            let used = text.contains(&format!("{name}::"));
            // The kit spawns tasks and lets time pass, below the manager that it knows nothing of.
            let floor = if (module.as_str(), name) == ("conformance", "tokio") { floor_of(&module) } else { floor };
            assert!(!used || floor_of(&module) >= floor, "{} uses {name}", path.display());
            let is_tokio_above_its_floor = name == "tokio" && floor_of(&module) > floor;
            assert!(!used || !is_tokio_above_its_floor, "{} uses tokio, which only floor 3 does", path.display());
        }
        if floor_of(&module) < 2 {
            assert!(
                !text.contains("async ") && !text.contains("Future"),
                "{}: async begins at floor 2",
                path.display()
            );
        }
        // Tests of applications post forms and JSON of any type.
        if floor_of(&module) != 1 && module != "testing" {
            assert!(!text.contains("serde::"), "{} uses serde, which only floor 1 does", path.display());
        }
    }
}

/// What stores see of `scs`: the contract, and words that it is written with.
const SEEN_BY_STORES: [&str; 5] = ["Clock", "SessionId", "SystemClock", "Timestamp", "store"];

#[test]
fn stores_see_the_store_contract_and_nothing_above_it() {
    for (path, text) in sources("scs-stores/src") {
        for name in imported_from("scs", &without_comments(&text)) {
            assert!(SEEN_BY_STORES.contains(&name.as_str()), "{} imports scs::{name}", path.display());
        }
    }
    let manifest = fs::read_to_string(root().join("scs-derive/Cargo.toml")).unwrap();
    assert!(!manifest.contains("\nscs"), "the derive depends on no crate of ours");
}

#[test]
fn files_are_small_enough_to_be_read_at_once() {
    for folder in ["scs/src", "scs-derive/src", "scs-stores/src", "examples"] {
        for (path, text) in sources(folder) {
            let lines = without_comments(&text).lines().filter(|line| !line.trim().is_empty()).count();
            assert!(lines <= 300, "{} has {lines} lines of code; split it", path.display());
        }
    }
}

/// The trees of crates that cargo builds for some packages, or for the default members.
fn tree(arguments: &[&str]) -> String {
    let format = ["tree", "--locked", "--prefix", "none", "--format", "{p}"];
    let run = Command::new(env!("CARGO")).args(format).args(arguments).current_dir(root()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

fn crates(tree: &str) -> BTreeSet<&str> {
    tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect()
}

/// The crates that the core brings with its default features, and `depth` steps down from there.
fn dependencies(depth: &str) -> BTreeSet<String> {
    let tree = tree(&["--package", "scs-session", "--edges", "normal", "--depth", depth]);
    let brought = crates(&tree).into_iter().filter(|line| !line.starts_with("scs-session"));
    brought.map(ToOwned::to_owned).collect()
}

#[test]
fn the_core_has_at_most_20_direct_dependencies_and_66_crates_in_all() {
    let (direct, all) = (dependencies("1"), dependencies("99"));
    assert!((1..=20).contains(&direct.len()), "{} direct dependencies: {direct:?}", direct.len());
    assert!((1..=66).contains(&all.len()), "{} crates", all.len());
}

#[test]
fn the_counter_is_built_of_at_most_90_crates_and_needs_no_driver() {
    let trees = tree(&["--edges", "normal,build"]);
    // Cargo unites the features of all default members, and builds what the example's own package needs.
    let counter = crates(trees.split("\n\n").find(|tree| tree.starts_with("scs-examples v")).unwrap());
    assert!((40..=90).contains(&counter.len()), "{} crates: {counter:?}", counter.len());
    let is_driver =
        |name: &&str| ["scs-stores", "sqlx", "rusqlite", "redis", "redb"].iter().any(|d| name.starts_with(d));
    assert_eq!(counter.into_iter().find(is_driver), None);
}
