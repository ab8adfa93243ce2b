//! Listing every session.

use std::collections::BTreeSet;

use scs::{SessionManager, Status};

use crate::scs_parity::{Sessions, Visit, Visitor, known, serving};
use crate::support::{Fault, HOUR, TestStore, body_text, commit, on_manual_clock};

async fn three() -> (Sessions, TestStore) {
    let store = TestStore::new();
    let sessions: Sessions = SessionManager::new(store.clone());
    for visits in 1..=3 {
        let session = sessions.open(None).await.unwrap();
        session.set_visits(visits);
        commit(&session).await;
    }
    (sessions, store)
}

#[tokio::test]
async fn iterating_shows_every_session_with_its_data_unmodified() {
    let (sessions, _) = three().await;
    let all = sessions.iterate().await.unwrap();
    assert_eq!(all.iter().map(|session| session.visits()).collect::<BTreeSet<_>>(), BTreeSet::from([1, 2, 3]));
    assert!(all.iter().all(|session| session.status() == Status::Unmodified));
}

#[tokio::test]
async fn iterating_an_empty_store_shows_nothing_and_is_no_error() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    assert!(sessions.iterate().await.unwrap().is_empty());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    commit(&session).await;
    clock.advance(HOUR);
    assert!(sessions.iterate().await.unwrap().is_empty(), "what has expired is not shown");
}

#[tokio::test]
async fn a_store_that_fails_ends_the_iteration_with_its_error() {
    let (sessions, store) = three().await;
    store.fail_next("page", Fault::Refused);
    assert!(sessions.iterate().await.is_err());
}

#[tokio::test]
async fn changes_made_while_iterating_are_saved_by_a_commit_and_not_without() {
    let (sessions, _) = three().await;
    for session in sessions.iterate().await.unwrap() {
        session.update_visits(|visits| *visits += 10);
        if session.visits() == 12 {
            session.commit().await.unwrap();
        } else {
            session.reload().await.unwrap();
        }
    }
    let all = sessions.iterate().await.unwrap();
    assert_eq!(all.iter().map(|session| session.visits()).collect::<BTreeSet<_>>(), BTreeSet::from([1, 12, 3]));
}

#[tokio::test]
async fn iterating_inside_a_request_leaves_that_requests_session_alone() {
    let known = known().await;
    let manager = known.sessions.clone();
    let app = serving(&known.sessions, move |session: Visit| async move {
        for listed in manager.iterate().await.unwrap() {
            listed.set_visits(50);
            listed.reload().await.unwrap();
        }
        session.visits().to_string()
    });
    assert_eq!(body_text(known.browser().get(&app, "/").await).await, "1");
}
