//! What each operation does to the status of a session.

use scs::Status;

use crate::scs_parity::{Known, Visit, known, parsed};
use crate::support::{MINUTE, START, commit};

/// The status after these steps, each in a request of its own.
async fn status_after(steps: fn(&Visit)) -> Status {
    let session = known().await.open().await;
    steps(&session);
    session.status()
}

#[tokio::test]
async fn a_session_that_was_only_read_is_unmodified() {
    let status = status_after(|session| {
        let _ = (session.visits(), session.has_name(), session.deadline(), session.id(), session.snapshot());
        session.with_name(|name| assert!(name.is_none()));
    });
    assert_eq!(status.await, Status::Unmodified);
}

#[tokio::test]
async fn setting_a_value_modifies() {
    assert_eq!(status_after(|session| session.set_visits(2)).await, Status::Modified);
}

#[tokio::test]
async fn popping_or_removing_what_is_there_modifies() {
    assert_eq!(status_after(|session| assert_eq!(session.pop_visits(), Some(1))).await, Status::Modified);
    assert_eq!(status_after(|session| session.remove_visits()).await, Status::Modified);
}

#[tokio::test]
async fn popping_or_removing_what_is_not_there_changes_nothing() {
    let status = status_after(|session| {
        assert_eq!((session.pop_name(), session.pop_notice()), (None, None));
        session.remove_name();
    });
    assert_eq!(status.await, Status::Unmodified);
}

#[tokio::test]
async fn clearing_modifies_a_session_that_has_values_and_no_other() {
    assert_eq!(status_after(Visit::clear).await, Status::Modified);

    let known = known().await;
    let session = known.open().await;
    session.clear();
    session.commit().await.unwrap();
    let empty = known.open().await;
    empty.clear();
    assert_eq!(empty.status(), Status::Unmodified);
}

#[tokio::test]
async fn asking_to_be_remembered_modifies_a_stored_session() {
    assert_eq!(status_after(|session| session.remember(true)).await, Status::Modified);
}

#[tokio::test]
async fn bringing_the_deadline_forward_modifies() {
    assert_eq!(status_after(|session| session.set_deadline(START + MINUTE)).await, Status::Modified);
}

/// A second session of the same visitor, and its token.
async fn another(known: &Known) -> String {
    let other = known.sessions.open(None).await.unwrap();
    other.set_name("Ada");
    commit(&other).await
}

#[tokio::test]
async fn merging_modifies_if_there_is_another_session() {
    let known = known().await;
    let other = another(&known).await;
    let session = known.open().await;
    assert!(!session.merge_from(&parsed(&known.token)).await.unwrap());
    assert!(!session.merge_from(&parsed(&"A".repeat(64))).await.unwrap());
    assert_eq!(session.status(), Status::Unmodified, "neither itself nor an unknown one is another session");
    assert!(session.merge_from(&parsed(&other)).await.unwrap());
    assert_eq!(session.status(), Status::Modified);
}

#[tokio::test]
async fn destroying_destroys_whatever_was_done_before() {
    assert_eq!(status_after(Visit::destroy).await, Status::Destroyed);
    let status = status_after(|session| {
        session.set_visits(2);
        session.renew();
        session.destroy();
    });
    assert_eq!(status.await, Status::Destroyed);
}

#[tokio::test]
async fn a_destroyed_session_stays_so_until_something_is_set() {
    let status = status_after(|session| {
        session.destroy();
        assert_eq!(session.pop_visits(), None);
        session.remove_name();
        session.clear();
    });
    assert_eq!(status.await, Status::Destroyed);
    let status = status_after(|session| {
        session.destroy();
        session.set_visits(1);
    });
    assert_eq!(status.await, Status::Modified, "what was set belongs to a new session");
}

#[tokio::test]
async fn committing_does_not_hide_what_was_done() {
    let session = known().await.open().await;
    session.set_visits(2);
    session.commit().await.unwrap();
    assert_eq!(session.status(), Status::Modified);
}
