//! How long a session lives.

use scs::{MemoryStore, Outcome, SessionManager, store::Store as _};

use crate::scs_parity::{Visitor, known};
use crate::support::{DAY, HOUR, MINUTE, START, commit};

/// SCS counts the lifetime from when a request asked for a session. Here it counts from when the
/// session is stored, which is when there is one.
#[tokio::test]
async fn the_lifetime_counts_from_when_the_session_is_stored() {
    let known = known().await;
    let session = known.sessions.open(None).await.unwrap();
    known.clock.advance(HOUR);
    session.set_visits(1);
    commit(&session).await;
    assert_eq!((session.created_at(), session.deadline()), (START + HOUR, START + HOUR + DAY));
}

/// SCS trusts its store to know what has expired. Here the record's own deadline counts as well: a
/// store with a wrong clock, or one that sweeps late, gives no session away.
#[tokio::test]
async fn a_deadline_that_has_passed_counts_whatever_the_store_says() {
    let known = known().await;
    let revision = known.store.load(known.id).await.unwrap().unwrap().revision();
    known.store.touch(known.id, revision, 400 * DAY).await.unwrap();
    known.clock.advance(DAY);
    assert_eq!(known.open().await.outcome(), Outcome::Expired);
}

/// SCS takes any deadline, so any handler can lengthen a session without end. Here it can only be
/// brought forward.
#[tokio::test]
async fn a_deadline_cannot_be_put_off() {
    let known = known().await;
    let session = known.open().await;
    session.set_deadline(START + 30 * DAY);
    assert_eq!(session.status(), scs::Status::Unmodified);
    session.set_visits(2);
    session.commit().await.unwrap();
    assert_eq!(known.open().await.deadline(), START + DAY);
}

/// In SCS a deadline in the past stores a record that has expired already, or in one of its stores one
/// that never will, and sends a cookie for it. Here it ends the session.
#[tokio::test]
async fn a_deadline_in_the_past_ends_the_session() {
    let known = known().await;
    let session = known.open().await;
    session.set_deadline(START - HOUR);
    assert!(session.commit().await.unwrap().is_removed());
    assert!(known.open().await.is_new());
    known.clock.advance(MINUTE);
    assert_eq!(known.sessions.purge_expired().await.unwrap(), 0, "and no record is left");
}

/// In SCS being remembered concerns the cookie alone: with a browser that is closed for a week, the
/// session has expired in the store. Here signing in and being remembered lengthen the session too.
#[tokio::test]
async fn a_remembered_sign_in_outlives_the_ordinary_timeouts() {
    let known = known().await;
    let session = known.open().await;
    session.set_account(7);
    session.remember(true);
    let token = commit(&session).await;
    assert_eq!(session.deadline(), START + 30 * DAY);
    known.clock.advance(13 * DAY);
    assert_eq!(known.sessions.open(&token).await.unwrap().account(), Some(7));
}

/// In SCS the mark of being remembered is a value among the others, so that clearing forgets it, and
/// merging or listing keys shows it. Here it belongs to the session itself, and goes when an account signs in or out.
#[tokio::test]
async fn clearing_does_not_forget_that_the_client_is_remembered() {
    let known = known().await;
    let session = known.open().await;
    session.set_visits(1);
    session.remember(true);
    let token = commit(&session).await;
    let session = known.sessions.open(&token).await.unwrap();
    session.clear();
    session.set_visits(2);
    assert!(session.commit().await.unwrap().token().is_none(), "the client's cookie stays as it is");

    session.set_account(7);
    session.remember(true);
    let session = known.sessions.open(&commit(&session).await).await.unwrap();
    assert_eq!(session.deadline(), START + 30 * DAY);
    session.clear();
    session.set_visits(3);
    commit(&session).await;
    assert_eq!(session.deadline(), START + DAY);
}

/// SCS takes a lifetime of zero and stores sessions that have expired. Here settings that cannot work
/// are refused when they are made.
#[test]
fn timeouts_that_cannot_work_are_refused() {
    let builder = || SessionManager::<Visitor, _>::builder(MemoryStore::new());
    assert!(builder().absolute_timeout(std::time::Duration::ZERO).build().is_err());
    assert!(builder().idle_timeout(std::time::Duration::ZERO).build().is_err());
    assert!(builder().idle_timeout(2 * DAY).build().is_err());
    assert!(builder().idle_timeout(DAY).build().is_ok());
}
