//! When something is written, and when not.

use scs::{SessionError, Status};

use crate::scs_parity::{Visit, cookies, known, serving};
use crate::support::{self, Fault, MINUTE};

/// SCS counts every put as a change. Here an equal value is none: whoever changed nothing overwrites
/// nobody and costs no write.
#[tokio::test]
async fn setting_what_is_there_already_is_no_change() {
    let known = known().await;
    let session = known.open().await;
    session.set_visits(1);
    session.commit().await.unwrap();
    assert_eq!((session.status(), known.store.take_calls()), (Status::Unmodified, vec!["load"]));
}

/// In SCS the changed mark stays after a commit, so the middleware writes once more. Here what was
/// committed is done.
#[tokio::test]
async fn what_was_committed_is_not_written_again() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.set_visits(2);
        session.commit().await.unwrap();
        session.commit().await.map(drop)
    });
    known.browser().get(&app, "/").await;
    assert_eq!(known.store.take_calls(), ["load", "update"]);
}

/// In SCS, committing a new session that nobody changed stores an empty one that no cookie points at.
/// Here nothing is stored: whoever looks around costs nothing.
#[tokio::test]
async fn committing_a_new_session_that_nobody_changed_stores_nothing() {
    let known = known().await;
    let session = known.sessions.open(None).await.unwrap();
    assert!(session.commit().await.unwrap().token().is_none());
    assert_eq!(known.store.take_calls(), [""; 0]);
}

/// In SCS, committing after destroying stores an empty session under a token that is never sent. Here
/// it deletes and that is all.
#[tokio::test]
async fn committing_after_destroying_stores_nothing() {
    let known = known().await;
    let session = known.open().await;
    session.destroy();
    assert!(session.commit().await.unwrap().is_removed());
    session.commit().await.unwrap();
    assert_eq!(known.store.take_calls(), ["load", "delete"]);
    assert_eq!(known.store.inner.statistics().sessions, 0);
}

/// In SCS, asking to be remembered is a value like others and makes a session of whoever has none.
/// Here there must be something to remember.
#[tokio::test]
async fn asking_to_be_remembered_makes_no_session() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.remember(true) });
    assert_eq!(cookies(&support::get(&app, "/", &[]).await), [""; 0]);
    assert_eq!(known.store.take_calls(), [""; 0]);
}

/// With an idle timeout SCS counts every request as a change: it writes the whole session and sends
/// the cookie again. Here a request that only reads moves the expiry, at most once a minute, and sends
/// nothing.
#[tokio::test]
async fn an_idle_timeout_makes_no_request_a_writer() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.visits().to_string() });
    let mut browser = known.browser();
    for calls in [vec!["load"], vec!["load", "touch"]] {
        known.clock.advance(MINUTE / 2);
        assert_eq!(cookies(&browser.get(&app, "/").await), [""; 0]);
        assert_eq!(known.store.take_calls(), calls);
    }
}

/// In SCS a failed commit leaves a token in memory, and trying again uses it. Here nobody knows after
/// an error whether the write was applied, so it is never repeated, and there is no token.
#[tokio::test]
async fn a_failed_commit_is_not_repeated_and_leaves_no_token() {
    let known = known().await;
    let session = known.sessions.open(None).await.unwrap();
    session.set_visits(1);
    known.store.fail_next("create", Fault::AnswerLost);
    session.commit().await.unwrap_err();
    assert!(matches!(session.commit().await, Err(SessionError::Uncertain)));
    assert_eq!(known.store.take_calls(), ["create"]);
}

/// In SCS a session knows only whether it was changed or destroyed, not whether it is stored at all.
/// Here it tells that, and why.
#[tokio::test]
async fn a_session_tells_whether_it_is_stored_and_why_not() {
    use scs::Outcome;

    let known = known().await;
    assert_eq!((known.open().await.is_new(), known.open().await.outcome()), (false, Outcome::Loaded));
    let unknown = "A".repeat(64);
    for (token, outcome) in
        [(None, Outcome::NoToken), (Some("made up"), Outcome::Malformed), (Some(unknown.as_str()), Outcome::Unknown)]
    {
        let session = known.sessions.open(token).await.unwrap();
        assert_eq!((session.is_new(), session.outcome()), (true, outcome));
    }
}
