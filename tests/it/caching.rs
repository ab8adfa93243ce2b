//! Caching headers on responses that used a session.

use axum::{
    Router,
    http::{HeaderMap, header},
    routing::get,
};
use scs::{HeaderTransport, Session, SessionManager, TypedSession};

use crate::support::{Browser, TestStore};

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
}

type Visit = TypedSession<Visitor>;

fn routes() -> Router {
    let with = |name: &'static str, value: &'static str| [(name, value)];
    Router::new()
        .route("/read", get(|_: Visit| async {}))
        .route("/optional", get(|_: Option<Visit>| async {}))
        .route("/write", get(|session: Visit| async move { session.update_visits(|visits| *visits += 1) }))
        .route("/login", get(|session: Visit| async move { session.set_account(1) }))
        .route("/public", get(move |_: Visit| async move { with("cache-control", "public, max-age=600") }))
        .route(
            "/public-login",
            get(move |session: Visit| async move {
                session.set_account(1);
                with("cache-control", "public, max-age=600")
            }),
        )
        .route("/vary", get(move |_: Visit| async move { with("vary", "accept, COOKIE") }))
        .route("/vary-all", get(move |_: Visit| async move { with("vary", "*") }))
        .route("/vary-other", get(move |_: Visit| async move { with("vary", "accept") }))
}

fn app() -> Router {
    routes().layer(SessionManager::<Visitor, _>::new(TestStore::new()).layer())
}

fn values(headers: &HeaderMap, name: header::HeaderName) -> Vec<String> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

async fn headers(browser: &mut Browser, app: &Router, path: &str) -> (Vec<String>, Vec<String>) {
    let response = browser.get(app, path).await;
    (values(response.headers(), header::CACHE_CONTROL), values(response.headers(), header::VARY))
}

fn are(cache_control: &str, vary: &[&str]) -> (Vec<String>, Vec<String>) {
    (vec![cache_control.to_owned()], vary.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn a_response_that_read_the_session_is_private_and_varies_by_cookie() {
    let app = app();
    let mut browser = Browser::default();
    assert_eq!(headers(&mut browser, &app, "/read").await, are("private", &["cookie"]));
    assert_eq!(headers(&mut browser, &app, "/optional").await, are("private", &["cookie"]));
}

#[tokio::test]
async fn a_response_with_the_cookie_is_stored_nowhere_whatever_the_handler_said() {
    let app = app();
    let mut browser = Browser::default();
    assert_eq!(headers(&mut browser, &app, "/write").await, are("no-store", &["cookie"]));
    assert_eq!(headers(&mut browser, &app, "/public-login").await, are("no-store", &["cookie"]));
}

#[tokio::test]
async fn a_response_to_somebody_signed_in_is_stored_nowhere_unless_the_handler_decided() {
    let app = app();
    let mut browser = Browser::default();
    headers(&mut browser, &app, "/login").await;
    assert_eq!(headers(&mut browser, &app, "/read").await, are("private, no-store", &["cookie"]));
    assert_eq!(headers(&mut browser, &app, "/write").await, are("private, no-store", &["cookie"]));
    assert_eq!(headers(&mut browser, &app, "/public").await, are("public, max-age=600", &["cookie"]));
}

#[tokio::test]
async fn vary_is_merged_and_not_repeated() {
    let app = app();
    let mut browser = Browser::default();
    assert_eq!(headers(&mut browser, &app, "/vary").await.1, ["accept, COOKIE"]);
    assert_eq!(headers(&mut browser, &app, "/vary-all").await.1, ["*"]);
    assert_eq!(headers(&mut browser, &app, "/vary-other").await.1, ["accept", "cookie"]);
}

#[tokio::test]
async fn with_a_header_transport_responses_vary_by_that_header() {
    let sessions = SessionManager::<Visitor, _>::new(TestStore::new());
    let app = routes().layer(sessions.layer().transport(HeaderTransport::bearer()));
    assert_eq!(headers(&mut Browser::default(), &app, "/read").await, are("private", &["authorization"]));
    assert_eq!(headers(&mut Browser::default(), &app, "/write").await, are("no-store", &["authorization"]));
}
