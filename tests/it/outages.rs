//! While the store is down: what clients are answered, and who may go on without a session.

use std::time::Duration;

use axum::{
    Router,
    http::{StatusCode, header},
    routing::{get, post},
};
use scs::{
    MemoryStore, OnOutage, Outcome, Session, SessionManager, SessionRejection, TypedSession,
    store::{AnyStore, Store as _},
};
use scs_stores::{MemoryCache, SqliteStore, Tiered};

use crate::support::{Browser, Fault, Folder, TestStore, body_text, commit};

#[derive(Session)]
struct Visitor {
    visits: u64,
}

type Sessions = SessionManager<Visitor, TestStore>;
type Visit = TypedSession<Visitor>;

/// Shows who comes, if it can be told.
async fn page(session: Option<Visit>) -> String {
    session.map_or("anonymous".to_owned(), |session| session.visits().to_string())
}

/// A page of two parts, each of which shows whether somebody came.
async fn parts(menu: Option<Visit>, body: Option<Visit>) -> String {
    format!("{} {}", menu.is_some(), body.is_some())
}

async fn reason(session: Result<Visit, SessionRejection>) -> String {
    let outcome = match session {
        Ok(session) => Some(session.outcome()),
        Err(rejection) => rejection.outcome(),
    };
    format!("{outcome:?}")
}

/// An application, its store, and a browser with a session in it.
async fn world(on_outage: OnOutage) -> (Router, TestStore, Browser) {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let cookie = format!("__Host-id={}", commit(&session).await);
    let app = Router::new()
        .route("/page", get(page))
        .route("/reason", get(reason))
        .route("/parts", get(parts))
        .route("/visit", post(|session: Visit| async move { session.update_visits(|visits| *visits += 1) }))
        .layer(sessions.layer().on_outage(on_outage));
    (app, store, Browser { cookie: Some(cookie) })
}

#[tokio::test]
async fn without_asking_for_it_nobody_is_anonymous_for_an_outage() {
    let (app, store, mut browser) = world(OnOutage::default()).await;
    store.fail_next("load", Fault::Refused);
    let response = browser.get(&app, "/page").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
}

#[tokio::test]
async fn a_page_that_may_be_anonymous_is_shown_during_an_outage_and_the_cookie_stays() {
    let (app, store, mut browser) = world(OnOutage::Anonymous).await;
    store.fail_next("load", Fault::Refused);
    let response = browser.get(&app, "/page").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!response.headers().contains_key(header::SET_COOKIE));
    assert_eq!(body_text(response).await, "anonymous");
    assert_eq!(body_text(browser.get(&app, "/page").await).await, "1", "the store is up again");
}

/// It is not over in a while, and a page without its visitor would hide it.
#[tokio::test]
async fn a_store_that_is_set_up_wrongly_is_no_outage() {
    let folder = Folder::new("not_migrated");
    let store = SqliteStore::open(folder.file("sessions.db")).unwrap();
    let layer = SessionManager::<Visitor, _>::new(store).layer().on_outage(OnOutage::Anonymous);
    let app = Router::new().route("/page", get(page)).layer(layer);
    let mut browser = Browser { cookie: Some(format!("__Host-id={}", "A".repeat(64))) };
    let response = browser.get(&app, "/page").await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!response.headers().contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn no_cache_keeps_a_page_that_is_anonymous_for_an_outage() {
    let (app, store, mut browser) = world(OnOutage::Anonymous).await;
    store.fail_next("load", Fault::Refused);
    let response = browser.get(&app, "/page").await;
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[header::VARY], "cookie");
}

#[tokio::test]
async fn no_cache_keeps_a_page_of_which_a_part_is_anonymous_for_an_outage() {
    let (app, store, mut browser) = world(OnOutage::Anonymous).await;
    store.fail_next("load", Fault::Refused);
    let response = browser.get(&app, "/parts").await;
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(body_text(response).await, "false true");
}

#[tokio::test]
async fn a_handler_that_needs_its_session_is_refused_all_the_same() {
    let (app, store, mut browser) = world(OnOutage::Anonymous).await;
    store.fail_next("load", Fault::Refused);
    assert_eq!(browser.post(&app, "/visit").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_visitor_without_a_token_notices_no_outage_until_something_is_to_be_stored() {
    let (app, store, _) = world(OnOutage::default()).await;
    store.fail_next("create", Fault::Refused);
    let mut stranger = Browser::default();
    assert_eq!(body_text(stranger.get(&app, "/page").await).await, "anonymous");
    assert_eq!(stranger.post(&app, "/visit").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stranger.cookie, None);
}

#[tokio::test]
async fn whoever_asks_for_the_reason_is_told_of_the_outage() {
    let (app, store, mut browser) = world(OnOutage::default()).await;
    assert_eq!(body_text(browser.get(&app, "/reason").await).await, format!("{:?}", Some(Outcome::Loaded)));
    store.fail_next("load", Fault::Refused);
    assert_eq!(body_text(browser.get(&app, "/reason").await).await, format!("{:?}", Some(Outcome::Outage)));
}

#[test]
fn a_store_of_keys_and_values_has_a_second_and_a_database_three() {
    let folder = Folder::new("timeouts");
    let sqlite = || SqliteStore::open(folder.file("sessions.sqlite")).unwrap();
    let [second, three_seconds] = [1, 3].map(Duration::from_secs);
    assert_eq!(Sessions::new(TestStore::new()).policy().store_timeout(), second);
    assert_eq!(AnyStore::new(MemoryStore::new()).default_timeout(), second);
    assert_eq!(SessionManager::<Visitor, _>::new(sqlite()).policy().store_timeout(), three_seconds);
    assert_eq!(AnyStore::new(sqlite()).default_timeout(), three_seconds);
    assert_eq!(Tiered::builder(MemoryCache::new(10), sqlite()).build().default_timeout(), three_seconds);
    let sessions = Sessions::builder(TestStore::new()).store_timeout(second * 2).build().unwrap();
    assert_eq!(sessions.policy().store_timeout(), second * 2);
}
