//! Ending a session.

use axum::http::StatusCode;

use crate::scs_parity::{Visit, cookies, known, serving};
use crate::support::{self, Fault};

/// SCS deletes while the handler runs. Here the record is deleted when the request commits, in the one
/// place that also tells the client.
#[tokio::test]
async fn a_session_is_deleted_when_it_is_committed_and_not_before() {
    let known = known().await;
    let session = known.open().await;
    session.destroy();
    assert_eq!(known.store.take_calls(), ["load"]);
    session.commit().await.unwrap();
    assert_eq!(known.store.take_calls(), ["delete"]);
}

/// In SCS a store that fails while destroying leaves the session as it was, with its data. Here the
/// session is over for this request, the client is told to forget its cookie in any case, and the next
/// commit tries again.
#[tokio::test]
async fn a_logout_that_the_store_refused_is_tried_again() {
    let known = known().await;
    let session = known.open().await;
    session.destroy();
    known.store.fail_next("delete", Fault::Refused);
    session.commit().await.unwrap_err();
    assert!(!session.has_visits());
    assert!(session.commit().await.unwrap().is_removed());
    assert!(known.stored().await.is_none());
}

/// For a browser that means: SCS answers a 500 and leaves the cookie, so the visitor seems to be signed
/// in still. Here the answer is a 503 and the cookie goes.
#[tokio::test]
async fn a_logout_that_failed_is_a_503_and_still_removes_the_cookie() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.destroy() });
    known.store.fail_next("delete", Fault::Refused);
    let mut browser = known.browser();
    let response = browser.get(&app, "/").await;
    assert_eq!((response.status(), browser.cookie), (StatusCode::SERVICE_UNAVAILABLE, None));
}

/// In SCS, destroying a session that was never stored asks the store to delete an empty token, which
/// some stores answer with an error, and sends a removal cookie. Here there is nothing to delete and,
/// without a cookie in the request, nothing to remove.
#[tokio::test]
async fn destroying_a_session_that_does_not_exist_does_nothing() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.destroy() });
    let response = support::get(&app, "/", &[]).await;
    assert_eq!((cookies(&response), known.store.take_calls()), (vec![], vec![]));
}

/// A cookie that opened nothing is removed, as SCS does: after a logout the browser has none.
#[tokio::test]
async fn destroying_removes_a_cookie_that_opened_nothing() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.destroy() });
    for cookie in [format!("__Host-id={}", "A".repeat(64)), "__Host-id=malformed".to_owned()] {
        let response = support::get(&app, "/", &[("cookie", &cookie)]).await;
        assert!(cookies(&response)[0].starts_with("__Host-id=; Max-Age=0;"));
    }
}

/// In SCS a handler that fails after logging out has logged out, for it was deleted at once. Here a
/// failing handler's changes are dropped, but never a logout.
#[tokio::test]
async fn a_handler_that_fails_after_logging_out_has_logged_out() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.destroy();
        session.set_visits(9);
        StatusCode::INTERNAL_SERVER_ERROR
    });
    let mut browser = known.browser();
    browser.get(&app, "/").await;
    assert_eq!((browser.cookie, known.store.inner.statistics().sessions), (None, 0));
}

/// SCS can clear everything or nothing. Here signing out drops who it was, renews the token and keeps
/// the rest, such as a cart.
#[tokio::test]
async fn signing_out_keeps_what_does_not_belong_to_the_account() {
    let known = known().await;
    let session = known.open().await;
    session.set_account(7);
    let signed_in = support::commit(&session).await;
    let session = known.sessions.open(&signed_in).await.unwrap();
    session.sign_out();
    let signed_out = support::commit(&session).await;
    let session = known.sessions.open(&signed_out).await.unwrap();
    assert_eq!((session.account(), session.visits()), (None, 1));
    assert!(known.sessions.open(&signed_in).await.unwrap().is_new());
}
