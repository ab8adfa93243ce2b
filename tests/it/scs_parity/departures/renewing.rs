//! Renewing the token, which is what prevents session fixation.

use axum::http::StatusCode;

use crate::scs_parity::{Visit, cookies, known, serving};
use crate::support::{DAY, Fault, HOUR, MINUTE, START, commit};

/// In SCS, login code must call `RenewToken`, and login code that forgets it can be attacked. Here the
/// schema says that setting the account renews, and no handler can forget it.
#[tokio::test]
async fn signing_in_renews_without_being_asked() {
    let known = known().await;
    let session = known.open().await;
    session.set_account(7);
    let token = commit(&session).await;
    assert!(known.open().await.is_new());
    assert_eq!(known.sessions.open(&token).await.unwrap().account(), Some(7));
}

/// SCS deletes the old record when it renews and stores the new one with the response: a crash or a
/// store that fails in between loses the session. Here it is one compare-and-set.
#[tokio::test]
async fn a_renewal_that_the_store_refused_loses_nothing() {
    let known = known().await;
    let session = known.open().await;
    session.renew();
    known.store.take_calls();
    known.store.fail_next("update", Fault::Refused);
    session.commit().await.unwrap_err();
    assert_eq!(known.store.take_calls(), ["update"]);
    assert_eq!(known.open().await.visits(), 1);
}

/// For the same reason a handler that fails after renewing loses the session in SCS, and keeps it here.
#[tokio::test]
async fn a_handler_that_fails_after_renewing_keeps_its_session_and_token() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.renew();
        StatusCode::INTERNAL_SERVER_ERROR
    });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(cookies(&response), [""; 0]);
    assert!(!known.open().await.is_new());
}

/// In SCS renewing starts the session's life anew, so a client that renews lives for ever. Here only
/// signing in does: OWASP ASVS 5.0 (7.3.2) asks for an end that nothing else puts off.
#[tokio::test]
async fn renewing_does_not_put_off_the_deadline() {
    let known = known().await;
    known.clock.advance(20 * MINUTE);
    let session = known.open().await;
    session.renew();
    commit(&session).await;
    assert_eq!(session.deadline(), START + DAY);

    session.set_account(7);
    commit(&session).await;
    assert_eq!(session.deadline(), START + 20 * MINUTE + DAY);
}

/// For the same reason renewing undoes a deadline that was set before, in SCS and not here.
#[tokio::test]
async fn renewing_does_not_undo_a_deadline_that_was_set() {
    let known = known().await;
    let session = known.open().await;
    session.set_deadline(START + HOUR / 4);
    session.renew();
    commit(&session).await;
    assert_eq!(session.deadline(), START + HOUR / 4);
}

/// In SCS, renewing a session that was never stored stores it. Here a new session gets a token anyway
/// as soon as there is something in it, and without that there is nothing to protect.
#[tokio::test]
async fn renewing_a_session_that_was_never_stored_stores_nothing() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.renew() });
    let response = crate::support::get(&app, "/", &[]).await;
    assert_eq!((cookies(&response), known.store.take_calls()), (vec![], vec![]));
}

/// SCS shows a renewal as a change like any other. Here the status tells.
#[tokio::test]
async fn the_status_tells_a_renewal_from_a_change() {
    let session = known().await.open().await;
    session.renew();
    assert_eq!(session.status(), scs::Status::Renewed);
}

/// SCS renews at once and the token is known in the handler. Here it is not known before it works: a
/// token that failed to be stored cannot be handed out.
#[tokio::test]
async fn the_new_token_works_from_the_commit_on() {
    let known = known().await;
    let session = known.open().await;
    session.renew();
    assert!(!known.open().await.is_new(), "the old one works until then");
    let committed = session.commit().await.unwrap();
    let token = committed.token().unwrap().expose();
    assert!(!known.sessions.open(&token).await.unwrap().is_new());
}
