//! `check`: a store is tried at the start.

use scs::{MemoryStore, Session, SessionError, SessionManager, store::AnyStore};

use crate::support::{Fault, Folder, TestStore};

#[derive(Session)]
struct Visitor {
    #[session(index(max = 2), renews)]
    account: Option<u64>,
}

#[derive(Session)]
struct Plain {
    visits: u32,
}

#[tokio::test]
async fn everything_that_the_schema_needs_is_tried_and_nothing_is_left() {
    let store = TestStore::new();
    SessionManager::<Visitor, _>::new(store.clone()).check().await.unwrap();
    let calls = store.take_calls();
    assert_eq!(calls, ["admit", "create", "update", "touch", "load", "find", "forget", "delete"]);
    SessionManager::<Plain, _>::new(store.clone()).check().await.unwrap();
    assert_eq!(store.take_calls(), ["create", "update", "touch", "load", "delete"]);
    assert_eq!(store.inner.statistics().sessions, 0);
}

#[tokio::test]
async fn a_call_that_fails_is_the_answer() {
    for call in ["admit", "create", "update", "touch", "load", "find", "forget", "delete"] {
        let store = TestStore::new();
        store.fail_next(call, Fault::Refused);
        let error = SessionManager::<Visitor, _>::new(store.clone()).check().await.unwrap_err();
        assert!(matches!(error, SessionError::Store(_)), "{call}: {error}");
        assert_eq!(store.inner.statistics().sessions, 0, "{call}");
    }
}

#[tokio::test]
async fn who_lists_sessions_meanwhile_sees_nothing_of_it() {
    let store = TestStore::new();
    let sessions = SessionManager::<Visitor, _>::new(store.clone());
    store.delay_next("delete");
    let checking = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.check().await }
    });
    store.reached("delete").await;
    assert!(sessions.iterate().await.unwrap().is_empty());
    store.release();
    checking.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_store_that_is_set_up_wrongly_says_what_to_do() {
    let folder = Folder::new("checking");
    let forgotten = scs_stores::SqliteStore::open(folder.file("sessions.db")).unwrap();
    let error = SessionManager::<Visitor, _>::new(forgotten).check().await.unwrap_err();
    assert!(error.to_string().contains("call `migrate`"), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn it_works_on_a_store_without_its_type() {
    SessionManager::<Visitor, _>::new(AnyStore::new(MemoryStore::new())).check().await.unwrap();
}
