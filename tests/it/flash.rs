//! Flash: consumed when read, not when a request passes.

use scs::{MemoryStore, Session, SessionManager, Status};

use crate::support::commit;

#[derive(Session)]
struct Visitor {
    #[session(flash)]
    notice: Option<String>,
    #[session(flash)]
    errors: Vec<String>,
}

type Sessions = SessionManager<Visitor, MemoryStore>;

async fn with_notice() -> (Sessions, String) {
    let sessions = Sessions::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_notice("saved");
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
