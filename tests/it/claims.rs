//! Claims: a one-time value goes to at most one of many requests.

use std::sync::Arc;

use scs::{Session, SessionManager, TypedSession};
use tokio::sync::Barrier;

use crate::support::{Fault, TestStore, commit};

#[derive(Session)]
struct Flow {
    #[session(flash)]
    state: Option<String>,
    #[session(merge = "add")]
    tries: u32,
}

type Sessions = SessionManager<Flow, TestStore>;

async fn with_state(store: &TestStore) -> (Sessions, String) {
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_state("xyz");
    let token = commit(&session).await;
    store.take_calls();
    (sessions, token)
}

async fn open(sessions: &Sessions, token: &str) -> TypedSession<Flow> {
    sessions.open(token).await.unwrap()
}

#[tokio::test]
async fn a_claim_is_committed_when_it_returns() {
    let store = TestStore::new();
    let (sessions, token) = with_state(&store).await;
    let session = open(&sessions, &token).await;
    assert_eq!(session.claim_state().await.unwrap().as_deref(), Some("xyz"));
    assert_eq!(store.take_calls(), ["load", "update"]);
    assert_eq!(open(&sessions, &token).await.peek_state(), None);
    assert_eq!(session.claim_state().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_concurrent_claims_exactly_one_gets_the_value() {
    for _ in 0..50 {
        let store = TestStore::new();
        let (sessions, token) = with_state(&store).await;
        let all_opened = Arc::new(Barrier::new(16));
        let claims = (0..16).map(|_| {
            let (sessions, token, all_opened) = (sessions.clone(), token.clone(), all_opened.clone());
            tokio::spawn(async move {
                let session = open(&sessions, &token).await;
                all_opened.wait().await;
                session.add_tries(1);
                let claimed = session.claim_state().await.unwrap();
                session.commit().await.unwrap();
                claimed
            })
        });
        let claimed = futures_util::future::join_all(claims).await;
        assert_eq!(claimed.into_iter().filter(|claim| claim.as_ref().unwrap().is_some()).count(), 1);
        assert_eq!(open(&sessions, &token).await.tries(), 16, "what was not committed yet stays with its request");
    }
}

#[tokio::test]
async fn a_claim_from_a_session_that_ended_gets_nothing() {
    let store = TestStore::new();
    let (sessions, token) = with_state(&store).await;
    let slow = open(&sessions, &token).await;
    let leaving = open(&sessions, &token).await;
    leaving.destroy();
    leaving.commit().await.unwrap();
    assert_eq!(slow.claim_state().await.unwrap(), None);
}

#[tokio::test]
async fn a_claim_that_fails_is_an_error_and_not_a_value() {
    let store = TestStore::new();
    let (sessions, token) = with_state(&store).await;
    store.fail_next("update", Fault::Refused);
    assert!(open(&sessions, &token).await.claim_state().await.is_err());
    assert_eq!(open(&sessions, &token).await.claim_state().await.unwrap().as_deref(), Some("xyz"));
}

#[tokio::test]
async fn a_stored_value_goes_to_one_claim_also_if_a_request_has_set_an_equal_one() {
    let store = TestStore::new();
    let (sessions, token) = with_state(&store).await;
    let (one, two) = (open(&sessions, &token).await, open(&sessions, &token).await);
    two.set_state("xyz");
    assert_eq!(one.claim_state().await.unwrap().as_deref(), Some("xyz"));
    assert_eq!(two.claim_state().await.unwrap(), None);
    two.commit().await.unwrap();
    assert_eq!(open(&sessions, &token).await.peek_state(), None);
}

#[tokio::test]
async fn a_claim_of_an_equal_value_that_was_set_is_committed_when_it_returns() {
    let store = TestStore::new();
    let (sessions, token) = with_state(&store).await;
    let session = open(&sessions, &token).await;
    session.set_state("xyz");
    assert_eq!(session.claim_state().await.unwrap().as_deref(), Some("xyz"));
    assert_eq!(open(&sessions, &token).await.peek_state(), None);
}

#[tokio::test]
async fn a_value_that_only_this_request_knows_is_claimed_without_the_store() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_state("mine");
    assert_eq!(session.claim_state().await.unwrap().as_deref(), Some("mine"));
    assert_eq!(store.take_calls(), [""; 0]);
}
