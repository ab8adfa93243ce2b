//! Flash: consumed when read, not when a request passes.

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use scs::{MemoryStore, Session, SessionManager, Status, TypedSession};

use crate::support::{Browser, body_text, commit};

#[derive(Session)]
struct Visitor {
    #[session(flash)]
    notice: Option<String>,
    #[session(flash)]
    errors: Vec<String>,
}

type Sessions = SessionManager<Visitor, MemoryStore>;

async fn with_notice() -> (Sessions, String) {
    with_notice_of("saved").await
}

async fn with_notice_of(text: &str) -> (Sessions, String) {
    let sessions = Sessions::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_notice(text);
    let token = commit(&session).await;
    (sessions, token)
}

#[tokio::test]
async fn a_notice_waits_until_it_is_popped() {
    let (sessions, token) = with_notice().await;
    for _ in 0..3 {
        let session = sessions.open(token.as_str()).await.unwrap();
        assert_eq!(session.peek_notice().as_deref(), Some("saved"));
        session.commit().await.unwrap();
    }
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(session.pop_notice().as_deref(), Some("saved"));
    assert_eq!(session.pop_notice(), None);
    session.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().peek_notice(), None);
}

#[tokio::test]
async fn a_popped_notice_that_is_kept_is_there_again() {
    let (sessions, token) = with_notice().await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.pop_notice();
    session.keep_notice();
    assert_eq!(session.status(), Status::Unmodified);
    session.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().pop_notice().as_deref(), Some("saved"));
}

#[tokio::test]
async fn a_notice_for_now_is_seen_by_this_request_only() {
    let (sessions, token) = with_notice().await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.now_notice("just now");
    assert!(session.has_notice());
    assert_eq!(session.pop_notice().as_deref(), Some("just now"));
    assert_eq!(session.peek_notice().as_deref(), Some("saved"), "the stored one is behind it");
    session.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().pop_notice().as_deref(), Some("saved"));
}

#[tokio::test]
async fn keeping_a_notice_for_now_makes_it_wait_for_the_next_request() {
    let sessions = Sessions::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.now_notice("just now");
    session.pop_notice();
    session.keep_notice();
    let token = commit(&session).await;
    assert_eq!(sessions.open(token.as_str()).await.unwrap().pop_notice().as_deref(), Some("just now"));
}

#[tokio::test]
async fn a_list_can_be_a_flash() {
    let sessions = Sessions::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    assert_eq!(session.pop_errors(), None);
    session.set_errors(vec!["too short".into(), "too old".into()]);
    assert!(session.has_errors());
    assert_eq!(session.pop_errors().unwrap().len(), 2);
    assert!(!session.has_errors());
}

#[tokio::test]
async fn a_notice_set_while_another_request_pops_the_old_one_is_not_lost() {
    let (sessions, token) = with_notice().await;
    let popping = sessions.open(token.as_str()).await.unwrap();
    let setting = sessions.open(token.as_str()).await.unwrap();
    popping.pop_notice();
    setting.set_notice("newer");
    setting.commit().await.unwrap();
    popping.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().pop_notice().as_deref(), Some("newer"));
}

#[tokio::test]
async fn keeping_a_notice_does_not_overwrite_the_one_that_another_request_set() {
    let (sessions, token) = with_notice().await;
    let setting = sessions.open(token.as_str()).await.unwrap();
    setting.set_errors(vec!["too short".into()]);
    setting.commit().await.unwrap();
    let keeping = sessions.open(token.as_str()).await.unwrap();
    keeping.pop_notice();
    setting.set_notice("newer");
    setting.commit().await.unwrap();
    keeping.claim_errors().await.unwrap().expect("it reads the session again");
    keeping.keep_notice();
    keeping.set_errors(vec!["too old".into()]);
    keeping.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().peek_notice().as_deref(), Some("newer"));
}

#[tokio::test]
async fn keeping_a_notice_brings_back_none_that_another_request_has_claimed() {
    let (sessions, token) = with_notice().await;
    let keeping = sessions.open(token.as_str()).await.unwrap();
    let claiming = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(claiming.claim_notice().await.unwrap().as_deref(), Some("saved"));
    keeping.pop_notice();
    keeping.set_errors(vec!["too late".into()]);
    keeping.commit().await.unwrap();
    keeping.keep_notice();
    keeping.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().peek_notice(), None);
}

#[tokio::test]
async fn a_notice_is_kept_also_after_its_pop_was_committed() {
    let (sessions, token) = with_notice().await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.pop_notice();
    session.commit().await.unwrap();
    session.keep_notice();
    session.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().peek_notice().as_deref(), Some("saved"));
}

/// What the notice reads as after a call: in the same request, in the next one, and in the next one after a failure.
type Row = (&'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>);

/// The table in the documentation of `flash`.
const TABLE: [Row; 8] = [
    ("none", Some("old"), Some("old"), Some("old")),
    ("set", Some("new"), Some("new"), Some("old")),
    ("peek", Some("old"), Some("old"), Some("old")),
    ("pop", None, None, Some("old")),
    ("pop-keep", Some("old"), Some("old"), Some("old")),
    ("now", Some("new"), Some("old"), Some("old")),
    ("now-pop", Some("old"), Some("old"), Some("old")),
    ("claim", None, None, None),
];

async fn call(session: TypedSession<Visitor>, Path((calls, status)): Path<(String, u16)>) -> (StatusCode, String) {
    for call in calls.split('-') {
        match call {
            "set" => session.set_notice("new"),
            "peek" => drop(session.peek_notice()),
            "pop" => drop(session.pop_notice()),
            "keep" => session.keep_notice(),
            "now" => session.now_notice("new"),
            "claim" => drop(session.claim_notice().await.unwrap()),
            _ => {}
        }
    }
    (StatusCode::from_u16(status).unwrap(), format!("{:?}", session.peek_notice()))
}

#[tokio::test]
async fn the_table_of_flash_values_holds() {
    for (calls, now, next, after_a_failure) in TABLE {
        for (status, next) in [(200, next), (500, after_a_failure)] {
            let (sessions, token) = with_notice_of("old").await;
            let app = Router::new().route("/{calls}/{status}", get(call)).layer(sessions.layer());
            let mut browser = Browser { cookie: Some(format!("__Host-id={token}")) };
            let read = body_text(browser.get(&app, &format!("/{calls}/{status}")).await).await;
            assert_eq!(read, format!("{now:?}"), "{calls}, in the request that is answered {status}");
            let session = sessions.open(token.as_str()).await.unwrap();
            assert_eq!(session.peek_notice().as_deref(), next, "{calls}, after a request that was answered {status}");
        }
    }
}
