//! Finding, listing and purging.

use scs::TypedSession;

use super::{Sessions, Visitor, sessions, stored};
use crate::support::{Fault, HOUR, SECOND, commit, on_manual_clock};

/// Elsewhere the session of a visitor who was there before signing in was never found by account,
/// because only a new record was indexed.
#[tokio::test]
async fn a_visitor_who_was_anonymous_is_found_by_account_after_signing_in() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let session = sessions.open(&token).await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;
    let found = sessions.find(Visitor::by_account(7)).await.unwrap();
    assert_eq!(found.iter().map(TypedSession::id).collect::<Vec<_>>(), [session.id()]);
    assert_eq!(sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 1);
    assert!(sessions.open(&token).await.unwrap().is_new());
}

/// Elsewhere a session that changed hands was still found under the account it had before.
#[tokio::test]
async fn a_session_is_found_by_the_account_it_has_and_by_no_other() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let session = sessions.open(&token).await.unwrap();
    session.set_account(7);
    commit(&session).await;
    session.set_account(8);
    commit(&session).await;
    assert_eq!(sessions.find(Visitor::by_account(7)).await.unwrap().len(), 0);
    assert_eq!(sessions.find(Visitor::by_account(8)).await.unwrap().len(), 1);
}

/// Elsewhere destroying every session of a list hashed the hashed token once more, deleted nothing, and
/// reported success.
#[tokio::test]
async fn destroying_every_session_of_a_list_ends_every_one_of_them() {
    let (sessions, store) = sessions();
    let tokens = [stored(&sessions).await, stored(&sessions).await];
    for session in sessions.iterate().await.unwrap() {
        session.destroy();
        session.commit().await.unwrap();
    }
    assert_eq!(store.inner.statistics().sessions, 0);
    for token in tokens {
        assert!(sessions.open(&token).await.unwrap().is_new());
    }
}

/// Elsewhere committing a session of a list stored a second record under the hash of its hash.
#[tokio::test]
async fn committing_a_session_of_a_list_changes_that_very_session() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    for session in sessions.iterate().await.unwrap() {
        session.set_name("Ada");
        session.commit().await.unwrap();
    }
    assert_eq!(sessions.open(&token).await.unwrap().name().as_deref(), Some("Ada"));
    assert_eq!(store.inner.statistics().sessions, 1);
}

/// Elsewhere a sweep deleted one expired record and stopped, or its batches never ran at all.
#[tokio::test]
async fn purging_deletes_every_expired_record_however_many_batches_it_takes() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    for _ in 0..2_500 {
        stored(&sessions).await;
    }
    clock.advance(HOUR);
    store.take_calls();
    assert_eq!(sessions.purge_expired().await.unwrap(), 2_500);
    assert!(store.take_calls().len() > 2);
    assert_eq!(store.inner.statistics().sessions, 0);
}

/// Elsewhere the task that deletes expired sessions ended for ever with the first error of the store.
#[tokio::test(start_paused = true)]
async fn the_reaper_outlives_a_store_that_fails() {
    let (sessions, store) = sessions();
    store.fail_next("purge", Fault::Refused);
    let reaper = tokio::spawn(sessions.reaper(HOUR));
    tokio::time::sleep(2 * HOUR + SECOND).await;
    reaper.abort();
    assert_eq!(store.take_calls(), ["purge"; 2]);
}

/// Elsewhere the first layer in the process started the sweep, and no other got one.
#[tokio::test(start_paused = true)]
async fn each_reaper_serves_the_store_it_was_made_for() {
    let ((one, one_store), (other, other_store)): ((Sessions, _), (Sessions, _)) = (sessions(), sessions());
    let reapers = [tokio::spawn(one.reaper(HOUR)), tokio::spawn(other.reaper(HOUR))];
    tokio::time::sleep(HOUR + SECOND).await;
    reapers.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!((one_store.take_calls(), other_store.take_calls()), (vec!["purge"], vec!["purge"]));
}
