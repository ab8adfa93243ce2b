//! What becomes of a token that a client presents.

use scs::{Outcome, Status};

use crate::scs_parity::{Visit, cookies, known, serving};
use crate::support::{self, Fault, body_text, token_in};

#[tokio::test]
async fn without_a_token_the_session_is_new_and_the_store_is_not_asked() {
    let known = known().await;
    let session = known.sessions.open(None).await.unwrap();
    assert_eq!((session.is_new(), session.status(), session.visits()), (true, Status::Unmodified, 0));
    assert_eq!(known.store.take_calls(), [""; 0]);
}

#[tokio::test]
async fn a_token_opens_what_was_stored_under_it_for_one_call() {
    let known = known().await;
    let session = known.open().await;
    assert_eq!((session.outcome(), session.status(), session.visits()), (Outcome::Loaded, Status::Unmodified, 1));
    assert_eq!(known.store.take_calls(), ["load"]);
}

#[tokio::test]
async fn an_unknown_token_is_never_adopted() {
    let known = known().await;
    let made_up = "A".repeat(64);
    let app = serving(&known.sessions, |session: Visit| async move { session.set_visits(1) });
    let response = support::post(&app, "/", &[("cookie", &format!("__Host-id={made_up}"))]).await;
    assert_ne!(token_in(&response).unwrap(), made_up);
    assert!(known.sessions.open(&made_up).await.unwrap().is_new());
}

#[tokio::test]
async fn an_unknown_cookie_stays_in_the_browser_until_something_is_written() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.visits().to_string() });
    let response = support::get(&app, "/", &[("cookie", &format!("__Host-id={}", "A".repeat(64)))]).await;
    assert_eq!(cookies(&response), [""; 0]);
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_and_no_new_session() {
    let known = known().await;
    known.store.fail_next("load", Fault::Refused);
    assert!(known.sessions.open(&known.token).await.is_err());
}

#[tokio::test]
async fn a_request_has_one_session_however_often_it_is_asked_for() {
    let known = known().await;
    let app = serving(&known.sessions, |one: Visit, other: Visit, third: Option<Visit>| async move {
        one.set_name("Ada");
        format!("{:?} {:?}", other.name(), third.and_then(|third| third.name()))
    });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(body_text(response).await, r#"Some("Ada") Some("Ada")"#);
    assert_eq!(known.store.take_calls(), ["load", "update"]);
}
