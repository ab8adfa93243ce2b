//! Opening a file: by which names, and beside others who open it or hold it.

use std::{thread, time::Duration};

use scs::store::{Created, Entry, Store as _, StoreErrorKind};
use scs_stores::{OpenError, SqliteStore, open};

use crate::support::{Folder, MINUTE};

const ID: scs::SessionId = scs::SessionId::from_bytes([1; 16]);

#[test]
fn of_many_that_open_a_new_file_at_once_each_opens_it() {
    let folder = Folder::new("sqlite_opened_at_once");
    for round in 0..20 {
        let path = folder.file(&format!("{round}.db"));
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                thread::spawn(move || {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    runtime.block_on(async { SqliteStore::open(path)?.migrate().await })
                })
            })
            .collect();
        for opener in openers {
            opener.join().unwrap().expect("it waits");
        }
    }
}

/// In every state that a file can be in: new, left behind by a crash, and in use.
#[test]
fn a_file_that_another_process_holds_for_a_moment_is_opened_when_it_is_free() {
    let folder = Folder::new("sqlite_held");
    for (number, lock) in
        ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE"].iter().enumerate()
    {
        for journal in ["DELETE", "WAL"] {
            let path = folder.file(&format!("{number}-{journal}.db"));
            let other = rusqlite::Connection::open(&path).unwrap();
            other.execute_batch(&format!("PRAGMA journal_mode = {journal}; CREATE TABLE other (a)")).unwrap();
            other.execute_batch(&format!("{lock}; INSERT INTO other VALUES (1)")).unwrap();
            let holding = thread::spawn(move || {
                thread::sleep(Duration::from_millis(300));
                drop(other);
            });
            SqliteStore::open(&path).unwrap_or_else(|error| panic!("{lock} in {journal}: {error:?}"));
            holding.join().unwrap();
        }
    }
}

#[test]
fn what_is_no_path_of_a_file_is_refused_with_the_right_form() {
    for (path, hint) in [
        ("", "path of a file"),
        (":memory:", "MemoryStore"),
        ("file::memory:?cache=shared", "MemoryStore"),
        ("file:sessions.db?mode=rwc", "without `sqlite:` or `file:`"),
        ("sqlite://sessions.db", "without `sqlite:` or `file:`"),
    ] {
        let error = SqliteStore::open(path).map(drop).expect_err(path);
        assert_eq!(error.kind(), StoreErrorKind::Configuration);
        assert!(error.to_string().contains(hint), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_url_names_a_file_with_or_without_slashes_and_percent_signs() {
    let folder = Folder::new("sqlite_urls");
    let path = folder.file("a file.db").display().to_string();
    let encoded = path.replace(' ', "%20");
    let one = open(&format!("sqlite:{path}")).await.unwrap();
    assert_eq!(one.create(ID, &Entry::new("one", MINUTE)).await.unwrap(), Created::Created);
    for url in [
        format!("sqlite:{encoded}"),
        format!("sqlite://{path}"),
        format!("sqlite://{encoded}"),
        format!("sqlite://{encoded}?mode=rwc"),
    ] {
        let store = open(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert!(store.load(ID).await.unwrap().is_some(), "{url} is another file");
    }
    for (url, hint) in [
        ("sqlite:", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite::memory:", "MemoryStore"),
        ("sqlite://sessions.db?mode=ro", "no options"),
        ("sqlite:sessions.db?cache=shared", "no options"),
        ("redb:", "names no file"),
    ] {
        let Err(OpenError::Store(error)) = open(url).await.map(drop) else { panic!("{url} is taken") };
        assert_eq!(error.kind(), StoreErrorKind::Configuration, "{url}");
        assert!(error.to_string().contains(hint), "{url}: {error}");
    }
}
