//! What clients get when the store fails.

use axum::{
    Router,
    http::{StatusCode, header},
    routing::{get, post},
};
use scs::{Session, SessionManager, TypedSession};

use crate::support::{Browser, Fault, TestStore, body_text};

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
}

type Visit = TypedSession<Visitor>;

async fn app() -> (Router, TestStore, Browser) {
    let store = TestStore::new();
    let app = Router::new()
        .route("/plain", get("ok"))
        .route("/read", get(|session: Visit| async move { session.visits().to_string() }))
        .route("/visit", post(|session: Visit| async move { session.update_visits(|visits| *visits += 1) }))
        .route("/login", post(|session: Visit| async move { session.set_account(7) }))
        .route("/logout", post(|session: Visit| async move { session.destroy() }))
        .layer(SessionManager::<Visitor, _>::new(store.clone()).layer());
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    (app, store, browser)
}

#[tokio::test]
async fn while_the_store_is_down_session_routes_answer_503_and_the_cookie_is_kept() {
    let (app, store, mut browser) = app().await;
    for (call, path) in [("load", "/visit"), ("update", "/visit")] {
        store.fail_next(call, Fault::Refused);
        let response = browser.post(&app, path).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert!(response.headers().get(header::SET_COOKIE).is_none());
        assert_eq!(body_text(response).await, "Service Unavailable");
    }
    assert_eq!(body_text(browser.get(&app, "/read").await).await, "1");
}

#[tokio::test]
async fn while_the_store_is_down_other_routes_do_not_notice() {
    let (app, store, mut browser) = app().await;
    store.fail_next("load", Fault::Refused);
    assert_eq!(body_text(browser.get(&app, "/plain").await).await, "ok");
}

#[tokio::test]
async fn a_new_session_that_could_not_be_stored_gets_no_cookie() {
    let (app, store, _) = app().await;
    store.fail_next("create", Fault::Refused);
    let mut stranger = Browser::default();
    let response = stranger.post(&app, "/visit").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stranger.cookie, None);
}

#[tokio::test]
async fn a_logout_that_could_not_be_stored_is_a_503_and_still_removes_the_cookie() {
    let (app, store, mut browser) = app().await;
    store.fail_next("delete", Fault::Refused);
    let response = browser.post(&app, "/logout").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_hands_out_no_token() {
    let (app, store, mut browser) = app().await;
    store.fail_next("update", Fault::AnswerLost);
    let response = browser.post(&app, "/login").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().get(header::SET_COOKIE).is_none());
}
