//! Older and newer binaries beside each other.

use scs::{MemoryStore, Session, SessionManager};

use crate::support::commit;

mod old {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        pub(super) visits: u32,
    }
}

mod new {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        pub(super) visits: u64,
        pub(super) theme: Option<String>,
    }
}

#[tokio::test]
async fn an_older_binary_keeps_the_fields_it_does_not_know() {
    let store = MemoryStore::new();
    let older = SessionManager::<old::Visitor, _>::new(store.clone());
    let newer = SessionManager::<new::Visitor, _>::new(store);
    let session = newer.open(None).await.unwrap();
    session.set_theme("dark");
    let token = commit(&session).await;
    for round in 1..=100_u32 {
        let session = older.open(token.as_str()).await.unwrap();
        session.update_visits(|visits| *visits += 1);
        session.commit().await.unwrap();
        let session = newer.open(token.as_str()).await.unwrap();
        assert_eq!((session.visits(), session.theme().as_deref()), (u64::from(round), Some("dark")));
    }
}

#[tokio::test]
async fn an_older_binary_that_meets_a_conflict_keeps_them_too() {
    let store = MemoryStore::new();
    let older = SessionManager::<old::Visitor, _>::new(store.clone());
    let newer = SessionManager::<new::Visitor, _>::new(store);
    let session = newer.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    let slow = older.open(token.as_str()).await.unwrap();
    slow.update_visits(|visits| *visits += 1);
    let session = newer.open(token.as_str()).await.unwrap();
    session.set_theme("dark");
    session.commit().await.unwrap();
    slow.commit().await.unwrap();
    let session = newer.open(token.as_str()).await.unwrap();
    assert_eq!((session.visits(), session.theme().as_deref()), (2, Some("dark")));
}

#[tokio::test]
async fn clearing_drops_the_fields_of_newer_binaries_too() {
    let store = MemoryStore::new();
    let older = SessionManager::<old::Visitor, _>::new(store.clone());
    let newer = SessionManager::<new::Visitor, _>::new(store);
    let session = newer.open(None).await.unwrap();
    session.set_theme("dark");
    let token = commit(&session).await;
    let session = older.open(token.as_str()).await.unwrap();
    session.clear();
    session.commit().await.unwrap();
    assert_eq!(newer.open(token.as_str()).await.unwrap().theme(), None);
}

mod text {
    use super::Session;

    #[derive(Session)]
    #[session(name = "Visitor")]
    pub(super) struct Visitor {
        pub(super) visits: String,
        pub(super) theme: Option<String>,
    }
}

#[tokio::test]
async fn a_value_that_no_longer_decodes_reads_as_the_default_and_hides_no_other_field() {
    let store = MemoryStore::new();
    let newer = SessionManager::<new::Visitor, _>::new(store.clone());
    let session = newer.open(None).await.unwrap();
    session.set_visits(3);
    session.set_theme("dark");
    let token = commit(&session).await;
    let changed = SessionManager::<text::Visitor, _>::new(store);
    let session = changed.open(token.as_str()).await.unwrap();
    assert_eq!((session.visits().as_str(), session.theme().as_deref()), ("", Some("dark")));
    session.set_theme("light");
    session.commit().await.unwrap();
    assert_eq!(newer.open(token.as_str()).await.unwrap().visits(), 3, "the bytes are kept until they are replaced");
}
