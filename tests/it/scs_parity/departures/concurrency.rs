//! Requests of one session that run at the same time.

use futures_util::FutureExt as _;
use scs::{
    SessionError, SessionId,
    store::{Created, Entry, Store as _, Updated},
};

use crate::scs_parity::{Visit, known, serving};
use crate::support::{MINUTE, commit, token_in};

/// SCS stores the whole session at once, so of two requests that set different keys one key is lost.
/// Here a commit that finds newer data does its own operations on top of it: browsers send requests
/// in parallel, and neither is wrong.
#[tokio::test]
async fn two_requests_that_set_different_fields_both_count() {
    let known = known().await;
    let (one, other) = (known.open().await, known.open().await);
    one.set_visits(7);
    other.set_name("Ada");
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    let session = known.open().await;
    assert_eq!((session.visits(), session.name().as_deref()), (7, Some("Ada")));
}

/// In SCS getting, changing and putting are three steps, and what another request puts between them
/// is lost. Here `update` is one step, and its closure runs again on what the other one stored.
#[tokio::test]
async fn counting_is_exact_across_requests() {
    let known = known().await;
    let requests = [known.open().await, known.open().await, known.open().await];
    for request in &requests {
        request.update_visits(|visits| *visits += 1);
    }
    for request in &requests {
        request.commit().await.unwrap();
    }
    assert_eq!(known.open().await.visits(), 4);
}

/// In SCS a request that was under way during a logout writes the whole session back, under the token
/// that was just given up. Here an update never creates: a logout is final.
#[tokio::test]
async fn a_request_under_way_does_not_undo_a_logout() {
    let known = known().await;
    let slow = known.open().await;
    slow.set_visits(9);
    let leaving = known.open().await;
    leaving.destroy();
    leaving.commit().await.unwrap();
    assert!(matches!(slow.commit().await, Err(SessionError::Gone)));
    assert!(known.open().await.is_new());
    assert!(known.stored().await.is_none());
}

/// With an idle timeout SCS writes on every read, so even a request that only reads brings a logged-out
/// session back. Here it is touched, and touching never creates.
#[tokio::test]
async fn a_reader_under_way_does_not_undo_a_logout_either() {
    let known = known().await;
    known.clock.advance(10 * MINUTE);
    let slow = known.open().await;
    let leaving = known.open().await;
    leaving.destroy();
    leaving.commit().await.unwrap();
    slow.commit().await.unwrap();
    assert_eq!(known.store.take_calls(), ["load", "load", "delete", "touch"]);
    assert!(known.stored().await.is_none());
}

/// In SCS a request under way during a renewal stores the session under its old token again, and both
/// tokens live: what renewing is to prevent. Here the record has one key and one secret.
#[tokio::test]
async fn a_request_under_way_does_not_undo_a_renewal() {
    let known = known().await;
    known.clock.advance(10 * MINUTE);
    let (reader, writer) = (known.open().await, known.open().await);
    let signing_in = known.open().await;
    signing_in.set_account(7);
    let token = commit(&signing_in).await;
    reader.commit().await.unwrap();
    writer.set_name("Mallory");
    assert!(writer.commit().await.is_err());
    assert!(known.open().await.is_new());
    assert_eq!(known.sessions.open(&token).await.unwrap().name(), None);
}

/// In SCS two renewals of one token at the same time make two sessions with the same data. Here one
/// of them wins.
#[tokio::test]
async fn two_renewals_at_once_leave_one_session_with_one_token() {
    let known = known().await;
    let (one, other) = (known.open().await, known.open().await);
    one.renew();
    other.renew();
    let token = commit(&one).await;
    assert!(matches!(other.commit().await, Err(SessionError::Gone)));
    assert_eq!(known.sessions.iterate().await.unwrap().len(), 1);
    assert!(!known.sessions.open(&token).await.unwrap().is_new());
}

/// A session that another request revoked comes back in SCS when this one commits. Here the commit
/// finds it gone, and the response hands out no cookie for it.
#[tokio::test]
async fn a_session_that_was_revoked_meanwhile_stays_revoked() {
    let known = known().await;
    let (manager, id) = (known.sessions.clone(), known.id);
    let app = serving(&known.sessions, move |session: Visit| async move {
        session.set_visits(9);
        assert!(manager.revoke(id).await.unwrap());
    });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(token_in(&response), None);
    assert!(known.stored().await.is_none());
}

/// The stores of SCS have one way to write, which inserts or replaces: the cause of all of the above.
/// Here creating never replaces, updating never creates, and it needs the revision that was read.
#[tokio::test]
async fn creating_and_updating_are_two_operations() {
    let store = crate::support::TestStore::new();
    let id = SessionId::from_bytes([7; 16]);
    let (first, second) = (Entry::new("first", MINUTE), Entry::new("second", MINUTE));
    assert_eq!(store.update(id, first.revision(), &second).await.unwrap(), Updated::Gone);
    assert_eq!(store.create(id, &first).await.unwrap(), Created::Created);
    assert_eq!(store.create(id, &second).await.unwrap(), Created::Occupied);
    assert_eq!(store.update(id, second.revision(), &second).await.unwrap(), Updated::Conflict);
    assert_eq!(store.load(id).await.unwrap().unwrap().payload(), "first");
}

/// SCS holds the session's lock during the store call, so whoever reads the session meanwhile waits
/// for the store. Here nothing but another commit does.
#[tokio::test]
async fn reading_does_not_wait_for_a_commit_that_is_under_way() {
    let known = known().await;
    let session = known.open().await;
    session.set_visits(2);
    known.store.delay_next("update");
    let mut commit = std::pin::pin!(session.commit());
    assert!(commit.as_mut().now_or_never().is_none());
    assert_eq!(session.visits(), 2);
    session.set_name("Ada");
    known.store.release();
    commit.await.unwrap();
    assert_eq!(known.open().await.name(), None, "what was set meanwhile waits for the next commit");
    session.commit().await.unwrap();
    assert_eq!(known.open().await.name().as_deref(), Some("Ada"));
}
