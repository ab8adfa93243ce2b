//! `check_schema`: a change that stored sessions would not survive fails a test, with a sentence.

use std::{fs, path::PathBuf, process::Command};

use scs::{Session, check_schema};

/// A file of this test, absent at first.
fn file(test: &str) -> PathBuf {
    let file = std::env::temp_dir().join(format!("scs-{}-{test}.schema", std::process::id()));
    let _ = fs::remove_file(&file);
    file
}

/// What `check_schema` says of a change from one file's text to schema `S`.
fn change<S: Session>(test: &str, recorded: &str) -> String {
    let file = file(test);
    fs::write(&file, recorded).unwrap();
    let said = check_schema::<S>(&file).unwrap_err().to_string();
    assert_eq!(fs::read_to_string(&file).unwrap(), recorded, "an incompatible change leaves the file alone");
    fs::remove_file(&file).unwrap();
    said.replace(&file.display().to_string(), "FILE")
}

#[derive(Session)]
struct Visitor {
    account: Option<u64>,
    visits: u32,
    tags: std::collections::BTreeSet<String>,
}

const VISITOR: &str = "\
# What stored sessions hold. `scs::check_schema` keeps this file; commit it.
schema Visitor
version 1
codec MessagePack
field account: u64
field visits: u32
field tags: std::collections::BTreeSet<String>
";

/// Runs a part of a test in a process of its own, where `CI` is set or not.
fn run_where_ci_is(set: bool, test: &str) {
    let mut run = Command::new(std::env::current_exe().unwrap());
    run.args(["--exact", "--ignored", &format!("schema_files::{test}")]).env_remove("CI");
    if set {
        run.env("CI", "true");
    }
    let output = run.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

#[test]
fn on_a_developers_machine_the_file_is_kept_up_to_date() {
    run_where_ci_is(false, "the_file_is_written_at_first_and_after_harmless_changes");
    run_where_ci_is(false, "a_migration_and_an_alias_are_how_a_schema_changes");
}

#[test]
fn in_continuous_integration_a_file_that_is_out_of_date_is_an_error() {
    run_where_ci_is(true, "nothing_is_written");
}

#[test]
#[ignore = "run by another test, where `CI` is set"]
fn nothing_is_written() {
    let file = file("ci");
    let text = check_schema::<Visitor>(&file).unwrap_err().to_string();
    assert!(text.ends_with("is out of date; run the test locally and commit the file"), "{text}");
    assert!(!file.exists());
}

#[test]
#[ignore = "run by another test, where `CI` is not set"]
fn the_file_is_written_at_first_and_after_harmless_changes() {
    let file = file("written");
    check_schema::<Visitor>(&file).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), VISITOR);
    check_schema::<Visitor>(&file).unwrap();

    fs::write(&file, VISITOR.replace("field tags: std::collections::BTreeSet<String>\n", "").replace("u32", "u8"))
        .unwrap();
    check_schema::<Visitor>(&file).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), VISITOR, "a new field and a wider number harm nobody");
    fs::remove_file(file).unwrap();
}

#[test]
fn a_field_that_disappears_is_named() {
    let text = change::<Visitor>("disappears", &VISITOR.replace("field tags", "field colour: String\nfield tags"));
    assert_eq!(
        text,
        "session schema `Visitor` changed in a way that stored sessions do not survive\n\
         - `colour` is stored in sessions and no field reads it any more; if it was renamed, add `alias = \"colour\"` to \
         the field, and if it is to be forgotten, delete its line from FILE"
    );
}

#[test]
fn a_type_that_cannot_read_what_was_stored_is_named() {
    let text = change::<Visitor>("type", &VISITOR.replace("visits: u32", "visits: String"));
    assert!(text.ends_with(
        "- `visits` held `String` and holds `u32` now, so stored values may not decode; raise `version` and write a \
         migration, or accept the loss by deleting its line from FILE"
    ), "{text}");
}

#[test]
fn every_incompatible_change_is_reported_at_once() {
    let recorded = "schema Guest\nversion 3\ncodec scs::Json\nfield visits: u64\n";
    let text = change::<Visitor>("several", recorded);
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains("keep the name with `#[session(name = \"Guest\")]`"), "{text}");
    assert!(text.contains("version 3 went back to 1"), "{text}");
    assert!(text.contains("values were encoded by `scs::Json`"), "{text}");
    assert!(text.contains("`visits` held `u64` and holds `u32` now"), "{text}");
}

#[derive(Session)]
#[session(name = "Visitor", version = 2, migrate(from = 1, with = forget))]
struct Migrated {
    #[session(rename = "visits", alias = "hits")]
    total: u64,
}

#[expect(clippy::unnecessary_wraps, reason = "a migration may fail")]
fn forget(fields: &mut scs::RawFields) -> Result<(), scs::CodecError> {
    fields.remove("tags");
    Ok(())
}

#[test]
#[ignore = "run by another test, where `CI` is not set"]
fn a_migration_and_an_alias_are_how_a_schema_changes() {
    let file = file("migrated");
    fs::write(&file, VISITOR).unwrap();
    check_schema::<Migrated>(&file).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("version 2\n") && text.contains("field visits: u64\n"), "{text}");
    fs::write(&file, text.replace("visits", "hits")).unwrap();
    check_schema::<Migrated>(&file).unwrap();
    fs::remove_file(file).unwrap();
}

#[test]
fn a_file_that_cannot_be_used_is_an_error_that_names_it() {
    let text = check_schema::<Visitor>("/nowhere/visitor.schema").unwrap_err().to_string();
    assert!(text.starts_with("/nowhere/visitor.schema"), "{text}");
}

#[derive(Session)]
#[session(name = "Found")]
struct Found {
    #[session(index, alias = "user")]
    account: Option<u64>,
    #[session(index(by = "of_rate"))]
    rate: Option<String>,
}

#[test]
fn a_change_that_hides_stored_sessions_from_the_index_is_refused() {
    let file = file("found");
    let head = "schema Found\nversion 1\ncodec MessagePack\n";
    let renamed = format!("{head}field user: u64\nfield rate: String\nindex user\nindex rate\n");
    fs::write(&file, &renamed).unwrap();
    if std::env::var_os("CI").is_none() {
        check_schema::<Found>(&file).unwrap();
        assert!(fs::read_to_string(&file).unwrap().ends_with("index account\nindex user\nindex rate\n"));
    }
    let said = |recorded: &str| change::<Found>("hidden", &format!("{head}{recorded}"));
    let added = said("field account: u64\nfield rate: String\nindex rate\n");
    assert!(
        added.contains("`account` has `index` now") && added.contains("the line `index account` to FILE"),
        "{added}"
    );
    let widened = said("field account: u64\nfield rate: Vec<u8>\nindex account\nindex user\nindex rate\n");
    assert!(
        widened.contains("`rate` held `Vec<u8>` and holds `String` now, whose values may be other bytes"),
        "{widened}"
    );
    let forgotten =
        said("field account: u64\nfield rate: String\nindex account\nindex user\nindex login\nindex rate\n");
    assert!(forgotten.contains("stored under `login` still"), "{forgotten}");
    fs::remove_file(&file).unwrap();
}
