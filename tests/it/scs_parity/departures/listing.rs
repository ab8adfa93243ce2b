//! Listing, finding and revoking sessions.

use scs::{
    SessionManager,
    store::{Entry, Store as _},
};

use crate::scs_parity::{Sessions, Visitor, known};
use crate::support::{DAY, Fault, TestStore, commit};

async fn signed_in(sessions: &Sessions, account: u64) -> String {
    let session = sessions.open(None).await.unwrap();
    session.set_account(account);
    commit(&session).await
}

/// SCS loads its whole store into memory before the first session is shown. Here a page at a time is
/// read, and what is not asked for is not read.
#[tokio::test]
async fn iterating_reads_no_more_than_was_asked_for() {
    let store = TestStore::new();
    let sessions: Sessions = SessionManager::new(store.clone());
    for account in 0..300 {
        signed_in(&sessions, account).await;
    }
    store.take_calls();
    let mut all = sessions.iterate();
    assert_eq!(store.take_calls(), [""; 0]);
    all.next().await.unwrap().unwrap();
    let first = store.take_calls().len();
    assert_eq!(all.await.unwrap().len(), 299);
    assert!(first < store.take_calls().len());
}

/// In SCS the sessions of one user are found by looking at all of them. Here an indexed field leads to
/// them.
#[tokio::test]
async fn the_sessions_of_an_account_are_found_without_looking_at_the_others() {
    let store = TestStore::new();
    let sessions: Sessions = SessionManager::new(store.clone());
    for account in 0..50 {
        signed_in(&sessions, account).await;
    }
    store.take_calls();
    assert_eq!(sessions.find(Visitor::by_account(7)).await.unwrap().len(), 1);
    assert_eq!(store.take_calls(), ["find", "load"]);
}

/// In SCS, with hashed tokens, destroying the sessions that are listed deletes nothing and says nothing.
/// Here tokens are always hashed, and logging out everywhere works.
#[tokio::test]
async fn logging_out_everywhere_ends_the_sessions_although_their_tokens_are_hashed() {
    let sessions: Sessions = SessionManager::new(TestStore::new());
    let (one, other) = (signed_in(&sessions, 7).await, signed_in(&sessions, 7).await);
    let somebody_else = signed_in(&sessions, 8).await;
    assert_eq!(sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 2);
    for token in [one, other] {
        assert!(sessions.open(&token).await.unwrap().is_new());
    }
    assert!(!sessions.open(&somebody_else).await.unwrap().is_new());
}

/// The same by hand: a session that was listed is destroyed by its own commit.
#[tokio::test]
async fn a_listed_session_can_be_destroyed() {
    let sessions: Sessions = SessionManager::new(TestStore::new());
    let token = signed_in(&sessions, 7).await;
    for session in sessions.iterate().await.unwrap() {
        session.destroy();
        session.commit().await.unwrap();
    }
    assert!(sessions.open(&token).await.unwrap().is_new());
}

/// In SCS the first session that cannot be decoded ends the iteration. Here it is left out: one broken
/// record must not keep an administrator from all others.
#[tokio::test]
async fn a_record_that_cannot_be_read_does_not_end_the_iteration() {
    let known = known().await;
    let revision = known.store.load(known.id).await.unwrap().unwrap().revision();
    let _ = known.store.update(known.id, revision, &Entry::new("gibberish", DAY)).await.unwrap();
    signed_in(&known.sessions, 7).await;
    assert_eq!(known.sessions.iterate().await.unwrap().len(), 1);
}

/// In SCS an iteration that failed begins again. Here it goes on where it was.
#[tokio::test]
async fn an_iteration_that_failed_goes_on_where_it_was() {
    let store = TestStore::new();
    let sessions: Sessions = SessionManager::new(store.clone());
    for account in 0..20 {
        signed_in(&sessions, account).await;
    }
    let mut all = sessions.iterate();
    let mut seen = vec![all.next().await.unwrap().unwrap().id()];
    store.fail_next("page", Fault::Refused);
    let mut failures = 0;
    loop {
        match all.next().await {
            Ok(Some(session)) => seen.push(session.id()),
            Ok(None) => break,
            Err(_) => failures += 1,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!((failures, seen.len()), (1, 20));
}

/// In SCS a session is ended by its token, or by the store's key for it. Here its public id is enough,
/// which may stand in a list of devices or in a log.
#[tokio::test]
async fn a_session_is_ended_by_its_public_id() {
    let known = known().await;
    assert!(known.sessions.revoke(known.id).await.unwrap());
    assert!(!known.sessions.revoke(known.id).await.unwrap());
    assert!(known.open().await.is_new());
}
