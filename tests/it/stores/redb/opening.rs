//! Opening a file: what is there stays, and what is wrong is said.

use std::{fs, sync::Arc};

use scs::store::{Created, Entry, Index as _, SessionId, Store as _, StoreError, StoreErrorKind, Term};
use scs_stores::{OpenError, RedbStore, drivers::redb};

use crate::support::{Folder, MINUTE};

const ID: SessionId = SessionId::from_bytes([1; 16]);
const TERM: Term = Term::from_bytes([2; 16]);

fn error(opened: Result<RedbStore, StoreError>) -> StoreError {
    opened.expect_err("the store opened what it must not")
}

fn assert_says(error: &StoreError, kind: StoreErrorKind, words: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn sessions_outlive_the_store() {
    let folder = Folder::new("redb");
    let store = RedbStore::open(folder.file("sessions.redb")).unwrap();
    let entry = Entry::new("kept", MINUTE).with_terms(vec![TERM], Vec::new());
    assert_eq!(store.create(ID, &entry).await.unwrap(), Created::Created);
    drop(store);
    let store = RedbStore::open(folder.file("sessions.redb")).unwrap();
    assert_eq!(&**store.load(ID).await.unwrap().unwrap().payload(), b"kept");
    assert_eq!(store.find(TERM, None, 10).await.unwrap().items, [ID]);
}

#[tokio::test]
async fn a_url_opens_a_file() {
    let folder = Folder::new("redb");
    let url = format!("redb:{}", folder.file("sessions.redb").display());
    let store = scs_stores::open(&url).await.unwrap();
    let _ = store.create(ID, &Entry::new("kept", MINUTE)).await.unwrap();
    assert!(matches!(scs_stores::open(&url).await, Err(OpenError::Store(_))), "the file is open already");
    drop(store);
    assert!(RedbStore::open(folder.file("sessions.redb")).unwrap().load(ID).await.unwrap().is_some());
}

#[test]
fn a_file_that_is_open_is_not_opened_again() {
    let folder = Folder::new("redb");
    let _store = RedbStore::open(folder.file("sessions.redb")).unwrap();
    assert_says(&error(RedbStore::open(folder.file("sessions.redb"))), StoreErrorKind::Configuration, "already open");
}

#[test]
fn a_file_of_something_else_stays_as_it_is() {
    let folder = Folder::new("redb");
    for content in ["no", "a letter to my grandmother, which is longer than a magic number"] {
        fs::write(folder.file("sessions.redb"), content).unwrap();
        assert_says(
            &error(RedbStore::open(folder.file("sessions.redb"))),
            StoreErrorKind::Configuration,
            "no redb database",
        );
        assert_eq!(fs::read_to_string(folder.file("sessions.redb")).unwrap(), content);
    }
}

#[test]
fn a_missing_folder_is_named_as_the_reason() {
    let folder = Folder::new("redb");
    let opened = RedbStore::open(folder.path().join("missing").join("sessions.redb"));
    assert_says(&error(opened), StoreErrorKind::Configuration, "folder");
    assert_says(&error(RedbStore::open(folder.path())), StoreErrorKind::Configuration, "path");
}

#[test]
fn tables_of_another_version_are_left_alone() {
    let folder = Folder::new("redb");
    drop(RedbStore::open(folder.file("sessions.redb")).unwrap());
    let database = redb::Database::open(folder.file("sessions.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let layout = redb::TableDefinition::<(), u64>::new("scs_layout");
    transaction.open_table(layout).unwrap().insert((), 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert_says(&error(RedbStore::open(folder.file("sessions.redb"))), StoreErrorKind::Configuration, "layout 2");
}

#[test]
fn tables_of_something_else_are_left_alone() {
    let folder = Folder::new("redb");
    let database = Arc::new(redb::Database::create(folder.file("sessions.redb")).unwrap());
    let transaction = database.begin_write().unwrap();
    let foreign = redb::TableDefinition::<&str, &str>::new("scs_records");
    transaction.open_table(foreign).unwrap().insert("theirs", "kept").unwrap();
    transaction.commit().unwrap();
    let opened = RedbStore::in_database(database.clone()).open();
    assert_says(&error(opened), StoreErrorKind::Configuration, "another prefix");
    assert!(RedbStore::in_database(database).prefix("ours").open().is_ok());
}

#[tokio::test]
async fn stores_with_prefixes_of_their_own_share_a_database() {
    let folder = Folder::new("redb");
    let database = Arc::new(redb::Database::create(folder.file("sessions.redb")).unwrap());
    let one = RedbStore::in_database(database.clone()).prefix("one").open().unwrap();
    let two = RedbStore::in_database(database).prefix("two").open().unwrap();
    let _ = one.create(ID, &Entry::new("kept", MINUTE)).await.unwrap();
    assert!(two.load(ID).await.unwrap().is_none());
    assert!(!two.delete(ID).await.unwrap());
    assert!(one.load(ID).await.unwrap().is_some());
}

#[test]
fn a_prefix_is_a_short_word() {
    let folder = Folder::new("redb");
    for prefix in ["", "a b", "é", &"x".repeat(65)] {
        let opened = RedbStore::builder(folder.file("sessions.redb")).prefix(prefix).open();
        assert_says(&error(opened), StoreErrorKind::Configuration, "prefix");
        assert!(!folder.file("sessions.redb").exists(), "nothing is made with a wrong setting");
    }
    assert!(RedbStore::builder(folder.file("sessions.redb")).prefix("x".repeat(64)).open().is_ok());
}

#[test]
fn a_damaged_file_is_an_error_and_no_panic() {
    let folder = Folder::new("redb");
    drop(RedbStore::open(folder.file("sessions.redb")).unwrap());
    let whole = fs::read(folder.file("sessions.redb")).unwrap();
    for length in [whole.len() / 2, 4096, 100] {
        fs::write(folder.file("sessions.redb"), &whole[..length]).unwrap();
        assert_says(&error(RedbStore::open(folder.file("sessions.redb"))), StoreErrorKind::Other, "damaged");
    }
}

#[tokio::test]
async fn a_payload_that_is_too_large_is_refused() {
    let folder = Folder::new("redb");
    let store = RedbStore::open(folder.file("sessions.redb")).unwrap();
    let refused = store.create(ID, &Entry::new(vec![0; 16 * 1024 * 1024 + 1], MINUTE)).await.unwrap_err();
    assert_says(&refused, StoreErrorKind::TooLarge, "16777217");
    assert!(store.load(ID).await.unwrap().is_none());
}

#[cfg(unix)]
#[test]
fn other_users_cannot_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("redb");
    drop(RedbStore::open(folder.file("sessions.redb")).unwrap());
    assert_eq!(fs::metadata(folder.file("sessions.redb")).unwrap().permissions().mode() & 0o777, 0o600);
}
