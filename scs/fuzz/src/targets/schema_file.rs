//! Files of schemas: whatever somebody wrote there is a schema, or is refused and kept.

use std::{collections::BTreeMap, fs, path::PathBuf};

use scs::{SchemaChange, Session};

#[derive(Session)]
#[session(name = "Visitor", version = 3)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
    #[session(alias = "colour")]
    color: String,
    cart: BTreeMap<String, Vec<u8>>,
}

/// What the file holds when the schema has been checked.
const UP_TO_DATE: &str = "schema Visitor\nversion 3\ncodec MessagePack\nfield account: ";

/// The bytes are the file.
pub fn schema_file(bytes: &[u8]) {
    let file = file();
    fs::write(&file, bytes).unwrap();
    let found = scs::check_schema::<Visitor>(&file);
    let after = fs::read(&file).unwrap();
    match &found {
        Ok(()) => assert!(String::from_utf8(after).unwrap().contains(UP_TO_DATE)),
        Err(SchemaChange::Incompatible { schema, changes }) => {
            assert_eq!((*schema, changes.is_empty()), ("Visitor", false));
            assert_eq!(after, bytes, "what would be lost stays written down");
        }
        Err(SchemaChange::Outdated { .. }) => assert_eq!(after, bytes, "where `CI` is set nothing is written"),
        Err(error) => assert!(std::str::from_utf8(bytes).is_err(), "{error}"),
    }
    assert_eq!(format!("{:?}", scs::check_schema::<Visitor>(&file)), format!("{found:?}"), "asked again, the same");
}

/// A file of this process, in memory where the system has such a folder.
fn file() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("scs-fuzz-{}.schema", std::process::id()))
}
